/* The power goes at any point while space is given back: the account is as it was before or after the change under way, with an index or none. */
#include "store/reclaim_try.h"
#include "store/try_dump.h"

enum { STEPS = 30 };

struct moment {
	size_t point;
	struct buf dump;
};

static void check_state(struct trial *t, struct disk *disk, size_t point, struct record_dice *dice, struct kv *kv,
	const struct moment *at, size_t n)
{
	struct trial after = {0};
	struct store_settings s = {.loop = &t->loop,
		.disk = record_state(disk, point, dice),
		.kv = kv ? kv : kv_open_memory(),
		.report = try_report};
	struct try_wait wait;
	struct buf dump;
	size_t done = 0;
	struct why w;

	while (done + 1 < n && at[done + 1].point <= point)
		done++;
	assert_int_equal(store_open(&s, &after.store, &w), FAIL_NONE);
	try_wait_init(&wait);
	assert_int_equal(try_finish(t, &wait, account_open(after.store, 7, &wait.wait, &after.account)), FAIL_NONE);
	buf_init(&dump, 64 << 20);
	try_dump(t, after.account, &dump);
	if (!span_eq(buf_span(&dump), buf_span(&at[done].dump)) &&
		!(done + 1 < n && span_eq(buf_span(&dump), buf_span(&at[done + 1].dump)))) {
		print_error("point %zu, after %zu:\n%.*s\nbut was:\n%.*s\n", point, done, SPAN_ARG(buf_span(&dump)),
			SPAN_ARG(buf_span(&at[done].dump)));
		assert_true(false);
	}
	buf_fini(&dump);
	account_close(after.account);
	store_close(after.store);
}

static void power_may_fail_at_any_point(void **state)
{
	(void)state;
	for (uint64_t start = 1; start <= 6; start++) {
		uint64_t seed = start * 0x9e3779b97f4a7c15u;
		struct record_dice dice = record_dice_random(seed);
		struct disk *disk = disk_record(RECORD_HONEST, NULL);
		struct kv *kv = kv_open_memory(), *old[STEPS] = {NULL};
		struct reclaim_order order = {.percent = 100, .compress = start % 3 != 0};
		struct moment at[STEPS];
		struct reclaim_result r;
		struct try_wait w = {.done = true};
		uint64_t removed = 0;
		struct trial t = {0};
		size_t end;

		loop_init(&t.loop);
		open_with(&t, disk, kv);
		store_keep(t.store, start % 2);
		live(&t, t.account, &seed, 40);
		for (size_t i = 0; i < STEPS; i++) {
			if (w.done) {
				removed += i ? r.segments : 0;
				try_wait_init(&w);
				assert_int_equal(store_reclaim(t.store, &order, &r, &w.wait), FAIL_BUSY);
			}
			for (uint64_t turns = try_random(&seed) % 6; turns-- > 0;)
				uv_run(&t.loop.uv, UV_RUN_NOWAIT);
			live(&t, t.account, &seed, i ? 1 : 0);
			at[i].point = record_point(disk);
			try_dump_new(&t, t.account, &at[i].dump);
			old[i] = try_copy_kv(kv);
		}
		assert_int_equal(try_finish(&t, &w, FAIL_BUSY), FAIL_NONE);
		end = record_point(disk);
		assert_true(removed > 0);
		for (int i = 0; i < 80; i++) {
			size_t point = at[0].point + try_random(&seed) % (end - at[0].point + 1), known = 0;

			while (known + 1 < STEPS && at[known + 1].point <= point)
				known++;
			check_state(&t, disk, point, &dice, try_random(&seed) & 1 ? try_copy_kv(old[known]) : NULL, at,
				STEPS);
			(void)record_dice_next(&dice);
		}
		for (size_t i = 0; i < STEPS; i++) {
			buf_fini(&at[i].dump);
			old[i]->ops->close(old[i]);
		}
		account_close(t.account);
		store_close(t.store);
		loop_fini(&t.loop);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_may_fail_at_any_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
