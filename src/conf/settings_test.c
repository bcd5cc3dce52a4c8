/* Tests of the conf room: every problem is told, with its line and remedy, and nothing wrong is taken. */
#include "base/test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "conf/nearest.h"
#include "conf/settings.h"

static struct settings_problems problems;

static void expect_problem(size_t i, unsigned line, const char *words)
{
	assert_true(i < problems.n);
	assert_int_equal(problems.at[i].line, line);
	if (!strstr(problems.at[i].text, words))
		fail_msg("'%s' is not in '%s'", words, problems.at[i].text);
}

static void refuse(const char *text, unsigned line, const char *words)
{
	assert_null(settings_parse(span_of(text), &problems));
	assert_int_equal(problems.n, 1);
	expect_problem(0, line, words);
}

static void defaults_are_right(void **state)
{
	struct settings *s = settings_default();
	const struct settings_row *rows;

	(void)state;
	assert_string_equal(s->data_dir, "/var/lib/barid");
	assert_int_equal(s->imap_listen.n, 1);
	assert_string_equal(s->imap_listen.at[0].host, "*");
	assert_int_equal(s->imap_listen.at[0].port, 143);
	assert_int_equal(s->lmtp_listen.n, 0);
	assert_int_equal(s->message_size_max, 64 << 20);
	assert_int_equal(s->imap_idle_timeout, 1800);
	assert_int_equal(s->shards, 0);
	assert_true(s->confine);
	assert_false(s->lmtp_remote);
	memset(&problems, 0, sizeof(problems));
	assert_true(settings_check(s, &problems));
	assert_int_equal(settings_rows(&rows), SETTINGS_KEYS);
	assert_string_equal(rows[0].key, "data_dir");
	settings_free(s);
}

static void retentions_are_words_or_times(void **state)
{
	static const char *const bad[] = {"", "never", "0", "0d", "-1", "30000d", "15 days"};
	int64_t seconds = 7;

	(void)state;
	assert_true(settings_retention(SPAN("Keep"), &seconds));
	assert_int_equal(seconds, RETENTION_KEEP);
	assert_true(settings_retention(SPAN("delete"), &seconds));
	assert_int_equal(seconds, 0);
	assert_true(settings_retention(SPAN("15d"), &seconds));
	assert_int_equal(seconds, 15 * 86400);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(settings_retention(span_of(bad[i]), &seconds));
	assert_int_equal(seconds, 15 * 86400);
}

static void a_file_is_read(void **state)
{
	struct settings *s = settings_parse(SPAN("\xef\xbb\xbf# words\r\n\n; more\n  data_dir = /srv/a b  \r\n"
						 "imap_listen = 127.0.0.1:1143, [::1]:1143 localhost:1144\n"
						 "pop3_listen=off\nauth_cache = 2 H\nindex_cache = 3m ; enough\n"
						 "tls_min = 1.3\nlog_format = JSON\nlmtp_remote=yes\nuser = me"),
		&problems);

	(void)state;
	assert_non_null(s);
	assert_string_equal(s->data_dir, "/srv/a b");
	assert_int_equal(s->line[SETTINGS_KEY_data_dir], 4);
	assert_int_equal(s->imap_listen.n, 3);
	assert_string_equal(s->imap_listen.at[1].host, "::1");
	assert_int_equal(s->imap_listen.at[2].port, 1144);
	assert_int_equal(s->pop3_listen.n, 0);
	assert_int_equal(s->auth_cache, 7200);
	assert_int_equal(s->index_cache, 3 << 20);
	assert_string_equal(s->tls_min, "1.3");
	assert_string_equal(s->log_format, "json");
	assert_true(s->lmtp_remote);
	assert_string_equal(s->user, "me");
	settings_free(s);
}

static void all_problems_are_told_at_once(void **state)
{
	(void)state;
	assert_null(settings_parse(SPAN("imap_listn = *:143\nshards = 9\n\n[mail]\nnonsense\nconfine = maybe\n"
					"fronts = 2\nfronts = 3\nauth_cache = 1y\nuser = root\n"),
		&problems));
	assert_int_equal(problems.n, 8);
	expect_problem(0, 1, "'imap_listen'");
	expect_problem(1, 2, "from 1 to 8, or 0");
	expect_problem(2, 4, "[mail]");
	expect_problem(3, 5, "key = value");
	expect_problem(4, 6, "'yes' or 'no'");
	expect_problem(5, 8, "line 7");
	expect_problem(6, 9, "30m");
	expect_problem(7, 10, "unprivileged");
}

static void wrong_values_are_refused(void **state)
{
	(void)state;
	refuse("imap_listen = *:0", 1, "host:port");
	refuse("imap_listen = *:65536", 1, "host:port");
	refuse("imap_listen = ::1:143", 1, "host:port");
	refuse("imap_listen = [127.0.0.1]:143", 1, "host:port");
	refuse("imap_listen = mail.example.org:143", 1, "host:port");
	refuse("imap_listen *:143", 1, "key = value");
	refuse("message_size_max = 99999999999g", 1, "64m");
	refuse("message_size_max = -1", 1, "64m");
	refuse("connections_max = 0", 1, "from 1");
	refuse("connections_max = 1 2", 1, "whole number");
	refuse("tls_min = 1.1", 1, "1.2 1.3");
	refuse("lmtp_socket_mode = 0888", 1, "octal");
	refuse("recipient_delimiter = +-", 1, "one character");
	refuse("hostname = a b", 1, "domain name");
	refuse("user =", 1, "unprivileged");
	refuse("tls_key = k.pem", 1, "tls_cert");
	refuse("x\x1b[31m = 1", 1, "x?[31m");
	assert_null(settings_parse(SPAN("user = a\0b\n"), &problems));
	expect_problem(0, 1, "NUL");
}

static void settings_that_contradict_each_other(void **state)
{
	(void)state;
	refuse("\nlmtp_listen = 127.0.0.1:24 192.0.2.1:24", 2, "lmtp_remote");
	refuse("lmtp_listen = *:24", 1, "lmtp_remote");
	refuse("imap_listen = *:110", 1, "imap_listen and pop3_listen");
	refuse("imap_listen = 127.0.0.1:5\npop3_listen = localhost:5", 2, "port 5");
	refuse("imap_listen = 127.0.0.1:5 127.0.0.1:5", 1, "port 5");
	refuse("imap_listen = 0.0.0.0:5 127.0.0.1:5", 1, "port 5");
	settings_free(
		settings_parse(SPAN("imap_listen = 127.0.0.1:5 127.0.0.2:5 [::1]:5 0.0.0.0:6 [::1]:6"), &problems));
	assert_int_equal(problems.n, 0);
}

static void too_many_problems_are_counted(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	for (int i = 0; i < PROBLEMS_MAX + 7; i++)
		buf_add_lit(&b, "x = 1\n");
	assert_null(settings_parse(buf_span(&b), &problems));
	assert_int_equal(problems.n, PROBLEMS_MAX);
	assert_int_equal(problems.more, 7);
	buf_fini(&b);
}

static void long_lines_are_whole_or_refused(void **state)
{
	struct settings *s;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	buf_add_lit(&b, "tls_cert = /");
	while (b.n < 2000)
		buf_add_byte(&b, 'x');
	s = settings_parse(buf_span(&b), &problems);
	assert_non_null(s);
	assert_int_equal(strlen(s->tls_cert), 2000 - strlen("tls_cert = "));
	settings_free(s);
	while (b.n < 2100)
		buf_add_byte(&b, 'x');
	assert_null(settings_parse(buf_span(&b), &problems));
	expect_problem(0, 1, "longer");
	buf_fini(&b);
}

static void an_assignment(void **state)
{
	struct settings *s = settings_default();
	char path[64];
	struct why w;

	(void)state;
	assert_int_equal(settings_assign(s, SPAN("imap_listen=127.0.0.1:1143"), &w), FAIL_NONE);
	assert_int_equal(s->imap_listen.at[0].port, 1143);
	assert_int_equal(settings_assign(s, SPAN("imap_lisen=127.0.0.1:1"), &w), FAIL_CONFIG);
	assert_non_null(strstr(w.log, "imap_listen"));
	assert_int_equal(settings_assign(s, SPAN("shards=x"), &w), FAIL_CONFIG);
	assert_int_equal(settings_assign(s, SPAN("shards"), &w), FAIL_CONFIG);
	assert_int_equal(settings_assign(s, SPAN("data_dir=/d"), &w), FAIL_NONE);
	settings_path(s, "a/b", path, sizeof(path));
	assert_string_equal(path, "/d/a/b");
	settings_path(s, "/a", path, sizeof(path));
	assert_string_equal(path, "/a");
	settings_free(s);
}

static void files_that_cannot_be_read(void **state)
{
	struct buf b;
	struct why w;

	(void)state;
	buf_init(&b, SETTINGS_FILE_MAX);
	assert_int_equal(settings_read_file("/nonexistent/barid.conf", &b, &w), FAIL_NOT_FOUND);
	assert_non_null(strstr(w.log, "/nonexistent/barid.conf"));
	assert_int_equal(settings_read_file("/", &b, &w), FAIL_IO);
	assert_int_equal(settings_read_file("/dev/zero", &b, &w), FAIL_TOO_BIG);
	buf_fini(&b);
}

static void distances(void **state)
{
	(void)state;
	assert_int_equal(nearest_distance(SPAN("kitten"), SPAN("sitting")), 3);
	assert_int_equal(nearest_distance(SPAN(""), SPAN("abc")), 3);
	assert_int_equal(nearest_distance(SPAN("ABC"), SPAN("abc")), 0);
}

static void the_meant_word_is_found(void **state)
{
	struct nearest n;

	(void)state;
	nearest_begin(&n, SPAN("acount lst"));
	nearest_offer(&n, "account list");
	nearest_offer(&n, "status");
	assert_string_equal(nearest_close(&n), "account list");
	nearest_begin(&n, SPAN("zzz"));
	nearest_offer(&n, "status");
	assert_null(nearest_close(&n));
}

static void a_key_of_another_name_goes_on_to_count(void **state)
{
	struct settings *s = settings_parse(SPAN("compact_at_start = no\n"), &problems);

	(void)state;
	assert_non_null(s);
	assert_false(s->reclaim);
	settings_free(s);
	refuse("compact_at_start = no\nreclaim = yes\n", 2, "reclaim is set in line 1 already");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_meant_word_is_found),
		cmocka_unit_test(defaults_are_right),
		cmocka_unit_test(retentions_are_words_or_times),
		cmocka_unit_test(a_file_is_read),
		cmocka_unit_test(a_key_of_another_name_goes_on_to_count),
		cmocka_unit_test(all_problems_are_told_at_once),
		cmocka_unit_test(wrong_values_are_refused),
		cmocka_unit_test(settings_that_contradict_each_other),
		cmocka_unit_test(too_many_problems_are_counted),
		cmocka_unit_test(long_lines_are_whole_or_refused),
		cmocka_unit_test(an_assignment),
		cmocka_unit_test(files_that_cannot_be_read),
		cmocka_unit_test(distances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
