/* Tests of POP3's grammar: command lines, and messages as multi-line answers. */
#include "base/test.h"

#include "pop3/wire/command.h"
#include "pop3/wire/multiline.h"

/* Sends `message` in pieces of `piece` octets. */
static void stuff(struct buf *out, struct span message, size_t piece, bool whole, uint32_t lines)
{
	struct multiline m;

	buf_reset(out);
	multiline_begin(&m, whole, lines);
	for (struct span left = message; left.n; left = span_skip(left, piece))
		multiline_add(&m, span_first(left, piece), out);
	multiline_end(&m, out);
}

static void expect(struct span message, bool whole, uint32_t lines, struct span wanted)
{
	struct buf out;

	buf_init(&out, 4096);
	for (size_t piece = 1; piece <= message.n + 1; piece++) {
		stuff(&out, message, piece, whole, lines);
		assert_true(span_eq(buf_span(&out), wanted));
	}
	buf_fini(&out);
}

static void dots_are_stuffed(void **state)
{
	(void)state;
	expect(SPAN("A: b\r\n\r\n.\r\n..x\r\ny.\r\n"), true, 0, SPAN("A: b\r\n\r\n..\r\n...x\r\ny.\r\n.\r\n"));
	expect(SPAN(".no end"), true, 0, SPAN("..no end\r\n.\r\n"));
	expect(SPAN("a\r.b\r\n"), true, 0, SPAN("a\r.b\r\n.\r\n"));
	expect(SPAN(""), true, 0, SPAN(".\r\n"));
}

static void top_cuts_the_body(void **state)
{
	struct span m = SPAN("A: b\r\nC: d\r\n\r\n1\r\n\r\n.3\r\n4");

	(void)state;
	expect(m, false, 0, SPAN("A: b\r\nC: d\r\n\r\n.\r\n"));
	expect(m, false, 2, SPAN("A: b\r\nC: d\r\n\r\n1\r\n\r\n.\r\n"));
	expect(m, false, 3, SPAN("A: b\r\nC: d\r\n\r\n1\r\n\r\n..3\r\n.\r\n"));
	expect(m, false, 99, SPAN("A: b\r\nC: d\r\n\r\n1\r\n\r\n..3\r\n4\r\n.\r\n"));
	expect(SPAN("A: only a header\r\n"), false, 5, SPAN("A: only a header\r\n.\r\n"));
}

static void lines_are_cut_and_read(void **state)
{
	struct pop3_command c;
	struct span line;

	(void)state;
	assert_int_equal(pop3_line(SPAN("NOOP"), &line), 0);
	assert_int_equal(pop3_line(SPAN("NOOP\r\nX"), &line), 6);
	assert_true(span_eq(line, SPAN("NOOP")));
	assert_int_equal(pop3_command_parse(SPAN("pass  two words "), &c), FAIL_NONE);
	assert_true(span_eq(c.rest, SPAN(" two words ")));
	assert_true(pop3_arguments_fit(&c, 1, POP3_REST));
	assert_int_equal(pop3_command_parse(SPAN("TOP 1 2 3"), &c), FAIL_NONE);
	assert_int_equal(c.count, 3);
	assert_false(pop3_arguments_fit(&c, 2, 2));
	assert_int_equal(pop3_command_parse(SPAN(""), &c), FAIL_SYNTAX);
	assert_int_equal(pop3_command_parse(SPAN("US\0ER"), &c), FAIL_SYNTAX);
}

static void codes_follow_the_failure(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	pop3_err(&b, POP3_ENGLISH, FAIL_AUTH, "no");
	pop3_err(&b, POP3_ENGLISH, FAIL_IO, "later");
	pop3_err(&b, POP3_ENGLISH, FAIL_SYNTAX, "what");
	assert_true(span_eq(buf_span(&b), SPAN("-ERR [AUTH] no\r\n-ERR [SYS/TEMP] later\r\n-ERR what\r\n")));
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dots_are_stuffed),
		cmocka_unit_test(top_cuts_the_body),
		cmocka_unit_test(lines_are_cut_and_read),
		cmocka_unit_test(codes_follow_the_failure),
	};

	return cmocka_run_group_tests_name("pop3/wire", tests, NULL, NULL);
}
