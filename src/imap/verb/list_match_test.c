/* Patterns of LIST. */
#include "base/test.h"

#include "imap/verb/list_match.h"

static void check(const char *pattern, const char *name, bool want)
{
	struct arena arena;

	arena_init(&arena, 1 << 16);
	assert_int_equal(list_match(list_pattern(SPAN(""), span_of(pattern), &arena), span_of(name)), want);
	arena_fini(&arena);
}

static void patterns(void **state)
{
	(void)state;
	check("*", "a/b/c", true);
	check("%", "a", true);
	check("%", "a/b", false);
	check("a/%", "a/b", true);
	check("a/%", "a/b/c", false);
	check("a/*", "a/b/c", true);
	check("a/*", "a", false);
	check("%/%", "a/b", true);
	check("*b", "a/b", true);
	check("%b", "a/b", false);
	check("a*%*b", "a/x/b", true);
	check("inbox", "INBOX", true);
	check("InBoX/x", "INBOX/x", true);
	check("sent", "Sent", false);
	check("", "a", false);
	check("a", "ab", false);
	check("ab", "a", false);
}

static void never_slow(void **state)
{
	char pattern[LIST_PATTERN_MAX], name[512];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(pattern); i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[sizeof(pattern) - 1] = '\0';
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 100; i++)
		check(pattern, name, true);
}

static void references(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 16);
	assert_true(list_match(list_pattern(SPAN("a/"), SPAN("%"), &arena), SPAN("a/b")));
	assert_false(list_match(list_pattern(SPAN("a/"), SPAN("%"), &arena), SPAN("b")));
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns),
		cmocka_unit_test(never_slow),
		cmocka_unit_test(references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
