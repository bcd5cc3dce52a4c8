/* What vanished since some change is told in ranges; past the bound old runs merge upwards, so that nothing that went is ever left out and nothing
 * that is there is ever named. */
#include "store/try.h"

#include "log/record.h"
#include "store/inside.h"
#include "store/rebuild.h"

#define LETTER "a: b\r\n\r\nc\r\n"

enum { UIDS = 3000 };

struct told {
	char gone[UIDS + 1];
	uint32_t last, ranges;
};

static void take(void *ctx, uint32_t first, uint32_t last)
{
	struct told *t = ctx;

	assert_true(first > t->last + (t->ranges ? 1 : 0) && first <= last && last <= UIDS);
	for (uint32_t uid = first; uid <= last; uid++)
		t->gone[uid] = 1;
	t->last = last;
	t->ranges++;
}

static struct told vanished(struct trial *t, struct mailbox *m, uint64_t since)
{
	struct told told = {0};
	struct try_wait w;

	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, mailbox_vanished(m, since, &w.wait, take, &told)), FAIL_NONE);
	return told;
}

static uint64_t expunge(struct trial *t, struct mailbox *m, uint32_t first, uint32_t last)
{
	struct batch *b = batch_begin(mailbox_account(m));
	struct try_wait w;
	uint64_t modseq;
	struct why why;

	assert_int_equal(batch_expunge(b, m, first, last, &why), FAIL_NONE);
	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, batch_commit(b, &w.wait)), FAIL_NONE);
	modseq = batch_modseq(b);
	batch_free(b);
	return modseq;
}

static void fill(struct trial *t, struct mailbox *m, int n)
{
	struct batch *b = batch_begin(mailbox_account(m));
	struct body *body = try_body(t, SPAN(LETTER));
	struct new_message new = {.body = body};
	struct why w;

	for (int i = 0; i < n; i++)
		assert_int_equal(batch_message(b, mailbox_id(m), &new, &w), FAIL_NONE);
	body_free(body);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
}

static void ranges_since_a_change(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	uint64_t first, second;
	struct told told;
	struct try_wait w;
	enum fail f;

	fill(t, m, 20);
	told = vanished(t, m, 0);
	assert_int_equal(told.ranges, 0);
	first = expunge(t, m, 8, 9);
	second = expunge(t, m, 3, 3);
	expunge(t, m, 10, 12);
	told = vanished(t, m, 0);
	assert_int_equal(told.ranges, 2);
	for (uint32_t uid = 1; uid <= 20; uid++)
		assert_int_equal(told.gone[uid], uid == 3 || (uid >= 8 && uid <= 12));
	told = vanished(t, m, first);
	assert_int_equal(told.ranges, 2);
	assert_false(told.gone[8] || told.gone[9]);
	told = vanished(t, m, second);
	assert_int_equal(told.ranges, 1);
	assert_true(told.gone[10] && told.gone[12] && !told.gone[3]);
	told = vanished(t, m, UINT64_MAX);
	assert_int_equal(told.ranges, 0);
	/* Given up: nothing is told. */
	try_wait_init(&w);
	told = (struct told){0};
	f = mailbox_vanished(m, 0, &w.wait, take, &told);
	if (f == FAIL_BUSY) {
		store_wait_cancel(&w.wait);
		mailbox_close(m);
		while (t->store->busy)
			uv_run(&t->loop.uv, UV_RUN_ONCE);
		assert_int_equal(told.ranges, 0);
	} else {
		mailbox_close(m);
	}
}

/* ── The bound ── */

struct gone_at {
	uint64_t modseq[UIDS + 1]; /* 0: it is there */
};

static void check_all(struct trial *t, struct mailbox *m, const struct gone_at *g, uint64_t newest)
{
	for (uint64_t since = 0; since <= newest; since += newest / 17 + 1) {
		struct told told = vanished(t, m, since);

		for (uint32_t uid = 1; uid <= UIDS; uid++) {
			if (g->modseq[uid] > since)
				assert_true(told.gone[uid]); /* nothing is left out */
			if (told.gone[uid])
				assert_true(g->modseq[uid] > 0); /* and nothing that is there is named */
		}
	}
}

static void open_with(struct trial *t, struct disk *disk, struct kv *kv, uint32_t most)
{
	struct store_settings s = {.loop = &t->loop,
		.disk = disk,
		.kv = kv,
		.vanished_most = most,
		.snapshot_least = 4000,
		.block = 8,
		.report = try_report};
	struct why w;

	assert_int_equal(store_open(&s, &t->store, &w), FAIL_NONE);
	t->account = try_account(t, 7);
}

static void close_it(struct trial *t)
{
	account_close(t->account);
	store_close(t->store);
	for (int i = 0; i < 10; i++)
		loop_turn(&t->loop);
	loop_fini(&t->loop);
}

static void count_run(void *context, uint32_t first, uint32_t last, uint64_t modseq)
{
	(void)first;
	(void)last;
	(void)modseq;
	++*(size_t *)context;
}

static size_t runs_of(const struct mailbox *m)
{
	size_t n = 0;
	struct why w;

	assert_int_equal(
		index_load_vanished(m->account->store->kv, m->account->id, m->id, 0, count_run, &n, &w), FAIL_NONE);
	return n;
}

static void snapshot_now(struct trial *t)
{
	struct try_wait w;

	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, snapshot_account(t->account, &w.wait)), FAIL_NONE);
	while (t->account->in_flight || !list_empty(&t->account->waiting))
		uv_run(&t->loop.uv, UV_RUN_ONCE);
}

static void old_runs_merge_upwards(void **state)
{
	static struct gone_at gone;
	struct trial t = {0};
	uint64_t seed = 77, newest = 0;
	struct told told;
	struct mailbox *m;
	size_t before;

	(void)state;
	memset(&gone, 0, sizeof(gone));
	loop_init(&t.loop);
	open_with(&t, disk_memory(), kv_open_memory(), 100);
	m = try_mailbox(&t, t.account, "INBOX");
	fill(&t, m, UIDS);
	for (int i = 0; i < 600; i++) {
		uint32_t first = 1 + (uint32_t)(try_random(&seed) % UIDS),
			 last = first + (uint32_t)(try_random(&seed) % 3);
		uint64_t modseq;

		last = last > UIDS ? UIDS : last;
		modseq = expunge(&t, m, first, last);
		for (uint32_t uid = first; uid <= last; uid++)
			if (!gone.modseq[uid])
				gone.modseq[uid] = newest = modseq;
		if (i % 100 == 99) {
			before = runs_of(m);
			snapshot_now(&t);
			assert_true(before <= 100 || runs_of(m) < before);
			check_all(&t, m, &gone, newest);
		}
	}
	/* The newest are told exactly. */
	told = vanished(&t, m, newest - 1);
	for (uint32_t uid = 1; uid <= UIDS; uid++)
		assert_int_equal(told.gone[uid], gone.modseq[uid] == newest);
	mailbox_close(m);
	close_it(&t);
}

/* From one end to the other: all runs are neighbours, and stay few. */
static void neighbours_stay_few(void **state)
{
	struct trial t = {0};
	struct mailbox *m;

	(void)state;
	loop_init(&t.loop);
	open_with(&t, disk_memory(), kv_open_memory(), 64);
	m = try_mailbox(&t, t.account, "INBOX");
	fill(&t, m, 200);
	for (uint32_t uid = 1; uid <= 200; uid++)
		expunge(&t, m, uid, uid);
	snapshot_now(&t);
	snapshot_now(&t);
	assert_true(runs_of(m) <= 64);
	mailbox_close(m);
	close_it(&t);
}

static void count_difference(void *context, struct span key)
{
	(void)key;
	++*(int *)context;
}

/* A redo merges where the living store did. */
static void redo_merges_the_same(void **state)
{
	struct record_dice dice = record_dice_random(3);
	struct disk *disk = disk_record(RECORD_HONEST, NULL);
	struct kv *kv = kv_open_memory(), *again = kv_open_memory();
	struct trial t = {0}, redone = {0};
	struct store_settings s = {.loop = &t.loop,
		.kv = again,
		.vanished_most = 32,
		.snapshot_least = 4000,
		.block = 8,
		.report = try_report};
	struct mailbox *m;
	uint64_t seed = 5;
	int differences = 0;
	struct why w;

	(void)state;
	loop_init(&t.loop);
	open_with(&t, disk, kv, 32);
	m = try_mailbox(&t, t.account, "INBOX");
	fill(&t, m, 400);
	for (int i = 0; i < 200; i++) {
		uint32_t first = 1 + (uint32_t)(try_random(&seed) % 400);

		expunge(&t, m, first, first + 1);
	}
	snapshot_now(&t);
	assert_true(runs_of(m) > 0 && runs_of(m) < 200);
	s.disk = record_state(disk, record_point(disk), &dice);
	assert_int_equal(store_open(&s, &redone.store, &w), FAIL_NONE);
	assert_int_equal(rebuild_finish(redone.store, &w), FAIL_NONE);
	assert_int_equal(index_compare(kv, again, count_difference, &differences, &w), FAIL_NONE);
	assert_int_equal(differences, 0);
	store_close(redone.store);
	mailbox_close(m);
	close_it(&t);
}

#define SUITE(setup) cmocka_unit_test_setup_teardown(ranges_since_a_change, setup, try_teardown)

int main(void)
{
	const struct CMUnitTest memory[] = {SUITE(try_setup_memory)},
				local[] = {SUITE(try_setup_local), cmocka_unit_test(old_runs_merge_upwards),
					cmocka_unit_test(neighbours_stay_few), cmocka_unit_test(redo_merges_the_same)};
	int failed = cmocka_run_group_tests_name("engine mem", memory, NULL, NULL);

	return failed + cmocka_run_group_tests_name("engine local", local, NULL, NULL);
}
