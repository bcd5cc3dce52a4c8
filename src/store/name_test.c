/* Names of mailboxes: what is good, and the one form in which a name is stored. */
#include "store/try.h"

static enum fail normal(struct span name, struct buf *out)
{
	struct why w;

	buf_reset(out);
	return mailbox_name_normal(name, out, &w);
}

static void names_get_one_form(void **state)
{
	static const struct {
		struct span in, out;
	} good[] = {
		{{"inbox", 5}, {"INBOX", 5}},
		{{"Inbox/Sub", 9}, {"INBOX/Sub", 9}},
		{{"inboxes", 7}, {"inboxes", 7}},
		{{"a/b/", 4}, {"a/b", 3}},
		{{"a b & c", 7}, {"a b & c", 7}},
		{{"e\xcc\x81t\xc3\xa9", 6}, {"\xc3\xa9t\xc3\xa9", 5}}, /* NFC */
		{{"\xd8\xa8\xd8\xb1\xd9\x8a\xd8\xaf", 8}, {"\xd8\xa8\xd8\xb1\xd9\x8a\xd8\xaf", 8}},
	};
	struct buf out, again;

	(void)state;
	buf_init(&out, 2000);
	buf_init(&again, 2000);
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(normal(good[i].in, &out), FAIL_NONE);
		assert_true(span_eq(buf_span(&out), good[i].out));
		assert_int_equal(normal(buf_span(&out), &again), FAIL_NONE);
		assert_true(span_eq(buf_span(&again), good[i].out));
	}
	buf_fini(&out);
	buf_fini(&again);
}

static void bad_names_are_refused(void **state)
{
	static const struct span bad[] = {{"", 0}, {"/", 1}, {"/a", 2}, {"a//b", 4}, {"a//", 3}, {"a*", 2}, {"%", 1},
		{"a\tb", 3}, {"a\0b", 3}, {"\xff", 1}, {"\xc0\xaf", 2}, {"\xed\xa0\x80", 3}, {"a\x7f", 2},
		{"\xc2\x85", 2}};
	char longest[MAILBOX_NAME_MAX + 1], deep[2 * MAILBOX_DEPTH_MAX + 1];
	struct buf out;

	(void)state;
	buf_init(&out, 2000);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(normal(bad[i], &out), FAIL_CANNOT);
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(normal(span(longest, MAILBOX_NAME_MAX), &out), FAIL_NONE);
	assert_int_equal(normal(span(longest, MAILBOX_NAME_MAX + 1), &out), FAIL_CANNOT);
	for (size_t i = 0; i < sizeof(deep); i++)
		deep[i] = i % 2 ? '/' : 'd';
	assert_int_equal(normal(span(deep, 2 * MAILBOX_DEPTH_MAX - 1), &out), FAIL_NONE);
	assert_int_equal(normal(span(deep, 2 * MAILBOX_DEPTH_MAX + 1), &out), FAIL_CANNOT);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_get_one_form), cmocka_unit_test(bad_names_are_refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
