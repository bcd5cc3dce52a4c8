/* Tests of what a login passes through: passwords, SASL, the throttle, the cache, tickets, the verifier. */
#include "base/test.h"

#include <unistd.h>

#include "auth/directory.h"
#include "auth/login_cache.h"
#include "auth/password.h"
#include "auth/sasl.h"
#include "auth/throttle.h"
#include "auth/ticket.h"
#include "auth/verifier.h"

/* ── Passwords ── */

static void passwords_are_verified(void **state)
{
	char hash[PASSWORD_HASH_MAX + 1];
	struct why w;

	(void)state;
	assert_int_equal(password_hash(SPAN("سر بريد"), hash, sizeof hash, &w), FAIL_NONE);
	assert_true(span_starts(span_of(hash), SPAN("$y$")));
	assert_true(password_verify(SPAN("سر بريد"), hash));
	assert_false(password_verify(SPAN("سر بري"), hash));
	assert_false(password_verify(SPAN(""), hash));
	assert_false(password_verify(SPAN("anything"), NULL));
	assert_false(password_verify(span("سر بريد\0x", 15), hash));
	assert_true(
		password_verify(SPAN("secret"), "$6$rounds=1000$barid$V0RlWKWGmG5J" /* wrong on purpose */) == false);
	assert_true(span_starts(span_of(hash), SPAN("$y$j9T$"))); /* the cost of nobody's hash in password.c */
	assert_int_equal(password_hash(SPAN("caf\xc3\xa9"), hash, sizeof hash, &w), FAIL_NONE);
	assert_true(password_verify(SPAN("cafe\xcc\x81"), hash)); /* however a keyboard composes it */
	assert_int_equal(password_hash(SPAN("كلمة123"), hash, sizeof hash, &w), FAIL_NONE); /* SASLprep fails */
	assert_true(password_verify(SPAN("كلمة123"), hash));
	assert_int_equal(password_hash(SPAN(""), hash, sizeof hash, &w), FAIL_CANNOT);
	assert_true(password_hash_valid("$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"));
	assert_false(password_hash_valid("secret"));
}

/* ── SASL ── */

static enum sasl_result steps(struct span mechanism, const struct span *responses, size_t n, bool initial,
	struct buf *challenges, struct sasl **out)
{
	struct span none = {NULL, 0};
	enum sasl_result r;
	struct why w;
	size_t i = 0;

	assert_int_equal(sasl_new(mechanism, out, &w), FAIL_NONE);
	r = sasl_begin(*out, initial ? responses[i++] : none, challenges);
	while (r == SASL_CHALLENGE && i < n)
		r = sasl_step(*out, responses[i++], challenges);
	return r;
}

static void expect_credentials(struct span mechanism, const struct span *responses, size_t n, bool initial)
{
	struct sasl *s;
	struct buf challenges;

	buf_init(&challenges, 1000);
	assert_int_equal(steps(mechanism, responses, n, initial, &challenges, &s), SASL_CREDENTIALS);
	assert_true(span_eq(sasl_credentials(s).user, SPAN("anna")));
	assert_true(span_eq(sasl_credentials(s).password, SPAN("se cret")));
	sasl_free(s);
	buf_fini(&challenges);
}

static void mechanisms_end_in_credentials(void **state)
{
	const struct span plain[] = {span("\0anna\0se cret", 13)}, same[] = {span("anna\0anna\0se cret", 17)};
	const struct span login[] = {SPAN("anna"), SPAN("se cret")};

	(void)state;
	expect_credentials(SPAN("PLAIN"), plain, 1, true);
	expect_credentials(SPAN("plain"), plain, 1, false);
	expect_credentials(SPAN("PLAIN"), same, 1, true);
	expect_credentials(SPAN("LOGIN"), login, 2, false);
	expect_credentials(SPAN("LOGIN"), login, 2, true);
}

static void login_asks_as_clients_know_it(void **state)
{
	const struct span login[] = {SPAN("anna"), SPAN("se cret")};
	struct buf challenges;
	struct sasl *s;

	(void)state;
	buf_init(&challenges, 1000);
	steps(SPAN("LOGIN"), login, 2, false, &challenges, &s);
	assert_true(span_eq(buf_span(&challenges), SPAN("Username:Password:")));
	sasl_free(s);
	buf_fini(&challenges);
}

static void what_is_malformed_fails(void **state)
{
	const struct span bad[] = {
		SPAN("anna"), SPAN(""), span("\0anna", 5), span("other\0anna\0se cret", 18), span("\0\0\0\0\0\0", 6)};
	struct sasl *s;
	struct why w;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct buf challenges;

		buf_init(&challenges, 1000);
		assert_int_not_equal(steps(SPAN("PLAIN"), &bad[i], 1, true, &challenges, &s), SASL_CREDENTIALS);
		sasl_free(s);
		buf_fini(&challenges);
	}
	assert_int_equal(sasl_new(SPAN("CRAM-MD5"), &s, &w), FAIL_CANNOT);
	assert_int_equal(sasl_new(SPAN("LOGIN"), &s, &w), FAIL_NONE);
	sasl_free(s); /* given up before the first step */
	sasl_free(NULL);
}

/* ── The throttle ── */

static void guessing_gets_slower(void **state)
{
	struct attempt guess = {SPAN("192.0.2.1"), SPAN("anna")};
	struct throttle t;
	char password[8];
	int64_t before = 0;

	(void)state;
	throttle_init(&t, 1000);
	for (int i = 0; i < 8; i++) {
		snprintf(password, sizeof password, "p%d", i);
		throttle_failed(&t, &guess, span_of(password), 1000);
		if (i < THROTTLE_FREE)
			assert_int_equal(throttle_wait(&t, &guess, 1000), 0);
	}
	before = throttle_wait(&t, &guess, 1000);
	assert_true(before > 1000);
	assert_true(throttle_wait(&t, &guess, 1000) > before ||
		    throttle_wait(&t, &guess, 1000) == THROTTLE_REFUSE); /* in line */
	for (int i = 0; i < 50; i++)
		before = throttle_wait(&t, &guess, 1000);
	assert_int_equal(before, THROTTLE_REFUSE);
	assert_int_equal(throttle_wait(&t, &guess, 1000 + 86400000), 0); /* forgiven */
	throttle_fini(&t);
}

static void one_old_password_counts_once(void **state)
{
	struct attempt phone = {SPAN("192.0.2.1"), SPAN("anna")};
	struct throttle t;

	(void)state;
	throttle_init(&t, 1000);
	for (int i = 0; i < 100; i++)
		throttle_failed(&t, &phone, SPAN("last year's"), i);
	assert_int_equal(throttle_wait(&t, &phone, 200), 0);
	throttle_fini(&t);
}

static void a_victim_is_not_locked_out(void **state)
{
	struct attempt victim = {SPAN("198.51.100.7"), SPAN("anna")}, new_device = {SPAN("198.51.100.8"), SPAN("anna")};
	struct throttle t;
	char text[32];

	(void)state;
	throttle_init(&t, 1000);
	throttle_succeeded(&t, &victim, 0);
	for (int i = 0; i < 500; i++) { /* from many places */
		struct attempt a;

		snprintf(text, sizeof text, "203.0.113.%d", i % 250);
		a = (struct attempt){span_of(text), SPAN("anna")};
		throttle_failed(&t, &a, span(&i, sizeof i), 10);
		throttle_wait(&t, &a, 10);
	}
	assert_int_equal(throttle_wait(&t, &victim, 20), 0);
	assert_true(throttle_wait(&t, &new_device, 20) >= 0); /* slowed, never refused */
	/* but whoever sits behind the victim's address and guesses waits like any other */
	for (int i = 0; i < 10; i++)
		throttle_failed(&t, &victim, span(&i, sizeof i), 30);
	assert_true(throttle_wait(&t, &victim, 30) > 0);
	throttle_fini(&t);
}

static void a_network_is_one_source(void **state)
{
	struct attempt a = {SPAN("2001:db8::1"), SPAN("x")}, b = {SPAN("2001:db8::2:3:4:5"), SPAN("y")},
		       c = {SPAN("2001:db8:0:1::1"), SPAN("z")};
	struct throttle t;

	(void)state;
	throttle_init(&t, 1000);
	for (int i = 0; i < 6; i++)
		throttle_failed(&t, &a, span(&i, sizeof i), 10);
	assert_true(throttle_wait(&t, &b, 10) > 0);
	assert_int_equal(throttle_wait(&t, &c, 10), 0);
	throttle_fini(&t);
}

static void memory_of_failures_is_bounded(void **state)
{
	struct throttle t;
	char text[32];

	(void)state;
	throttle_init(&t, 1000);
	for (int i = 0; i < THROTTLE_ENTRIES_MAX + 1000; i++) {
		struct attempt a;

		snprintf(text, sizeof text, "10.%d.%d.%d", i >> 16 & 255, i >> 8 & 255, i & 255);
		a = (struct attempt){span_of(text), span_of(text)};
		throttle_failed(&t, &a, SPAN("x"), i);
	}
	assert_int_equal(t.n, THROTTLE_ENTRIES_MAX);
	throttle_fini(&t);
	throttle_init(&t, 0);
	assert_int_equal(throttle_wait(&t, &(struct attempt){SPAN("a"), SPAN("b")}, 0), 0);
	throttle_fini(&t);
}

/* ── The cache, tickets ── */

static void a_verified_login_is_remembered_until_something_changes(void **state)
{
	struct account_row row = {.id = 5, .hash = (char[]){"$6$a$b"}}, changed = {.id = 5, .hash = (char[]){"$6$a$c"}};
	struct login_cache c;

	(void)state;
	login_cache_init(&c, 1000);
	login_cache_add(&c, &row, SPAN("secret"), 0);
	assert_true(login_cache_has(&c, &row, SPAN("secret"), 500));
	assert_false(login_cache_has(&c, &row, SPAN("Secret"), 500));
	assert_false(login_cache_has(&c, &changed, SPAN("secret"), 500));
	assert_false(login_cache_has(&c, &row, SPAN("secret"), 1500));
	login_cache_add(&c, &row, SPAN("secret"), 2000);
	login_cache_drop_account(&c, 5);
	assert_false(login_cache_has(&c, &row, SPAN("secret"), 2001));
	login_cache_set_lifetime(&c, 0);
	login_cache_add(&c, &row, SPAN("secret"), 3000);
	assert_false(login_cache_has(&c, &row, SPAN("secret"), 3000));
	login_cache_fini(&c);
}

static void a_ticket_is_good_once_for_whom_it_was_made(void **state)
{
	struct ticket what = {.kind = 1, .front = 2, .connection = 3, .account = 4, .shard = 5}, got;
	uint8_t code[TICKET_OCTETS];
	struct tickets t;

	(void)state;
	tickets_init(&t);
	assert_int_equal(ticket_issue(&t, &what, 0, 100, code), FAIL_NONE);
	assert_int_equal(ticket_redeem(&t, code, 1, 2, 3, 50, &got), FAIL_NONE);
	assert_int_equal(got.account, 4);
	assert_int_equal(ticket_redeem(&t, code, 1, 2, 3, 50, &got), FAIL_AUTH);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(ticket_issue(&t, &what, 0, 100, code), FAIL_NONE);
		assert_int_equal(ticket_redeem(&t, code, i == 0 ? 2 : 1, i == 1 ? 9 : 2, i == 2 ? 9 : 3,
					 i == 3 ? 100 : 50, &got),
			FAIL_AUTH);
		assert_int_equal(ticket_redeem(&t, code, 1, 2, 3, 50, &got), FAIL_AUTH); /* used up by the attempt */
	}
	assert_int_equal(ticket_issue(&t, &what, 0, 100, code), FAIL_NONE);
	tickets_drop_account(&t, 4);
	assert_int_equal(tickets_count(&t), 0);
	for (int i = 0; i < TICKETS_MAX; i++)
		assert_int_equal(ticket_issue(&t, &what, 0, 100, code), FAIL_NONE);
	assert_int_equal(ticket_issue(&t, &what, 50, 100, code), FAIL_LIMIT);
	assert_int_equal(ticket_issue(&t, &what, 200, 100, code), FAIL_NONE); /* the old ones have expired */
	tickets_fini(&t);
}

/* ── The verifier ── */

struct verdict {
	bool done, ok;
};

static void on_verdict(void *ctx, bool ok)
{
	struct verdict *v = ctx;

	v->done = true;
	v->ok = ok;
}

static void checks_run_beside_the_loop(void **state)
{
	static const char hash[] = "$6$rounds=1000$barid$AvTpbZdopcw/DUHca/"
				   "qJOGsRVHrexLPPMyCcpcbi1Qn8uGy7Agat.T6YJFiE2s3/7FUwX8jdIksUySq5/sILX/";
	struct verdict right = {0}, wrong = {0}, forgotten = {0};
	struct verification *x;
	struct verifier v;
	struct loop loop;
	struct why w;

	(void)state;
	loop_init(&loop);
	verifier_init(&v, &loop, 1);
	assert_int_equal(verifier_check(&v, SPAN("open-sesame"), hash, on_verdict, &right, &x, &w), FAIL_NONE);
	assert_int_equal(verifier_check(&v, SPAN("open-sesamE"), hash, on_verdict, &wrong, &x, &w), FAIL_NONE);
	assert_int_equal(verifier_check(&v, SPAN("open-sesame"), hash, on_verdict, &forgotten, &x, &w), FAIL_NONE);
	verifier_forget(x);
	assert_false(right.done);
	loop_run(&loop);
	assert_true(right.done && right.ok);
	assert_true(wrong.done && !wrong.ok);
	assert_false(forgotten.done);
	loop_fini(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passwords_are_verified),
		cmocka_unit_test(mechanisms_end_in_credentials),
		cmocka_unit_test(login_asks_as_clients_know_it),
		cmocka_unit_test(what_is_malformed_fails),
		cmocka_unit_test(guessing_gets_slower),
		cmocka_unit_test(one_old_password_counts_once),
		cmocka_unit_test(a_victim_is_not_locked_out),
		cmocka_unit_test(a_network_is_one_source),
		cmocka_unit_test(memory_of_failures_is_bounded),
		cmocka_unit_test(a_verified_login_is_remembered_until_something_changes),
		cmocka_unit_test(a_ticket_is_good_once_for_whom_it_was_made),
		cmocka_unit_test(checks_run_beside_the_loop),
	};

	return cmocka_run_group_tests_name("auth/login", tests, NULL, NULL);
}
