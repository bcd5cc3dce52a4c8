/* Which crashes come to an account being set aside, and that it stays so. */
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "prog/super/set_aside.h"

enum { SHARD = 1, NOW = 1800000000 };

static struct set_aside *fresh(void **state)
{
	struct set_aside *a = NEW(struct set_aside);

	*state = a;
	return a;
}

static int drop(void **state)
{
	free(*state);
	return 0;
}

static struct set_aside_row *crash(struct set_aside *a, uint64_t account, int64_t minute)
{
	return set_aside_crashed(a, account, SHARD, minute * 60000, NOW);
}

static void the_third_crash_within_an_hour(void **state)
{
	struct set_aside *a = fresh(state);
	struct set_aside_row *row;

	assert_null(crash(a, 7, 0));
	assert_null(crash(a, 8, 1));
	assert_null(crash(a, 7, 30));
	row = crash(a, 7, 59);
	assert_non_null(row);
	assert_int_equal(row->account, 7);
	assert_int_equal(row->shard, SHARD);
	assert_ptr_equal(set_aside_find(a, 7), row);
	assert_null(set_aside_find(a, 8));
}

static void crashes_far_apart_are_none_of_it(void **state)
{
	struct set_aside *a = fresh(state);

	for (int64_t i = 0; i < 10; i++)
		assert_null(crash(a, 7, i * 31));
	assert_int_equal(a->n, 0);
}

static void once_cleared_it_has_its_three_again(void **state)
{
	struct set_aside *a = fresh(state);

	for (int i = 0; i < 3; i++)
		(void)crash(a, 7, i);
	assert_true(set_aside_clear(a, 7));
	assert_false(set_aside_clear(a, 7));
	assert_null(crash(a, 7, 4));
	assert_null(crash(a, 7, 5));
	assert_non_null(crash(a, 7, 6));
}

static void shards_have_their_own(void **state)
{
	struct set_aside *a = fresh(state);
	uint64_t accounts[SET_ASIDE_MAX];

	for (int i = 0; i < 3; i++) {
		(void)set_aside_crashed(a, 7, 0, i, NOW);
		(void)set_aside_crashed(a, 8, 1, i, NOW);
		(void)set_aside_crashed(a, 9, 1, i, NOW);
	}
	assert_int_equal(set_aside_of_shard(a, 0, accounts), 1);
	assert_int_equal(accounts[0], 7);
	assert_int_equal(set_aside_of_shard(a, 1, accounts), 2);
	assert_int_equal(set_aside_of_shard(a, 2, accounts), 0);
}

static void has_an_end(void **state)
{
	struct set_aside *a = fresh(state);

	for (uint64_t account = 1; account <= SET_ASIDE_MAX + 5; account++)
		for (int i = 0; i < 3; i++)
			(void)crash(a, account, i);
	assert_int_equal(a->n, SET_ASIDE_MAX);
}

static void outlives_the_server(void **state)
{
	struct set_aside *a = fresh(state), *again = NEW(struct set_aside);
	char dir[] = "/tmp/set-aside-XXXXXX", path[64];
	struct settings s = {.data_dir = dir};
	struct why w;
	FILE *file;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(set_aside_load(again, &s, &w), FAIL_NONE);
	for (int i = 0; i < 3; i++) {
		(void)crash(a, 7, i);
		(void)crash(a, UINT64_MAX, i);
	}
	assert_int_equal(set_aside_save(a, &s, &w), FAIL_NONE);
	assert_int_equal(set_aside_load(again, &s, &w), FAIL_NONE);
	assert_int_equal(again->n, 2);
	assert_int_equal(set_aside_find(again, UINT64_MAX)->shard, SHARD);
	assert_int_equal(set_aside_find(again, 7)->since, NOW);
	snprintf(path, sizeof path, "%s/set-aside", dir);
	file = fopen(path, "a");
	fputs("nonsense\n", file);
	fclose(file);
	assert_int_equal(set_aside_load(again, &s, &w), FAIL_CORRUPT);
	assert_int_equal(again->n, 2);
	unlink(path);
	rmdir(dir);
	free(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_third_crash_within_an_hour, drop),
		cmocka_unit_test_teardown(crashes_far_apart_are_none_of_it, drop),
		cmocka_unit_test_teardown(once_cleared_it_has_its_three_again, drop),
		cmocka_unit_test_teardown(shards_have_their_own, drop),
		cmocka_unit_test_teardown(has_an_end, drop),
		cmocka_unit_test_teardown(outlives_the_server, drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
