/* The change feed: what readers are told, in what order, and how long an expunged row is kept for them. */
#include "store/try.h"

#define LETTER "From: a@example.org\r\n\r\nBody\r\n"

static int woken;

static void on_wake(struct feed_reader *r)
{
	(void)r;
	woken++;
}

static void flag(struct trial *t, struct mailbox *m, uint32_t first, uint32_t last, const void *author)
{
	struct batch *b = batch_begin(t->account);
	struct flag_set set = {.system = MESSAGE_FLAGGED};
	struct why w;

	batch_author(b, author);
	assert_int_equal(batch_flags(b, m, first, last, FLAGS_ADD, &set, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
}

static void expunge(struct trial *t, struct mailbox *m, uint32_t first, uint32_t last)
{
	struct batch *b = batch_begin(t->account);
	struct why w;

	assert_int_equal(batch_expunge(b, m, first, last, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
}

static void expect(struct feed_reader *r, enum feed_kind kind, uint32_t first, uint32_t last)
{
	struct feed_event e;

	assert_true(feed_next(r, &e));
	assert_int_equal(e.kind, kind);
	assert_int_equal(e.uid_first, first);
	assert_int_equal(e.uid_last, last);
}

static void events_come_in_order_to_every_reader(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct feed_reader one, two;
	struct feed_event e;
	struct batch *b = batch_begin(t->account);
	struct body *body = try_body(t, SPAN(LETTER));
	struct new_message n = {.body = body};
	struct why w;

	try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER)); /* before anyone looks: told to nobody */
	woken = 0;
	feed_begin(&one, m, on_wake);
	feed_begin(&two, m, on_wake);
	for (int i = 0; i < 3; i++)
		assert_int_equal(batch_message(b, mailbox_id(m), &n, &w), FAIL_NONE);
	body_free(body);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_int_equal(woken, 2);
	flag(t, m, 1, 3, &one);
	assert_int_equal(woken, 2); /* once, until it looks */
	expunge(t, m, 2, 3);
	assert_true(feed_peek(&one, 1, &e));
	assert_int_equal(e.kind, FEED_FLAGS);
	assert_ptr_equal(e.author, &one);
	assert_false(feed_peek(&one, 3, &e));
	expect(&one, FEED_APPEARED, 2, 4); /* one event for a batch */
	expect(&one, FEED_FLAGS, 1, 3);
	expect(&one, FEED_EXPUNGED, 2, 3);
	assert_false(feed_next(&one, &e));
	flag(t, m, 4, 4, NULL);
	assert_int_equal(woken, 3);
	feed_end(&one);
	expect(&two, FEED_APPEARED, 2, 4);
	expect(&two, FEED_FLAGS, 1, 3);
	expect(&two, FEED_EXPUNGED, 2, 3);
	expect(&two, FEED_FLAGS, 4, 4);
	assert_false(feed_next(&two, &e));
	feed_end(&two);
	mailbox_close(m);
}

static void scattered_expunges_name_only_what_went(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct feed_reader r;
	struct batch *b = batch_begin(t->account);
	struct why w;

	for (int i = 0; i < 9; i++)
		try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	expunge(t, m, 5, 5);
	feed_begin(&r, m, NULL);
	assert_int_equal(batch_expunge(b, m, 2, 2, &w), FAIL_NONE);
	assert_int_equal(batch_expunge(b, m, 4, 4, &w), FAIL_NONE);
	assert_int_equal(batch_expunge(b, m, 6, 7, &w), FAIL_NONE); /* 5 is gone already: 4 to 7 are neighbours */
	assert_int_equal(batch_expunge(b, m, 9, 30, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	expect(&r, FEED_EXPUNGED, 2, 2);
	expect(&r, FEED_EXPUNGED, 4, 7);
	expect(&r, FEED_EXPUNGED, 9, 9);
	feed_end(&r);
	assert_int_equal(mailbox_count(m), 3);
	mailbox_close(m);
}

static void ghosts_stay_until_the_last_reader_passed(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct feed_reader pop3, imap;
	struct feed_event e;
	struct message msg;
	struct buf out;

	for (int i = 0; i < 5; i++)
		try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	feed_begin(&pop3, m, NULL);
	feed_begin(&imap, m, NULL);
	expunge(t, m, 4, 4);
	expunge(t, m, 1, 2);
	assert_int_equal(mailbox_count(m), 2);
	assert_true(mailbox_message(m, 1, &msg));
	assert_true(mailbox_message(m, 2, &msg));
	assert_true(mailbox_message(m, 4, &msg));
	assert_int_equal(msg.uid, 4);
	assert_false(mailbox_message(m, 6, &msg));
	while (feed_next(&imap, &e))
		;
	assert_true(mailbox_message(m, 1, &msg)); /* the other still has not looked */
	buf_init(&out, 1000);
	try_read(t, t->account, &msg, 0, 1000, &out);
	assert_true(span_eq(buf_span(&out), SPAN(LETTER)));
	buf_fini(&out);
	expect(&pop3, FEED_EXPUNGED, 4, 4);
	assert_false(mailbox_message(m, 4, &msg));
	assert_true(mailbox_message(m, 2, &msg));
	feed_end(&pop3);
	assert_false(mailbox_message(m, 2, &msg));
	feed_end(&imap);
	expunge(t, m, 3, 3);
	assert_false(mailbox_message(m, 3, &msg));
	mailbox_close(m);
}

/* Ghosts of many events go when most of them have been passed; none is found longer than its event. */
static void many_ghosts_go_with_their_events(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct feed_reader r;
	struct message msg;

	for (int i = 0; i < 40; i++)
		try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	feed_begin(&r, m, NULL);
	for (uint32_t i = 0; i < 40; i++)
		expunge(t, m, 1 + i * 7 % 40, 1 + i * 7 % 40);
	for (uint32_t i = 0; i < 40; i++) {
		expect(&r, FEED_EXPUNGED, 1 + i * 7 % 40, 1 + i * 7 % 40);
		for (uint32_t k = 0; k < 40; k++)
			assert_int_equal(mailbox_message(m, 1 + k * 7 % 40, &msg), k > i);
	}
	feed_end(&r);
	mailbox_close(m);
}

static void deletion_and_keywords_are_told(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "Junk");
	struct batch *b = batch_begin(t->account);
	struct span name = SPAN("New");
	struct flag_set set = {.keywords = &name, .keyword_count = 1};
	struct feed_reader r;
	struct feed_event e;
	struct message msg;
	struct buf out;
	struct why w;

	try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	feed_begin(&r, m, NULL);
	assert_int_equal(batch_flags(b, m, 1, 1, FLAGS_ADD, &set, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	expect(&r, FEED_KEYWORDS, 0, 0);
	expect(&r, FEED_FLAGS, 1, 1);
	b = batch_begin(t->account);
	assert_int_equal(batch_mailbox_delete(b, mailbox_id(m), &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	expect(&r, FEED_DELETED, 0, 0);
	assert_false(feed_next(&r, &e));
	assert_true(mailbox_deleted(m));
	assert_int_equal(mailbox_count(m), 1); /* readable until it is closed */
	mailbox_at(m, 0, &msg);
	buf_init(&out, 1000);
	try_read(t, t->account, &msg, 0, 1000, &out);
	assert_true(span_eq(buf_span(&out), SPAN(LETTER)));
	buf_fini(&out);
	b = batch_begin(t->account);
	assert_int_equal(batch_flags(b, m, 1, 1, FLAGS_ADD, &set, &w), FAIL_NOT_FOUND);
	batch_free(b);
	feed_end(&r);
	mailbox_close(m);
}

/* A callback may end readers and close the mailbox. */
static struct feed_reader *victim;

static void on_wake_end_other(struct feed_reader *r)
{
	(void)r;
	woken++;
	if (victim)
		feed_end(victim);
	victim = NULL;
}

static void readers_may_go_while_others_are_woken(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct feed_reader one, two;

	woken = 0;
	feed_begin(&one, m, on_wake_end_other);
	feed_begin(&two, m, on_wake_end_other);
	victim = &two;
	try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	assert_int_equal(woken, 1);
	feed_end(&one);
	mailbox_close(m);
}

/* A delivery and a flag change to a mailbox that nobody has open. */
static void unopened_mailboxes_change_too(void **state)
{
	struct trial *t = *state;
	uint64_t id = try_info(t->account, "Archive").id;
	struct mailbox *m;
	struct message msg;

	try_deliver(t, t->account, id, SPAN(LETTER));
	try_deliver(t, t->account, id, SPAN(LETTER));
	assert_int_equal(try_info(t->account, "Archive").unseen, 2);
	m = try_mailbox_id(t, t->account, id);
	assert_int_equal(mailbox_count(m), 2);
	mailbox_at(m, 1, &msg);
	assert_int_equal(msg.uid, 2);
	mailbox_close(m);
	try_deliver(t, t->account, id, SPAN(LETTER)); /* its rows are still in memory */
	m = try_mailbox_id(t, t->account, id);
	assert_int_equal(mailbox_count(m), 3);
	mailbox_close(m);
}

#define SUITE(setup)                                                                                                   \
	cmocka_unit_test_setup_teardown(events_come_in_order_to_every_reader, setup, try_teardown),                    \
		cmocka_unit_test_setup_teardown(scattered_expunges_name_only_what_went, setup, try_teardown),          \
		cmocka_unit_test_setup_teardown(ghosts_stay_until_the_last_reader_passed, setup, try_teardown),        \
		cmocka_unit_test_setup_teardown(many_ghosts_go_with_their_events, setup, try_teardown),                \
		cmocka_unit_test_setup_teardown(deletion_and_keywords_are_told, setup, try_teardown),                  \
		cmocka_unit_test_setup_teardown(readers_may_go_while_others_are_woken, setup, try_teardown),           \
		cmocka_unit_test_setup_teardown(unopened_mailboxes_change_too, setup, try_teardown)

int main(void)
{
	const struct CMUnitTest memory[] = {SUITE(try_setup_memory)}, local[] = {SUITE(try_setup_local)};
	int failed = cmocka_run_group_tests_name("engine mem", memory, NULL, NULL);

	return failed + cmocka_run_group_tests_name("engine local", local, NULL, NULL);
}
