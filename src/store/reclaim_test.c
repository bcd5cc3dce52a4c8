/* Space comes back while the store serves, and nothing changes that anybody could see; what cannot be read stays. */
#include "store/reclaim_try.h"
#include "store/try_dump.h"

static void space_comes_back_and_nothing_changes(void **state)
{
	static char big[700000];
	struct trial *t = *state;
	struct account *other = try_account(t, 8);
	struct reclaim_result r;
	struct buf before, after, other_before;
	uint64_t seed = 31340, size;

	memset(big, 'x', sizeof(big));
	store_keep(t->store, true);
	for (int i = 0; i < 6; i++)
		try_deliver(t, t->account, try_info(t->account, "Junk").id, span(big, sizeof(big)));
	try_deliver(t, t->account, try_info(t->account, "Sent").id, span(big, sizeof(big)));
	live(t, t->account, &seed, 80);
	live(t, other, &seed, 40);
	store_keep(t->store, false);
	expunge(t, "Junk", 1, UINT32_MAX);
	size = store_log_bytes(t->store);
	try_dump_new(t, t->account, &before);
	try_dump_new(t, other, &other_before);
	r = reclaim(t, 100);
	assert_true(r.segments > 0 && r.messages > 0);
	assert_true(store_log_bytes(t->store) < size / 2);
	try_dump_new(t, t->account, &after);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	buf_fini(&after);
	try_dump_new(t, other, &after);
	assert_true(span_eq(buf_span(&other_before), buf_span(&after)));
	account_close(other);
	buf_fini(&after);
	buf_fini(&before);
	buf_fini(&other_before);
}

static void what_is_mostly_live_stays(void **state)
{
	struct trial *t = *state;
	struct reclaim_figures f;
	struct reclaim_result r;

	for (int i = 0; i < 40; i++)
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of((uint64_t)i, 4000));
	r = reclaim(t, 50);
	assert_int_equal(r.segments, 0);
	assert_int_equal(r.messages, 0);
	store_reclaim_figures(t->store, &f);
	assert_true(f.live_bytes > 40 * 4000 && f.live_bytes < f.log_bytes);
}

/* Half of everything goes: what is left takes less than twice its size. */
static void half_of_the_log_is_live_at_least(void **state)
{
	struct trial *t = *state;
	struct mailbox *m;
	uint64_t live_bytes = 0;

	for (int i = 0; i < 200; i++)
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of((uint64_t)i, 4000));
	for (uint32_t uid = 1; uid <= 200; uid++)
		if (uid % 3)
			expunge(t, "INBOX", uid, uid);
	while (reclaim(t, 50).segments)
		;
	m = try_mailbox(t, t->account, "INBOX");
	for (size_t i = 0; i < mailbox_count(m); i++) {
		struct message msg;

		mailbox_at(m, i, &msg);
		live_bytes += msg.size;
		assert_reads(t, t->account, &msg, text_of(msg.uid - 1, 4000));
	}
	mailbox_close(m);
	/* two segments of slack: the newest, and what the round itself wrote */
	assert_true(store_log_bytes(t->store) < 2 * live_bytes + 2 * SEGMENT);
}

static void one_body_of_many_messages_is_written_once(void **state)
{
	struct trial *t = *state;
	struct account *other = try_account(t, 8);
	struct body *body = try_body(t, text_of(1, 30000));
	struct account *accounts[] = {t->account, other};
	struct reclaim_result r;
	struct message msg[2];
	struct mailbox *m[2];
	struct why w;

	for (int i = 0; i < 2; i++) {
		struct batch *b = batch_begin(accounts[i]);
		struct new_message n = {.body = body, .prefix = SPAN("X: y\r\n")};

		for (int k = 0; k < 3; k++)
			assert_int_equal(batch_message(b, try_info(accounts[i], "INBOX").id, &n, &w), FAIL_NONE);
		assert_int_equal(try_commit(t, b), FAIL_NONE);
	}
	body_free(body);
	for (int i = 0; i < 5; i++)
		try_deliver(t, t->account, try_info(t->account, "Junk").id, text_of(9, 20000));
	expunge(t, "Junk", 1, UINT32_MAX);
	r = reclaim(t, 100);
	assert_int_equal(r.messages, 6);
	assert_in_range(r.moved_bytes, 30000, 40000);
	for (int i = 0; i < 2; i++) {
		m[i] = try_mailbox(t, accounts[i], "INBOX");
		mailbox_at(m[i], 2, &msg[i]);
	}
	assert_memory_equal(&msg[0].body_place, &msg[1].body_place, sizeof(msg[0].body_place));
	mailbox_close(m[0]);
	mailbox_close(m[1]);
	account_close(other);
}

/* ── What is bad ── */

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
	struct mailbox *m;
	struct buf out;
	char command[300];

	for (int i = 0; i < 3; i++)
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, span_of(text[i]));
	account_close(t->account);
	store_close(t->store);
	damage(t, "the-needle");
	try_open_local(t);
	t->account = try_account(t, 7);
	assert_int_equal(reclaim(t, 100).messages, 2);
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
	/* what is left of it is still in a file */
	snprintf(command, sizeof(command), "grep -q '#he-needle' '%s'/log/0*.log", t->dir);
	assert_int_equal(system(command), 0);
}

static void it_can_be_ended(void **state)
{
	struct reclaim_order order = {.percent = 100, .bytes_per_second = 1000};
	struct trial *t = *state;
	struct reclaim_result r;
	struct try_wait w, second;

	for (int i = 0; i < 40; i++)
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of((uint64_t)i, 4000));
	try_wait_init(&w);
	try_wait_init(&second);
	assert_int_equal(store_reclaim(t->store, &order, &r, &w.wait), FAIL_BUSY);
	assert_int_equal(store_reclaim(t->store, &order, &r, &second.wait), FAIL_CONFLICT);
	for (int i = 0; i < 200; i++)
		uv_run(&t->loop.uv, UV_RUN_NOWAIT);
	store_reclaim_stop(t->store);
	assert_int_equal(try_finish(t, &w, FAIL_BUSY), FAIL_CLOSED);
	try_wait_init(&w);
	assert_int_equal(store_reclaim(t->store, &order, &r, &w.wait), FAIL_BUSY);
	/* closing ends it too */
	account_close(t->account);
	store_close(t->store);
	assert_true(w.done && w.result == FAIL_CLOSED);
	open_with(t, disk_memory(), kv_open_memory());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(space_comes_back_and_nothing_changes, setup, try_teardown),
		cmocka_unit_test_setup_teardown(what_is_mostly_live_stays, setup, try_teardown),
		cmocka_unit_test_setup_teardown(half_of_the_log_is_live_at_least, setup, try_teardown),
		cmocka_unit_test_setup_teardown(one_body_of_many_messages_is_written_once, setup, try_teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_stays, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(it_can_be_ended, setup, try_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
