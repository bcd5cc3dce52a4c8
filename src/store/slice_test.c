/* A batch that changes very much is applied a slice a turn: others are served in between, its own account's other batches wait, and nobody is told
 * that all of it has been seen. */
#include "store/try.h"

#include "store/inside.h"

enum { MESSAGES = 500, SLICE = 20 };

static int begin(void **state)
{
	struct trial *t;
	struct mailbox_info inbox;

	if (try_setup_memory(state))
		return -1;
	t = *state;
	inbox = try_info(t->account, "INBOX");
	for (int i = 0; i < MESSAGES; i++)
		try_deliver(t, t->account, inbox.id, SPAN("Subject: x\r\n\r\ny\r\n"));
	t->store->slice = SLICE;
	return 0;
}

/* Until the batch is half applied. */
static void commit_half(struct trial *t, struct batch *b, struct try_wait *w)
{
	try_wait_init(w);
	assert_int_equal(batch_commit(b, &w->wait), FAIL_BUSY);
	while (!t->account->applying)
		uv_run(&t->loop.uv, UV_RUN_ONCE);
	uv_run(&t->loop.uv, UV_RUN_ONCE);
	assert_false(w->done);
}

static struct batch *flags_of_all(struct trial *t, struct mailbox *m)
{
	struct flag_set seen = {.system = MESSAGE_SEEN};
	struct batch *b = batch_begin(t->account);
	struct why w;

	assert_int_equal(batch_flags(b, m, 1, UINT32_MAX, FLAGS_ADD, &seen, &w), FAIL_NONE);
	return b;
}

static void others_are_served_in_between(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct account *other = try_account(t, 8);
	struct batch *b = flags_of_all(t, m);
	struct try_wait w;

	commit_half(t, b, &w);
	assert_in_range(try_info(t->account, "INBOX").unseen, 1, MESSAGES - 1);
	try_deliver(t, other, try_info(other, "INBOX").id, SPAN("a: b\r\n\r\n"));
	assert_false(w.done);
	assert_int_equal(try_finish(t, &w, FAIL_BUSY), FAIL_NONE);
	assert_int_equal(try_info(t->account, "INBOX").unseen, 0);
	batch_free(b);
	account_close(other);
	mailbox_close(m);
}

static void its_own_account_waits(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct batch *b = flags_of_all(t, m), *second = batch_begin(t->account);
	struct try_wait w, x;
	struct message msg;
	struct why why;

	commit_half(t, b, &w);
	assert_int_equal(batch_expunge(second, m, 1, 10, &why), FAIL_NONE);
	try_wait_init(&x);
	assert_int_equal(batch_commit(second, &x.wait), FAIL_BUSY);
	while (!w.done) {
		assert_false(x.done);
		assert_int_equal(mailbox_count(m), MESSAGES);
		uv_run(&t->loop.uv, UV_RUN_ONCE);
	}
	assert_int_equal(try_finish(t, &x, FAIL_BUSY), FAIL_NONE);
	assert_int_equal(mailbox_count(m), MESSAGES - 10);
	mailbox_at(m, 0, &msg);
	assert_true(msg.modseq < batch_modseq(second));
	batch_free(second);
	batch_free(b);
	mailbox_close(m);
}

/* Whoever asks for what has changed since the number that it was told must get all that is still to come. */
static void its_number_comes_with_the_last_slice(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct batch *b = flags_of_all(t, m);
	struct try_wait w;

	commit_half(t, b, &w);
	while (!w.done) {
		assert_true(try_info(t->account, "INBOX").highest_modseq < b->sequence);
		uv_run(&t->loop.uv, UV_RUN_ONCE);
	}
	assert_true(try_info(t->account, "INBOX").highest_modseq == batch_modseq(b));
	batch_free(b);
	mailbox_close(m);
}

/* Copies get the next uids and ids, whoever is gone is passed over, and all uids are told. */
static void copies_come_in_slices(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	uint64_t sent = try_info(t->account, "Sent").id;
	struct batch *b = batch_begin(t->account), *before = batch_begin(t->account);
	struct try_wait w;
	const uint32_t *uids;
	struct message msg;
	struct why why;

	for (size_t i = 0; i < MESSAGES; i++) {
		mailbox_at(m, i, &msg);
		assert_int_equal(batch_copy(b, m, &msg, sent, &why), FAIL_NONE);
	}
	assert_int_equal(b->count, 1);
	assert_int_equal(batch_expunge(before, m, 100, 149, &why), FAIL_NONE);
	assert_int_equal(batch_commit(before, NULL), FAIL_BUSY);
	commit_half(t, b, &w);
	assert_int_equal(try_finish(t, &w, FAIL_BUSY), FAIL_NONE);
	assert_int_equal(batch_uids(b, &uids), MESSAGES - 50);
	assert_int_equal(try_info(t->account, "Sent").messages, MESSAGES - 50);
	assert_int_equal(try_info(t->account, "Sent").uid_next, MESSAGES + 1);
	mailbox_close(m);
	m = try_mailbox_id(t, t->account, sent);
	for (size_t i = 0; i < MESSAGES - 50; i++) {
		assert_int_equal(mailbox_uid_at(m, i), i < 99 ? i + 1 : i + 51);
		assert_int_equal(uids[i], mailbox_uid_at(m, i));
	}
	batch_free(b);
	mailbox_close(m);
}

static void a_large_mailbox_goes_in_slices(void **state)
{
	struct trial *t = *state;
	struct batch *b = batch_begin(t->account);
	struct try_wait w;
	struct why why;

	assert_int_equal(batch_mailbox_rename(b, try_info(t->account, "INBOX").id, SPAN("Old"), &why), FAIL_NONE);
	commit_half(t, b, &w);
	assert_int_equal(try_finish(t, &w, FAIL_BUSY), FAIL_NONE);
	assert_int_equal(try_info(t->account, "Old").messages, MESSAGES);
	assert_int_equal(try_info(t->account, "INBOX").messages, 0);
	batch_free(b);
	b = batch_begin(t->account);
	assert_int_equal(batch_mailbox_delete(b, try_info(t->account, "Old").id, &why), FAIL_NONE);
	commit_half(t, b, &w);
	assert_in_range(try_info(t->account, "Old").messages, 1, MESSAGES - 1);
	assert_int_equal(try_finish(t, &w, FAIL_BUSY), FAIL_NONE);
	assert_int_equal(account_mailboxes(t->account), 6);
	batch_free(b);
}

static void rows_that_nobody_uses_are_forgotten(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");

	store_forget_idle(t->store);
	store_forget_idle(t->store);
	assert_int_equal(mailbox_count(m), MESSAGES); /* it is open */
	mailbox_close(m);
	store_forget_idle(t->store);
	assert_int_equal(m->state, ROWS_LOADED); /* someone may come back */
	store_forget_idle(t->store);
	assert_int_equal(m->state, ROWS_ABSENT);
	assert_int_equal(t->store->idle_rows, 0);
	m = try_mailbox(t, t->account, "INBOX");
	assert_int_equal(mailbox_count(m), MESSAGES);
	mailbox_close(m);
}

/* Rows that are taken away in front leave room there, which is used again. */
static void rows_move_where_fewer_are(void **state)
{
	uint64_t seed = 9;
	struct rows r = {0};
	uint32_t model[400], next = 1;
	size_t n = 0;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		size_t at = n ? try_random(&seed) % n : 0, cut = n ? try_random(&seed) % (n - at + 1) : 0;

		while (n < 300 && try_random(&seed) % 16) {
			rows_add(&r)->uid = next;
			model[n++] = next++;
		}
		if (at + cut > n)
			continue;
		rows_cut(&r, at, cut);
		memmove(model + at, model + at + cut, (n - at - cut) * sizeof(*model));
		n -= cut;
		rows_tighten(&r);
		assert_int_equal(r.n, n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(r.p[i].uid, model[i]);
	}
	rows_fini(&r);
}

static void rows_give_back_what_is_far_too_much(void **state)
{
	struct rows r = {0};

	(void)state;
	for (uint32_t uid = 1; uid <= 10000; uid++)
		rows_add(&r)->uid = uid;
	rows_cut(&r, 0, 4000);
	rows_tighten(&r);
	assert_true(r.gap + r.cap >= 10000);
	rows_cut(&r, 100, 5800);
	rows_tighten(&r);
	assert_int_equal(r.gap + r.cap, 200);
	for (size_t i = 0; i < 200; i++)
		assert_int_equal(r.p[i].uid, i < 100 ? 4001 + i : 9801 + i);
	rows_cut(&r, 0, 200);
	rows_fini(&r);
}

#define SLICES(test) cmocka_unit_test_setup_teardown(test, begin, try_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SLICES(others_are_served_in_between),
		SLICES(its_own_account_waits),
		SLICES(its_number_comes_with_the_last_slice),
		SLICES(copies_come_in_slices),
		SLICES(a_large_mailbox_goes_in_slices),
		SLICES(rows_that_nobody_uses_are_forgotten),
		cmocka_unit_test(rows_move_where_fewer_are),
		cmocka_unit_test(rows_give_back_what_is_far_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
