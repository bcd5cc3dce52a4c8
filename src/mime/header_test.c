/* Header fields, dates and decoded text. */
#include "base/test.h"

#include "mime/header.h"

static void assert_text(struct span value, const char *want)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	mime_text_decode(value, &out);
	if (!span_eq(buf_span(&out), span_of(want))) {
		print_error("got:  %.*s\nwant: %s\n", SPAN_ARG(buf_span(&out)), want);
		fail_msg("not expected");
	}
	buf_fini(&out);
}

static void fields_are_cut(void **state)
{
	struct span header = SPAN("From x@y Mon Jan  1 10:00:00 2024\r\nSubject : a\r\n\tb\r\nno colon\r\n more\r\nX:\n"
				  "Y:1\r\n \r\n\r\nbody: no\r\n");
	struct mime_field f;

	(void)state;
	assert_true(mime_field_take(&header, &f));
	assert_true(span_eq(f.name, SPAN("Subject")));
	assert_true(span_eq(f.value, SPAN(" a\r\n\tb")));
	assert_true(span_eq(f.whole, SPAN("Subject : a\r\n\tb\r\n")));
	assert_true(mime_field_take(&header, &f));
	assert_true(span_eq(f.name, SPAN("X")));
	assert_int_equal(f.value.n, 0);
	assert_true(mime_field_take(&header, &f));
	assert_true(span_eq(f.value, SPAN("1\r\n ")));
	assert_false(mime_field_take(&header, &f));
	assert_true(span_starts(header, SPAN("\r\nbody")));
	header = SPAN("A:b");
	assert_true(mime_field_take(&header, &f));
	assert_true(span_eq(f.value, SPAN("b")));
	assert_false(mime_field_take(&header, &f));
}

static void a_header_ends_at_its_blank_line(void **state)
{
	(void)state;
	assert_int_equal(mime_header_length(SPAN("A: b\r\n\r\nbody")), 8);
	assert_int_equal(mime_header_length(SPAN("A: b\n\nbody")), 6);
	assert_int_equal(mime_header_length(SPAN("\r\nbody")), 2);
	assert_int_equal(mime_header_length(SPAN("A: b\r\n \r\nC: d")), 13);
	assert_int_equal(mime_header_length(SPAN("")), 0);
}

static void encoded_words_are_decoded(void **state)
{
	(void)state;
	assert_text(SPAN(" plain\r\n text "), "plain text");
	assert_text(SPAN("=?utf-8?B?2YXYsdit2KjYpw==?= =?UTF-8?Q?_=D8=A8=D9=83?="), "مرحبا بك");
	/* a character cut in two words */
	assert_text(SPAN("=?utf-8?Q?=D9?=\r\n =?utf-8?Q?=85?= x"), "م x");
	assert_text(SPAN("=?utf-8?B?5pel5pys6Kqe?= =?ISO-2022-JP?B?GyRCRnxLXBsoQg==?="), "日本語日本");
	assert_text(SPAN("=?gb2312?B?xOO6ww==?=, =?big5?B?p0Gmbg==?="), "你好, 你好");
	assert_text(SPAN("=?windows-1256?Q?=C7=E1=D3=E1=C7=E3?="), "السلام");
	assert_text(SPAN("=?windows-1255?B?+ezl7Q==?="), "שלום");
	assert_text(SPAN("=?koi8-r?B?8NLJ18XU?="), "Привет");
	assert_text(SPAN("=?utf-8*fa?Q?=D8=B3=D9=84=D8=A7=D9=85?="), "سلام");
	assert_text(SPAN("Re: \"=?iso-8859-1?q?caf=E9?=\"x"), "Re: \"café\"x");
}

static void broken_words_stay(void **state)
{
	(void)state;
	assert_text(SPAN("=?utf-8?X?a?= =?utf-8?Q?a"), "=?utf-8?X?a?= =?utf-8?Q?a");
	assert_text(SPAN("=?"
			 "?Q?a?= =? =?="),
		"=?"
		"?Q?a?= =? =?=");
	assert_text(SPAN("=?x-none?Q?caf=E9?="), "café");
	assert_text(SPAN("=?utf-8?Q?caf=E9=?="), "caf\xef\xbf\xbd=");
	assert_text(SPAN("=?utf-8?Q?a b?="), "a b");
	assert_text(SPAN("=?utf-8?Q?"
			 "?=x"),
		"x");
	assert_text(SPAN(""), "");
}

static void raw_text_is_utf8_or_latin1(void **state)
{
	(void)state;
	assert_text(SPAN("سلام caf\xe9 世界"), "سلام café 世界");
	assert_text(SPAN("\xd9"), "Ù");
}

static void text_is_cut_between_characters(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 5);
	mime_text_decode(SPAN("=?utf-8?B?2YXYsdit2KjYpw==?="), &out);
	assert_true(out.over);
	assert_true(span_eq(buf_span(&out), SPAN("مر")));
	buf_fini(&out);
}

/* Each of these would take minutes where the work grows with the square. */
static void long_text_is_linear(void **state)
{
	static const char *seeds[] = {"=?", "=?utf-8?Q?", "=?utf-8?Q?a?= ", "=?a?b?", "\r\n "};

	(void)state;
	for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
		struct buf in, out;

		buf_init(&in, 1 << 20);
		buf_init(&out, 4 << 20);
		while (!buf_add(&in, span_of(seeds[i]))) {
		}
		mime_text_decode(buf_span(&in), &out);
		assert_false(out.over);
		buf_fini(&in);
		buf_fini(&out);
	}
}

static void assert_date(const char *text, int64_t seconds, int zone)
{
	int64_t got = -1;
	int got_zone = -1;

	if (!mime_date_parse(span_of(text), &got, &got_zone) || got != seconds || got_zone != zone)
		fail_msg("%s: %lld %d", text, (long long)got, got_zone);
}

static void dates_are_read(void **state)
{
	(void)state;
	assert_date(" Fri, 21 Nov 1997 09:55:06 -0600\r\n", 880127706, -360);
	assert_date("21 Nov 97 09:55:06 GMT", 880106106, 0);
	assert_date("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600 (x (y))", 880127706, -360);
	assert_date("Thu,\r\n\t13\r\n\tFeb\r\n\t1969\r\n\t23:32\r\n\t-0330", -27723480, -210);
	assert_date("1 Jan 1970 00:00 +0000", 0, 0);
	assert_date("Sat, 1 Jan 2000 00:00:00 EST", 946702800, -300);
	assert_date("29 Feb 2024 12:00:00 +03:30", 1709195400, 210);
	assert_date("Wed Jun 30 21:49:08 1993", 741476948, 0);
	assert_date("Wed Jun 30 21:49:08 PDT 1993", 741502148, -420);
	assert_date("17-Jul-1996 02:44:25 -0700", 837596665, -420);
	assert_date("Tue, 1 July 2003 10:52:37 +0200", 1057049557, 120);
	assert_date("1 Jan 99", 915148800, 0);
	assert_date("1 Jan 103 00:00:00 Z", 1041379200, 0);
	assert_date("31 Dec 1998 23:59:60 +0000", 915148800, 0);
}

static void no_dates_are_refused(void **state)
{
	static const char *bad[] = {"", "x", "31 Feb 2024 00:00:00 +0000", "0 Jan 2024", "1 Foo 2024", "Mon, 1 Jan",
		"99999999999 Jan 2024", "1 Jan 2024 99:00", "1 Jan 20240", "(((((((((((((((((((((((((((", "\\", "("};
	int64_t seconds;
	int zone;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (mime_date_parse(span_of(bad[i]), &seconds, &zone))
			fail_msg("read as a date: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_cut),
		cmocka_unit_test(a_header_ends_at_its_blank_line),
		cmocka_unit_test(encoded_words_are_decoded),
		cmocka_unit_test(broken_words_stay),
		cmocka_unit_test(raw_text_is_utf8_or_latin1),
		cmocka_unit_test(text_is_cut_between_characters),
		cmocka_unit_test(long_text_is_linear),
		cmocka_unit_test(dates_are_read),
		cmocka_unit_test(no_dates_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
