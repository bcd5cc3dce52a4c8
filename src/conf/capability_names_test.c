/* Tests of lists of capabilities: how they are cut, which listener's list holds, and what is wrong with a name. */
#include "base/test.h"

#include "conf/capability_names.h"

static const struct capability_name names[] = {{"IMAP4rev1", true, true}, {"SORT", false, true},
	{"STARTTLS", false, false}, {"THREAD=REFERENCES", false, true}};

static void lists_are_cut_at_blanks_and_commas(void **state)
{
	static const char *const wanted[] = {"SORT", "IDLE", "THREAD=REFERENCES"};
	struct span list = SPAN(" ,SORT,IDLE\t,  THREAD=REFERENCES, "), name;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		assert_true(capability_names_next(&list, &name));
		assert_true(span_eq(name, span_of(wanted[i])));
	}
	assert_false(capability_names_next(&list, &name));
}

static void each_listener_has_its_list(void **state)
{
	(void)state;
	assert_true(span_eq(capability_names_of(false, "SORT", "IDLE"), SPAN("SORT")));
	assert_true(span_eq(capability_names_of(true, "SORT", "IDLE"), SPAN("IDLE")));
	assert_true(span_eq(capability_names_of(true, "SORT", "same"), SPAN("SORT")));
	assert_true(span_eq(capability_names_of(true, "SORT", ""), SPAN("")));
}

static void refused(const char *list, enum capability_scope scope, const char *words)
{
	struct why w;

	assert_int_equal(capability_names_check(span_of(list), scope, names, ARRAY_LEN(names), &w), FAIL_CONFIG);
	if (!strstr(w.log, words))
		fail_msg("'%s' is not in '%s'", words, w.log);
}

static void wrong_names_are_refused(void **state)
{
	struct why w;

	(void)state;
	assert_int_equal(
		capability_names_check(SPAN("starttls, sort"), FOR_LISTENER, names, ARRAY_LEN(names), &w), FAIL_NONE);
	assert_int_equal(capability_names_check(SPAN("SORT"), FOR_ACCOUNT, names, ARRAY_LEN(names), &w), FAIL_NONE);
	refused("SORT, thread=reference", FOR_LISTENER,
		"'thread=reference' is no capability: did you mean 'THREAD=REFERENCES'?");
	refused("XYZZY", FOR_LISTENER, "'XYZZY' is no capability: write names as CAPABILITY");
	refused("SORT,imap4REV1", FOR_LISTENER, "'IMAP4rev1' cannot be switched off");
	refused("STARTTLS", FOR_ACCOUNT, "'STARTTLS' counts before login");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_cut_at_blanks_and_commas),
		cmocka_unit_test(each_listener_has_its_list),
		cmocka_unit_test(wrong_names_are_refused),
	};

	return cmocka_run_group_tests_name("conf/capability_names", tests, NULL, NULL);
}
