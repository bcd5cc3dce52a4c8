/* Sequence sets, dates and mailbox names: what is read is printed again. */
#include "base/test.h"

#include "imap/wire/date.h"
#include "imap/wire/mailbox_name.h"
#include "imap/wire/sequence.h"

static void resolved(const char *text, uint32_t star, const char *want)
{
	struct span s = span_of(text);
	struct sequence_set set;
	struct arena arena;
	struct buf b;

	arena_init(&arena, 1 << 16);
	buf_init(&b, 1024);
	assert_true(sequence_set_take(&s, &arena, &set));
	assert_int_equal(s.n, 0);
	sequence_set_resolve(&set, star);
	print_sequence_set(&b, &set);
	buf_add_byte(&b, '\0');
	assert_string_equal(b.p, want);
	buf_fini(&b);
	arena_fini(&arena);
}

static void sets(void **state)
{
	(void)state;
	resolved("1", 9, "1");
	resolved("1:*", 9, "1:9");
	resolved("*:1", 9, "1:9");
	resolved("12:*", 9, "9:12");
	resolved("5,3,4,1", 9, "1,3:5");
	resolved("1:5,3:8,20", 30, "1:8,20");
	resolved("*", 0, "");
	resolved("1:*", 0, "");
	resolved("4294967295,4294967294:4294967295", 1, "4294967294:4294967295");
}

static void wrong_sets(void **state)
{
	static const char *const wrong[] = {"", "0", "1:", ":1", "a", "1,", "1,,2", "1:0", "4294967296", "-1"};
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 16);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct span s = span_of(wrong[i]);
		struct sequence_set set;

		assert_false(sequence_set_take(&s, &arena, &set));
	}
	arena_fini(&arena);
}

static void membership(void **state)
{
	struct sequence_range r[] = {{2, 4}, {8, 8}};
	struct sequence_set set = {r, 2};

	(void)state;
	for (uint32_t n = 1; n < 12; n++)
		assert_int_equal(sequence_set_has(&set, n), (n >= 2 && n <= 4) || n == 8);
	assert_int_equal(sequence_set_max(&set), 8);
}

static void uid_lists(void **state)
{
	const uint32_t uids[] = {3, 4, 5, 9, 8, 10, 11};
	struct buf b;

	(void)state;
	buf_init(&b, 1024);
	print_uid_list(&b, uids, 7);
	buf_add_byte(&b, '\0');
	assert_string_equal(b.p, "3:5,9,8,10:11");
	buf_fini(&b);
}

static void date_again(const char *text, int64_t seconds, int zone, const char *want)
{
	struct date_time d;
	struct buf b;

	buf_init(&b, 1024);
	assert_true(date_time_parse(span_of(text), &d));
	assert_int_equal(d.seconds, seconds);
	assert_int_equal(d.zone, zone);
	print_date_time(&b, d.seconds, d.zone);
	buf_add_byte(&b, '\0');
	assert_string_equal(b.p, want);
	buf_fini(&b);
}

static void dates(void **state)
{
	int64_t day;

	(void)state;
	date_again("01-Jan-1970 00:00:00 +0000", 0, 0, "\"01-Jan-1970 00:00:00 +0000\"");
	date_again(" 9-feb-2024 23:59:59 -0330", 1707535799, -210, "\"09-Feb-2024 23:59:59 -0330\"");
	date_again("17-Jul-1996 02:44:25 -0700", 837596665, -420, "\"17-Jul-1996 02:44:25 -0700\"");
	date_again("29-Feb-2000 00:00:00 +1400", 951732000, 840, "\"29-Feb-2000 00:00:00 +1400\"");
	date_again("31-Dec-1969 23:59:59 +0000", -1, 0, "\"31-Dec-1969 23:59:59 +0000\"");
	assert_true(date_parse(SPAN("1-Feb-1994"), &day));
	assert_int_equal(day, 8797);
	assert_int_equal(date_day(-1, 0), -1);
	assert_int_equal(date_day(0, -1), -1);
	assert_int_equal(date_day(86400, 0), 1);
	assert_false(date_parse(SPAN("30-Feb-1994"), &day));
	assert_false(date_parse(SPAN("29-Feb-1900"), &day));
	assert_false(date_parse(SPAN("0-Feb-1994"), &day));
	assert_false(date_parse(SPAN("1-Foo-1994"), &day));
	assert_false(date_parse(SPAN("1-Feb-94"), &day));
	assert_false(date_time_parse(SPAN("01-Jan-1970 24:00:00 +0000"), &(struct date_time){0}));
	assert_false(date_time_parse(SPAN("01-Jan-1970 00:00:00"), &(struct date_time){0}));
}

static void name_is(const char *wire, const char *utf8, const char *wire_again)
{
	struct buf b;

	buf_init(&b, 1024);
	assert_int_equal(mailbox_name_decode(span_of(wire), &b), FAIL_NONE);
	buf_add_byte(&b, '\0');
	assert_string_equal(b.p, utf8);
	buf_reset(&b);
	assert_int_equal(mailbox_name_encode(span_of(utf8), &b), FAIL_NONE);
	buf_add_byte(&b, '\0');
	assert_string_equal(b.p, wire_again);
	buf_fini(&b);
}

static void names(void **state)
{
	struct buf b;

	(void)state;
	/* the example of RFC 3501 §5.1.3 */
	name_is("~peter/mail/&U,BTFw-/&ZeVnLIqe-",
		"~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
		"~peter/mail/&U,BTFw-/&ZeVnLIqe-");
	name_is("&BigGMQZKBi8-", "\xd8\xa8\xd8\xb1\xd9\x8a\xd8\xaf", "&BigGMQZKBi8-"); /* بريد without its article */
	name_is("&2D3eAA-", "\xf0\x9f\x98\x80", "&2D3eAA-");
	name_is("&-", "&", "&-");
	name_is("R&D", "R&D", "R&-D");
	name_is("a&b-c", "a&b-c", "a&-b-c");
	name_is("&2D0-", "&2D0-", "&-2D0-"); /* half a surrogate pair */
	name_is("\xc3\xbc", "\xc3\xbc", "&APw-");
	buf_init(&b, 1024);
	assert_int_equal(mailbox_name_decode(SPAN("\xff"), &b), FAIL_SYNTAX);
	buf_fini(&b);
	buf_init(&b, 3);
	assert_int_equal(mailbox_name_decode(SPAN("abcd"), &b), FAIL_TOO_BIG);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets),
		cmocka_unit_test(wrong_sets),
		cmocka_unit_test(membership),
		cmocka_unit_test(uid_lists),
		cmocka_unit_test(dates),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
