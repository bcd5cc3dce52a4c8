/* The tree of mailboxes: create, delete, rename, subscribe (RFC 3501 §6.3.3-6.3.7), over every engine. */
#include "store/try.h"

#define LETTER "From: a@example.org\r\nSubject: hello\r\n\r\nBody\r\n"

static enum fail rename_to(struct trial *t, const char *from, const char *to)
{
	struct batch *b = batch_begin(t->account);
	struct why w;

	assert_int_equal(batch_mailbox_rename(b, try_info(t->account, from).id, span_of(to), &w), FAIL_NONE);
	return try_commit(t, b);
}

static enum fail delete_named(struct trial *t, const char *name)
{
	struct batch *b = batch_begin(t->account);
	struct why w;
	enum fail f = batch_mailbox_delete(b, try_info(t->account, name).id, &w);

	if (f) {
		batch_free(b);
		return f;
	}
	return try_commit(t, b);
}

static bool there_is(struct trial *t, const char *name)
{
	struct mailbox_info info;

	return account_mailbox_find(t->account, span_of(name), &info) == FAIL_NONE;
}

static void create_makes_parents(void **state)
{
	struct trial *t = *state;
	uint64_t version = account_tree_version(t->account);

	assert_int_equal(try_create(t, "A/B/C"), FAIL_NONE);
	assert_true(there_is(t, "A"));
	assert_true(there_is(t, "A/B"));
	assert_true(there_is(t, "A/B/C"));
	assert_true(account_tree_version(t->account) > version);
	assert_int_equal(try_create(t, "A/B"), FAIL_EXISTS);
	assert_int_equal(try_create(t, "INBOX"), FAIL_EXISTS);
	assert_int_equal(try_create(t, "bad*name"), FAIL_CANNOT);
}

static void uidvalidity_only_grows(void **state)
{
	struct trial *t = *state;
	uint32_t last = 0;
	uint64_t id = 0;

	for (int i = 0; i < 5; i++) {
		struct mailbox_info info;

		assert_int_equal(try_create(t, "Again"), FAIL_NONE);
		info = try_info(t->account, "Again");
		assert_true(info.uidvalidity > last);
		assert_true(info.id > id);
		last = info.uidvalidity;
		id = info.id;
		try_deliver(t, t->account, id, SPAN(LETTER));
		assert_int_equal(delete_named(t, "Again"), FAIL_NONE);
	}
}

static void delete_leaves_children(void **state)
{
	struct trial *t = *state;

	assert_int_equal(try_create(t, "P/Q"), FAIL_NONE);
	assert_int_equal(delete_named(t, "P"), FAIL_NONE);
	assert_false(there_is(t, "P"));
	assert_true(there_is(t, "P/Q"));
	assert_int_equal(delete_named(t, "INBOX"), FAIL_CANNOT);
}

static void rename_takes_children(void **state)
{
	struct trial *t = *state;
	uint64_t id;

	assert_int_equal(try_create(t, "old/a/b"), FAIL_NONE);
	assert_int_equal(try_create(t, "older"), FAIL_NONE);
	id = try_info(t->account, "old/a/b").id;
	try_deliver(t, t->account, id, SPAN(LETTER));
	assert_int_equal(rename_to(t, "old", "x/new"), FAIL_NONE);
	assert_true(there_is(t, "x"));
	assert_true(there_is(t, "older"));
	assert_false(there_is(t, "old"));
	assert_true(try_info(t->account, "x/new/a/b").id == id);
	assert_int_equal(try_info(t->account, "x/new/a/b").messages, 1);
	assert_int_equal(rename_to(t, "x", "x/y"), FAIL_CANNOT);
	assert_int_equal(rename_to(t, "x/new", "older"), FAIL_EXISTS);
	assert_int_equal(rename_to(t, "x", "Sent"), FAIL_EXISTS);
	assert_int_equal(try_create(t, "free/a"), FAIL_NONE);
	assert_int_equal(delete_named(t, "free"), FAIL_NONE);
	assert_int_equal(rename_to(t, "x/new", "free"), FAIL_EXISTS); /* x/new/a would become free/a */
	assert_true(there_is(t, "x/new/a"));
}

static void rename_of_inbox_moves_its_mail(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX"), *moved;
	struct message msg;
	struct batch *b = batch_begin(t->account);
	struct why w;

	for (int i = 0; i < 4; i++)
		try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	assert_int_equal(try_flags(t, m, 3, 3, FLAGS_ADD, MESSAGE_FLAGGED, "Kept"), FAIL_NONE);
	assert_int_equal(batch_expunge(b, m, 2, 2, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_int_equal(try_create(t, "INBOX/child"), FAIL_NONE);
	assert_int_equal(rename_to(t, "INBOX", "2025/in"), FAIL_NONE);
	assert_int_equal(mailbox_count(m), 0);
	assert_true(there_is(t, "INBOX"));
	assert_true(there_is(t, "INBOX/child"));
	moved = try_mailbox(t, t->account, "2025/in");
	assert_int_equal(mailbox_count(moved), 3);
	mailbox_at(moved, 1, &msg);
	assert_int_equal(msg.uid, 2);
	assert_true(msg.flags & MESSAGE_FLAGGED);
	assert_true(msg.flags >> mailbox_keyword_bit(moved, SPAN("kept")) & 1);
	assert_int_equal(try_deliver(t, t->account, mailbox_id(moved), SPAN(LETTER)), 4);
	mailbox_close(m);
	mailbox_close(moved);
}

static void subscriptions_outlive_mailboxes(void **state)
{
	struct trial *t = *state;
	struct batch *b = batch_begin(t->account);
	struct why w;

	assert_int_equal(batch_subscribe(b, SPAN("No/Such"), true, &w), FAIL_NONE);
	assert_int_equal(batch_subscribe(b, SPAN("Sent"), false, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_false(try_info(t->account, "Sent").subscribed);
	assert_int_equal(account_subscriptions(t->account), 6);
	assert_true(span_eq(account_subscription_at(t->account, 0), SPAN("INBOX")));
	assert_true(span_eq(account_subscription_at(t->account, 5), SPAN("Trash")));
	assert_true(span_eq(account_subscription_at(t->account, 4), SPAN("No/Such")));
}

#define SUITE(setup)                                                                                                   \
	cmocka_unit_test_setup_teardown(create_makes_parents, setup, try_teardown),                                    \
		cmocka_unit_test_setup_teardown(uidvalidity_only_grows, setup, try_teardown),                          \
		cmocka_unit_test_setup_teardown(delete_leaves_children, setup, try_teardown),                          \
		cmocka_unit_test_setup_teardown(rename_takes_children, setup, try_teardown),                           \
		cmocka_unit_test_setup_teardown(rename_of_inbox_moves_its_mail, setup, try_teardown),                  \
		cmocka_unit_test_setup_teardown(subscriptions_outlive_mailboxes, setup, try_teardown)

int main(void)
{
	const struct CMUnitTest memory[] = {SUITE(try_setup_memory)}, local[] = {SUITE(try_setup_local)};
	int failed = cmocka_run_group_tests_name("engine mem", memory, NULL, NULL);

	return failed + cmocka_run_group_tests_name("engine local", local, NULL, NULL);
}
