/* An account that is gone stays gone, whatever segments a power loss brings back; and a store that came from a backup has new UIDVALIDITYs. */
#include "store/try_step.h"

#include "log/record.h"
#include "store/erase.h"
#include "store/inside.h"
#include "store/reclaim.h"
#include "store/restored.h"
#include "store/verify.h"

#define LETTER "From: a@example.org\r\nSubject: hello\r\n\r\nBody\r\n"

static enum fail erase(struct trial *t, uint64_t id)
{
	struct try_wait w;

	try_wait_init(&w);
	return try_finish(t, &w, account_erase(t->store, id, &w.wait));
}

static enum fail open_it(struct trial *t, uint64_t id)
{
	struct account *a = NULL;
	struct try_wait w;
	enum fail f;

	try_wait_init(&w);
	f = try_finish(t, &w, account_open(t->store, id, &w.wait, &a));
	account_close(a);
	return f;
}

static void fill(struct trial *t, uint64_t id, uint64_t seed)
{
	struct account *a = try_account(t, id);

	store_keep(t->store, true);
	for (int i = 0; i < 40; i++)
		assert_int_not_equal(try_commit(t, try_random_batch(t, a, &seed, true)), FAIL_UNKNOWN);
	account_close(a);
}

static struct reclaim_result reclaim(struct trial *t)
{
	struct reclaim_order order = {.percent = 100};
	struct reclaim_result r = {0};
	struct try_wait w;

	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, store_reclaim(t->store, &order, &r, &w.wait)), FAIL_NONE);
	return r;
}

static bool count_segment(void *context, uint32_t segment, int64_t since)
{
	(void)segment;
	assert_true(since > 0);
	(*(int *)context)++;
	return true;
}

static void erased_is_gone(void **state)
{
	struct trial *t = *state;
	struct kv *kv = t->store->kv;
	uint64_t next = 0;
	int segments = 0;
	struct why w;

	fill(t, 8, 4711);
	assert_int_equal(erase(t, 8), FAIL_NONE);
	assert_int_equal(open_it(t, 8), FAIL_NOT_FOUND);
	assert_int_equal(erase(t, 8), FAIL_NONE);  /* once more is nothing */
	assert_int_equal(erase(t, 99), FAIL_NONE); /* nobody */
	assert_int_equal(index_next_account(kv, 8, &next, &w), FAIL_NONE);
	assert_true(next == 0); /* no account 99 came of it */
	assert_int_equal(try_info(t->account, "INBOX").messages, 0);
	assert_int_equal(purged_each(kv, count_segment, &segments, &w), FAIL_NONE);
	assert_true(segments > 0);
}

/* Sessions that have it open see its mailboxes go, and can do nothing more. */
static void whoever_is_there_is_told(void **state)
{
	struct trial *t = *state;
	struct account *a = try_account(t, 8);
	struct mailbox *m = try_mailbox(t, a, "INBOX");
	struct batch *b = batch_begin(a);
	struct feed_reader reader;
	struct feed_event e;
	struct message msg;
	struct buf out;
	struct why w;

	try_deliver(t, a, mailbox_id(m), SPAN(LETTER));
	mailbox_at(m, 0, &msg);
	feed_begin(&reader, m, NULL);
	assert_int_equal(erase(t, 8), FAIL_NONE);
	assert_true(feed_next(&reader, &e));
	assert_int_equal(e.kind, FEED_DELETED);
	assert_true(mailbox_deleted(m));
	buf_init(&out, 1000);
	try_read(t, a, &msg, 0, 1000, &out);
	assert_true(span_eq(buf_span(&out), SPAN(LETTER)));
	buf_fini(&out);
	assert_int_equal(batch_mailbox_create(b, SPAN("New"), USE_NONE, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NOT_FOUND);
	feed_end(&reader);
	mailbox_close(m);
	account_close(a);
	assert_int_equal(open_it(t, 8), FAIL_NOT_FOUND);
}

static void gone_after_reopening(void **state)
{
	struct trial *t = *state;
	struct store_checking how = {.deep = true, .report = try_report};
	struct store_check check;
	char command[100];
	struct why w;

	fill(t, 8, 99);
	assert_int_equal(erase(t, 8), FAIL_NONE);
	try_reopen(t);
	assert_int_equal(open_it(t, 8), FAIL_NOT_FOUND);
	snprintf(command, sizeof(command), "rm -rf '%s/index'", t->dir);
	for (int round = 0; round < 2; round++) {
		account_close(t->account);
		store_close(t->store);
		assert_int_equal(system(command), 0); /* made anew from the batches; then from the snapshots */
		try_open_local(t);
		assert_int_equal(open_it(t, 8), FAIL_NOT_FOUND);
		try_rebuilt(t);
		(void)reclaim(t);
		assert_int_equal(open_it(t, 8), FAIL_NOT_FOUND);
		t->account = try_account(t, 7);
	}
	account_close(t->account);
	store_close(t->store);
	assert_int_equal(store_check_local(t->dir, &t->loop, &how, &check, &w), FAIL_NONE);
	assert_int_equal(check.differences, 0);
	assert_int_equal(check.accounts, 1);
	try_open_local(t);
	t->account = try_account(t, 7);
}

/* ── Power loss ── */

static enum fail look(struct loop *loop, struct disk *disk, const struct kv_batch *index)
{
	struct store_settings s = {.loop = loop, .disk = disk, .kv = kv_open_memory(), .report = try_report};
	struct account *a = NULL;
	struct store *store;
	struct try_wait wait;
	struct why w;
	enum fail f;

	if (index)
		assert_int_equal(s.kv->ops->write(s.kv, index, &w), FAIL_NONE);
	assert_int_equal(store_open(&s, &store, &w), FAIL_NONE);
	try_rebuilt_store(store, loop);
	try_wait_init(&wait);
	f = try_finish_in(loop, &wait, account_open(store, 8, &wait.wait, &a));
	account_close(f ? NULL : a);
	store_close(store);
	return f;
}

static bool copy_entry(void *context, struct span key, struct span value)
{
	kv_batch_put(context, key, value);
	return true;
}

static void copy_index(struct kv *kv, struct kv_batch *out)
{
	kv_batch_init(out);
	assert_int_equal(kv->ops->scan(kv, SPAN(""), SPAN(""), copy_entry, out, NULL), FAIL_NONE);
}

static void power_may_fail_while_erasing(void **state)
{
	struct record_dice dice = record_dice_random(5);
	struct store_settings s = {.segment_size = 32 << 10, .report = try_report};
	struct kv_batch index[3];
	uint64_t seed = 4242;
	struct trial t = {0};
	size_t begin, erased, end;
	struct disk *disk;
	struct why w;

	(void)state;
	loop_init(&t.loop);
	s.loop = &t.loop;
	s.disk = disk = disk_record(RECORD_HONEST, NULL);
	s.kv = kv_open_memory();
	assert_int_equal(store_open(&s, &t.store, &w), FAIL_NONE);
	fill(&t, 7, 1);
	fill(&t, 8, 2);
	copy_index(s.kv, &index[0]);
	begin = record_point(disk);
	assert_int_equal(erase(&t, 8), FAIL_NONE);
	erased = record_point(disk);
	copy_index(s.kv, &index[1]);
	fill(&t, 7, 3);
	copy_index(s.kv, &index[2]);
	end = record_point(disk);
	for (int i = 0; i < 150; i++) {
		size_t point = begin + try_random(&seed) % (end - begin + 1);
		uint64_t which = try_random(&seed) % 4;
		enum fail f;

		if ((which == 1 && point < erased) || (which == 2 && point < end))
			which = 3;
		f = look(&t.loop, record_state(disk, point, &dice), which < 3 ? &index[which] : NULL);
		assert_true(f == FAIL_NOT_FOUND || (point < erased && f == FAIL_NONE));
		(void)record_dice_next(&dice);
	}
	store_close(t.store);
	for (int i = 0; i < 3; i++)
		kv_batch_fini(&index[i]);
	for (int i = 0; i < 10; i++)
		loop_turn(&t.loop);
	loop_fini(&t.loop);
}

/* Segments that were removed may be there again: the account must not. */
static void removed_segments_bring_nothing_back(void **state)
{
	struct store_settings s = {.segment_size = 32 << 10, .report = try_report};
	struct record_dice dice = record_dice_random(77);
	struct kv_batch index, after;
	uint64_t seed = 815;
	struct disk *recording;
	struct trial t = {0};
	struct store *first;
	size_t begin, end;
	struct why w;

	(void)state;
	loop_init(&t.loop);
	s.loop = &t.loop;
	s.disk = disk_memory();
	s.kv = kv_open_memory();
	assert_int_equal(store_open(&s, &t.store, &w), FAIL_NONE);
	fill(&t, 8, 2);
	assert_int_equal(erase(&t, 8), FAIL_NONE);
	fill(&t, 7, 3);
	copy_index(s.kv, &index);
	first = t.store;
	s.disk = recording = disk_record(RECORD_HONEST, s.disk);
	s.kv = kv_open_memory();
	assert_int_equal(s.kv->ops->write(s.kv, &index, &w), FAIL_NONE);
	assert_int_equal(store_open(&s, &t.store, &w), FAIL_NONE);
	begin = record_point(recording);
	assert_true(reclaim(&t).segments > 0);
	end = record_point(recording);
	copy_index(s.kv, &after);
	for (int i = 0; i < 60; i++) {
		size_t point = i < 20 ? end : begin + try_random(&seed) % (end - begin + 1);
		const struct kv_batch *beside = i < 10 ? &after : try_random(&seed) & 1 ? &index : NULL;

		assert_int_equal(look(&t.loop, record_state(recording, point, &dice), beside), FAIL_NOT_FOUND);
		(void)record_dice_next(&dice);
	}
	kv_batch_fini(&index);
	kv_batch_fini(&after);
	store_close(t.store);
	store_close(first);
	for (int i = 0; i < 10; i++)
		loop_turn(&t.loop);
	loop_fini(&t.loop);
}

/* ── From a backup ── */

static void restored_has_higher_uidvalidities(void **state)
{
	struct trial *t = *state;
	struct mailbox_info before[16], after;
	uint64_t count = 0, left = 1, id;
	struct message first, second;
	struct mailbox *m;
	struct why w;
	size_t n;

	fill(t, 8, 5);
	assert_int_equal(erase(t, 8), FAIL_NONE);
	try_deliver(t, t->account, try_info(t->account, "INBOX").id, SPAN(LETTER));
	n = account_mailboxes(t->account);
	assert_true(n <= ARRAY_LEN(before));
	for (size_t i = 0; i < n; i++)
		account_mailbox_at(t->account, i, &before[i]);
	m = try_mailbox(t, t->account, "INBOX");
	mailbox_at(m, 0, &first);
	mailbox_close(m);
	id = t->account->next_message;
	assert_int_equal(store_restored(t->store, &count, &left, &w), FAIL_NONE);
	assert_int_equal(left, 0);
	assert_int_equal(count, n);
	for (size_t i = 0; i < n; i++) {
		account_mailbox_at(t->account, i, &after);
		assert_true(after.id == before[i].id && after.messages == before[i].messages);
		for (size_t k = 0; k < n; k++)
			assert_true(after.uidvalidity > before[k].uidvalidity);
	}
	assert_true(t->account->next_message >= id);
	if (t->dir[0])
		try_reopen(t);
	account_mailbox_at(t->account, n - 1, &after);
	assert_true(after.uidvalidity > before[n - 1].uidvalidity);
	m = try_mailbox(t, t->account, "INBOX");
	mailbox_at(m, 0, &second);
	assert_true(first.id == second.id && first.uid == second.uid);
	mailbox_close(m);
	assert_int_equal(try_create(t, "Newer"), FAIL_NONE);
	assert_true(try_info(t->account, "Newer").uidvalidity > after.uidvalidity);
}

#define SUITE(setup)                                                                                                   \
	cmocka_unit_test_setup_teardown(erased_is_gone, setup, try_teardown),                                          \
		cmocka_unit_test_setup_teardown(whoever_is_there_is_told, setup, try_teardown),                        \
		cmocka_unit_test_setup_teardown(restored_has_higher_uidvalidities, setup, try_teardown)

int main(void)
{
	const struct CMUnitTest memory[] = {SUITE(try_setup_memory)},
				local[] = {SUITE(try_setup_local),
					cmocka_unit_test_setup_teardown(
						gone_after_reopening, try_setup_local, try_teardown),
					cmocka_unit_test(power_may_fail_while_erasing),
					cmocka_unit_test(removed_segments_bring_nothing_back)};
	int failed = cmocka_run_group_tests_name("engine mem", memory, NULL, NULL);

	return failed + cmocka_run_group_tests_name("engine local", local, NULL, NULL);
}
