/* STORE, COPY, MOVE, EXPUNGE and APPEND, each seen by the session that does it and by another of the same account. */
#include "imap/verb/session.h"
#include "imap/verb/verb_bench.h"

static struct bench bench;
static struct client c, other;

static void append_some(const char *mailbox, int n)
{
	for (int i = 0; i < n; i++)
		client_append(&c, mailbox, "", SPAN("Subject: x\r\n\r\nbody\r\n"));
}

static int begin(void **state)
{
	bench_init(&bench, NULL);
	client_open(&c, &bench, 1);
	append_some("INBOX", 5);
	client_select(&c, "INBOX");
	client_ask(&c, SPAN("NOOP")); /* by now nothing is \Recent to anybody else */
	client_open(&other, &bench, 1);
	client_select(&other, "INBOX");
	return 0;
}

static int end(void **state)
{
	client_close(&c);
	client_close(&other);
	bench_fini(&bench);
	return 0;
}

/* The uidvalidity of a mailbox. */
static unsigned validity(const char *mailbox)
{
	char command[100];
	struct span got;
	uint32_t n = 0;

	snprintf(command, sizeof(command), "STATUS %s (UIDVALIDITY)", mailbox);
	got = client_ask(&c, span_of(command));
	got = span_skip(got, span_find(got, SPAN("UIDVALIDITY ")) + 12);
	assert_true(span_take_u32(&got, &n));
	return n;
}

static void test_store(void **state)
{
	client_says(&c, "STORE 2:3 +FLAGS (\\Flagged)",
		"* 2 FETCH (FLAGS (\\Flagged \\Recent))\r\n* 3 FETCH (FLAGS (\\Flagged \\Recent))\r\nOK ");
	client_says(&other, "NOOP", "* 2 FETCH (FLAGS (\\Flagged))\r\n* 3 FETCH (FLAGS (\\Flagged))\r\nOK ");
	client_says(&c, "UID STORE 3 FLAGS.SILENT (\\Seen)", "OK ");
	client_says(&other, "NOOP", "* 3 FETCH (FLAGS (\\Seen))\r\nOK ");
	client_says(&other, "UID STORE 3 -FLAGS \\Seen", "* 3 FETCH (UID 3 FLAGS ())\r\nOK ");
	client_says(&c, "NOOP", "* 3 FETCH (FLAGS (\\Recent))\r\nOK ");
	client_says(&c, "UID STORE 77 +FLAGS (\\Seen)", "OK ");
	/* what is true already is told all the same */
	client_says(&c, "STORE 2 +FLAGS (\\Flagged)", "* 2 FETCH (FLAGS (\\Flagged \\Recent))\r\nOK ");
	client_says(&c, "STORE 1 FLAGS ()", "* 1 FETCH (FLAGS (\\Recent))\r\nOK ");
	client_says(&c, "STORE 1 +FLAGS (\\Recent)", "BAD ");
	client_says(&c, "STORE 1 +FLAGS (\\Unknown)", "BAD ");
	client_says(&c, "STORE 6 +FLAGS (\\Seen)", "BAD ");
	client_says(&c, "STORE 1 *FLAGS (\\Seen)", "BAD ");
	client_says(&c, "STORE 1 FLAGS.LOUD (\\Seen)", "BAD ");
	client_says(&c, "STORE 1 FLAGS", "BAD ");
}

static void test_store_keywords(void **state)
{
	struct buf command;

	assert_true(
		span_find(client_ask(&c, SPAN("STORE 1 +FLAGS ($Forwarded Work)")), SPAN("$Forwarded")) != SIZE_MAX);
	client_says(&c, "SEARCH KEYWORD $forwarded", "* SEARCH 1\r\nOK ");
	buf_init(&command, 10000);
	buf_add_lit(&command, "STORE 1 +FLAGS.SILENT (");
	for (int i = 0; i < 60; i++)
		buf_addf(&command, "%skeyword%d", i ? " " : "", i);
	buf_add_lit(&command, ")");
	assert_true(span_find(client_ask(&c, buf_span(&command)), SPAN("NO [LIMIT] ")) != SIZE_MAX);
	buf_fini(&command);
	/* it was all or nothing */
	client_says(&c, "SEARCH KEYWORD keyword1", "* SEARCH\r\nOK ");
}

static void test_read_only(void **state)
{
	client_ask(&c, SPAN("EXAMINE INBOX"));
	client_says(&c, "STORE 1 +FLAGS (\\Seen)", "NO ");
	client_says(&c, "EXPUNGE", "NO ");
	client_says(&c, "MOVE 1 Trash", "NO ");
	assert_true(span_find(client_ask(&c, SPAN("COPY 1 Trash")), SPAN("OK [COPYUID ")) != SIZE_MAX);
}

static void test_copy(void **state)
{
	char answer[100];

	client_ask(&c, SPAN("STORE 2 +FLAGS.SILENT (\\Answered Work)"));
	snprintf(answer, sizeof(answer), "OK [COPYUID %u 1:3,5 1:4] ", validity("Archive"));
	client_says(&c, "COPY 1:3,5 Archive", answer);
	snprintf(answer, sizeof(answer), "OK [COPYUID %u 4 5] ", validity("Archive"));
	client_says(&c, "UID COPY 4,90 archive", "NO [TRYCREATE] ");
	client_says(&c, "UID COPY 4,90 Archive", answer);
	client_says(&c, "UID COPY 90 Archive", "OK ");
	client_says(&c, "COPY 1 Nowhere", "NO [TRYCREATE] ");
	client_says(&c, "COPY 9 Archive", "BAD ");
	client_says(&c, "COPY 1", "BAD ");
	client_select(&c, "Archive");
	client_says(&c, "FETCH 2 (UID FLAGS BODY.PEEK[TEXT])",
		"* 2 FETCH (UID 2 FLAGS (\\Answered \\Recent Work) BODY[TEXT] {6}\r\nbody\r\n)\r\nOK ");
}

static void test_copy_onto_itself(void **state)
{
	char answer[200];

	snprintf(answer, sizeof(answer), "* 6 EXISTS\r\n* 6 RECENT\r\nOK [COPYUID %u 2 6] ", validity("INBOX"));
	client_says(&c, "COPY 2 INBOX", answer);
	client_says(&c, "FETCH 6 UID", "* 6 FETCH (UID 6)\r\nOK ");
}

static void test_move(void **state)
{
	char answer[200];

	snprintf(answer, sizeof(answer), "* OK [COPYUID %u 2:3 1:2] Moved\r\n* 2 EXPUNGE\r\n* 2 EXPUNGE\r\nOK ",
		validity("Trash"));
	client_says(&c, "MOVE 2:3 Trash", answer);
	snprintf(answer, sizeof(answer), "* OK [COPYUID %u 5 3] Moved\r\n* 3 EXPUNGE\r\nOK ", validity("Trash"));
	client_says(&c, "UID MOVE 5,77 Trash", answer);
	client_says(&other, "NOOP", "* 2 EXPUNGE\r\n* 2 EXPUNGE\r\n* 3 EXPUNGE\r\nOK ");
	client_says(&c, "MOVE 1 Nowhere", "NO [TRYCREATE] ");
	client_says(&c, "UID MOVE 77 Trash", "OK ");
	client_says(&c, "FETCH 1:* UID", "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 4)\r\nOK ");
	client_select(&c, "Trash");
	client_says(&c, "FETCH 1:* UID", "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\nOK ");
}

static void test_expunge(void **state)
{
	client_ask(&other, SPAN("STORE 1,3:4 +FLAGS.SILENT (\\Deleted)"));
	client_ask(&c, SPAN("NOOP"));
	client_says(&c, "UID EXPUNGE 2:3", "* 3 EXPUNGE\r\nOK ");
	client_says(&c, "UID EXPUNGE 2", "OK ");
	client_says(&c, "UID EXPUNGE", "BAD ");
	client_says(&c, "EXPUNGE 1", "BAD ");
	client_says(&c, "EXPUNGE", "* 1 EXPUNGE\r\n* 2 EXPUNGE\r\nOK ");
	client_says(&c, "EXPUNGE", "OK ");
	client_says(&c, "FETCH 1:* UID", "* 1 FETCH (UID 2)\r\n* 2 FETCH (UID 5)\r\nOK ");
}

static void test_append(void **state)
{
	char answer[200];

	/* to the selected mailbox: it shows at once */
	snprintf(answer, sizeof(answer), "+ OK\r\n* 6 EXISTS\r\n* 6 RECENT\r\nOK [APPENDUID %u 6] ", validity("INBOX"));
	client_says(&c, "APPEND INBOX (\\Seen \\Draft) \" 1-Feb-1999 01:02:03 +0300\" {3}\r\na:b", answer);
	client_says(&c, "FETCH 6 (FLAGS INTERNALDATE RFC822.SIZE)",
		"* 6 FETCH (FLAGS (\\Seen \\Draft \\Recent) INTERNALDATE \"01-Feb-1999 01:02:03 +0300\" RFC822.SIZE "
		"3)\r\nOK ");
	client_says(&c, "APPEND Nowhere {1000}", "NO [TRYCREATE] ");
	client_says(&c, "APPEND Nowhere {3+}\r\nabc", "NO [TRYCREATE] ");
	client_says(&c, "APPEND Trash {0}", "NO ");
	client_says(&c, "APPEND Trash {999999999999}", "NO [TOOBIG] ");
	client_says(&c, "APPEND Trash (\\Recent) {3+}\r\nabc", "BAD ");
	client_says(&c, "APPEND Trash \"yesterday\" {3+}\r\nabc", "BAD ");
	client_says(&c, "APPEND Trash abc", "BAD ");
	client_says(&c, "NOOP", "OK ");
}

/* A message beyond the limit that a client sends without asking is read and thrown away; the session goes on. */
/* The session is interrupted after each little thing, as on a busy machine: what was offered of the message and not yet taken comes again, from
 * wherever it stands then. */
static void test_append_interrupted(void **state)
{
	enum { LINES = 2000 };
	struct buf message, command, answer;
	struct span got;

	buf_init(&message, 1 << 20);
	buf_init(&command, 1 << 20);
	buf_init(&answer, 1 << 20);
	for (int i = 0; i < LINES; i++)
		buf_addf(&message, "line %06d of a message, told from every other\r\n", i);
	buf_addf(&command, "APPEND Trash () {%zu+}\r\n", message.n);
	buf_add(&command, buf_span(&message));
	buf_addf(&command, " () {%zu+}\r\n", message.n);
	buf_add(&command, buf_span(&message));
	session_pump_us = -1;
	assert_true(span_starts(client_ask(&c, buf_span(&command)), SPAN("OK [APPENDUID ")));
	session_pump_us = 2000;
	client_select(&c, "Trash");
	for (int i = 1; i <= 2; i++) {
		char fetch[40];

		snprintf(fetch, sizeof(fetch), "FETCH %d BODY.PEEK[]", i);
		buf_reset(&answer);
		buf_addf(&answer, "* %d FETCH (BODY[] {%zu}\r\n", i, message.n);
		buf_add(&answer, buf_span(&message));
		buf_add_lit(&answer, ")\r\n");
		got = client_ask(&c, span_of(fetch));
		assert_true(span_starts(got, buf_span(&answer)));
	}
	buf_fini(&message);
	buf_fini(&command);
	buf_fini(&answer);
}

static void test_append_too_big(void **state)
{
	struct buf command;

	bench.settings->message_size_max = 100000;
	buf_init(&command, 1 << 20);
	buf_add_lit(&command, "APPEND INBOX {300000+}\r\n");
	for (int i = 0; i < 30000; i++)
		buf_add_lit(&command, "0123456789");
	assert_true(span_starts(client_ask(&c, buf_span(&command)), SPAN("NO [TOOBIG] ")));
	buf_fini(&command);
	client_says(&c, "NOOP", "OK ");
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test_setup_teardown(test_store, begin, end),
		cmocka_unit_test_setup_teardown(test_store_keywords, begin, end),
		cmocka_unit_test_setup_teardown(test_read_only, begin, end),
		cmocka_unit_test_setup_teardown(test_copy, begin, end),
		cmocka_unit_test_setup_teardown(test_copy_onto_itself, begin, end),
		cmocka_unit_test_setup_teardown(test_move, begin, end),
		cmocka_unit_test_setup_teardown(test_expunge, begin, end),
		cmocka_unit_test_setup_teardown(test_append, begin, end),
		cmocka_unit_test_setup_teardown(test_append_interrupted, begin, end),
		cmocka_unit_test_setup_teardown(test_append_too_big, begin, end),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
