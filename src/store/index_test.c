/* The rows of the index: what is told of them when they are read back, however they came in. */
#include "store/try.h"

#include "store/inside.h"

enum { ACCOUNTS = 3 };

struct told {
	struct account **accounts;
	uint64_t account, mailbox;
	uint32_t uid; /* of the row before, in the same mailbox */
	size_t n, most;
};

static bool tell_row(void *context, uint64_t account, uint64_t mailbox, const struct row *r)
{
	struct told *t = context;
	struct account *a = t->accounts[account - 8];
	struct mailbox *m = account_by_id(a, mailbox);
	struct message msg;
	struct row row;

	assert_true(account > t->account || (account == t->account && mailbox >= t->mailbox));
	assert_true(account != t->account || mailbox != t->mailbox || r->uid > t->uid);
	t->account = account;
	t->mailbox = mailbox;
	t->uid = r->uid;
	assert_non_null(m);
	assert_true(mailbox_message(m, r->uid, &msg));
	message_row(&msg, &row);
	assert_memory_equal(&row, r, sizeof(row));
	return ++t->n < t->most;
}

static size_t rows_there(struct account *a)
{
	size_t n = 0;

	for (size_t i = 0; i < account_mailboxes(a); i++) {
		struct mailbox_info info;

		account_mailbox_at(a, i, &info);
		n += info.messages;
	}
	return n;
}

static void every_row_is_told(void **state)
{
	struct trial *t = *state;
	struct account *accounts[ACCOUNTS];
	size_t all = 0, first;
	uint64_t seed = 2077;
	struct told told = {.accounts = accounts, .most = SIZE_MAX};
	struct why w;

	for (uint64_t i = 0; i < ACCOUNTS; i++) {
		accounts[i] = try_account(t, 8 + i);
		for (int k = 0; k < 80; k++)
			assert_true(try_commit(t, try_random_batch(t, accounts[i], &seed, false)) != FAIL_UNKNOWN);
		for (size_t k = 0; k < accounts[i]->mailbox_count; k++)
			assert_int_equal(mailbox_load_now(accounts[i]->by_id[k], &w), FAIL_NONE);
		all += rows_there(accounts[i]);
	}
	first = rows_there(accounts[0]);
	assert_int_equal(index_scan_rows(t->store->kv, 8, tell_row, &told, &w), FAIL_NONE);
	assert_int_equal(told.n, all);
	told = (struct told){.accounts = accounts, .most = SIZE_MAX};
	assert_int_equal(index_scan_rows(t->store->kv, 9, tell_row, &told, &w), FAIL_NONE);
	assert_int_equal(told.n, all - first);
	told = (struct told){.accounts = accounts, .most = first + 1};
	assert_int_equal(index_scan_rows(t->store->kv, 0, tell_row, &told, &w), FAIL_NONE);
	assert_int_equal(told.n, first + 1);
	for (size_t i = 0; i < ACCOUNTS; i++)
		account_close(accounts[i]);
}

int main(void)
{
	const struct CMUnitTest memory[] = {
		cmocka_unit_test_setup_teardown(every_row_is_told, try_setup_memory, try_teardown),
	};
	const struct CMUnitTest local[] = {
		cmocka_unit_test_setup_teardown(every_row_is_told, try_setup_local, try_teardown),
	};
	int failed = cmocka_run_group_tests_name("engine mem", memory, NULL, NULL);

	return failed + cmocka_run_group_tests_name("engine local", local, NULL, NULL);
}
