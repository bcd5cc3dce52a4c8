/* Columns: what was put is what is got, whatever the order; within the bound; gone with the mailbox. */
#include "store/try.h"

#include "store/columns.h"
#include "store/inside.h"

struct columns_test {
	struct trial t;
	struct mailbox *m, *other;
};

static int begin(void **state)
{
	struct columns_test *x = NEW(struct columns_test);
	struct store_settings s = {.loop = &x->t.loop, .disk = disk_memory(), .kv = kv_open_memory()};
	struct why w;

	loop_init(&x->t.loop);
	assert_int_equal(store_open(&s, &x->t.store, &w), FAIL_NONE);
	x->t.account = try_account(&x->t, 7);
	x->m = try_mailbox(&x->t, x->t.account, "INBOX");
	x->other = try_mailbox(&x->t, x->t.account, "Junk");
	*state = x;
	return 0;
}

static int end(void **state)
{
	struct columns_test *x = *state;
	struct store *s = x->t.store;

	mailbox_close(x->m);
	mailbox_close(x->other);
	account_close(x->t.account);
	store_close(s);
	loop_fini(&x->t.loop);
	free(x);
	return 0;
}

static struct span text_of(uint32_t uid, char *bytes, size_t n)
{
	return span(bytes, (size_t)snprintf(bytes, n, "%0*u.", (int)(uid % 97), uid));
}

static void check(struct column *c, uint32_t uid)
{
	char bytes[200];
	struct span got;

	assert_true(column_get(c, uid, &got));
	assert_true(span_eq(got, text_of(uid, bytes, sizeof(bytes))));
}

static void any_order(void **state)
{
	enum { UIDS = 3001, STEP = 1500 }; /* without a common divisor */
	struct columns_test *x = *state;
	struct column *c = column_open(x->m, 3);
	struct column_block b;
	struct span got;
	char bytes[200];

	for (uint32_t i = 0; i < UIDS; i++) {
		uint32_t uid = 1 + i * STEP % UIDS;

		assert_false(column_get(c, uid, &got));
		column_put(c, uid, text_of(uid, bytes, sizeof(bytes)));
		column_put(c, uid, SPAN("a message never changes"));
		check(c, uid);
	}
	for (uint32_t uid = 1; uid <= UIDS; uid++)
		check(c, uid);
	column_put(c, UINT32_MAX, SPAN("the last"));
	assert_true(column_get(c, UINT32_MAX, &got) && span_eq(got, SPAN("the last")));
	b = column_block(c, 64);
	assert_true(b.there == UINT64_MAX);
	for (uint32_t uid = 64; uid < 128; uid++)
		assert_int_not_equal(span_find(b.texts, text_of(uid, bytes, sizeof(bytes))), SIZE_MAX);
	assert_true(column_block(c, 1).there == (UINT64_MAX & ~(uint64_t)1)); /* there is no uid 0 */
	assert_true(column_block(c, 500000).there == 0);
	column_close(c);

	c = column_open(x->m, 4); /* another kind, another mailbox: others */
	assert_false(column_get(c, 1, &got));
	column_close(c);
	c = column_open(x->other, 3);
	assert_false(column_get(c, 1, &got));
	column_close(c);
}

static void put_many(struct column *c, uint32_t n)
{
	char bytes[200];

	for (uint32_t uid = 1; uid <= n; uid++)
		column_put(c, uid, text_of(uid, bytes, sizeof(bytes)));
}

static void within_the_bound(void **state)
{
	enum { BOUND = 45000, SOME = 250 /* as many as an empty mailbox may keep */ };
	struct columns_test *x = *state;
	struct store *s = x->t.store;
	struct column *a, *b, *c;
	struct span got;

	store_set_columns(s, BOUND);
	a = column_open(x->m, 0);
	put_many(a, SOME);
	column_close(a);
	b = column_open(x->m, 1);
	put_many(b, SOME);
	assert_true(store_columns_bytes(s) > BOUND / 2 && store_columns_bytes(s) <= BOUND);
	a = column_open(x->m, 0); /* used again, so that the other is older */
	check(a, SOME);
	column_close(a);
	c = column_open(x->other, 0);
	put_many(c, 2000);
	assert_true(store_columns_bytes(s) <= BOUND);
	a = column_open(x->m, 0);
	assert_false(column_get(a, 1, &got)); /* thrown out: nobody had it open */
	check(b, SOME);                       /* that was */
	check(c, 1);
	assert_false(column_get(c, 2000, &got)); /* there was no room */
	column_close(a);
	column_close(b);
	column_close(c);
	store_set_columns(s, 0);
	assert_int_equal(store_columns_bytes(s), 0);
	c = column_open(x->other, 0);
	put_many(c, 10);
	assert_false(column_get(c, 1, &got));
	column_close(c);
}

static void too_long(void **state)
{
	struct columns_test *x = *state;
	struct column *c = column_open(x->m, 0);
	static char bytes[COLUMN_TEXT_MAX + 1];
	struct span got;

	column_put(c, 1, span(bytes, sizeof(bytes)));
	assert_false(column_get(c, 1, &got));
	column_put(c, 2, span(bytes, COLUMN_TEXT_MAX));
	assert_true(column_get(c, 2, &got) && got.n == COLUMN_TEXT_MAX);
	column_put(c, 3, span(NULL, 0));
	assert_true(column_get(c, 3, &got) && got.n == 0);
	column_close(c);
}

/* Texts of messages that are gone do not pile up. */
static void begins_anew(void **state)
{
	struct columns_test *x = *state;
	struct column *c = column_open(x->m, 0); /* of an empty mailbox */
	struct span got;

	put_many(c, 3000);
	column_close(c);
	c = column_open(x->m, 0);
	assert_false(column_get(c, 1, &got));
	put_many(c, 10);
	column_close(c);
	c = column_open(x->m, 0);
	check(c, 10);
	column_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(any_order, begin, end),
		cmocka_unit_test_setup_teardown(within_the_bound, begin, end),
		cmocka_unit_test_setup_teardown(too_long, begin, end),
		cmocka_unit_test_setup_teardown(begins_anew, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
