/* Who holds a message, a ghost, a staged copy, a mailbox that is gone, an unfinished body while bytes are moved: all of them read what they read before
 * (INV-28). And what is purged goes. */
#include "store/reclaim_try.h"

static void a_message_that_is_carried_about_is_found(void **state)
{
	struct trial *t = *state;
	struct message small, large;
	struct mailbox *m;

	try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of(1, 5000));
	try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of(2, 800000));
	m = try_mailbox(t, t->account, "INBOX");
	mailbox_at(m, 0, &small);
	mailbox_at(m, 1, &large);
	for (int i = 0; i < 3; i++) {
		fill(t, 20);
		assert_true(reclaim(t, 100).segments > 0);
		assert_reads(t, t->account, &small, text_of(1, 5000));
		assert_reads(t, t->account, &large, text_of(2, 800000));
	}
	mailbox_close(m);
}

/* As for a POP3 session: what was expunged elsewhere is read to the end. */
static void a_ghost_keeps_its_segment(void **state)
{
	struct trial *t = *state;
	struct feed_reader reader;
	struct mailbox *m;
	struct message msg[2];
	uint64_t bytes;

	try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of(1, 5000));
	try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of(2, 800000));
	fill(t, 20);
	m = try_mailbox(t, t->account, "INBOX");
	feed_begin(&reader, m, never_mind);
	mailbox_at(m, 0, &msg[0]);
	mailbox_at(m, 1, &msg[1]);
	expunge(t, "INBOX", 1, UINT32_MAX);
	fill(t, 20);
	reclaim(t, 100);
	for (uint32_t uid = 1; uid <= 2; uid++) {
		struct message again;

		assert_true(mailbox_message(m, uid, &again));
		assert_reads(t, t->account, &again, text_of(uid, uid == 1 ? 5000 : 800000));
		assert_reads(t, t->account, &msg[uid - 1], text_of(uid, uid == 1 ? 5000 : 800000));
	}
	bytes = store_log_bytes(t->store);
	assert_true(bytes > 800000);
	feed_end(&reader);
	mailbox_close(m);
	reclaim(t, 100);
	assert_true(store_log_bytes(t->store) < bytes - 800000);
}

static void a_deleted_mailbox_that_is_open_keeps_its_segments(void **state)
{
	struct trial *t = *state;
	struct batch *b;
	struct mailbox *m;
	struct message msg;
	struct why w;

	assert_int_equal(try_create(t, "box"), FAIL_NONE);
	try_deliver(t, t->account, try_info(t->account, "box").id, text_of(1, 5000));
	fill(t, 20);
	m = try_mailbox(t, t->account, "box");
	b = batch_begin(t->account);
	assert_int_equal(batch_mailbox_delete(b, mailbox_id(m), &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_true(reclaim(t, 100).segments > 0);
	assert_true(mailbox_message(m, 1, &msg));
	assert_reads(t, t->account, &msg, text_of(1, 5000));
	mailbox_close(m);
}

static void a_copy_that_was_staged_long_ago_is_sent_with_the_new_place(void **state)
{
	struct trial *t = *state;
	struct batch *b = batch_begin(t->account);
	struct message msg;
	struct mailbox *m, *to;
	struct why w;

	try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of(1, 5000));
	fill(t, 20);
	m = try_mailbox(t, t->account, "INBOX");
	mailbox_at(m, 0, &msg);
	assert_int_equal(batch_copy(b, m, &msg, try_info(t->account, "Sent").id, &w), FAIL_NONE);
	assert_true(reclaim(t, 100).segments > 0);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	to = try_mailbox(t, t->account, "Sent");
	mailbox_at(to, 0, &msg);
	assert_reads(t, t->account, &msg, text_of(1, 5000));
	mailbox_close(m);
	mailbox_close(to);
}

/* The source is gone, and its segment: the copy is passed over, and names nothing that is not there. */
static void a_copy_of_what_is_gone_is_passed_over(void **state)
{
	struct trial *t = *state;
	struct batch *b = batch_begin(t->account);
	struct message msg;
	struct mailbox *m;
	struct why w;

	try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of(1, 5000));
	fill(t, 20);
	m = try_mailbox(t, t->account, "INBOX");
	mailbox_at(m, 0, &msg);
	assert_int_equal(batch_copy(b, m, &msg, try_info(t->account, "Sent").id, &w), FAIL_NONE);
	expunge(t, "INBOX", 1, UINT32_MAX);
	fill(t, 20);
	assert_true(reclaim(t, 100).segments > 0);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_int_equal(try_info(t->account, "Sent").messages, 0);
	mailbox_close(m);
}

static void bodies_on_their_way_keep_their_segments(void **state)
{
	struct trial *t = *state;
	struct body_writer *writer = body_begin(t->store);
	struct body *early = try_body(t, text_of(1, 5000)), *late;
	struct span text;
	struct message msg;
	struct mailbox *m;
	struct why w;

	assert_int_equal(body_append(writer, span_first(text_of(2, 900000), 600000), &w), FAIL_NONE);
	fill(t, 20);
	reclaim(t, 100);
	text = text_of(2, 900000);
	assert_int_equal(body_append(writer, span_skip(text, 600000), &w), FAIL_NONE);
	assert_int_equal(body_end(writer, &late, &w), FAIL_NONE);
	fill(t, 20);
	reclaim(t, 100);
	for (int i = 0; i < 2; i++) {
		struct batch *b = batch_begin(t->account);
		struct new_message n = {.body = i ? late : early};

		assert_int_equal(batch_message(b, try_info(t->account, "INBOX").id, &n, &w), FAIL_NONE);
		assert_int_equal(try_commit(t, b), FAIL_NONE);
	}
	body_free(early);
	body_free(late);
	reclaim(t, 100);
	m = try_mailbox(t, t->account, "INBOX");
	mailbox_at(m, 0, &msg);
	assert_reads(t, t->account, &msg, text_of(1, 5000));
	mailbox_at(m, 1, &msg);
	assert_reads(t, t->account, &msg, text_of(2, 900000));
	mailbox_close(m);
}

static void purged_bytes_go_whatever_else_is_live(void **state)
{
	struct reclaim_order order = {.percent = 50, .purged_before = INT64_MAX};
	struct trial *t = *state;
	struct kept_message kept;
	struct reclaim_result r;
	struct batch *b;
	struct why w;
	size_t n;

	store_keep(t->store, true);
	for (int i = 0; i < 40; i++)
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of((uint64_t)i, 4000));
	expunge(t, "INBOX", 3, 3);
	assert_int_equal(reclaim_as(t, &order, &r), FAIL_NONE);
	assert_int_equal(r.segments, 0);
	assert_int_equal(account_kept(t->account, (struct kept_place){0, 0}, 1, &kept, &n, &w), FAIL_NONE);
	b = batch_begin(t->account);
	assert_int_equal(batch_purge(b, kept.place, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_true(log_has_segment(t->store->log, kept.message.body_place.segment));
	assert_int_equal(reclaim_as(t, &order, &r), FAIL_NONE);
	assert_int_equal(r.segments, 1);
	assert_false(log_has_segment(t->store->log, kept.message.body_place.segment));
	assert_int_equal(reclaim_as(t, &order, &r), FAIL_NONE);
	assert_int_equal(r.segments, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_message_that_is_carried_about_is_found, setup, try_teardown),
		cmocka_unit_test_setup_teardown(a_ghost_keeps_its_segment, setup, try_teardown),
		cmocka_unit_test_setup_teardown(a_deleted_mailbox_that_is_open_keeps_its_segments, setup, try_teardown),
		cmocka_unit_test_setup_teardown(
			a_copy_that_was_staged_long_ago_is_sent_with_the_new_place, setup, try_teardown),
		cmocka_unit_test_setup_teardown(a_copy_of_what_is_gone_is_passed_over, setup, try_teardown),
		cmocka_unit_test_setup_teardown(bodies_on_their_way_keep_their_segments, setup, try_teardown),
		cmocka_unit_test_setup_teardown(purged_bytes_go_whatever_else_is_live, setup, try_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
