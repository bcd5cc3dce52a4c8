/* Devices of POP3: what each has of the maildrop, and when a message goes. */
#include "store/device_inner.h"
#include "store/try_dump.h"
#include "store/verify.h"

#define LETTER "From: a@example.org\r\nSubject: hello\r\n\r\nBody\r\n"
enum { DAY = 86400, LETTERS = 6 };

static struct device_rules rules = {{DEVICE_KEEP, 0}, 90 * DAY, 1000 * DAY};

static int fresh(void **state)
{
	int bad = try_setup_memory(state);

	rules = (struct device_rules){{DEVICE_KEEP, 0}, 90 * DAY, 1000 * DAY};
	for (int i = 0; !bad && i < LETTERS; i++)
		try_deliver(*state, ((struct trial *)*state)->account,
			try_info(((struct trial *)*state)->account, "INBOX").id, SPAN(LETTER));
	return bad;
}

/* A session that shows all it has, in letters: 'r' retrieves, 'd' deletes, 'b' both, '.' neither; and ends with QUIT. */
static enum fail visit(struct trial *t, const char *name, const char *what)
{
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct batch *b = batch_begin(t->account);
	unsigned char marks[64];
	uint32_t uids[64];
	size_t n = 0;
	struct why w;
	enum fail f;

	for (size_t i = 0; i < mailbox_count(m); i++) {
		uint32_t uid = mailbox_uid_at(m, i);

		if (account_device_let_go(t->account, span_of(name), uid, &rules))
			continue;
		uids[n] = uid;
		marks[n] = what[n] == 'r'   ? VISIT_RETRIEVED
			   : what[n] == 'd' ? VISIT_DELETED
			   : what[n] == 'b' ? VISIT_DELETED | VISIT_RETRIEVED
					    : 0;
		n++;
	}
	assert_int_equal(n, strlen(what));
	f = batch_device_leave(b, m, &(struct device_visit){span_of(name), uids, marks, n}, &rules, &w);
	mailbox_close(m);
	if (!f)
		return try_commit(t, b);
	batch_free(b);
	return f;
}

static void settle(struct trial *t)
{
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct batch *b = batch_begin(t->account);
	struct why w;

	assert_int_equal(batch_devices_settle(b, m, &rules, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	mailbox_close(m);
}

static uint32_t left(struct trial *t)
{
	return try_info(t->account, "INBOX").messages;
}

static void set_policy(struct trial *t, const char *name, struct device_policy policy)
{
	struct span of = span_of(name ? name : "");
	struct batch *b = batch_begin(t->account);
	struct why w;

	assert_int_equal(batch_device_policy(b, name ? &of : NULL, policy, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
}

/* As POP3 has always been, and nothing is remembered of what has gone. */
static void one_device_deletes_for_good(void **state)
{
	struct trial *t = *state;
	struct device d;

	assert_int_equal(account_device_find(t->account, SPAN(""), &d), FAIL_NOT_FOUND);
	assert_int_equal(visit(t, "", "dd..b."), FAIL_NONE);
	assert_int_equal(left(t), 3);
	assert_int_equal(account_devices(t->account), 1);
	assert_int_equal(t->account->devices->at[0]->deleted.n, 0);
	assert_int_equal(t->account->devices->at[0]->downloaded.n, 0);
	assert_int_equal(visit(t, "", "..."), FAIL_NONE);
	assert_int_equal(left(t), 3);
}

static void what_changes_nothing_writes_nothing(void **state)
{
	struct trial *t = *state;
	uint64_t before;

	assert_int_equal(visit(t, "", "rr...."), FAIL_NONE);
	before = t->account->sequence;
	rules.now += DEVICE_SEEN_STEP - 1;
	assert_int_equal(visit(t, "", "rr...."), FAIL_NONE);
	settle(t);
	assert_int_equal(t->account->sequence, before);
	rules.now++;
	assert_int_equal(visit(t, "", "......"), FAIL_NONE);
	assert_int_equal(t->account->sequence, before + 1);
	assert_int_equal(t->account->devices->at[0]->seen, rules.now);
}

static void each_has_its_own_view_and_all_must_let_go(void **state)
{
	struct trial *t = *state;

	assert_int_equal(visit(t, "anna", "......"), FAIL_NONE);
	assert_int_equal(visit(t, "otto", "dd...."), FAIL_NONE);
	assert_int_equal(left(t), LETTERS);
	assert_true(account_device_deleted(t->account, SPAN("otto"), 2));
	assert_false(account_device_deleted(t->account, SPAN("anna"), 2));
	assert_int_equal(visit(t, "otto", "...."), FAIL_NONE);
	assert_int_equal(visit(t, "anna", ".ddd.."), FAIL_NONE);
	assert_int_equal(left(t), LETTERS - 1); /* 2 */
	try_deliver(t, t->account, try_info(t->account, "INBOX").id, SPAN(LETTER));
	assert_int_equal(visit(t, "otto", "....."), FAIL_NONE);
	assert_int_equal(visit(t, "otto", "ddddd"), FAIL_NONE);
	assert_int_equal(left(t), 4); /* 1, 5, 6, 7: as anna has them */
	assert_int_equal(visit(t, "anna", "dddd"), FAIL_NONE);
	assert_int_equal(left(t), 0);
}

static void an_unnamed_login_is_a_device_like_the_others(void **state)
{
	struct trial *t = *state;

	assert_int_equal(visit(t, "anna", "......"), FAIL_NONE);
	assert_int_equal(visit(t, "", "dddddd"), FAIL_NONE);
	assert_int_equal(left(t), LETTERS);
	assert_int_equal(visit(t, "anna", "dddddd"), FAIL_NONE);
	assert_int_equal(left(t), 0);
}

static void delete_when_downloaded(void **state)
{
	struct trial *t = *state;

	rules.otherwise = (struct device_policy){DEVICE_DELETE, 0};
	assert_int_equal(visit(t, "", ".rr..."), FAIL_NONE);
	assert_int_equal(left(t), LETTERS - 2);
	rules.now += 1000 * DAY; /* never before it was downloaded */
	settle(t);
	assert_int_equal(left(t), LETTERS - 2);
}

static void days_after_the_download(void **state)
{
	struct trial *t = *state;

	rules.otherwise = (struct device_policy){DEVICE_AFTER, 15 * DAY};
	assert_int_equal(visit(t, "", "rr...."), FAIL_NONE);
	rules.now += 14 * DAY;
	assert_int_equal(visit(t, "", "rrr..."), FAIL_NONE); /* the first download counts */
	assert_int_equal(left(t), LETTERS);
	rules.now += DAY - 1;
	settle(t);
	assert_int_equal(left(t), LETTERS);
	rules.now += 1;
	assert_true(account_device_let_go(t->account, SPAN(""), 1, &rules));
	assert_false(account_device_let_go(t->account, SPAN(""), 3, &rules));
	settle(t);
	assert_int_equal(left(t), LETTERS - 2);
	rules.now += 15 * DAY;
	assert_int_equal(visit(t, "", "..."), FAIL_NONE);
	assert_int_equal(left(t), LETTERS - 3);
	rules.now += 80 * DAY;
	assert_int_equal(visit(t, "", "..."), FAIL_NONE);
	assert_int_equal(left(t), LETTERS - 3);
}

static void policies_of_device_account_and_server(void **state)
{
	struct trial *t = *state;
	struct span nobody = SPAN("nobody");
	struct batch *b = batch_begin(t->account);
	struct why w;

	assert_int_equal(batch_device_policy(b, &nobody, rules.otherwise, &w), FAIL_NOT_FOUND);
	batch_free(b);
	assert_int_equal(visit(t, "anna", "......"), FAIL_NONE);
	assert_int_equal(account_device_policy_of(t->account, SPAN("anna"), rules.otherwise).keep, DEVICE_KEEP);
	set_policy(t, NULL, (struct device_policy){DEVICE_AFTER, 7});
	assert_int_equal(account_device_policy_of(t->account, SPAN("anna"), rules.otherwise).seconds, 7);
	assert_int_equal(account_device_policy_of(t->account, SPAN("otto"), rules.otherwise).keep, DEVICE_AFTER);
	set_policy(t, "anna", (struct device_policy){DEVICE_DELETE, 0});
	assert_int_equal(account_device_policy_of(t->account, SPAN("anna"), rules.otherwise).keep, DEVICE_DELETE);
	set_policy(t, NULL, (struct device_policy){DEVICE_UNSET, 0});
	assert_int_equal(account_device_policy_of(t->account, SPAN("otto"), rules.otherwise).keep, DEVICE_KEEP);
	assert_int_equal(visit(t, "otto", "rrrddd"), FAIL_NONE);
	assert_int_equal(visit(t, "anna", "...rrr"), FAIL_NONE);
	assert_int_equal(left(t), 3);
}

static void the_unseen_are_forgotten(void **state)
{
	struct trial *t = *state;
	struct device d;

	assert_int_equal(visit(t, "old", "......"), FAIL_NONE);
	rules.now += 50 * DAY;
	assert_int_equal(visit(t, "new", "dd...."), FAIL_NONE);
	rules.now += 40 * DAY - 1;
	settle(t);
	assert_int_equal(left(t), LETTERS);
	rules.now++;
	settle(t);
	assert_int_equal(left(t), LETTERS - 2);
	assert_int_equal(account_device_find(t->account, SPAN("old"), &d), FAIL_NOT_FOUND);
	rules.forget = 0;
	rules.now += 1000 * DAY;
	settle(t);
	assert_int_equal(account_device_find(t->account, SPAN("new"), &d), FAIL_NONE);
	rules.forget = 90 * DAY; /* who comes back in time is still itself, however late */
	assert_int_equal(visit(t, "new", "...."), FAIL_NONE);
	assert_int_equal(account_device_find(t->account, SPAN("new"), &d), FAIL_NONE);
}

static void so_many_devices_and_no_more(void **state)
{
	struct trial *t = *state;
	struct batch *b;
	char name[20];
	struct why w;

	for (int i = 0; i < DEVICES_MAX; i++) {
		snprintf(name, sizeof name, "device %d", i);
		assert_int_equal(account_device_may_come(t->account, span_of(name), &rules, &w), FAIL_NONE);
		assert_int_equal(visit(t, name, "rrrrrr"), FAIL_NONE);
	}
	assert_int_equal(account_device_may_come(t->account, SPAN("one more"), &rules, &w), FAIL_LIMIT);
	assert_int_equal(visit(t, "one more", "......"), FAIL_LIMIT);
	assert_int_equal(visit(t, "device 3", "......"), FAIL_NONE);
	b = batch_begin(t->account);
	assert_int_equal(batch_device_forget(b, SPAN("device 3"), &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_int_equal(visit(t, "one more", "......"), FAIL_NONE);
	rules.now += 90 * DAY;
	assert_int_equal(account_device_may_come(t->account, SPAN("after"), &rules, &w), FAIL_NONE);
	assert_int_equal(visit(t, "after", "......"), FAIL_NONE);
	assert_int_equal(account_devices(t->account), 1);
}

/* However often, however much of it is gone: a client that takes all is one range. */
static void a_whole_maildrop_is_one_range(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	char what[64];

	assert_int_equal(visit(t, "a", "r.r.r."), FAIL_NONE);
	assert_int_equal(t->account->devices->at[0]->downloaded.n, 3);
	for (int i = 0; i < 20; i++) {
		struct batch *b = batch_begin(t->account);
		struct why w;
		uint32_t first = mailbox_uid_at(m, 1);

		assert_int_equal(batch_expunge(b, m, first, first, &w), FAIL_NONE);
		assert_int_equal(try_commit(t, b), FAIL_NONE);
		try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
		memset(what, 'r', LETTERS);
		what[LETTERS] = '\0';
		assert_int_equal(visit(t, "a", what), FAIL_NONE);
	}
	assert_int_equal(t->account->devices->at[0]->downloaded.n, 1);
	mailbox_close(m);
}

static void names(void **state)
{
	static const struct span bad[] = {SPAN("a/b"), SPAN("a\tb"), SPAN("a\0b"), SPAN("\xff"),
		SPAN("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")};
	struct buf out;
	struct why w;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(device_name_normal(bad[i], &out, &w), FAIL_CANNOT);
	assert_int_equal(device_name_normal(SPAN("e\xcc\x81 \xe5\x8a\x9e\xe5\x85\xac"), &out, &w), FAIL_NONE);
	assert_true(span_eq(buf_span(&out), SPAN("\xc3\xa9 \xe5\x8a\x9e\xe5\x85\xac")));
	buf_fini(&out);
}

/* ── What lasts ── */

static struct store_check checked(struct trial *t)
{
	struct store_check found = {0};
	struct store_checking how = {.report = try_report};
	struct why w;

	assert_int_equal(store_check_local(t->dir, &t->loop, &how, &found, &w), FAIL_NONE);
	return found;
}

static void assert_lasts(struct trial *t)
{
	struct buf before, after;
	char command[128];

	try_dump_new(t, t->account, &before);
	try_reopen(t);
	try_dump_new(t, t->account, &after);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	buf_fini(&after);
	account_close(t->account);
	store_close(t->store);
	assert_int_equal(checked(t).differences, 0);
	snprintf(command, sizeof command, "rm -rf '%s/index'", t->dir);
	assert_int_equal(system(command), 0);
	try_open_local(t);
	try_rebuilt(t);
	t->account = try_account(t, 7);
	try_dump_new(t, t->account, &after);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	buf_fini(&after);
	buf_fini(&before);
}

static void they_last(void **state)
{
	struct trial *t = *state;
	struct try_wait w;

	for (int i = 0; i < LETTERS; i++)
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, SPAN(LETTER));
	assert_int_equal(visit(t, "", "......"), FAIL_NONE);
	assert_int_equal(visit(t, "\xd8\xa8\xd8\xb1\xd9\x8a\xd8\xaf", "r.d.b."), FAIL_NONE);
	rules.now += DAY;
	assert_int_equal(visit(t, "", "r.r.d."), FAIL_NONE);
	set_policy(t, "", (struct device_policy){DEVICE_AFTER, 9});
	set_policy(t, NULL, (struct device_policy){DEVICE_DELETE, 0});
	assert_lasts(t);
	assert_int_equal(account_devices(t->account), 2);
	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, snapshot_account(t->account, &w.wait)), FAIL_NONE);
	assert_lasts(t);
	set_policy(t, NULL, (struct device_policy){DEVICE_UNSET, 0});
	assert_lasts(t);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, try_teardown)
	const struct CMUnitTest tests[] = {
		FRESH(one_device_deletes_for_good),
		FRESH(what_changes_nothing_writes_nothing),
		FRESH(each_has_its_own_view_and_all_must_let_go),
		FRESH(an_unnamed_login_is_a_device_like_the_others),
		FRESH(delete_when_downloaded),
		FRESH(days_after_the_download),
		FRESH(policies_of_device_account_and_server),
		FRESH(the_unseen_are_forgotten),
		FRESH(so_many_devices_and_no_more),
		FRESH(a_whole_maildrop_is_one_range),
		cmocka_unit_test(names),
		cmocka_unit_test_setup_teardown(they_last, try_setup_local, try_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
