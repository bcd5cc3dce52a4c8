/* A store whose index is on a slow disk: whatever is not in memory is read by a worker, never by the loop, and what a worker has read is not
 * believed when something has changed meanwhile. */
#include "store/try_step.h"

#include "mime/mime.h"
#include "store/inside.h"

#define LETTER "From: a@example.org\r\nSubject: hello\r\n\r\nBody\r\n"

static int begin(void **state)
{
	struct trial *t = NEW(struct trial);
	struct store_settings s = {
		.loop = &t->loop, .disk = disk_memory(), .kv = kv_open_cold(kv_open_memory(), UINT_MAX), .block = 4};
	struct why w;

	loop_init(&t->loop);
	assert_int_equal(store_open(&s, &t->store, &w), FAIL_NONE);
	t->account = try_account(t, 7);
	*state = t;
	return 0;
}

static unsigned waits(const struct trial *t)
{
	return kv_cold_waits(t->store->kv);
}

/* As if it had not been used for long. */
static void forget_account(struct trial *t)
{
	account_close(t->account);
	t->account = NULL;
	for (int i = 0; i < 10; i++)
		loop_turn(&t->loop);
	account_drop_all(t->store);
	list_init(&t->store->idle_accounts);
}

static void an_account_is_read_once_for_all(void **state)
{
	struct trial *t = *state;
	struct account *a = NULL, *b = NULL, *c = NULL;
	struct try_wait x, y, z;
	unsigned before;

	try_deliver(t, t->account, try_info(t->account, "INBOX").id, SPAN(LETTER));
	forget_account(t);
	before = waits(t);
	try_wait_init(&x);
	try_wait_init(&y);
	try_wait_init(&z);
	assert_int_equal(account_open(t->store, 7, &x.wait, &a), FAIL_BUSY);
	assert_int_equal(account_open(t->store, 7, &y.wait, &b), FAIL_BUSY);
	assert_int_equal(account_open(t->store, 7, &z.wait, &c), FAIL_BUSY);
	store_wait_cancel(&y.wait);
	assert_int_equal(try_finish(t, &x, FAIL_BUSY), FAIL_NONE);
	assert_int_equal(try_finish(t, &z, FAIL_BUSY), FAIL_NONE);
	assert_ptr_equal(a, c);
	assert_null(b);
	assert_int_equal(a->refs, 2);
	assert_int_equal(try_info(a, "INBOX").messages, 1);
	assert_int_equal(waits(t), before);
	account_close(c);
	t->account = a;
}

static void a_new_account_is_born_behind_the_read(void **state)
{
	struct trial *t = *state;
	struct account *a = NULL, *b = NULL;
	struct try_wait x, y;

	try_wait_init(&x);
	try_wait_init(&y);
	assert_int_equal(account_open(t->store, 8, &x.wait, &a), FAIL_BUSY);
	assert_int_equal(account_open(t->store, 8, &y.wait, &b), FAIL_BUSY);
	assert_int_equal(try_finish(t, &x, FAIL_BUSY), FAIL_NONE);
	assert_int_equal(try_finish(t, &y, FAIL_BUSY), FAIL_NONE);
	assert_ptr_equal(a, b);
	assert_int_equal(account_mailboxes(a), 6);
	account_close(a);
	account_close(b);
}

static void what_has_changed_meanwhile_is_read_again(void **state)
{
	struct trial *t = *state;
	struct account *a = NULL;
	struct try_wait x;
	struct why w;

	try_deliver(t, t->account, try_info(t->account, "INBOX").id, SPAN(LETTER));
	for (int there = 0; there < 2; there++) {
		forget_account(t);
		try_wait_init(&x);
		assert_int_equal(account_open(t->store, 7, &x.wait, &a), FAIL_BUSY);
		assert_int_equal(account_get(t->store, 7, &t->account, &w), FAIL_NONE);
		account_hold(t->account);
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, SPAN(LETTER));
		if (!there && !x.done)
			forget_account(t);
		assert_int_equal(try_finish(t, &x, FAIL_BUSY), FAIL_NONE);
		assert_int_equal(try_info(a, "INBOX").messages, 2 + there);
		if (t->account)
			account_close(t->account);
		t->account = a;
	}
}

/* The mailbox is closed and forgotten between the command and its turn. */
static void a_batch_brings_its_rows(void **state)
{
	struct trial *t = *state;
	struct mailbox_info inbox = try_info(t->account, "INBOX");
	struct flag_set seen = {.system = MESSAGE_SEEN};
	struct mailbox *m;
	struct batch *b;
	struct message msg;
	unsigned before;
	struct why w;

	for (int i = 0; i < 10; i++)
		try_deliver(t, t->account, inbox.id, SPAN(LETTER));
	before = waits(t);
	m = try_mailbox_id(t, t->account, inbox.id);
	b = batch_begin(t->account);
	assert_int_equal(batch_flags(b, m, 3, 4, FLAGS_ADD, &seen, &w), FAIL_NONE);
	assert_int_equal(batch_expunge(b, m, 9, 9, &w), FAIL_NONE);
	mailbox_close(m);
	mailbox_unload(m);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_int_equal(m->refs, 0);
	m = try_mailbox_id(t, t->account, inbox.id);
	assert_int_equal(mailbox_count(m), 9);
	mailbox_at(m, 2, &msg);
	assert_int_equal(msg.flags, MESSAGE_SEEN);
	mailbox_close(m);
	assert_int_equal(waits(t), before);
}

static void renaming_inbox_brings_its_rows(void **state)
{
	struct trial *t = *state;
	struct mailbox_info inbox = try_info(t->account, "INBOX");
	struct batch *b = batch_begin(t->account);
	unsigned before;
	struct why w;

	for (int i = 0; i < 5; i++)
		try_deliver(t, t->account, inbox.id, SPAN(LETTER));
	before = waits(t);
	assert_int_equal(batch_mailbox_rename(b, inbox.id, SPAN("Old"), &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_int_equal(try_info(t->account, "Old").messages, 5);
	assert_int_equal(try_info(t->account, "INBOX").messages, 0);
	assert_int_equal(waits(t), before);
}

/* Mail that comes while a worker reads the mailbox. */
static void what_arrives_while_it_is_read_is_there(void **state)
{
	struct trial *t = *state;
	struct mailbox_info inbox = try_info(t->account, "INBOX");
	struct mailbox *m = NULL;
	struct try_wait x;

	for (int i = 0; i < 6; i++)
		try_deliver(t, t->account, inbox.id, SPAN(LETTER));
	try_wait_init(&x);
	assert_int_equal(mailbox_open(t->account, inbox.id, &x.wait, &m), FAIL_BUSY);
	for (int i = 0; i < 6; i++)
		try_deliver(t, t->account, inbox.id, SPAN(LETTER));
	assert_int_equal(try_finish(t, &x, FAIL_BUSY), FAIL_NONE);
	assert_int_equal(mailbox_count(m), 12);
	for (uint32_t i = 0; i < 12; i++)
		assert_int_equal(mailbox_uid_at(m, i), i + 1);
	mailbox_close(m);
}

static void structures_are_read_by_a_worker(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	unsigned before = waits(t);
	struct try_wait x;
	struct message msg;
	struct buf out;

	buf_init(&out, MIME_STRUCTURE_MAX);
	try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	mailbox_at(m, 0, &msg);
	for (int missing = 0; missing < 2; missing++) {
		if (missing)
			index_delete_structure(
				t->account, (struct log_pos){msg.body_place.segment, msg.body_place.offset});
		assert_int_equal(index_write(t->store, &x.wait.why), FAIL_NONE);
		buf_reset(&out);
		try_wait_init(&x);
		assert_int_equal(message_structure(t->account, &msg, &out, &x.wait), FAIL_BUSY);
		assert_int_equal(try_finish(t, &x, FAIL_BUSY), FAIL_NONE);
		assert_true(span_find(buf_span(&out), SPAN("hello")) != SIZE_MAX);
	}
	buf_reset(&out);
	try_wait_init(&x); /* and who has cancelled gets nothing */
	assert_int_equal(message_structure(t->account, &msg, &out, &x.wait), FAIL_BUSY);
	store_wait_cancel(&x.wait);
	while (t->store->busy)
		loop_turn(&t->loop);
	assert_false(x.done);
	assert_int_equal(out.n, 0);
	assert_int_equal(waits(t), before);
	buf_fini(&out);
	mailbox_close(m);
}

/* What is kept is looked at so seldom that whoever asks waits. */
static bool looks_at_kept(const struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->ops[i].op.kind == OP_UNDELETE || b->ops[i].op.kind == OP_PURGE)
			return true;
	return false;
}

/* Anything else that clients do, with everything forgotten now and then: the loop reads nothing but from memory. */
static void the_loop_never_waits(void **state)
{
	struct trial *t = *state;
	uint64_t seed = 1234;

	for (int i = 0; i < 400; i++) {
		struct batch *b = try_random_batch(t, t->account, &seed, false);
		bool kept = looks_at_kept(b);
		unsigned before = waits(t);

		assert_true(try_commit(t, b) != FAIL_UNKNOWN);
		for (size_t k = 0; k < t->account->mailbox_count; k++)
			if (!t->account->by_id[k]->refs && try_random(&seed) % 4 == 0)
				mailbox_unload(t->account->by_id[k]);
		if (i % 16 == 7) {
			forget_account(t);
			t->account = try_account(t, 7);
		}
		if (!kept)
			assert_int_equal(waits(t), before);
	}
}

#define COLD(test) cmocka_unit_test_setup_teardown(test, begin, try_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		COLD(an_account_is_read_once_for_all),
		COLD(a_new_account_is_born_behind_the_read),
		COLD(what_has_changed_meanwhile_is_read_again),
		COLD(a_batch_brings_its_rows),
		COLD(renaming_inbox_brings_its_rows),
		COLD(what_arrives_while_it_is_read_is_there),
		COLD(structures_are_read_by_a_worker),
		COLD(the_loop_never_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
