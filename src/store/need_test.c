/* What an account needs of the log: never fewer segments than there are, and few more. */
#include "base/test.h"

#include "store/need.h"

static void batches_in_a_row_are_one_range(void **state)
{
	struct need n = {0};

	(void)state;
	for (uint32_t s = 5; s < 50; s++) {
		need_batch(&n, s, 10);
		need_batch(&n, s, 10);
	}
	assert_int_equal(n.count, 1);
	assert_int_equal(need_segments(&n), 45);
	assert_int_equal(n.changes, 900);
	assert_false(need_names(&n, 4));
	assert_true(need_names(&n, 5) && need_names(&n, 49));
	assert_false(need_names(&n, 50));
}

static void the_nearest_ranges_merge(void **state)
{
	static const uint32_t segments[] = {1, 100, 103, 300, 500, 502};
	struct need n = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(segments); i++)
		need_batch(&n, segments[i], 1);
	assert_int_equal(n.count, NEED_RANGES);
	for (size_t i = 0; i < ARRAY_LEN(segments); i++)
		assert_true(need_names(&n, segments[i]));
	assert_true(need_names(&n, 101));
	assert_false(need_names(&n, 50));
	assert_false(need_names(&n, 200));
	assert_false(need_names(&n, 400));
}

static void a_snapshot_takes_the_place_of_all(void **state)
{
	struct need n = {0}, again;
	struct buf b;
	struct span in;

	(void)state;
	need_batch(&n, 3, 1000);
	need_snapshot(&n, 7, 8, 500);
	need_batch(&n, 8, 20);
	need_batch(&n, 12, 20);
	assert_false(need_names(&n, 3));
	assert_int_equal(need_segments(&n), 3);
	assert_int_equal(n.changes, 40);
	assert_int_equal(n.snapshot, 500);
	buf_init(&b, 200);
	need_encode(&n, &b);
	in = buf_span(&b);
	assert_true(need_decode(&in, &again));
	assert_int_equal(in.n, 0);
	assert_memory_equal(&n, &again, sizeof(n));
	for (size_t cut = 0; cut < b.n; cut++) {
		in = span(b.p, cut);
		assert_false(need_decode(&in, &again));
	}
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_in_a_row_are_one_range),
		cmocka_unit_test(the_nearest_ranges_merge),
		cmocka_unit_test(a_snapshot_takes_the_place_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
