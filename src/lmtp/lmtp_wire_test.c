/* Tests of LMTP's grammar: paths, parameters, the content's end, and the frames to the delivery. */
#include "base/test.h"

#include "lmtp/wire/path.h"
#include "lmtp/wire/relay.h"
#include "lmtp/wire/unstuff.h"

static void expect_path(struct span in, enum fail wanted, struct span address, struct span rest)
{
	struct lmtp_path p;
	struct why w;

	assert_int_equal(lmtp_path_take(&in, &p, &w), wanted);
	if (wanted)
		return;
	assert_true(span_eq(span(p.address, p.n), address));
	assert_true(span_eq(in, rest));
}

static void paths_are_read(void **state)
{
	(void)state;
	expect_path(SPAN("<a@b.example> SIZE=1"), FAIL_NONE, SPAN("a@b.example"), SPAN(" SIZE=1"));
	expect_path(SPAN(" <>"), FAIL_NONE, SPAN(""), SPAN(""));
	expect_path(SPAN("<@x,@y:a@b>"), FAIL_NONE, SPAN("a@b"), SPAN(""));
	expect_path(SPAN("<\"a \\\"b\"@c>"), FAIL_NONE, SPAN("a \"b@c"), SPAN(""));
	expect_path(SPAN("<بريد@b>"), FAIL_NONE, SPAN("بريد@b"), SPAN(""));
	expect_path(SPAN("a@b"), FAIL_SYNTAX, SPAN(""), SPAN(""));
	expect_path(SPAN("<a@b"), FAIL_SYNTAX, SPAN(""), SPAN(""));
	expect_path(SPAN("<a b>"), FAIL_SYNTAX, SPAN(""), SPAN(""));
	expect_path(SPAN("<\"a>"), FAIL_SYNTAX, SPAN(""), SPAN(""));
	expect_path(SPAN("<a\r@b>"), FAIL_SYNTAX, SPAN(""), SPAN(""));
	expect_path(SPAN("<a@b>x"), FAIL_SYNTAX, SPAN(""), SPAN(""));
}

static enum fail checked(struct span address, bool smtputf8)
{
	struct lmtp_path p;

	assert_int_equal(lmtp_path_take(&address, &p, NULL), FAIL_NONE);
	return lmtp_path_check(&p, smtputf8, NULL);
}

/* RFC 6531 §3.5 */
static void addresses_beyond_ascii_want_smtputf8(void **state)
{
	(void)state;
	assert_int_equal(checked(SPAN("<a@b>"), false), FAIL_NONE);
	assert_int_equal(checked(SPAN("<a@b>"), true), FAIL_NONE);
	assert_int_equal(checked(SPAN("<>"), false), FAIL_NONE);
	assert_int_equal(checked(SPAN("<بريد@b>"), false), FAIL_UTF8);
	assert_int_equal(checked(SPAN("<بريد+طلب@مثال.إختبار>"), true), FAIL_NONE);
	assert_int_equal(checked(SPAN("<\"بريد قديم\"@b>"), true), FAIL_NONE);
	assert_int_equal(checked(SPAN("<a@b\xc3\xbc>"), false), FAIL_UTF8);
	assert_int_equal(checked(SPAN("<caf\xe9@b>"), false), FAIL_UTF8);        /* Latin-1 */
	assert_int_equal(checked(SPAN("<caf\xe9@b>"), true), FAIL_SYNTAX);       /* the same */
	assert_int_equal(checked(SPAN("<a\xc0\xaf@b>"), true), FAIL_SYNTAX);     /* overlong */
	assert_int_equal(checked(SPAN("<a\xed\xa0\x80@b>"), true), FAIL_SYNTAX); /* a surrogate */
	assert_int_equal(checked(SPAN("<a@b\xd8>"), true), FAIL_SYNTAX);         /* cut short */
}

static void parameters_are_read(void **state)
{
	struct lmtp_mail_parameters p;
	struct why w;

	(void)state;
	assert_int_equal(lmtp_mail_parameters(SPAN(" SIZE=12345 body=8bitmime"), &p, &w), FAIL_NONE);
	assert_int_equal(p.size, 12345);
	assert_true(p.eight_bit && !p.utf8);
	assert_int_equal(lmtp_mail_parameters(SPAN(" smtputf8 BODY=8BITMIME"), &p, &w), FAIL_NONE);
	assert_true(p.eight_bit && p.utf8);
	assert_int_equal(lmtp_mail_parameters(SPAN(" SMTPUTF8=yes"), &p, &w), FAIL_SYNTAX);
	assert_int_equal(lmtp_mail_parameters(SPAN(" SMTPUTF8="), &p, &w), FAIL_SYNTAX);
	assert_int_equal(lmtp_mail_parameters(SPAN(" SMTPUTF88"), &p, &w), FAIL_CANNOT);
	assert_int_equal(lmtp_mail_parameters(SPAN(" SIZE=x"), &p, &w), FAIL_SYNTAX);
	assert_int_equal(lmtp_mail_parameters(SPAN(" BODY=BINARYMIME"), &p, &w), FAIL_SYNTAX);
	assert_int_equal(lmtp_mail_parameters(SPAN(" RET=FULL"), &p, &w), FAIL_CANNOT);
}

/* Whatever the cut, the content and what is left behind it are the same. */
static void expect_content(struct span in, struct span wanted, struct span behind)
{
	for (size_t piece = 1; piece <= in.n; piece++) {
		struct unstuff u;
		struct buf out;
		struct span left = in;

		buf_init(&out, 1000);
		unstuff_begin(&u);
		while (left.n && u.at != UNSTUFF_END)
			left = span_skip(left, unstuff_take(&u, span_first(left, piece), &out));
		assert_int_equal(u.at, UNSTUFF_END);
		assert_true(span_eq(buf_span(&out), wanted));
		assert_true(span_eq(left, behind));
		buf_fini(&out);
	}
}

static void only_crlf_dot_crlf_ends_the_content(void **state)
{
	(void)state;
	expect_content(SPAN("a\r\n..b\r\n.\r\nNOOP"), SPAN("a\r\n.b\r\n"), SPAN("NOOP"));
	expect_content(SPAN(".\r\nX"), SPAN(""), SPAN("X"));
	expect_content(SPAN("a\n.\nb\r.\rc\r\n.\nd\r\n.\r\n"), SPAN("a\n.\nb\r.\rc\r\n\nd\r\n"), SPAN(""));
	expect_content(SPAN("a\r\r\n.\r\r\n.\r\n"), SPAN("a\r\r\n\r\r\n"), SPAN(""));
}

static void frames_return(void **state)
{
	struct relay_envelope e = {SPAN("s@x"), SPAN("client"), SPAN("::1"), SPAN("f1"), true, 1, {NULL, 0}}, e2;
	struct relay_recipient r = {7, SPAN("0123456789abcdef"), SPAN("a@b")}, r2;
	struct relay_result result = {7, FAIL_QUOTA, SPAN("full")}, result2;
	struct relay_frame frame;
	struct buf b, payload;
	size_t n;

	(void)state;
	buf_init(&b, 1000);
	buf_init(&payload, 1000);
	relay_add_envelope(&payload, &e);
	relay_add_recipient(&payload, &r);
	relay_head(&b, RELAY_BEGIN, payload.n);
	buf_add(&b, buf_span(&payload));
	for (size_t cut = 0; cut < b.n; cut++) {
		assert_int_equal(relay_take(span_first(buf_span(&b), cut), &frame, &n), FAIL_NONE);
		assert_int_equal(n, 0);
	}
	assert_int_equal(relay_take(buf_span(&b), &frame, &n), FAIL_NONE);
	assert_int_equal(n, b.n);
	assert_int_equal(relay_envelope_take(frame.payload, &e2), FAIL_NONE);
	assert_true(e2.utf8);
	assert_int_equal(relay_recipient_take(&e2, &r2), FAIL_NONE);
	assert_true(span_eq(r2.address, r.address) && r2.index == 7);
	assert_int_equal(relay_recipient_take(&e2, &r2), FAIL_SYNTAX);
	buf_reset(&b);
	relay_add_result(&b, &result);
	assert_int_equal(relay_take(buf_span(&b), &frame, &n), FAIL_NONE);
	assert_int_equal(relay_result_take(frame.payload, &result2), FAIL_NONE);
	assert_int_equal(result2.fail, FAIL_QUOTA);
	assert_true(span_eq(result2.text, SPAN("full")));
	assert_int_equal(relay_take(SPAN("X\0\0\0\1a"), &frame, &n), FAIL_SYNTAX);
	assert_int_equal(relay_take(SPAN("D\x7f\0\0\1a"), &frame, &n), FAIL_SYNTAX);
	buf_fini(&b);
	buf_fini(&payload);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_read),
		cmocka_unit_test(addresses_beyond_ascii_want_smtputf8),
		cmocka_unit_test(parameters_are_read),
		cmocka_unit_test(only_crlf_dot_crlf_ends_the_content),
		cmocka_unit_test(frames_return),
	};

	return cmocka_run_group_tests_name("lmtp/wire", tests, NULL, NULL);
}
