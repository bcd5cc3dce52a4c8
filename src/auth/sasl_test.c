/* Tests of SASL exchanges under odd input: RFC 4616 for PLAIN, what clients and strangers make of LOGIN. */
#include "base/test.h"

#include "auth/sasl.h"
#include "base/memory.h"

static struct sasl *begun(const char *mechanism, enum sasl_result expected)
{
	struct sasl *s = NULL;
	struct buf out;
	struct why w;

	buf_init(&out, 1000);
	assert_int_equal(sasl_new(span_of(mechanism), &s, &w), FAIL_NONE);
	assert_int_equal(sasl_begin(s, (struct span){NULL, 0}, &out), expected);
	buf_fini(&out);
	return s;
}

static enum sasl_result step(struct sasl *s, struct span response)
{
	struct buf out;
	enum sasl_result r;

	buf_init(&out, 1000);
	r = sasl_step(s, response, &out);
	buf_fini(&out);
	return r;
}

static void plain_is(struct span message, struct span user, struct span password)
{
	struct sasl *s = begun("PLAIN", SASL_CHALLENGE);

	assert_int_equal(step(s, message), SASL_CREDENTIALS);
	assert_true(span_eq(sasl_credentials(s).user, user));
	assert_true(span_eq(sasl_credentials(s).password, password));
	sasl_free(s);
}

static void plain_fails(struct span message)
{
	struct sasl *s = begun("PLAIN", SASL_CHALLENGE);

	assert_int_equal(step(s, message), SASL_FAILED);
	sasl_free(s);
}

static void plain_messages(void **state)
{
	(void)state;
	plain_is(SPAN("\0anna\0secret"), SPAN("anna"), SPAN("secret"));
	plain_is(SPAN("\0anna@example.org\0secret"), SPAN("anna@example.org"), SPAN("secret"));
	plain_is(SPAN("anna\0anna\0secret"), SPAN("anna"), SPAN("secret"));
	plain_is(SPAN("\0anna\0 se cr:et\r\n\t"), SPAN("anna"), SPAN(" se cr:et\r\n\t")); /* as it came */
	plain_is(SPAN("\0بريد\0سر"), SPAN("بريد"), SPAN("سر"));
	plain_is(SPAN("\0anna\0كلمة123"), SPAN("anna"),
		SPAN("كلمة123")); /* no SASLprep string: letters end in a digit */
	plain_is(SPAN("anna\0anna\0كلمة123"), SPAN("anna"), SPAN("كلمة123"));
	plain_is(SPAN("\0بريد1\0secret"), SPAN("بريد1"), SPAN("secret"));
	plain_is(SPAN("\0anna\0s\xfc\xdf"), SPAN("anna"), SPAN("s\xfc\xdf"));
	plain_fails(SPAN("root\0anna\0كلمة123"));
	plain_fails(SPAN("\0anna\0كلمة123\0"));
	plain_fails(SPAN("\0\0كلمة123"));
	plain_fails(SPAN("\0كلمة123\0"));
	plain_fails(SPAN("Anna\0anna\0secret")); /* another identity */
	plain_fails(SPAN("root\0anna\0secret"));
	plain_fails(SPAN("anna"));
	plain_fails(SPAN("\0anna"));
	plain_fails(SPAN("anna\0secret"));
	plain_fails(SPAN("\0anna\0sec\0ret"));
	plain_fails(SPAN("\0anna\0secret\0"));
}

/* PLAIN's empty answers are none (RFC 4954 writes one as "="), and nobody gets in without a name or a password. */
static void empty_plain_is_nothing(void **state)
{
	static const struct span nothing[] = {
		{"", 0}, {"\0", 1}, {"\0\0", 2}, {"\0\0x", 3}, {"\0x\0", 3}, {"x\0\0", 3}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
		struct sasl *s = NULL;
		struct buf out;
		struct why w;
		enum sasl_result r;

		buf_init(&out, 1000);
		assert_int_equal(sasl_new(SPAN("PLAIN"), &s, &w), FAIL_NONE);
		r = sasl_begin(s, nothing[i], &out);
		if (r == SASL_CREDENTIALS)
			assert_true(!sasl_credentials(s).user.n || !sasl_credentials(s).password.n);
		else
			assert_int_equal(r, SASL_FAILED);
		sasl_free(s);
		buf_fini(&out);
	}
}

static void login_with(struct span user, struct span password, bool good)
{
	struct sasl *s = begun("LOGIN", SASL_CHALLENGE);
	enum sasl_result r = step(s, user);

	if (r == SASL_CHALLENGE)
		r = step(s, password);
	assert_int_equal(r, good ? SASL_CREDENTIALS : SASL_FAILED);
	if (good) {
		assert_true(span_eq(sasl_credentials(s).user, user));
		assert_true(span_eq(sasl_credentials(s).password, password));
	}
	sasl_free(s);
}

static void login_messages(void **state)
{
	(void)state;
	login_with(SPAN("anna"), SPAN("secret"), true);
	login_with(SPAN("anna@example.org"), SPAN(" s e\r\n"), true);
	login_with(SPAN("بريد"), SPAN("سر"), true);
	login_with(SPAN("an\0na"), SPAN("secret"), false);
	login_with(SPAN("anna"), SPAN("sec\0ret"), false); /* not cut to "sec" */
	login_with(SPAN("anna"), SPAN("secret\0"), false);
}

/* A client may break off between any two steps. */
static void exchanges_are_given_up_anywhere(void **state)
{
	struct sasl *s;
	struct why w;

	(void)state;
	sasl_free(begun("PLAIN", SASL_CHALLENGE));
	sasl_free(begun("LOGIN", SASL_CHALLENGE));
	s = begun("LOGIN", SASL_CHALLENGE);
	assert_int_equal(step(s, SPAN("anna")), SASL_CHALLENGE);
	sasl_free(s);
	s = begun("LOGIN", SASL_CHALLENGE);
	step(s, SPAN("an\0na"));
	sasl_free(s);
	assert_int_equal(sasl_new(SPAN(""), &s, &w), FAIL_CANNOT);
	assert_int_equal(sasl_new(SPAN("PLAIN "), &s, &w), FAIL_CANNOT);
	assert_int_equal(sasl_new(SPAN("PLAI"), &s, &w), FAIL_CANNOT);
	assert_int_equal(sasl_new(span("PLAIN\0", 6), &s, &w), FAIL_CANNOT);
	assert_int_equal(sasl_new(SPAN("ANONYMOUS"), &s, &w), FAIL_CANNOT);
	assert_int_equal(sasl_new(SPAN("EXTERNAL"), &s, &w), FAIL_CANNOT);
}

/* What is over stays over: one more answer neither gets in nor does harm. */
static void nothing_follows_the_end(void **state)
{
	struct sasl *s = begun("PLAIN", SASL_CHALLENGE);

	(void)state;
	assert_int_equal(step(s, SPAN("anna")), SASL_FAILED);
	assert_int_equal(step(s, SPAN("root\0anna\0secret")), SASL_FAILED);
	sasl_free(s);
	s = begun("PLAIN", SASL_CHALLENGE);
	assert_int_equal(step(s, SPAN("root\0anna\0secret")), SASL_FAILED);
	assert_int_not_equal(step(s, SPAN("\0bob\0secret")), SASL_CREDENTIALS);
	sasl_free(s);
}

static void huge_answers(void **state)
{
	enum { HUGE = 1 << 20 };
	char *text = memory_new(HUGE);

	(void)state;
	memset(text, 'x', HUGE);
	plain_fails(span(text, HUGE));
	login_with(span(text, HUGE), span(text, HUGE), true); /* the caller has limits */
	text[0] = text[HUGE / 2] = 0;
	plain_is(span(text, HUGE), span(text + 1, HUGE / 2 - 1), span(text + HUGE / 2 + 1, HUGE / 2 - 1));
	free(text);
}

static void names_are_prepared(void **state)
{
	char name[32] = "";

	(void)state;
	assert_true(sasl_prepared_name(SPAN("zoe\xcc\x88"), name, sizeof name)); /* e and a combining diaeresis */
	assert_string_equal(name, "zo\xc3\xab");
	assert_true(sasl_prepared_name(SPAN("زينب"), name, sizeof name));
	assert_string_equal(name, "زينب");
	assert_false(sasl_prepared_name(SPAN("anna"), name, sizeof name));
	assert_false(sasl_prepared_name(SPAN("\xff"), name, sizeof name));
	assert_false(sasl_prepared_name(SPAN("zo\xc3\xab"), name, 4));             /* no room */
	assert_false(sasl_prepared_name(SPAN("\xe2\x80\x8e"), name, sizeof name)); /* a direction mark: prohibited */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_messages),
		cmocka_unit_test(empty_plain_is_nothing),
		cmocka_unit_test(login_messages),
		cmocka_unit_test(exchanges_are_given_up_anywhere),
		cmocka_unit_test(nothing_follows_the_end),
		cmocka_unit_test(huge_answers),
		cmocka_unit_test(names_are_prepared),
	};

	return cmocka_run_group_tests_name("auth/sasl", tests, NULL, NULL);
}
