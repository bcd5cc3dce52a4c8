/* Planted faults: the words of an order, when a call is spoiled, what becomes of it, and a table that outlives its process. */
#include "base/test.h"

#include "base/fault.h"

static void order(struct fault_table *t, const char *words)
{
	struct why w;

	assert_int_equal(fault_order(t, span_of(words), &w), FAIL_NONE);
}

/* Which of ten calls are spoiled, as 'x' and '.'. */
static const char *ten(struct fault_table *t, enum fault_call call)
{
	static char out[11];

	for (int i = 0; i < 10; i++)
		out[i] = fault_meet(t, call).what == FAULT_DO_NOTHING ? '.' : 'x';
	return out;
}

static void a_call_is_spoiled_when_it_was_ordered(void **state)
{
	static const struct {
		const char *order, *met;
	} cases[] = {
		{"sync:3=eio", "..x......."},
		{"sync:3+=eio", "..xxxxxxxx"},
		{"sync:2/4=eio", ".x...x...x"},
		{"sync:p1=eio", "xxxxxxxxxx"},
		{"sync:p0=eio", ".........."},
		{"any:4=eio", "...x......"},
		{"write:1+=eio", ".........."},
		{"sync:1+=eio none", ".........."},
		{"sync:1+=eio sync:5=eio", "....x....."},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fault_table t = {0};

		assert_true(fault_table_init(&t));
		order(&t, cases[i].order);
		assert_string_equal(ten(&t, FAULT_SYNC), cases[i].met);
		assert_int_equal(t.rows[FAULT_SYNC].calls, 10);
		assert_int_equal(t.rows[FAULT_ANY].calls, 10);
	}
}

static void a_chance_is_about_kept(void **state)
{
	struct fault_table t = {0};

	(void)state;
	assert_true(fault_table_init(&t));
	order(&t, "seed=17 read:p0.25=eio");
	for (int i = 0; i < 10000; i++)
		(void)fault_meet(&t, FAULT_READ);
	assert_in_range(t.rows[FAULT_READ].met, 2200, 2800);
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const char *const orders[] = {"sync", "sync:1", "sync:0=eio", "sync:1=what", "link:1=eio", "sync:p2=eio",
		"sync:1/0=eio", "sync:x=eio", "sync:1=stall:x", "seed=0", "seed=", "sync:p0.x=eio", "sync:1-=eio"};
	struct fault_table t = {0};
	struct why w;

	(void)state;
	assert_true(fault_table_init(&t));
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		assert_int_equal(fault_order(&t, span_of(orders[i]), &w), FAIL_SYNTAX);
	assert_string_equal(ten(&t, FAULT_SYNC), "..........");
	t.magic[3] ^= 1;
	assert_false(fault_table_init(&t));
}

static void each_fault_has_its_result(void **state)
{
	static const struct {
		const char *word;
		enum fail before, after; /* the second when the call went well */
	} cases[] = {{"eio", FAIL_IO, 0}, {"enospc", FAIL_DISK_FULL, 0}, {"enomem", FAIL_MEMORY, 0},
		{"short", FAIL_IO, 0}, {"full", FAIL_DISK_FULL, 0}, {"unknown", FAIL_NONE, FAIL_IO},
		{"lie", FAIL_NONE, FAIL_NONE}, {"stall:1", FAIL_NONE, FAIL_NONE}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fault_table t = {0};
		struct fault f;
		struct why w;
		char words[40];

		assert_true(fault_table_init(&t));
		snprintf(words, sizeof words, "kv-write:1=%s", cases[i].word);
		order(&t, words);
		f = fault_meet(&t, FAULT_KV_WRITE);
		assert_int_equal(fault_before(&f, &w), cases[i].before);
		if (cases[i].before)
			continue;
		assert_int_equal(fault_after(&f, FAIL_NONE, &w), cases[i].after);
		assert_int_equal(fault_after(&f, FAIL_EXISTS, &w), FAIL_EXISTS);
	}
}

/* As two processes after each other have it: what was met is not met again, and the counting goes on. */
static void orders_come_in_by_the_table(void **state)
{
	struct fault_table t = {0};

	(void)state;
	assert_true(fault_table_init(&t));
	snprintf(t.orders, sizeof t.orders, "list:2=eio");
	t.given = 1;
	assert_string_equal(ten(&t, FAULT_LIST), ".x........");
	assert_int_equal(t.taken, 1);
	assert_true(fault_table_init(&t));
	assert_string_equal(ten(&t, FAULT_LIST), "..........");
	assert_int_equal(t.rows[FAULT_LIST].calls, 20);
	assert_int_equal(t.rows[FAULT_LIST].met, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_spoiled_when_it_was_ordered),
		cmocka_unit_test(a_chance_is_about_kept),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(each_fault_has_its_result),
		cmocka_unit_test(orders_come_in_by_the_table),
	};

	return cmocka_run_group_tests_name("base/fault", tests, NULL, NULL);
}
