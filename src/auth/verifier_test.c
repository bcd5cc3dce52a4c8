/* Tests of the verifier: how many wait, how many run, and what forgetting does to both. */
#include "base/test.h"

#include "auth/verifier.h"

static const char hash[] = "$6$rounds=1000$barid$AvTpbZdopcw/DUHca/"
			   "qJOGsRVHrexLPPMyCcpcbi1Qn8uGy7Agat.T6YJFiE2s3/7FUwX8jdIksUySq5/sILX/";

struct tally {
	unsigned yes, no;
};

static void on_verdict(void *ctx, bool ok)
{
	struct tally *t = ctx;

	if (ok)
		t->yes++;
	else
		t->no++;
}

static enum fail check(struct verifier *v, struct span password, struct tally *t, struct verification **x)
{
	struct why w;

	return verifier_check(v, password, hash, on_verdict, t, x, &w);
}

static void the_queue_is_bounded(void **state)
{
	static struct verification *x[VERIFIER_QUEUE_MAX + 1];
	struct verification *more;
	struct tally t = {0};
	struct verifier v;
	struct loop loop;

	(void)state;
	loop_init(&loop);
	verifier_init(&v, &loop, 1);
	for (size_t i = 0; i < VERIFIER_QUEUE_MAX + 1; i++) /* one runs, the others wait */
		assert_int_equal(check(&v, SPAN("wrong"), &t, &x[i]), FAIL_NONE);
	assert_int_equal(check(&v, SPAN("wrong"), &t, &more), FAIL_UNAVAILABLE);
	for (size_t i = 2; i < VERIFIER_QUEUE_MAX + 1; i++) /* strangers hang up: their places are free at once */
		verifier_forget(x[i]);
	assert_int_equal(v.queued, 1);
	assert_int_equal(check(&v, SPAN("open-sesame"), &t, &more), FAIL_NONE);
	loop_run(&loop);
	assert_int_equal(t.yes, 1);
	assert_int_equal(t.no, 2);
	assert_int_equal(v.queued, 0);
	assert_int_equal(v.running, 0);
	loop_fini(&loop);
}

static void one_that_runs_is_forgotten_too(void **state)
{
	struct verification *x;
	struct tally t = {0};
	struct verifier v;
	struct loop loop;

	(void)state;
	loop_init(&loop);
	verifier_init(&v, &loop, 2);
	assert_int_equal(check(&v, SPAN("open-sesame"), &t, &x), FAIL_NONE);
	assert_int_equal(v.running, 1);
	verifier_forget(x);
	loop_run(&loop);
	assert_int_equal(t.yes + t.no, 0);
	assert_int_equal(v.running, 0);
	loop_fini(&loop);
}

static void no_more_run_than_may(void **state)
{
	struct verification *x;
	struct tally t = {0};
	struct verifier v;
	struct loop loop;

	(void)state;
	loop_init(&loop);
	verifier_init(&v, &loop, 2);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(check(&v, SPAN("open-sesame"), &t, &x), FAIL_NONE);
		assert_true(v.running <= 2);
	}
	while (loop_turn(&loop))
		assert_true(v.running <= 2);
	assert_int_equal(t.yes, 12);
	loop_fini(&loop);
}

/* What cannot be a password, or is nobody's, is an answer like any other. */
static void odd_passwords_are_wrong_ones(void **state)
{
	static char long_one[4096];
	const struct span odd[] = {{NULL, 0}, SPAN(""), span("open-sesame\0", 12), span(long_one, sizeof long_one)};
	struct verification *x;
	struct tally t = {0};
	struct verifier v;
	struct loop loop;
	struct why w;

	(void)state;
	memset(long_one, 'o', sizeof long_one);
	loop_init(&loop);
	verifier_init(&v, &loop, 2);
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		assert_int_equal(check(&v, odd[i], &t, &x), FAIL_NONE);
	assert_int_equal(verifier_check(&v, SPAN("open-sesame"), NULL, on_verdict, &t, &x, &w), FAIL_NONE);
	assert_int_equal(verifier_check(&v, SPAN("open-sesame"), "", on_verdict, &t, &x, &w), FAIL_NONE);
	loop_run(&loop);
	assert_int_equal(t.yes, 0);
	assert_int_equal(t.no, ARRAY_LEN(odd) + 2);
	loop_fini(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_queue_is_bounded),
		cmocka_unit_test(one_that_runs_is_forgotten_too),
		cmocka_unit_test(no_more_run_than_may),
		cmocka_unit_test(odd_passwords_are_wrong_ones),
	};

	return cmocka_run_group_tests_name("auth/verifier", tests, NULL, NULL);
}
