/* Ranges of marks against a plain array. */
#include "base/test.h"

#include "store/device_marks.h"

enum { UIDS = 60, STEPS = 4000 };

static uint32_t dice(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % sides;
}

/* In order, apart or of different times, and none of time 0. */
static void assert_normal(const struct marks *m)
{
	for (size_t i = 0; i < m->n; i++) {
		assert_true(m->at[i].first && m->at[i].first <= m->at[i].last && m->at[i].time);
		if (!i)
			continue;
		assert_true(m->at[i - 1].last < m->at[i].first);
		assert_true(m->at[i - 1].last + 1 < m->at[i].first || m->at[i - 1].time != m->at[i].time);
	}
}

static void assert_same(const struct marks *m, const uint32_t plain[UIDS + 1])
{
	assert_normal(m);
	for (uint32_t uid = 1; uid <= UIDS; uid++)
		assert_int_equal(marks_time(m, uid), plain[uid]);
}

static void any_range_can_be_set_and_cleared(void **state)
{
	uint32_t plain[UIDS + 1] = {0}, seed = 7;
	struct marks m = {0}, again = {0};

	(void)state;
	for (int step = 0; step < STEPS; step++) {
		uint32_t first = 1 + dice(&seed, UIDS), last = first + dice(&seed, 12), time = dice(&seed, 4);
		struct buf bytes;
		struct span in;

		last = last > UIDS ? UIDS : last;
		for (uint32_t uid = first; uid <= last; uid++)
			plain[uid] = time;
		marks_set(&m, first, last, time);
		marks_copy(&again, &m);
		marks_set(&again, first, last, time);
		assert_same(&again, plain);
		marks_fini(&again);
		buf_init(&bytes, 1 << 16);
		marks_encode(&m, &bytes);
		in = buf_span(&bytes);
		assert_true(marks_decode(&in, &again));
		assert_int_equal(in.n, 0);
		assert_same(&again, plain);
		buf_fini(&bytes);
		marks_fini(&again);
	}
	marks_fini(&m);
}

static void what_both_have_is_left(void **state)
{
	uint32_t seed = 11;

	(void)state;
	for (int step = 0; step < STEPS / 4; step++) {
		uint32_t a[UIDS + 1] = {0};
		struct marks x = {0}, y = {0};

		for (int i = 0; i < 6; i++) {
			uint32_t first = 1 + dice(&seed, UIDS - 8);

			marks_set(&x, first, first + dice(&seed, 8), 1 + dice(&seed, 2));
			first = 1 + dice(&seed, UIDS - 8);
			marks_set(&y, first, first + dice(&seed, 8), 9);
		}
		for (uint32_t uid = 1; uid <= UIDS; uid++)
			a[uid] = marks_time(&y, uid) ? marks_time(&x, uid) : 0;
		marks_intersect(&x, &y);
		for (uint32_t uid = 1; uid <= UIDS; uid++)
			assert_int_equal(marks_time(&x, uid), a[uid]);
		marks_fini(&x);
		marks_fini(&y);
	}
}

static void note_change(void *context, uint32_t first, uint32_t last, uint32_t time)
{
	marks_set(context, first, last, time);
}

static void changes_lead_from_one_to_the_other(void **state)
{
	uint32_t seed = 5;

	(void)state;
	for (int step = 0; step < STEPS / 4; step++) {
		struct marks was = {0}, now = {0}, led = {0};

		for (int i = 0; i < 5; i++) {
			uint32_t first = 1 + dice(&seed, UIDS);

			marks_set(&was, first, first + dice(&seed, 9), 1 + dice(&seed, 3));
			first = 1 + dice(&seed, UIDS);
			marks_set(
				&now, first, i == 4 && step % 2 ? UINT32_MAX : first + dice(&seed, 9), dice(&seed, 3));
		}
		marks_copy(&led, &was);
		marks_changes(&was, &now, note_change, &led);
		assert_int_equal(led.n, now.n);
		for (size_t i = 0; i < now.n; i++)
			assert_memory_equal(&led.at[i], &now.at[i], sizeof(led.at[i]));
		marks_fini(&led);
		marks_fini(&was);
		marks_fini(&now);
	}
}

static void the_ends_of_all_numbers(void **state)
{
	struct marks m = {0};

	(void)state;
	marks_set(&m, UINT32_MAX, UINT32_MAX, 5);
	marks_set(&m, UINT32_MAX - 1, UINT32_MAX - 1, 5);
	assert_int_equal(m.n, 1);
	marks_set(&m, 1, UINT32_MAX, 5);
	assert_int_equal(m.n, 1);
	assert_int_equal(marks_time(&m, 1), 5);
	marks_set(&m, 3, 2, 6);
	marks_set(&m, 0, 2, 6);
	assert_int_equal(m.n, 1);
	marks_set(&m, 1, UINT32_MAX, 0);
	assert_int_equal(m.n, 0);
	marks_fini(&m);
}

static void bad_bytes_are_refused(void **state)
{
	static const struct span bad[] = {SPAN(""), SPAN("\1"), SPAN("\1\0\1\1"), SPAN("\1\1\1\0"), SPAN("\2\1\1\1"),
		SPAN("\1\xff\xff\xff\xff\x0f\1\1"), SPAN("\x7f\1\1\1")};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct span in = bad[i];
		struct marks m = {0};

		assert_false(marks_decode(&in, &m));
		marks_fini(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_range_can_be_set_and_cleared),
		cmocka_unit_test(what_both_have_is_left),
		cmocka_unit_test(changes_lead_from_one_to_the_other),
		cmocka_unit_test(the_ends_of_all_numbers),
		cmocka_unit_test(bad_bytes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
