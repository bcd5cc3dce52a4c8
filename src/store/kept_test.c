/* What is expunged is kept, comes back as it was, and goes for good when it is purged; a move leaves nothing behind. */
#include "store/try.h"

#include "store/expire.h"
#include "store/inside.h"

#define LETTER "From: a@example.org\r\nSubject: hello\r\n\r\nBody\r\n"

static size_t kept_of(struct trial *t, struct kept_message *out, size_t most)
{
	struct why w;
	size_t n;

	assert_int_equal(account_kept(t->account, (struct kept_place){0, 0}, most, out, &n, &w), FAIL_NONE);
	return n;
}

static void expunge(struct trial *t, struct mailbox *m, uint32_t first, uint32_t last)
{
	struct batch *b = batch_begin(t->account);
	struct why w;

	assert_int_equal(batch_expunge(b, m, first, last, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
}

/* Brings `k` back and tells the uid that it got, 0 when it was gone. */
static uint32_t undelete(struct trial *t, const struct kept_message *k, uint64_t to)
{
	struct batch *b = batch_begin(t->account);
	struct kept_mailboxes *gone;
	struct try_wait w;
	struct why why;
	const uint32_t *uids;
	uint32_t uid;

	assert_int_equal(kept_mailboxes_load(t->account, &gone, &why), FAIL_NONE);
	assert_int_equal(batch_undelete(b, k, gone, to, &why), FAIL_NONE);
	kept_mailboxes_free(gone);
	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, batch_commit(b, &w.wait)), FAIL_NONE);
	uid = batch_uids(b, &uids) ? uids[0] : 0;
	batch_free(b);
	return uid;
}

static void purge(struct trial *t, struct kept_place last)
{
	struct batch *b = batch_begin(t->account);
	struct why w;

	assert_int_equal(batch_purge(b, last, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
}

static void expunged_comes_back_as_it_was(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct kept_message kept[4];
	struct message before, after;
	struct buf one, two;
	struct feed_reader reader;
	struct feed_event e;
	uint64_t dates[2] = {(uint64_t)clock_wall_seconds(), 0};

	store_keep(t->store, true);
	for (int i = 0; i < 3; i++)
		try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	assert_int_equal(
		try_flags(t, m, 2, 2, FLAGS_ADD, MESSAGE_SEEN | MESSAGE_FLAGGED | MESSAGE_DELETED, "Work"), FAIL_NONE);
	assert_true(mailbox_message(m, 2, &before));
	buf_init(&one, 100);
	buf_init(&two, 100);
	message_uidl(m, &before, &one);
	expunge(t, m, 2, 2);
	dates[1] = (uint64_t)clock_wall_seconds();
	assert_int_equal(mailbox_count(m), 2);
	assert_int_equal(kept_of(t, kept, 4), 1);
	assert_int_equal(account_kept_count(t->account), 1);
	assert_int_equal(account_kept_size(t->account), before.size);
	assert_true(kept[0].mailbox == mailbox_id(m) && kept[0].message.uid == 2);
	assert_true((uint64_t)kept[0].expunged >= dates[0] && (uint64_t)kept[0].expunged <= dates[1]);
	feed_begin(&reader, m, NULL);
	assert_int_equal(undelete(t, &kept[0], mailbox_id(m)), 4);
	assert_true(feed_next(&reader, &e));
	assert_int_equal(e.kind, FEED_APPEARED);
	feed_end(&reader);
	assert_int_equal(account_kept_count(t->account), 0);
	assert_int_equal(account_kept_size(t->account), 0);
	assert_true(mailbox_message(m, 4, &after));
	assert_true(after.id == before.id && after.internal_date == before.internal_date);
	assert_true(after.flags == (before.flags & ~(uint64_t)MESSAGE_DELETED));
	assert_true(after.modseq > before.modseq);
	message_uidl(m, &after, &two);
	assert_true(span_eq(buf_span(&one), buf_span(&two)));
	buf_reset(&two);
	try_read(t, t->account, &after, 0, 1000, &two);
	assert_true(two.over || span_eq(buf_span(&two), SPAN(LETTER)));
	/* Once is enough. */
	assert_int_equal(undelete(t, &kept[0], mailbox_id(m)), 0);
	assert_int_equal(mailbox_count(m), 3);
	assert_int_equal(try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER)), 6);
	buf_fini(&one);
	buf_fini(&two);
	mailbox_close(m);
}

static void a_move_leaves_no_ghost(void **state)
{
	struct trial *t = *state;
	struct mailbox *in = try_mailbox(t, t->account, "INBOX");
	struct batch *b = batch_begin(t->account);
	struct message msg;
	struct why w;

	store_keep(t->store, true);
	try_deliver(t, t->account, mailbox_id(in), SPAN(LETTER));
	mailbox_at(in, 0, &msg);
	assert_int_equal(batch_move(b, in, &msg, try_info(t->account, "Archive").id, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_int_equal(mailbox_count(in), 0);
	assert_int_equal(account_kept_count(t->account), 0);
	mailbox_close(in);
}

static void nothing_is_kept_when_that_is_off(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");

	store_keep(t->store, true);
	store_keep(t->store, false);
	try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	expunge(t, m, 1, 1);
	assert_int_equal(account_kept_count(t->account), 0);
	mailbox_close(m);
}

static void imported_uidl_comes_back(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct batch *b = batch_begin(t->account);
	struct body *body = try_body(t, SPAN(LETTER));
	struct new_message n = {.body = body, .uidl = SPAN("old!uidl~1")};
	struct kept_message kept;
	struct message msg;
	struct buf text;
	struct why w;

	store_keep(t->store, true);
	assert_int_equal(batch_message(b, mailbox_id(m), &n, &w), FAIL_NONE);
	body_free(body);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	expunge(t, m, 1, 1);
	assert_int_equal(kept_of(t, &kept, 1), 1);
	assert_int_equal(undelete(t, &kept, mailbox_id(m)), 2);
	assert_true(mailbox_message(m, 2, &msg));
	buf_init(&text, 100);
	message_uidl(m, &msg, &text);
	assert_true(span_eq(buf_span(&text), SPAN("old!uidl~1")));
	buf_fini(&text);
	mailbox_close(m);
}

/* A deleted mailbox is remembered, with the names of its keywords, as long as something of it is kept. */
static void deleted_mailbox_is_remembered(void **state)
{
	struct trial *t = *state;
	struct kept_mailboxes *gone;
	struct kept_mailbox was;
	struct kept_message kept[4];
	struct mailbox_info info;
	struct mailbox *m, *inbox;
	struct message msg;
	struct batch *b;
	struct why w;

	store_keep(t->store, true);
	assert_int_equal(try_create(t, "Box/Below"), FAIL_NONE);
	m = try_mailbox(t, t->account, "Box/Below");
	info = try_info(t->account, "Box/Below");
	try_deliver(t, t->account, info.id, SPAN(LETTER));
	try_deliver(t, t->account, info.id, SPAN(LETTER));
	assert_int_equal(try_flags(t, m, 1, 2, FLAGS_ADD, MESSAGE_SEEN, "Work"), FAIL_NONE);
	expunge(t, m, 1, 1);
	mailbox_close(m);
	b = batch_begin(t->account);
	assert_int_equal(batch_mailbox_delete(b, info.id, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_int_equal(kept_of(t, kept, 4), 2);
	assert_int_equal(kept_mailboxes_load(t->account, &gone, &w), FAIL_NONE);
	assert_true(kept_mailbox_find(gone, kept[0].mailbox, &was));
	assert_true(span_eq(was.name, SPAN("Box/Below")));
	assert_false(kept_mailbox_find(gone, 12345, &was));
	kept_mailboxes_free(gone);
	inbox = try_mailbox(t, t->account, "INBOX");
	assert_int_equal(undelete(t, &kept[1], mailbox_id(inbox)), 1);
	assert_true(mailbox_message(inbox, 1, &msg));
	assert_true(msg.flags & MESSAGE_SEEN);
	assert_true(msg.flags >> mailbox_keyword_bit(inbox, SPAN("Work")) & 1);
	mailbox_close(inbox);
	purge(t, kept[0].place);
	assert_int_equal(account_kept_count(t->account), 0);
	assert_int_equal(kept_mailboxes_load(t->account, &gone, &w), FAIL_NONE);
	assert_false(kept_mailbox_find(gone, info.id, &was));
	kept_mailboxes_free(gone);
}

static void purge_takes_the_oldest(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct kept_message kept[8];
	struct batch *b;
	struct why w;

	store_keep(t->store, true);
	for (int i = 0; i < 6; i++)
		try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	expunge(t, m, 1, 2);
	expunge(t, m, 4, 4);
	expunge(t, m, 3, 3);
	assert_int_equal(kept_of(t, kept, 8), 4);
	assert_int_equal(kept[2].message.uid, 4);
	assert_int_equal(kept[3].message.uid, 3);
	b = batch_begin(t->account);
	assert_int_equal(batch_expunge(b, m, 5, 5, &w), FAIL_NONE);
	assert_int_equal(batch_purge(b, kept[0].place, &w), FAIL_CANNOT); /* a change of its own */
	batch_free(b);
	purge(t, kept[1].place);
	assert_int_equal(kept_of(t, kept, 8), 2);
	assert_int_equal(kept[0].message.uid, 4);
	purge(t, (struct kept_place){UINT64_MAX, UINT64_MAX});
	assert_int_equal(account_kept_count(t->account), 0);
	assert_int_equal(account_kept_size(t->account), 0);
	assert_int_equal(mailbox_count(m), 2);
	mailbox_close(m);
}

/* Both in flight at once: the purge comes first, and nothing comes back. */
static void purged_before_its_turn(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct batch *first = batch_begin(t->account), *second = batch_begin(t->account);
	struct kept_mailboxes *gone;
	struct kept_message kept;
	struct try_wait w;
	struct why why;
	const uint32_t *uids;

	store_keep(t->store, true);
	try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	expunge(t, m, 1, 1);
	assert_int_equal(kept_of(t, &kept, 1), 1);
	assert_int_equal(kept_mailboxes_load(t->account, &gone, &why), FAIL_NONE);
	assert_int_equal(batch_purge(first, kept.place, &why), FAIL_NONE);
	assert_int_equal(batch_undelete(second, &kept, gone, mailbox_id(m), &why), FAIL_NONE);
	kept_mailboxes_free(gone);
	assert_int_equal(batch_commit(first, NULL), FAIL_BUSY);
	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, batch_commit(second, &w.wait)), FAIL_NONE);
	assert_int_equal(batch_uids(second, &uids), 0);
	batch_free(second);
	assert_int_equal(mailbox_count(m), 0);
	assert_int_equal(try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER)), 3);
	mailbox_close(m);
}

/* Also in the very batch that keeps it: the message is named twice, and comes back once. */
static void twice_in_one_batch_is_once(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct batch *b = batch_begin(t->account);
	struct kept_mailboxes *gone;
	struct kept_message kept;
	struct why why;

	store_keep(t->store, true);
	try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	expunge(t, m, 1, 1);
	assert_int_equal(kept_of(t, &kept, 1), 1);
	assert_int_equal(kept_mailboxes_load(t->account, &gone, &why), FAIL_NONE);
	assert_int_equal(batch_undelete(b, &kept, gone, mailbox_id(m), &why), FAIL_NONE);
	assert_int_equal(batch_undelete(b, &kept, gone, mailbox_id(m), &why), FAIL_NONE);
	kept_mailboxes_free(gone);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_int_equal(mailbox_count(m), 1);
	assert_int_equal(account_kept_count(t->account), 0);
	mailbox_close(m);
}

/* ── The walk that purges ── */

static struct {
	int walks;
	enum fail result;
} over;

static void walked(struct expiry *e, enum fail f)
{
	(void)e;
	over.walks++;
	over.result = f;
}

static uint64_t walk(struct trial *t, uint64_t seconds, uint64_t bytes)
{
	struct expire_limits limits = {seconds, bytes};
	struct expiry e;

	over.walks = 0;
	expiry_init(&e, t->store, walked);
	expiry_run(&e, &limits);
	expiry_run(&e, &limits); /* one is under way */
	while (!over.walks)
		uv_run(&t->loop.uv, UV_RUN_ONCE);
	assert_int_equal(over.result, FAIL_NONE);
	return e.purged;
}

static bool first_purged(void *context, uint32_t segment, int64_t since)
{
	int64_t *out = context;

	assert_int_equal(segment, 1);
	*out = since;
	return true;
}

static void the_old_goes(void **state)
{
	struct trial *t = *state;
	struct account *other = try_account(t, 8);
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	int64_t since = 0;
	struct why w;

	store_keep(t->store, true);
	for (int i = 0; i < 600; i++)
		try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	try_deliver(t, other, try_info(other, "INBOX").id, SPAN(LETTER));
	expunge(t, m, 1, UINT32_MAX);
	mailbox_close(m);
	account_close(t->account); /* nobody need have it open */
	assert_int_equal(walk(t, 3600, 0), 0);
	assert_int_equal(purged_each(t->store->kv, first_purged, &since, &w), FAIL_NONE);
	assert_true(since == 0);
	assert_int_equal(walk(t, 0, 0), 600);
	t->account = try_account(t, 7);
	assert_int_equal(account_kept_count(t->account), 0);
	assert_int_equal(try_info(other, "INBOX").messages, 1);
	assert_int_equal(purged_each(t->store->kv, first_purged, &since, &w), FAIL_NONE);
	assert_true(since > 0 && since <= clock_wall_seconds());
	purged_forget(t->store, 1);
	assert_int_equal(index_write(t->store, &w), FAIL_NONE);
	since = 0;
	assert_int_equal(purged_each(t->store->kv, first_purged, &since, &w), FAIL_NONE);
	assert_true(since == 0);
	account_close(other);
}

static void no_more_than_the_bound(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct kept_message kept[20];

	store_keep(t->store, true);
	for (uint32_t uid = 1; uid <= 10; uid++) {
		try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
		expunge(t, m, uid, uid);
	}
	assert_int_equal(walk(t, 3600, 10 * (sizeof(LETTER) - 1)), 0);
	assert_int_equal(walk(t, 3600, 3 * (sizeof(LETTER) - 1) + 5), 7);
	assert_int_equal(kept_of(t, kept, 20), 3);
	assert_int_equal(kept[0].message.uid, 8);
	mailbox_close(m);
}

static void a_walk_can_be_given_up(void **state)
{
	struct trial *t = *state;
	struct expire_limits limits = {0, 0};
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct expiry e;

	store_keep(t->store, true);
	try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	expunge(t, m, 1, 1);
	mailbox_close(m);
	over.walks = 0;
	for (int turns = 0; turns < 4; turns++) {
		expiry_init(&e, t->store, walked);
		expiry_run(&e, &limits);
		for (int i = 0; i < turns && e.running; i++)
			uv_run(&t->loop.uv, UV_RUN_NOWAIT);
		expiry_stop(&e);
		expiry_stop(&e);
	}
}

#define SUITE(setup)                                                                                                   \
	cmocka_unit_test_setup_teardown(expunged_comes_back_as_it_was, setup, try_teardown),                           \
		cmocka_unit_test_setup_teardown(a_move_leaves_no_ghost, setup, try_teardown),                          \
		cmocka_unit_test_setup_teardown(nothing_is_kept_when_that_is_off, setup, try_teardown),                \
		cmocka_unit_test_setup_teardown(imported_uidl_comes_back, setup, try_teardown),                        \
		cmocka_unit_test_setup_teardown(deleted_mailbox_is_remembered, setup, try_teardown),                   \
		cmocka_unit_test_setup_teardown(purge_takes_the_oldest, setup, try_teardown),                          \
		cmocka_unit_test_setup_teardown(purged_before_its_turn, setup, try_teardown),                          \
		cmocka_unit_test_setup_teardown(twice_in_one_batch_is_once, setup, try_teardown),                      \
		cmocka_unit_test_setup_teardown(the_old_goes, setup, try_teardown),                                    \
		cmocka_unit_test_setup_teardown(no_more_than_the_bound, setup, try_teardown),                          \
		cmocka_unit_test_setup_teardown(a_walk_can_be_given_up, setup, try_teardown)

int main(void)
{
	const struct CMUnitTest memory[] = {SUITE(try_setup_memory)}, local[] = {SUITE(try_setup_local)};
	int failed = cmocka_run_group_tests_name("engine mem", memory, NULL, NULL);

	return failed + cmocka_run_group_tests_name("engine local", local, NULL, NULL);
}
