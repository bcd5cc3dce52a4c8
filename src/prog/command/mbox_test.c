/* Tests of the formats that import and export share: mbox, and flags in all their clothes. */
#include "base/test.h"

#include "prog/command/mbox.h"

static void expect_round_trip(struct span message, unsigned system, const char *keywords)
{
	struct mail_flags in, back;
	struct buf file, text;
	struct mbox_message one;
	struct span rest;

	mail_flags_init(&in);
	mail_flags_init(&back);
	in.system = system;
	if (*keywords)
		mail_flags_add_keyword(&in, span_of(keywords));
	buf_init(&file, 10000);
	buf_init(&text, 10000);
	mbox_put(message, &in, 1000000000, &file);
	mbox_put(SPAN("Subject: next\n\nx\n"), &in, 5, &file);
	rest = buf_span(&file);
	assert_true(mbox_take(&rest, &one));
	assert_int_equal(mbox_date(one.envelope), 1000000000);
	mbox_unquote(one.text, &back, &text);
	assert_true(span_eq(buf_span(&text), message));
	assert_int_equal(back.system, system);
	assert_true(span_eq(buf_span(&back.keywords), span_of(keywords)));
	assert_true(mbox_take(&rest, &one));
	assert_int_equal(mbox_date(one.envelope), 5);
	assert_false(mbox_take(&rest, &one));
	assert_int_equal(rest.n, 0);
	buf_fini(&file);
	buf_fini(&text);
	mail_flags_fini(&in);
	mail_flags_fini(&back);
}

static void what_goes_into_an_mbox_comes_out(void **state)
{
	(void)state;
	expect_round_trip(SPAN("Subject: a\n\nFrom here\n>From there\n>>From everywhere\n"), 0, "");
	expect_round_trip(SPAN("Subject: a\n\n\nFrom the middle\n\n\n"), FLAG_SEEN, "");
	expect_round_trip(
		SPAN("\nno header\n"), FLAG_SEEN | FLAG_ANSWERED | FLAG_FLAGGED | FLAG_DELETED | FLAG_DRAFT, "work");
	expect_round_trip(SPAN("Subject: بريد\n\nNUL \0 and CR \r here\n"), FLAG_DRAFT, "$Forwarded");
}

static void foreign_files_are_read(void **state)
{
	struct span rest = SPAN("From a@b Thu Jan  1 00:00:10 1970\nX-Keywords: x y\nA: b\nStatus: RO\n\nStatus: of "
				"the body\n\nFrom c  Fri Jan  2 "
				"00:00:00 1970\n\nlast");
	struct mbox_message one;
	struct mail_flags f;
	struct buf text;

	(void)state;
	mail_flags_init(&f);
	buf_init(&text, 1000);
	assert_true(mbox_take(&rest, &one));
	assert_int_equal(mbox_date(one.envelope), 10);
	mbox_unquote(one.text, &f, &text);
	assert_true(span_eq(buf_span(&text), SPAN("A: b\n\nStatus: of the body\n")));
	assert_int_equal(f.system, FLAG_SEEN);
	assert_true(span_eq(buf_span(&f.keywords), SPAN("x y")));
	assert_true(mbox_take(&rest, &one));
	assert_int_equal(mbox_date(one.envelope), 86400);
	assert_true(span_eq(one.text, SPAN("\nlast")));
	rest = SPAN("no mbox\n");
	assert_false(mbox_take(&rest, &one));
	mail_flags_fini(&f);
	buf_fini(&text);
}

static void names_of_files_return(void **state)
{
	static const char *const names[][2] = {{"A", "A"}, {"A.d", "A%2Ed"}, {".hidden", "%2Ehidden"}, {".d", "%2Ed"},
		{"100%", "100%25"}, {"a.b.d", "a.b%2Ed"}, {"بريد", "بريد"}};
	struct buf file, back;

	(void)state;
	buf_init(&file, 100);
	buf_init(&back, 100);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		buf_reset(&file);
		buf_reset(&back);
		mbox_file_name(span_of(names[i][0]), &file);
		assert_true(span_eq(buf_span(&file), span_of(names[i][1])));
		mbox_level_name(buf_span(&file), &back);
		assert_true(span_eq(buf_span(&back), span_of(names[i][0])));
	}
	buf_fini(&file);
	buf_fini(&back);
}

static void flags_wear_every_dress(void **state)
{
	struct keyword_letters letters = {0};
	struct mail_flags f, g;
	struct buf b;

	(void)state;
	mail_flags_init(&f);
	mail_flags_init(&g);
	buf_init(&b, 1000);
	keyword_letters_read(&letters, SPAN("0 work\n2 home\n99 never\nrubbish\n"));
	mail_flags_from_name(&f, "123.host:2,FRSTDPac", &letters);
	mail_flags_to_list(&f, &b);
	assert_true(span_eq(buf_span(&b), SPAN("\\Draft \\Flagged \\Answered \\Seen \\Deleted $Forwarded work home")));
	mail_flags_from_list(&g, SPAN("\\Recent \\Seen \\Flagged $Forwarded home new"));
	buf_reset(&b);
	mail_flags_to_name(&g, &letters, &b);
	assert_true(span_eq(buf_span(&b), SPAN(":2,FPSbc")));
	buf_reset(&b);
	keyword_letters_write(&letters, &b);
	assert_true(span_eq(buf_span(&b), SPAN("0 work\n1 new\n2 home\n")));
	keyword_letters_fini(&letters);
	mail_flags_fini(&f);
	mail_flags_fini(&g);
	buf_fini(&b);
}

static void dates_are_read_in_many_forms(void **state)
{
	static const char *const same[] = {"Sun Sep  9 01:46:40 2001", "Sun Sep  9 01:46:40 UTC 2001",
		"Sun Sep  9 03:46:40 2001 +0200", "Sat Sep  8 20:16:40 -0530 2001", "Sun Sep 9 01:46:40 2001 GMT"};
	char line[100];

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		snprintf(line, sizeof line, "From a b@c %s", same[i]);
		assert_int_equal(mbox_date(span_of(line)), 1000000000);
	}
	assert_int_equal(mbox_date(SPAN("From a Sun Sep  9 01:46 2001")), 1000000000 - 40);
	assert_int_equal(mbox_date(SPAN("From a Sun Sep  9 01:46:40")), 0);
	assert_int_equal(mbox_date(SPAN("From a@b")), 0);
}

static void keywords_become_atoms(void **state)
{
	struct mail_flags f;

	(void)state;
	mail_flags_init(&f);
	assert_true(mail_flags_from_field(&f, SPAN("X-Keywords: ok bad(x \\Odd {3+} \xd8\n")));
	mail_flags_add_keyword(&f, SPAN("a\r\nb"));
	mail_flags_add_keyword(&f, SPAN(""));
	assert_true(span_eq(buf_span(&f.keywords), SPAN("ok bad_x _Odd _3+} _ a__b")));
	mail_flags_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_into_an_mbox_comes_out),
		cmocka_unit_test(foreign_files_are_read),
		cmocka_unit_test(names_of_files_return),
		cmocka_unit_test(flags_wear_every_dress),
		cmocka_unit_test(dates_are_read_in_many_forms),
		cmocka_unit_test(keywords_become_atoms),
	};

	return cmocka_run_group_tests_name("prog/command", tests, NULL, NULL);
}
