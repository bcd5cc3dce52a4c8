/* Tests of the throttle's arithmetic: how waits grow, that a line is a line, what is forgiven, who pays for whom. */
#include "base/test.h"

#include "auth/throttle.h"

enum { BASE = 1000, CAP = 30000, HALVES = 600000 };

static void fail_distinctly(struct throttle *t, const struct attempt *a, unsigned from, unsigned count, int64_t now)
{
	for (unsigned i = from; i < from + count; i++)
		throttle_failed(t, a, span(&i, sizeof i), now);
}

static void waits_double_up_to_a_cap(void **state)
{
	static const int64_t wait_after[] = {0, 0, 0, 2000, 4000, 8000, 16000, CAP, CAP, CAP};
	struct attempt a = {SPAN("192.0.2.1"), SPAN("anna")};

	(void)state;
	for (unsigned n = 0; n < ARRAY_LEN(wait_after); n++) {
		struct throttle t;

		throttle_init(&t, BASE);
		fail_distinctly(&t, &a, 0, n, 50);
		assert_int_equal(throttle_wait(&t, &a, 50), wait_after[n]);
		throttle_fini(&t);
	}
}

static void each_attempt_stands_behind_the_one_before(void **state)
{
	struct attempt a = {SPAN("192.0.2.1"), SPAN("anna")};
	struct throttle t;

	(void)state;
	throttle_init(&t, BASE);
	fail_distinctly(&t, &a, 0, 4, 0);
	for (int64_t place = 1; place <= 15; place++)
		assert_int_equal(throttle_wait(&t, &a, 0), place * 4000);
	assert_int_equal(throttle_wait(&t, &a, 0), THROTTLE_REFUSE);
	assert_int_equal(throttle_wait(&t, &a, 8000), 56000); /* it moves on */
	throttle_fini(&t);
}

/* With as many connections as he likes: whatever fails meanwhile, a guess a pace and no more. */
static void a_line_is_not_jumped_by_failing(void **state)
{
	enum { MINUTES = 60, WAITING = 256 };
	struct attempt a = {SPAN("192.0.2.1"), SPAN("anna")};
	int64_t due[WAITING];
	unsigned waiting = 0, guesses = 0;
	struct throttle t;

	(void)state;
	throttle_init(&t, BASE);
	fail_distinctly(&t, &a, 0, 8, 0);
	for (int64_t now = 0; now < MINUTES * 60000; now += 1000) {
		for (unsigned i = 0; i < waiting;) {
			if (due[i] > now) {
				i++;
				continue;
			}
			due[i] = due[--waiting];
			fail_distinctly(&t, &a, 1000 + guesses++, 1, now);
		}
		for (int64_t wait; waiting < WAITING && (wait = throttle_wait(&t, &a, now)) != THROTTLE_REFUSE;)
			due[waiting++] = now + wait;
	}
	assert_true(guesses >= MINUTES);
	assert_true(guesses <= MINUTES * 60000 / CAP + 1);
	throttle_fini(&t);
}

static void failures_are_halved_every_ten_minutes(void **state)
{
	struct attempt a = {SPAN("192.0.2.1"), SPAN("anna")};
	struct throttle t;

	(void)state;
	throttle_init(&t, BASE);
	fail_distinctly(&t, &a, 0, 8, 0);
	assert_int_equal(throttle_wait(&t, &a, HALVES), 0);
	assert_int_equal(throttle_wait(&t, &a, HALVES), 4000); /* four left */
	assert_int_equal(throttle_wait(&t, &a, 2 * HALVES), 0);
	assert_int_equal(throttle_wait(&t, &a, 2 * HALVES), 0); /* two: free */
	throttle_fini(&t);
}

/* The one phone with last year's password, forgotten in a drawer, asks every minute. */
static void a_repeated_password_does_not_keep_old_failures_alive(void **state)
{
	struct attempt a = {SPAN("192.0.2.1"), SPAN("anna")};
	struct throttle t;

	(void)state;
	throttle_init(&t, BASE);
	fail_distinctly(&t, &a, 0, 8, 0);
	for (int64_t now = 0; now < 4 * HALVES; now += 60000)
		fail_distinctly(&t, &a, 7, 1, now);
	assert_int_equal(throttle_wait(&t, &a, 4 * HALVES), 0);
	assert_int_equal(throttle_wait(&t, &a, 4 * HALVES), 0);
	throttle_fini(&t);
}

static void a_source_is_not_forgiven_for_a_login_of_its_own(void **state)
{
	struct attempt guess = {SPAN("192.0.2.1"), SPAN("anna")}, own = {SPAN("192.0.2.1"), SPAN("mallory")};
	struct throttle t;

	(void)state;
	throttle_init(&t, BASE);
	fail_distinctly(&t, &guess, 0, 8, 0);
	throttle_succeeded(&t, &own, 0);
	assert_int_equal(throttle_wait(&t, &own, 0), 0);
	assert_int_equal(throttle_wait(&t, &guess, 0), CAP);
	throttle_fini(&t);
}

static void a_known_pair_pays_for_itself_and_its_source(void **state)
{
	struct attempt known = {SPAN("192.0.2.1"), SPAN("anna")}, beside = {SPAN("192.0.2.1"), SPAN("bob")},
		       other = {SPAN("192.0.2.2"), SPAN("anna")};
	struct throttle t;

	(void)state;
	throttle_init(&t, BASE);
	throttle_succeeded(&t, &known, 0);
	fail_distinctly(&t, &known, 0, 8, 0);
	assert_int_equal(throttle_wait(&t, &known, 0), CAP);
	assert_int_equal(throttle_wait(&t, &beside, 0), CAP);
	assert_int_equal(throttle_wait(&t, &other, 0), 0);
	throttle_succeeded(&t, &known, CAP);
	assert_int_equal(throttle_wait(&t, &known, CAP), 0);
	throttle_fini(&t);
}

static void an_account_slows_but_is_never_refused(void **state)
{
	struct throttle t;
	char text[32];

	(void)state;
	throttle_init(&t, BASE);
	for (unsigned i = 0; i < 600; i++) {
		struct attempt a;
		int64_t wait;

		snprintf(text, sizeof text, "10.0.%u.%u", i / 250, i % 250);
		a = (struct attempt){span_of(text), SPAN("anna")};
		wait = throttle_wait(&t, &a, 0);
		assert_true(wait >= 0 && wait <= THROTTLE_LINE_MS);
		fail_distinctly(&t, &a, i, 1, 0);
	}
	throttle_fini(&t);
}

/* Whatever text a peer is: sources of their own, and no harm. */
static void odd_peers_and_long_names(void **state)
{
	static char user[1024], password[4096];
	const struct span peers[] = {SPAN(""), SPAN("unix"), SPAN("unknown"), SPAN("fe80::1%eth0"), SPAN("::1"),
		SPAN("2001:db8::1"), SPAN("192.0.2.1"), span("2001\0:db8::1", 12), span(user, 64), span(user, 65)};
	struct throttle t;

	(void)state;
	memset(user, 'u', sizeof user);
	memset(password, 'p', sizeof password);
	throttle_init(&t, BASE);
	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		struct attempt a = {peers[i], span(user, sizeof user - i)}, other = {peers[i], SPAN("")};

		assert_int_equal(throttle_wait(&t, &other, 0), 0);
		throttle_failed(&t, &a, span(password, sizeof password), 0);
		fail_distinctly(&t, &a, 0, 4, 0);
		assert_true(throttle_wait(&t, &other, 0) > 0);
	}
	t.base = 0; /* the setting changed */
	assert_int_equal(throttle_wait(&t, &(struct attempt){peers[1], SPAN("x")}, 0), 0);
	throttle_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_double_up_to_a_cap),
		cmocka_unit_test(each_attempt_stands_behind_the_one_before),
		cmocka_unit_test(a_line_is_not_jumped_by_failing),
		cmocka_unit_test(failures_are_halved_every_ten_minutes),
		cmocka_unit_test(a_repeated_password_does_not_keep_old_failures_alive),
		cmocka_unit_test(a_source_is_not_forgiven_for_a_login_of_its_own),
		cmocka_unit_test(a_known_pair_pays_for_itself_and_its_source),
		cmocka_unit_test(an_account_slows_but_is_never_refused),
		cmocka_unit_test(odd_peers_and_long_names),
	};

	return cmocka_run_group_tests_name("auth/throttle", tests, NULL, NULL);
}
