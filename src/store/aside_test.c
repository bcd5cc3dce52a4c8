/* An account that is set aside: nothing of it is touched, its neighbours go on, and nothing of it is lost once it is cleared. */
#include "store/try.h"

#include "base/in_service.h"
#include "store/reclaim.h"
#include "store/verify.h"

enum { BAD = 7, GOOD = 8, MESSAGES = 5 };

static const uint64_t bad = BAD;
static const struct store_aside aside = {&bad, 1};

static void deliver(struct trial *t, uint64_t id, int n)
{
	struct account *a = try_account(t, id);

	for (int i = 0; i < n; i++)
		(void)try_deliver(t, a, try_info(a, "INBOX").id, SPAN("Subject: x\r\n\r\nbody\r\n"));
	account_close(a);
}

static uint32_t messages_of(struct trial *t, uint64_t id)
{
	struct account *a = try_account(t, id);
	uint32_t n = try_info(a, "INBOX").messages;

	account_close(a);
	return n;
}

static void close_store(struct trial *t)
{
	account_close(t->account);
	t->account = NULL;
	store_close(t->store);
	t->store = NULL;
}

static void open_aside(struct trial *t)
{
	struct why w;

	assert_int_equal(store_open_local(t->dir, &t->loop, 0, &aside, try_report, NULL, &t->store, &w), FAIL_NONE);
}

/* An index as of now, so that what comes later is for the redo: the index directory is put back after more was written. */
static void keep_index(struct trial *t, bool back)
{
	char command[256];

	snprintf(command, sizeof command, "rm -rf '%s/%s' && cp -a '%s/%s' '%s/%s'", t->dir, back ? "index" : "older",
		t->dir, back ? "older" : "index", t->dir, back ? "index" : "older");
	assert_int_equal(system(command), 0);
}

static void index_equals_log(struct trial *t, const struct store_aside *without)
{
	struct store_check c;
	struct why w;

	assert_int_equal(
		store_check_local(t->dir, &t->loop,
			&(struct store_checking){.deep = true, .aside = without, .report = try_report}, &c, &w),
		FAIL_NONE);
	assert_int_equal(c.differences + c.unreadable + c.rot, 0);
}

static void cannot_be_opened(struct trial *t)
{
	struct account *a = NULL;
	struct try_wait w;

	try_wait_init(&w);
	assert_int_equal(account_open(t->store, BAD, &w.wait, &a), FAIL_UNAVAILABLE);
	assert_null(a);
}

static void is_refused_and_its_neighbours_are_not(void **state)
{
	struct trial *t = *state;

	deliver(t, BAD, MESSAGES);
	deliver(t, GOOD, MESSAGES);
	close_store(t);
	open_aside(t);
	cannot_be_opened(t);
	deliver(t, GOOD, 1);
	assert_int_equal(messages_of(t, GOOD), MESSAGES + 1);
	close_store(t);
	index_equals_log(t, &aside);
	try_open_local(t);
	assert_int_equal(messages_of(t, BAD), MESSAGES);
	assert_int_equal(messages_of(t, GOOD), MESSAGES + 1);
}

/* Its batches that the redo would have met are passed over, and the index goes on beyond them. */
static void what_was_passed_over_comes_when_it_is_cleared(void **state)
{
	struct trial *t = *state;

	deliver(t, BAD, 1);
	close_store(t);
	keep_index(t, false);
	try_open_local(t);
	deliver(t, BAD, MESSAGES);
	deliver(t, GOOD, MESSAGES);
	close_store(t);
	keep_index(t, true);
	for (int i = 0; i < 3; i++) {
		open_aside(t);
		cannot_be_opened(t);
		deliver(t, GOOD, 1);
		close_store(t);
	}
	index_equals_log(t, &aside);
	try_open_local(t);
	assert_int_equal(messages_of(t, BAD), 1 + MESSAGES);
	assert_int_equal(messages_of(t, GOOD), MESSAGES + 3);
	deliver(t, BAD, 1);
	close_store(t);
	index_equals_log(t, NULL);
	try_open_local(t);
	assert_int_equal(messages_of(t, BAD), 2 + MESSAGES);
}

static void an_index_made_anew_meanwhile_lacks_it(void **state)
{
	struct trial *t = *state;
	char command[128];

	deliver(t, BAD, MESSAGES);
	deliver(t, GOOD, MESSAGES);
	close_store(t);
	snprintf(command, sizeof command, "rm -rf '%s/index'", t->dir);
	assert_int_equal(system(command), 0);
	open_aside(t);
	assert_int_equal(messages_of(t, GOOD), MESSAGES);
	try_rebuilt(t); /* one that is not complete is none to compare with */
	close_store(t);
	index_equals_log(t, &aside);
	try_open_local(t);
	assert_int_equal(messages_of(t, BAD), MESSAGES);
	close_store(t);
	index_equals_log(t, NULL);
	try_open_local(t);
}

static void no_segment_goes_meanwhile(void **state)
{
	struct trial *t = *state;
	struct reclaim_order all = {.percent = 100};
	struct reclaim_result done;
	struct try_wait w;

	deliver(t, BAD, MESSAGES);
	close_store(t);
	open_aside(t);
	try_wait_init(&w);
	assert_int_equal(store_reclaim(t->store, &all, &done, &w.wait), FAIL_UNAVAILABLE);
	close_store(t);
	try_open_local(t);
	assert_int_equal(try_finish(t, &w, store_reclaim(t->store, &all, &done, &w.wait)), FAIL_NONE);
	assert_true(done.segments > 0);
	assert_int_equal(messages_of(t, BAD), MESSAGES);
}

/* Told by whoever looks while the store works: here a body of code that the store calls. */
static uint64_t seen;

static void look(struct feed_reader *r)
{
	(void)r;
	seen = service_account();
}

static void who_is_in_service_is_told(void **state)
{
	struct trial *t = *state;
	struct account *a = try_account(t, GOOD);
	struct mailbox *m = try_mailbox(t, a, "INBOX");
	struct feed_reader r;

	feed_begin(&r, m, look);
	(void)try_deliver(t, a, mailbox_id(m), SPAN("Subject: x\r\n\r\nbody\r\n"));
	feed_end(&r);
	mailbox_close(m);
	account_close(a);
	assert_int_equal(seen, GOOD);
	assert_int_equal(service_account(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_refused_and_its_neighbours_are_not, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(
			what_was_passed_over_comes_when_it_is_cleared, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(an_index_made_anew_meanwhile_lacks_it, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(no_segment_goes_meanwhile, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(who_is_in_service_is_told, try_setup_local, try_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
