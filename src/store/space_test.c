/* A disk that fills up: what makes the store grow is refused in time and by itself taken again, all else goes on; and a store whose disk is full
 * to the last byte can be opened, read, and made smaller. */
#include "store/try.h"

#include <unistd.h>

#include "log/faulty.h"

enum { DISK = 40 << 20, RESERVE = 8 << 20, BIG = 200000 };

struct told {
	unsigned low, again, given_up;
};

static void listen_for(void *context, const char *text)
{
	struct told *told = context;

	told->low += strstr(text, "the disk is nearly full") != NULL;
	told->again += strstr(text, "there is room on the disk again") != NULL;
	told->given_up += strstr(text, "the reserve file is given up") != NULL;
}

static void begin(struct trial *t, struct disk *disk, struct told *told)
{
	struct store_settings s = {.loop = &t->loop,
		.disk = disk,
		.kv = kv_open_memory(),
		.segment_size = 1 << 20,
		.report = listen_for,
		.context = told,
		.ballast = true};
	struct why w;

	loop_init(&t->loop);
	assert_int_equal(store_open(&s, &t->store, &w), FAIL_NONE);
	t->account = try_account(t, 7);
	store_set_disk_reserve(t->store, RESERVE);
}

static void end(struct trial *t)
{
	account_close(t->account);
	store_close(t->store);
	loop_fini(&t->loop);
}

static uint64_t room(struct disk *d)
{
	uint64_t n = 0;

	assert_int_equal(d->ops->space(d, &n, NULL), FAIL_NONE);
	return n;
}

/* Somebody else's file, so that `left` bytes remain. */
static void fill(struct disk *d, uint64_t left)
{
	struct disk_file *f;

	assert_int_equal(d->ops->open(d, "other", DISK_CREATE | DISK_WRITE, &f, NULL), FAIL_NONE);
	assert_int_equal(f->ops->allocate(f, room(d) - left, NULL), FAIL_NONE);
	f->ops->close(f);
}

static enum fail try_to_deliver(struct trial *t, uint32_t bytes)
{
	struct body_writer *w = body_begin(t->store);
	struct body *body = NULL;
	char *text = memory_new(bytes);
	struct why why = {0};
	enum fail f;

	memset(text, 'x', bytes);
	f = body_append(w, span(text, bytes), &why);
	free(text);
	if (f) {
		assert_true(why.text[0] && why.log[0]);
		body_drop(w);
		return f;
	}
	assert_int_equal(body_end(w, &body, &why), FAIL_NONE);
	body_free(body);
	try_deliver(t, t->account, try_info(t->account, "INBOX").id, SPAN("Subject: one\r\n\r\nbody\r\n"));
	return FAIL_NONE;
}

static void wait_ms(struct trial *t, int64_t ms)
{
	for (int64_t until = clock_mono_ms() + ms; clock_mono_ms() < until;) {
		uv_run(&t->loop.uv, UV_RUN_NOWAIT);
		usleep(1000);
	}
}

static void growth_is_refused_while_the_disk_is_low(void **state)
{
	struct disk *disk = disk_memory_sized(DISK);
	struct trial t = {0};
	struct told told = {0};
	struct mailbox *inbox;
	struct message msg;
	struct batch *b;
	struct why w = {0};
	uint64_t before;

	(void)state;
	begin(&t, disk, &told);
	inbox = try_mailbox(&t, t.account, "INBOX");
	assert_int_equal(try_to_deliver(&t, BIG), FAIL_NONE);
	fill(disk, RESERVE - 1000);
	wait_ms(&t, 150);
	before = room(disk);
	assert_int_equal(try_to_deliver(&t, 100), FAIL_DISK_FULL);
	assert_true(store_disk_low(t.store));
	assert_int_equal(store_may_grow(t.store, 100, &w), FAIL_DISK_FULL);
	mailbox_at(inbox, 0, &msg);
	b = batch_begin(t.account);
	assert_int_equal(batch_copy(b, inbox, &msg, mailbox_id(inbox), &w), FAIL_DISK_FULL);
	batch_free(b);
	assert_int_equal(room(disk), before); /* nothing was written */

	/* what goes on */
	assert_int_equal(try_flags(&t, inbox, 1, 1, FLAGS_ADD, MESSAGE_SEEN, "Work"), FAIL_NONE);
	b = batch_begin(t.account);
	assert_int_equal(batch_move(b, inbox, &msg, try_info(t.account, "Trash").id, &w), FAIL_NONE);
	assert_int_equal(try_commit(&t, b), FAIL_NONE);
	assert_int_equal(mailbox_count(inbox), 0);
	assert_int_equal(told.low, 1);
	assert_int_equal(told.again, 0);

	/* and it ends by itself, also when nobody asks */
	assert_int_equal(disk->ops->remove(disk, "other", NULL), FAIL_NONE);
	wait_ms(&t, 1200);
	assert_false(store_disk_low(t.store));
	assert_int_equal(told.again, 1);
	assert_int_equal(try_to_deliver(&t, BIG), FAIL_NONE);
	assert_int_equal(told.low, 1);
	mailbox_close(inbox);
	end(&t);
}

/* A client that sends without a pause does not get past the reserve between two looks at the clock. */
static void the_reserve_is_hardly_touched_by_a_flood(void **state)
{
	struct disk *disk = disk_memory_sized(DISK);
	struct trial t = {0};
	struct told told = {0};
	int refused = 0;

	(void)state;
	begin(&t, disk, &told);
	for (int i = 0; i < 300; i++)
		refused += try_to_deliver(&t, BIG) == FAIL_DISK_FULL;
	assert_true(refused > 50);
	assert_true(room(disk) > RESERVE / 4 * 3);
	assert_int_equal(told.low, 1);
	end(&t);
}

static bool has_ballast(struct disk *d)
{
	struct disk_file *f;

	if (d->ops->open(d, "reserve", DISK_READ, &f, NULL))
		return false;
	f->ops->close(f);
	return true;
}

static void the_ballast_comes_back_with_the_room(void **state)
{
	struct disk *disk = disk_memory_sized(DISK);
	struct trial t = {0};
	struct told told = {0};

	(void)state;
	begin(&t, disk, &told);
	assert_true(has_ballast(disk));
	assert_int_equal(disk->ops->remove(disk, "reserve", NULL), FAIL_NONE);
	fill(disk, RESERVE / 2);
	store_set_disk_reserve(t.store, RESERVE);
	assert_true(store_disk_low(t.store));
	assert_false(has_ballast(disk));
	assert_int_equal(disk->ops->remove(disk, "other", NULL), FAIL_NONE);
	store_set_disk_reserve(t.store, RESERVE);
	assert_true(has_ballast(disk));
	end(&t);
}

/* Engine `local` over a disk that lives longer than the store. */
static struct disk *full_disk;

static enum fail open_full_disk(const char *dir, struct disk **out, struct why *w)
{
	(void)dir;
	(void)w;
	*out = disk_faulty(full_disk);
	return FAIL_NONE;
}

static enum fail open_no_index(const struct kv_settings *settings, struct kv **out, struct why *w)
{
	(void)settings;
	(void)w;
	*out = kv_open_memory();
	return FAIL_NONE;
}

static void reopen(struct trial *t, struct told *told)
{
	struct why w = {0};

	assert_int_equal(store_open_local(t->dir, &t->loop, 0, NULL, listen_for, told, &t->store, &w), FAIL_NONE);
	t->account = try_account(t, 7);
}

static void a_full_disk_can_be_opened(void **state)
{
	struct engine_parts parts = engine_parts;
	struct trial t = {.dir = "/tmp/barid-space-test-XXXXXX"};
	struct told told = {0};
	struct mailbox *inbox;
	struct message msg;
	struct buf bytes;

	(void)state;
	full_disk = disk_memory_sized(DISK);
	engine_parts = (struct engine_parts){open_full_disk, open_no_index, 1 << 20};
	assert_non_null(mkdtemp(t.dir));
	loop_init(&t.loop);
	reopen(&t, &told);
	try_deliver(&t, t.account, try_info(t.account, "INBOX").id, SPAN("Subject: one\r\n\r\nbody\r\n"));
	account_close(t.account);
	store_close(t.store);
	assert_true(has_ballast(full_disk));
	fill(full_disk, 10);

	reopen(&t, &told);
	assert_int_equal(told.given_up, 1);
	assert_false(has_ballast(full_disk));
	store_set_disk_reserve(t.store, RESERVE);
	assert_true(store_disk_low(t.store));
	inbox = try_mailbox(&t, t.account, "INBOX");
	mailbox_at(inbox, 0, &msg);
	buf_init(&bytes, 1000);
	try_read(&t, t.account, &msg, 0, 1000, &bytes);
	assert_int_equal(bytes.n, 22);
	buf_fini(&bytes);
	assert_int_equal(try_flags(&t, inbox, 1, 1, FLAGS_ADD, MESSAGE_DELETED, NULL), FAIL_NONE);
	assert_int_equal(try_to_deliver(&t, 100), FAIL_DISK_FULL);
	mailbox_close(inbox);
	end(&t);
	engine_parts = parts;
	full_disk->ops->free(full_disk);
	rmdir(t.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(growth_is_refused_while_the_disk_is_low),
		cmocka_unit_test(the_reserve_is_hardly_touched_by_a_flood),
		cmocka_unit_test(the_ballast_comes_back_with_the_room),
		cmocka_unit_test(a_full_disk_can_be_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
