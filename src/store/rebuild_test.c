/* An index that is made anew while the store serves: who asks is served first, what comes meanwhile is there once, and whatever stops it loses
 * nothing. */
#include "store/try_dump.h"
#include "store/try_step.h"

#include "log/faulty.h"
#include "store/verify.h"

enum { ACCOUNTS = 40, LETTERS = 30 };

#define LETTER "From: a@example.org\r\nSubject: %llu\r\n\r\nBody\r\n"

/* Over a disk that lasts, with an index that does not. */
static void open_without_index(struct trial *t, struct disk *disk)
{
	struct store_settings s = {.loop = &t->loop,
		.disk = disk_faulty(disk),
		.kv = kv_open_memory(),
		.segment_size = 64 << 10,
		.snapshot_least = 4 << 10,
		.report = try_report};
	struct why w;

	assert_int_equal(store_open(&s, &t->store, &w), FAIL_NONE);
}

static bool rebuilding(struct trial *t)
{
	uint64_t done = 0, all = 0;
	bool is = store_rebuilding(t->store, &done, &all);

	assert_true(done <= all);
	return is;
}

static void letter_to(struct trial *t, struct account *a, uint64_t n)
{
	char text[200];

	snprintf(text, sizeof text, LETTER, (unsigned long long)n);
	try_deliver(t, a, try_info(a, "INBOX").id, span_of(text));
}

static void write_letters(struct trial *t, uint64_t accounts, uint64_t letters)
{
	for (uint64_t i = 0; i < accounts * letters; i++) {
		struct account *a = try_account(t, 1 + i % accounts);

		letter_to(t, a, i);
		account_close(a);
	}
}

static uint32_t messages_of(struct trial *t, uint64_t id)
{
	struct account *a = try_account(t, id);
	uint32_t n = try_info(a, "INBOX").messages;

	account_close(a);
	return n;
}

static void who_asks_is_served_first(void **state)
{
	struct disk *disk = disk_memory();
	struct trial t = {0};
	uint64_t done, all;
	struct account *a;

	(void)state;
	loop_init(&t.loop);
	open_without_index(&t, disk);
	assert_false(rebuilding(&t)); /* there is nothing */
	write_letters(&t, ACCOUNTS, LETTERS * 20);
	store_close(t.store);

	open_without_index(&t, disk);
	assert_true(rebuilding(&t));
	assert_true(store_rebuilding(t.store, &done, &all));
	assert_true(all >= ACCOUNTS * LETTERS * 20);
	assert_int_equal(messages_of(&t, ACCOUNTS), LETTERS * 20);
	assert_true(store_rebuilding(t.store, &done, &all)); /* the others are not there yet */
	assert_true(done >= LETTERS * 20);                   /* what was told to serve it counts */
	a = try_account(&t, ACCOUNTS);
	letter_to(&t, a, 1);
	account_close(a);
	a = try_account(&t, 1000); /* one that has no mail yet */
	letter_to(&t, a, 1);
	account_close(a);
	assert_true(rebuilding(&t));
	try_rebuilt(&t);
	assert_false(rebuilding(&t));
	for (uint64_t id = 1; id <= ACCOUNTS; id++)
		assert_int_equal(messages_of(&t, id), LETTERS * 20 + (id == ACCOUNTS));
	assert_int_equal(messages_of(&t, 1000), 1);
	store_close(t.store);
	loop_fini(&t.loop);
	disk->ops->free(disk);
}

/* Many ask at once, some ask twice, some go away again. */
static void many_ask_at_once(void **state)
{
	struct disk *disk = disk_memory();
	struct account *got[3 * ACCOUNTS] = {0};
	struct try_wait waits[3 * ACCOUNTS];
	enum fail f[3 * ACCOUNTS];
	struct trial t = {0};

	(void)state;
	loop_init(&t.loop);
	open_without_index(&t, disk);
	write_letters(&t, ACCOUNTS, LETTERS);
	store_close(t.store);
	open_without_index(&t, disk);
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		try_wait_init(&waits[i]);
		f[i] = account_open(t.store, 1 + i % ACCOUNTS, &waits[i].wait, &got[i]);
		if (i % 5 == 3 && f[i] == FAIL_BUSY)
			store_wait_cancel(&waits[i].wait);
		if (i % 7 == 6)
			loop_turn(&t.loop);
	}
	try_rebuilt(&t);
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		if (i % 5 == 3 && f[i] == FAIL_BUSY)
			continue;
		assert_int_equal(try_finish(&t, &waits[i], f[i]), FAIL_NONE);
		assert_int_equal(account_id(got[i]), 1 + i % ACCOUNTS);
		assert_int_equal(try_info(got[i], "INBOX").messages, LETTERS);
		account_close(got[i]);
	}
	store_close(t.store);
	loop_fini(&t.loop);
	disk->ops->free(disk);
}

static void shell(const char *dir, const char *script)
{
	char command[600];

	snprintf(command, sizeof(command), "cd '%s' && %s", dir, script);
	assert_int_equal(system(command), 0);
}

/* Stopped in the middle, again and again, with new mail each time; the index stays as it was left. */
static void a_stop_begins_it_again(void **state)
{
	struct trial *t = *state;
	struct store_checking how = {.deep = true};
	struct store_check found;
	struct why w;

	account_close(t->account);
	t->account = NULL;
	write_letters(t, ACCOUNTS, LETTERS);
	for (uint64_t round = 1; round < 12; round++) {
		struct account *a;

		store_close(t->store);
		if (round % 4 == 1)
			shell(t->dir, "rm -rf index");
		try_open_local(t);
		a = try_account(t, round);
		letter_to(t, a, round);
		assert_int_equal(try_info(a, "INBOX").messages, LETTERS + 1);
		account_close(a);
		for (uint64_t turn = 0; turn < round; turn++)
			loop_turn(&t->loop);
	}
	try_rebuilt(t);
	for (uint64_t id = 1; id <= ACCOUNTS; id++)
		assert_int_equal(messages_of(t, id), LETTERS + (id < 12));
	store_close(t->store);
	assert_int_equal(store_check_local(t->dir, &t->loop, &how, &found, &w), FAIL_NONE);
	assert_int_equal(found.differences + found.rot + found.unreadable, 0);
	assert_int_equal(found.messages, ACCOUNTS * LETTERS + 11);
	try_open_local(t);
	t->account = try_account(t, 7);
}

/* Everything that may happen to an account, with snapshots in between, before and during the rebuild: it comes to what it would have come to. */
static void histories_come_to_the_same(void **state)
{
	enum { FEW = 4 };

	(void)state;
	for (uint64_t seed = 1; seed < 12; seed++) {
		struct disk *disk = disk_memory();
		struct buf before[FEW], after;
		struct trial t = {0};
		uint64_t x = seed * 7919;

		loop_init(&t.loop);
		open_without_index(&t, disk);
		store_keep(t.store, true);
		for (int life = 0; life < 4; life++) {
			for (int i = 0; i < 80; i++) {
				t.account = try_account(&t, 1 + try_random(&x) % FEW);
				assert_true(try_commit(&t, try_random_batch(&t, t.account, &x, true)) != FAIL_UNKNOWN);
				account_close(t.account);
			}
			for (uint64_t id = 0; id < FEW; id++) {
				t.account = try_account(&t, 1 + id);
				try_dump_new(&t, t.account, &before[id]);
				account_close(t.account);
			}
			store_close(t.store);
			open_without_index(&t, disk);
			store_keep(t.store, true);
			for (uint64_t id = 0; id < FEW; id++) {
				t.account = try_account(&t, 1 + (id + seed) % FEW);
				try_dump_new(&t, t.account, &after);
				assert_true(span_eq(buf_span(&before[(id + seed) % FEW]), buf_span(&after)));
				buf_fini(&after);
				account_close(t.account);
			}
			for (uint64_t id = 0; id < FEW; id++)
				buf_fini(&before[id]);
		}
		store_close(t.store);
		loop_fini(&t.loop);
		disk->ops->free(disk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_asks_is_served_first),
		cmocka_unit_test(many_ask_at_once),
		cmocka_unit_test_setup_teardown(a_stop_begins_it_again, try_setup_local, try_teardown),
		cmocka_unit_test(histories_come_to_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
