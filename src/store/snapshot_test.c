/* Snapshots while the store serves: written when the changes outweigh the last, others go on meanwhile, and the index knows what a rebuild needs,
 * also after a redo and after a rebuild. */
#include "store/try_dump.h"
#include "store/try_step.h"

#include "log/record.h"
#include "store/inside.h"

static uint32_t segment_size = 48 << 10;

static void open_with(struct trial *t, struct disk *disk, struct kv *kv, uint64_t least)
{
	struct store_settings s = {.loop = &t->loop,
		.disk = disk,
		.kv = kv,
		.segment_size = segment_size,
		.snapshot_least = least,
		.report = try_report};
	struct why w;

	assert_int_equal(store_open(&s, &t->store, &w), FAIL_NONE);
	t->account = try_account(t, 7);
}

static void live(struct trial *t, struct account *a, uint64_t *seed, int n)
{
	for (int i = 0; i < n; i++)
		assert_int_not_equal(try_commit(t, try_random_batch(t, a, seed, false)), FAIL_UNKNOWN);
}

static void settle(struct trial *t)
{
	while (t->store->busy)
		uv_run(&t->loop.uv, UV_RUN_ONCE);
}

static void they_come_when_changes_outweigh_the_last(void **state)
{
	struct trial t = {0};
	uint64_t seed = 11;
	unsigned snapshots = 0;
	uint64_t last = 0;

	(void)state;
	loop_init(&t.loop);
	open_with(&t, disk_memory(), kv_open_memory(), 1000);
	for (int i = 0; i < 200; i++) {
		live(&t, t.account, &seed, 1);
		settle(&t);
		assert_true(t.account->need.changes <= 1000 || t.account->need.changes <= t.account->need.snapshot);
		snapshots += t.account->need.snapshot != last;
		last = t.account->need.snapshot;
	}
	assert_in_range(snapshots, 3, 60);
	account_close(t.account);
	store_close(t.store);
	loop_fini(&t.loop);
}

/* What is committed while a snapshot is written comes after it, whoever asked first. */
static void others_and_its_own_go_on(void **state)
{
	struct trial t = {0};
	struct account *other;
	struct try_wait w, waits[20];
	struct batch *batches[20];
	uint64_t seed = 5;

	(void)state;
	loop_init(&t.loop);
	open_with(&t, disk_memory(), kv_open_memory(), UINT64_MAX);
	other = try_account(&t, 8);
	live(&t, t.account, &seed, 60);
	for (int i = 0; i < 20; i++) {
		struct account *a = i % 3 ? t.account : other;

		if (i == 7) {
			try_wait_init(&w);
			assert_int_equal(snapshot_account(t.account, &w.wait), FAIL_BUSY);
			assert_int_equal(snapshot_account(t.account, NULL), FAIL_NONE);
		}
		try_wait_init(&waits[i]);
		batches[i] = batch_begin(a);
		try_stage_message(&t, batches[i], try_info(a, "INBOX").id, &seed, false);
		assert_int_equal(batch_commit(batches[i], &waits[i].wait), FAIL_BUSY);
	}
	for (int i = 0; i < 20; i++) {
		assert_int_equal(try_finish(&t, &waits[i], FAIL_BUSY), FAIL_NONE);
		batch_free(batches[i]);
	}
	assert_int_equal(try_finish(&t, &w, FAIL_BUSY), FAIL_NONE);
	assert_true(t.account->need.snapshot > 0);
	account_close(other);
	account_close(t.account);
	store_close(t.store);
	loop_fini(&t.loop);
}

static void check(struct trial *t, struct disk *disk, struct kv *kv, const struct need *need, struct span want)
{
	struct buf dump;

	open_with(t, disk, kv, UINT64_MAX);
	assert_memory_equal(&t->account->need, need, sizeof(*need));
	try_dump_new(t, t->account, &dump);
	assert_true(span_eq(buf_span(&dump), want));
	buf_fini(&dump);
	account_close(t->account);
	store_close(t->store);
}

/* The index at any moment, brought up to the log, and one made anew say the same of what a rebuild needs. */
static void what_is_needed_is_known_after_every_opening(void **state)
{
	(void)state;
	for (uint64_t start = 1; start <= 6; start++) {
		struct disk *disk = disk_memory();
		struct kv *kv = kv_open_memory(), *old = NULL;
		uint64_t seed = start * 0x9e3779b97f4a7c15u;
		struct trial t = {0}, after = {0};
		struct need need;
		struct buf dump;

		loop_init(&t.loop);
		loop_init(&after.loop);
		open_with(&t, disk, kv, 1000);
		for (int i = 0; i < 50; i++) {
			live(&t, t.account, &seed, 1);
			if (try_random(&seed) % 40 == 0 && !old)
				old = try_copy_kv(kv);
		}
		settle(&t);
		assert_true(t.account->need.snapshot > 0);
		need = t.account->need;
		try_dump_new(&t, t.account, &dump);
		check(&after, disk_record(RECORD_HONEST, disk), kv_open_memory(), &need, buf_span(&dump));
		if (old)
			check(&after, disk_record(RECORD_HONEST, disk), old, &need, buf_span(&dump));
		check(&after, disk_record(RECORD_HONEST, disk), try_copy_kv(kv), &need, buf_span(&dump));
		buf_fini(&dump);
		account_close(t.account);
		store_close(t.store);
		loop_fini(&t.loop);
		loop_fini(&after.loop);
	}
}

/* ── What a snapshot has made superfluous may be gone in part ── */

static unsigned told_of_losses;

static void hear(void *context, const char *text)
{
	try_report(context, text);
	told_of_losses += span_find(span_of(text), SPAN("snapshot")) != SIZE_MAX;
}

static void open_without(struct trial *t, struct disk *disk, uint32_t segment)
{
	struct store_settings s = {.loop = &t->loop, .disk = disk_record(RECORD_HONEST, disk), .report = hear};
	char path[40];
	struct why w;

	snprintf(path, sizeof(path), "log/%010u.log", (unsigned)segment);
	(void)!s.disk->ops->remove(s.disk, path, &w); /* some numbers are not used */
	s.kv = kv_open_memory();
	told_of_losses = 0;
	assert_int_equal(store_open(&s, &t->store, &w), FAIL_NONE);
	t->account = try_account(t, 7);
	try_rebuilt(t);
}

/* Without the messages' bytes, which may be gone with the segment. */
static void outline(struct account *a, struct buf *out)
{
	buf_init(out, 1 << 20);
	for (size_t i = 0; i < account_mailboxes(a); i++) {
		struct mailbox_info info;

		account_mailbox_at(a, i, &info);
		buf_addf(out, "%.*s %u %u %u %llu\n", SPAN_ARG(info.name), info.uidvalidity, info.uid_next,
			info.messages, (unsigned long long)info.size);
	}
}

static void a_part_of_an_old_one_is_not_missed(void **state)
{
	struct trial t = {0}, after = {0};
	struct disk *disk = disk_record(RECORD_HONEST, NULL), *left;
	struct record_dice dice = record_dice_random(1);
	uint32_t begins[2], ends[2];
	uint64_t seed = 3;
	struct buf want, dump;

	(void)state;
	loop_init(&t.loop);
	loop_init(&after.loop);
	segment_size = 4096;
	open_with(&t, disk, kv_open_memory(), UINT64_MAX);
	segment_size = 48 << 10;
	for (int i = 0; i < 2; i++) {
		struct try_wait w;

		live(&t, t.account, &seed, 90);
		try_wait_init(&w);
		assert_int_equal(try_finish(&t, &w, snapshot_account(t.account, &w.wait)), FAIL_NONE);
		begins[i] = t.account->need.range[0].first;
		ends[i] = t.account->need.range[t.account->need.count - 1].last;
	}
	live(&t, t.account, &seed, 5); /* so that the last snapshot is no torn tail without its middle */
	outline(t.account, &want);
	left = record_state(disk, record_point(disk), &dice);
	account_close(t.account);
	store_close(t.store);
	for (uint32_t segment = 1; segment <= ends[1]; segment++) {
		open_without(&after, left, segment);
		if (segment < begins[1]) {
			outline(after.account, &dump);
			assert_true(span_eq(buf_span(&dump), buf_span(&want)));
			assert_int_equal(told_of_losses, 0);
			buf_fini(&dump);
		} else if (segment > begins[1] && segment < ends[1]) {
			assert_true(told_of_losses > 0);
		}
		account_close(after.account);
		store_close(after.store);
	}
	assert_true(ends[0] > begins[0] + 1 && ends[1] > begins[1] + 1);
	left->ops->free(left);
	buf_fini(&want);
	loop_fini(&t.loop);
	loop_fini(&after.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_come_when_changes_outweigh_the_last),
		cmocka_unit_test(others_and_its_own_go_on),
		cmocka_unit_test(what_is_needed_is_known_after_every_opening),
		cmocka_unit_test(a_part_of_an_old_one_is_not_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
