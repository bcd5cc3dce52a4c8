/* Compaction gives space back and changes nothing that anybody could see; wherever the power fails, whatever index is there afterwards. */
#include "store/try.h"

#include "log/record.h"
#include "store/compact.h"
#include "store/verify.h"

static void live(struct trial *t, struct account *a, uint64_t *seed, int n)
{
	for (int i = 0; i < n; i++)
		assert_int_not_equal(try_commit(t, try_random_batch(t, a, seed, true)), FAIL_UNKNOWN);
}

static uint64_t log_bytes(struct trial *t)
{
	char command[200];
	unsigned long long bytes = 0;
	FILE *p;

	snprintf(command, sizeof(command), "cat '%s'/log/*.log | wc -c", t->dir);
	p = popen(command, "r");
	assert_non_null(p);
	assert_int_equal(fscanf(p, "%llu", &bytes), 1);
	pclose(p);
	return bytes;
}

static void expunge_all(struct trial *t, const char *name)
{
	struct mailbox *m = try_mailbox(t, t->account, name);
	struct batch *b = batch_begin(t->account);
	struct why w;

	assert_int_equal(batch_expunge(b, m, 1, UINT32_MAX, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	mailbox_close(m);
}

/* Closes, opens again (which seals all segments), compacts everything. */
static struct store_compaction compact(struct trial *t, unsigned percent)
{
	struct store_compaction c;
	struct why w;
	enum fail f;

	account_close(t->account);
	store_close(t->store);
	try_open_local(t);
	f = store_compact(t->store, percent, &c, &w);
	if (f)
		print_error("%s\n", w.log);
	assert_int_equal(f, FAIL_NONE);
	t->account = try_account(t, 7);
	return c;
}

static void check_clean(struct trial *t)
{
	struct store_check c;
	struct why w;

	account_close(t->account);
	store_close(t->store);
	assert_int_equal(store_check_local(t->dir, &t->loop, true, NULL, try_report, NULL, &c, &w), FAIL_NONE);
	assert_int_equal(c.rot, 0);
	assert_int_equal(c.differences, 0);
	assert_int_equal(c.unreadable, 0);
	try_open_local(t);
	t->account = try_account(t, 7);
}

static void space_comes_back_and_nothing_changes(void **state)
{
	static char big[700000];
	struct trial *t = *state;
	struct account *other = try_account(t, 8);
	struct store_compaction c;
	struct buf before, after;
	uint64_t seed = 31337, size;

	memset(big, 'x', sizeof(big));
	for (int i = 0; i < 10; i++)
		try_deliver(t, t->account, try_info(t->account, "Junk").id, span(big, sizeof(big)));
	try_deliver(t, t->account, try_info(t->account, "Sent").id, span(big, sizeof(big)));
	store_keep(t->store, true); /* what is kept is not to go */
	live(t, t->account, &seed, 60);
	live(t, other, &seed, 30);
	store_keep(t->store, false);
	assert_true(account_kept_count(t->account) > 0);
	account_close(other);
	expunge_all(t, "Junk");
	size = log_bytes(t);
	try_dump_new(t, t->account, &before);
	c = compact(t, 100);
	assert_true(c.segments > 0 && c.messages > 0);
	assert_true(log_bytes(t) < size / 2);
	try_dump_new(t, t->account, &after);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	buf_fini(&after);
	check_clean(t);
	/* Also without the index: from the snapshots. */
	account_close(t->account);
	store_close(t->store);
	{
		char command[100];

		snprintf(command, sizeof(command), "rm -rf '%s/index'", t->dir);
		assert_int_equal(system(command), 0);
	}
	try_open_local(t);
	t->account = try_account(t, 7);
	try_dump_new(t, t->account, &after);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	buf_fini(&after);
	buf_fini(&before);
	live(t, t->account, &seed, 20);
	c = compact(t, 100);
	check_clean(t);
}

static void what_is_mostly_live_stays(void **state)
{
	struct trial *t = *state;
	struct store_compaction c;

	for (int i = 0; i < 20; i++)
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, SPAN("a: b\r\n\r\nc\r\n"));
	c = compact(t, 0);
	assert_int_equal(c.segments, 0);
	assert_int_equal(c.messages, 0);
}

/* Turns one octet over in whatever segment holds `needle`. */
static void damage(struct trial *t, const char *needle)
{
	char command[300];

	snprintf(command, sizeof(command), "sed -i 's/%s/#%s/' '%s'/log/0*.log", needle, needle + 1, t->dir);
	assert_int_equal(system(command), 0);
}

static void what_cannot_be_read_stays(void **state)
{
	static const char *const text[] = {
		"a: b\r\n\r\nfirst\r\n", "a: b\r\n\r\nthe-needle\r\n", "a: b\r\n\r\nthird\r\n"};
	struct trial *t = *state;
	struct store_compaction c;
	struct mailbox *m;
	struct buf out;

	for (int i = 0; i < 3; i++)
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, span_of(text[i]));
	account_close(t->account);
	store_close(t->store);
	damage(t, "the-needle");
	try_open_local(t);
	t->account = try_account(t, 7);
	c = compact(t, 100);
	assert_int_equal(c.messages, 2);
	m = try_mailbox(t, t->account, "INBOX");
	assert_int_equal(mailbox_count(m), 3);
	buf_init(&out, 1000);
	for (int i = 0; i < 3; i++) {
		struct message msg;
		struct try_wait w;

		mailbox_at(m, (size_t)i, &msg);
		buf_reset(&out);
		try_wait_init(&w);
		assert_int_equal(try_finish(t, &w, message_read(t->account, &msg, 0, 1000, &out, &w.wait)),
			i == 1 ? FAIL_CORRUPT : FAIL_NONE);
		if (i != 1)
			assert_true(span_eq(buf_span(&out), span_of(text[i])));
	}
	buf_fini(&out);
	mailbox_close(m);
	{ /* what is left of it is still in a file */
		char command[300];

		snprintf(command, sizeof(command), "grep -q '#he-needle' '%s'/log/0*.log", t->dir);
		assert_int_equal(system(command), 0);
	}
}

static void not_while_someone_is_there(void **state)
{
	struct trial *t = *state;
	struct store_compaction c;
	struct why w;

	assert_int_equal(store_compact(t->store, 100, &c, &w), FAIL_CONFLICT);
}

/* ── Power loss ── */

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

static void check_state(struct trial *t, struct disk *disk, size_t point, struct record_dice *dice,
	const struct kv_batch *index, struct span want)
{
	struct store_settings s = {.loop = &t->loop,
		.disk = record_state(disk, point, dice),
		.kv = kv_open_memory(),
		.report = try_report};
	struct trial after = {0};
	struct try_wait wait;
	struct buf dump;
	struct why w;

	if (index)
		assert_int_equal(s.kv->ops->write(s.kv, index, &w), FAIL_NONE);
	assert_int_equal(store_open(&s, &after.store, &w), FAIL_NONE);
	try_wait_init(&wait);
	assert_int_equal(account_open(after.store, 7, &wait.wait, &after.account), FAIL_NONE);
	try_dump_new(&after, after.account, &dump);
	if (!span_eq(buf_span(&dump), want))
		print_error("point %zu:\n%.*s\nbut was:\n%.*s\n", point, SPAN_ARG(buf_span(&dump)), SPAN_ARG(want));
	assert_true(span_eq(buf_span(&dump), want));
	buf_fini(&dump);
	account_close(after.account);
	store_close(after.store);
}

static void power_may_fail_while_compacting(void **state)
{
	(void)state;
	for (uint64_t start = 1; start <= 8; start++) {
		struct store_settings s = {.segment_size = 48 << 10, .report = try_report};
		uint64_t seed = start * 0x9e3779b97f4a7c15u;
		struct record_dice dice = record_dice_random(seed);
		struct kv_batch before, after;
		struct disk *recording;
		struct store *first;
		struct trial t = {0};
		struct store_compaction c;
		size_t begin, end;
		struct buf dump;
		struct why w;

		loop_init(&t.loop);
		s.loop = &t.loop;
		s.disk = disk_memory();
		s.kv = kv_open_memory();
		assert_int_equal(store_open(&s, &t.store, &w), FAIL_NONE);
		t.account = try_account(&t, 7);
		store_keep(t.store, true);
		live(&t, t.account, &seed, 60);
		try_dump_new(&t, t.account, &dump);
		account_close(t.account);
		copy_index(s.kv, &before);
		first = t.store;
		s.disk = recording = disk_record(RECORD_HONEST, s.disk); /* as a kill would leave it */
		s.kv = kv_open_memory();
		assert_int_equal(s.kv->ops->write(s.kv, &before, &w), FAIL_NONE);
		assert_int_equal(store_open(&s, &t.store, &w), FAIL_NONE);
		begin = record_point(recording);
		assert_int_equal(store_compact(t.store, 100, &c, &w), FAIL_NONE);
		assert_true(c.segments > 0);
		end = record_point(recording);
		copy_index(s.kv, &after);
		for (int i = 0; i < 60; i++) {
			size_t point = begin + try_random(&seed) % (end - begin + 1);

			check_state(
				&t, recording, point, &dice, try_random(&seed) & 1 ? &before : NULL, buf_span(&dump));
			(void)record_dice_next(&dice);
		}
		check_state(&t, recording, end, &dice, &after, buf_span(&dump));
		check_state(&t, recording, end, &dice, NULL, buf_span(&dump));
		kv_batch_fini(&before);
		kv_batch_fini(&after);
		buf_fini(&dump);
		store_close(t.store);
		store_close(first);
		for (int i = 0; i < 10; i++)
			loop_turn(&t.loop);
		loop_fini(&t.loop);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(space_comes_back_and_nothing_changes, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(what_is_mostly_live_stays, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_stays, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(not_while_someone_is_there, try_setup_local, try_teardown),
		cmocka_unit_test(power_may_fail_while_compacting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
