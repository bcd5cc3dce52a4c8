/* Opening again: what was there is there, with the index that was left, without one, with one from another log; and a store whose disk fails
 * says so and promises nothing more. */
#include "store/try_dump.h"
#include "store/try_step.h"

#include "kv/faulty.h"
#include "log/faulty.h"

#define LETTER "From: a@example.org\r\n\r\nBody\r\n"

static void live_a_little(struct trial *t, uint64_t *seed)
{
	store_keep(t->store, true);
	for (int i = 0; i < 60; i++) {
		struct batch *b = try_random_batch(t, t->account, seed, true);

		if (try_commit(t, b) == FAIL_UNKNOWN)
			assert_true(false);
	}
}

static void reopening_changes_nothing(void **state)
{
	struct trial *t = *state;
	uint64_t seed = 4711;
	struct buf before, after;

	for (int round = 0; round < 3; round++) {
		live_a_little(t, &seed);
		try_dump_new(t, t->account, &before);
		try_reopen(t);
		try_dump_new(t, t->account, &after);
		assert_true(span_eq(buf_span(&before), buf_span(&after)));
		buf_fini(&before);
		buf_fini(&after);
	}
}

static void shell(const char *dir, const char *script)
{
	char command[600];

	snprintf(command, sizeof(command), "cd '%s' && %s", dir, script);
	assert_int_equal(system(command), 0);
}

static void index_is_rebuilt_from_the_log(void **state)
{
	struct trial *t = *state;
	uint64_t seed = 815;
	struct buf before, after;

	live_a_little(t, &seed);
	try_dump_new(t, t->account, &before);
	account_close(t->account);
	store_close(t->store);
	shell(t->dir, "rm -rf index");
	try_open_local(t);
	t->account = try_account(t, 7);
	try_dump_new(t, t->account, &after);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	buf_fini(&after);

	account_close(t->account);
	store_close(t->store);
	shell(t->dir, "echo rubbish > index/CURRENT");
	try_open_local(t);
	t->account = try_account(t, 7);
	try_dump_new(t, t->account, &after);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	buf_fini(&after);
	buf_fini(&before);
}

/* Over a disk that lasts, with an index that does not. */
static void open_without_index(struct trial *t, struct disk *disk)
{
	struct store_settings s = {
		.loop = &t->loop, .disk = disk_faulty(disk), .kv = kv_open_memory(), .report = try_report};
	struct why w;

	assert_int_equal(store_open(&s, &t->store, &w), FAIL_NONE);
}

/* More accounts than stay in memory have changes by turns: none is taken from an index that does not have them yet. */
static void accounts_by_turns_are_rebuilt(void **state)
{
	enum { ACCOUNTS = 1200, ROUNDS = 3 };
	struct disk *disk = disk_memory();
	struct trial t = {0};

	(void)state;
	loop_init(&t.loop);
	open_without_index(&t, disk);
	for (uint64_t i = 0; i < ROUNDS * ACCOUNTS; i++) {
		t.account = try_account(&t, 1 + i % ACCOUNTS);
		try_deliver(&t, t.account, try_info(t.account, "INBOX").id, SPAN(LETTER));
		account_close(t.account);
	}
	store_close(t.store);
	open_without_index(&t, disk);
	for (uint64_t id = 1; id <= ACCOUNTS; id++) {
		t.account = try_account(&t, id);
		assert_int_equal(try_info(t.account, "INBOX").messages, ROUNDS);
		account_close(t.account);
	}
	store_close(t.store);
	loop_fini(&t.loop);
	disk->ops->free(disk);
}

/* An index of one store beside the log of another must not be believed. */
static void foreign_index_is_not_believed(void **state)
{
	struct trial *t = *state, other = {0};
	char command[600];
	struct buf before, after;
	uint64_t seed = 99;

	live_a_little(t, &seed);
	try_dump_new(t, t->account, &before);
	account_close(t->account);
	store_close(t->store);
	loop_init(&other.loop);
	snprintf(other.dir, sizeof(other.dir), "/tmp/barid-store-test-XXXXXX");
	assert_non_null(mkdtemp(other.dir));
	try_open_local(&other);
	other.account = try_account(&other, 7);
	account_close(other.account);
	store_close(other.store);
	loop_fini(&other.loop);
	snprintf(command, sizeof(command), "rm -rf '%s/index' && mv '%s/index' '%s/index' && rm -rf '%s'", t->dir,
		other.dir, t->dir, other.dir);
	assert_int_equal(system(command), 0);
	try_open_local(t);
	t->account = try_account(t, 7);
	try_dump_new(t, t->account, &after);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	buf_fini(&before);
	buf_fini(&after);
}

/* ── An index that turns out to be damaged ── */

static struct fault_table damage;
static int thrown_away;

static enum fail open_damaged(const struct kv_settings *settings, struct kv **out, struct why *w)
{
	struct kv *below;
	enum fail f = kv_open_rocks(settings, &below, w);

	if (!f)
		*out = kv_faulty(below, &damage);
	return f;
}

static void hear(void *context, const char *text)
{
	(void)context;
	thrown_away += strstr(text, "thrown away") != NULL;
}

static void open_hearing(struct trial *t)
{
	struct why w;
	enum fail f = store_open_local(t->dir, &t->loop, 0, NULL, hear, NULL, &t->store, &w);

	if (f)
		print_error("%s\n", w.log);
	assert_int_equal(f, FAIL_NONE);
	t->account = try_account(t, 7);
	try_rebuilt(t);
}

static void order_damage(const char *words)
{
	struct why w;

	assert_int_equal(fault_order(&damage, span_of(words), &w), FAIL_NONE);
}

/* Reads and writes something, whatever comes of it; what it changes is as it was. */
static void poke(struct trial *t)
{
	struct batch *b = batch_begin(t->account);
	static uint64_t unheard_of = 8;
	struct account *other = NULL;
	struct mailbox *inbox = NULL;
	struct try_wait w;
	struct why why;

	assert_int_equal(batch_subscribe(b, SPAN("INBOX"), true, &why), FAIL_NONE);
	(void)!try_commit(t, b);
	try_wait_init(&w);
	if (!try_finish(t, &w, account_open(t->store, unheard_of++, &w.wait, &other)))
		account_close(other);
	try_wait_init(&w);
	if (!try_finish(t, &w, mailbox_open(t->account, try_info(t->account, "INBOX").id, &w.wait, &inbox)))
		mailbox_close(inbox);
}

/* While it is served: the store breaks, and opens with an index that is made anew; nothing is missing. */
static void a_damaged_index_is_made_anew(void **state)
{
	static const char *const orders[] = {"kv-get:1=corrupt", "kv-scan:1=corrupt", "kv-write:1=corrupt"};
	struct trial *t = *state;
	struct buf before, after;
	uint64_t seed = 99;

	live_a_little(t, &seed);
	try_dump_new(t, t->account, &before);
	account_close(t->account);
	store_close(t->store);
	assert_true(fault_table_init(&damage));
	engine_parts.index = open_damaged;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		thrown_away = 0;
		open_hearing(t);
		order_damage(orders[i]);
		for (int pokes = 0; !store_broken(t->store) && pokes < 100; pokes++)
			poke(t); /* turns the loop too */
		order_damage("none");
		assert_true(store_broken(t->store));
		account_close(t->account);
		store_close(t->store);
		assert_int_equal(thrown_away, 0);
		open_hearing(t);
		assert_int_equal(thrown_away, 1);
		account_close(t->account);
		store_close(t->store);
	}
	/* and while it is being opened */
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		thrown_away = 0;
		order_damage(orders[i]);
		open_hearing(t);
		assert_int_equal(thrown_away, 1);
		if (i + 1 < ARRAY_LEN(orders)) {
			account_close(t->account);
			store_close(t->store);
		}
	}
	engine_parts.index = kv_open_rocks;
	try_dump_new(t, t->account, &after);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	buf_fini(&before);
	buf_fini(&after);
}

/* A disk that is not mounted must not look like an account without mail. */
static void missing_log_is_no_empty_store(void **state)
{
	struct trial *t = *state;
	struct store *store;
	struct why w;

	try_deliver(t, t->account, try_info(t->account, "INBOX").id, SPAN(LETTER));
	account_close(t->account);
	store_close(t->store);
	shell(t->dir, "mv log away");
	assert_int_equal(store_open_local(t->dir, &t->loop, 0, NULL, try_report, NULL, &store, &w), FAIL_CORRUPT);
	shell(t->dir, "rm -rf log && mkdir log");
	assert_int_equal(store_open_local(t->dir, &t->loop, 0, NULL, try_report, NULL, &store, &w), FAIL_CORRUPT);
	shell(t->dir, "rmdir log && mv away log");
	try_open_local(t);
	t->account = try_account(t, 7);
	assert_int_equal(try_info(t->account, "INBOX").messages, 1);
}

static int told;

static void on_broken(void *context)
{
	(void)context;
	told++;
}

static void failing_sync_is_unknown(void **state)
{
	struct trial t = {0};
	struct disk *below = disk_memory();
	struct store_settings s = {.loop = &t.loop, .disk = disk_faulty(below), .kv = kv_open_memory()};
	struct batch *b;
	struct body *body;
	struct new_message n = {0};
	struct why w;

	(void)state;
	told = 0;
	loop_init(&t.loop);
	assert_int_equal(store_open(&s, &t.store, &w), FAIL_NONE);
	store_on_broken(t.store, on_broken, NULL);
	t.account = try_account(&t, 7);
	body = try_body(&t, SPAN(LETTER));
	n.body = body;
	faulty_set(s.disk, FAULT_SYNC, 1, FAIL_IO, true);
	b = batch_begin(t.account);
	assert_int_equal(batch_message(b, try_info(t.account, "INBOX").id, &n, &w), FAIL_NONE);
	assert_int_equal(try_commit(&t, b), FAIL_UNKNOWN);
	assert_true(store_broken(t.store));
	assert_int_equal(told, 1);
	assert_int_equal(try_info(t.account, "INBOX").messages, 0); /* INV-1 */
	b = batch_begin(t.account);
	assert_int_equal(batch_message(b, try_info(t.account, "INBOX").id, &n, &w), FAIL_NONE);
	assert_int_equal(try_commit(&t, b), FAIL_UNKNOWN);
	body_free(body);
	account_close(t.account);
	store_close(t.store);
	below->ops->free(below);
	loop_fini(&t.loop);
}

/* ── A disk that fails at the Nth call ── */

struct delivery {
	struct store_wait wait;
	struct batch *batch;
	unsigned *acknowledged, *pending;
};

static void delivery_done(struct store_wait *w, enum fail f)
{
	struct delivery *d = CONTAINER_OF(w, struct delivery, wait);

	if (!f)
		++*d->acknowledged;
	--*d->pending;
	batch_free(d->batch);
	free(d);
}

/* Delivers message `number`; false when the store takes no more. */
static bool deliver_numbered(struct trial *t, unsigned number, unsigned *acknowledged, unsigned *pending)
{
	struct body_writer *w = body_begin(t->store);
	struct delivery *d;
	struct new_message n = {0};
	struct body *body;
	char text[40];
	struct why why;

	snprintf(text, sizeof(text), "Subject: %u\r\n\r\n", number);
	if (body_append(w, span_of(text), &why)) {
		body_drop(w);
		return false;
	}
	if (body_end(w, &body, &why))
		return false;
	d = NEW(struct delivery);
	d->acknowledged = acknowledged;
	d->pending = pending;
	d->batch = batch_begin(t->account);
	n.body = body;
	assert_int_equal(batch_message(d->batch, try_info(t->account, "INBOX").id, &n, &why), FAIL_NONE);
	body_free(body);
	store_wait_init(&d->wait, delivery_done);
	++*pending;
	if (batch_commit(d->batch, &d->wait) == FAIL_BUSY)
		return true;
	delivery_done(&d->wait, FAIL_UNKNOWN);
	return false;
}

static unsigned deliver_until_it_fails(struct trial *t, unsigned *acknowledged)
{
	unsigned issued = 0, pending = 0;

	while (issued < 60 && !store_broken(t->store)) {
		for (unsigned k = 0; k <= issued % 4; k++)
			issued += deliver_numbered(t, issued + 1, acknowledged, &pending);
		while (pending)
			uv_run(&t->loop.uv, UV_RUN_ONCE);
	}
	return issued;
}

/* Every acknowledged message is there, in order, and of the others the first few. */
static void check_numbers(struct trial *t, unsigned acknowledged, unsigned issued)
{
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");

	assert_true(mailbox_count(m) >= acknowledged && mailbox_count(m) <= issued);
	for (size_t i = 0; i < mailbox_count(m); i++) {
		struct message msg;
		unsigned number;
		struct buf out;

		mailbox_at(m, i, &msg);
		buf_init(&out, 100);
		try_read(t, t->account, &msg, 0, 100, &out);
		buf_add_byte(&out, 0);
		assert_int_equal(sscanf(out.p, "Subject: %u", &number), 1);
		assert_int_equal(number, i + 1);
		assert_int_equal(msg.uid, i + 1);
		buf_fini(&out);
	}
	mailbox_close(m);
}

static void live_on_failing_disk(enum fault_call call, unsigned nth, bool for_good)
{
	struct trial t = {0};
	struct disk *below = disk_memory();
	struct store_settings s = {
		.loop = &t.loop, .disk = disk_faulty(below), .kv = kv_open_memory(), .segment_size = 4096};
	unsigned acknowledged = 0, issued;
	struct why w;

	loop_init(&t.loop);
	assert_int_equal(store_open(&s, &t.store, &w), FAIL_NONE);
	t.account = try_account(&t, 7);
	faulty_set(s.disk, call, nth, FAIL_IO, for_good);
	issued = deliver_until_it_fails(&t, &acknowledged);
	assert_int_equal(try_info(t.account, "INBOX").messages, acknowledged); /* INV-1 */
	account_close(t.account);
	store_close(t.store);
	s.disk = below;
	s.kv = kv_open_memory();
	assert_int_equal(store_open(&s, &t.store, &w), FAIL_NONE);
	t.account = try_account(&t, 7);
	check_numbers(&t, acknowledged, issued);
	account_close(t.account);
	store_close(t.store);
	for (int i = 0; i < 10; i++)
		loop_turn(&t.loop);
	loop_fini(&t.loop);
}

static void failing_disks_lose_nothing_that_was_acknowledged(void **state)
{
	static const enum fault_call calls[] = {FAULT_WRITE, FAULT_SYNC, FAULT_OPEN, FAULT_SYNC_DIR};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		for (unsigned nth = 1; nth <= 24; nth++)
			live_on_failing_disk(calls[i], nth, nth % 2);
}

/* The sync has done its work and says that it has not: nobody was told that the mail is there, so it is not, and whoever sends it again does not
 * send it twice. Only without the note, as after a kill, does what is whole count. */
static void what_was_not_answered_for_is_not_there(void **state)
{
	(void)state;
	for (int with_note = 0; with_note < 2; with_note++) {
		struct disk *below = disk_memory();
		struct trial t = {0};
		struct store_settings s = {.loop = &t.loop, .disk = disk_faulty(below), .kv = kv_open_memory()};
		struct new_message n = {0};
		struct body *body;
		struct batch *b;
		struct why w;

		loop_init(&t.loop);
		assert_int_equal(store_open(&s, &t.store, &w), FAIL_NONE);
		t.account = try_account(&t, 7);
		try_deliver(&t, t.account, try_info(t.account, "INBOX").id, SPAN(LETTER));
		n.body = body = try_body(&t, SPAN(LETTER));
		b = batch_begin(t.account);
		assert_int_equal(batch_message(b, try_info(t.account, "INBOX").id, &n, &w), FAIL_NONE);
		body_free(body);
		assert_int_equal(fault_order(faulty_table(s.disk), SPAN("sync:1=unknown"), &w), FAIL_NONE);
		assert_int_equal(try_commit(&t, b), FAIL_UNKNOWN);
		account_close(t.account);
		store_close(t.store);
		if (!with_note)
			assert_int_equal(below->ops->remove(below, "unanswered", &w), FAIL_NONE);
		for (int opening = 0; opening < 2; opening++) { /* what is cut off stays so */
			s.disk = disk_faulty(below);
			s.kv = kv_open_memory();
			assert_int_equal(store_open(&s, &t.store, &w), FAIL_NONE);
			t.account = try_account(&t, 7);
			assert_int_equal(try_info(t.account, "INBOX").messages, with_note ? 1 : 2);
			account_close(t.account);
			store_close(t.store);
			assert_int_equal(below->ops->remove(below, "unanswered", &w), FAIL_NOT_FOUND);
		}
		loop_fini(&t.loop);
		below->ops->free(below);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reopening_changes_nothing, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(index_is_rebuilt_from_the_log, try_setup_local, try_teardown),
		cmocka_unit_test(accounts_by_turns_are_rebuilt),
		cmocka_unit_test_setup_teardown(foreign_index_is_not_believed, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(a_damaged_index_is_made_anew, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(missing_log_is_no_empty_store, try_setup_local, try_teardown),
		cmocka_unit_test(failing_sync_is_unknown),
		cmocka_unit_test(what_was_not_answered_for_is_not_there),
		cmocka_unit_test(failing_disks_lose_nothing_that_was_acknowledged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
