/* The collector: every way a command can come, whole and byte by byte. */
#include "base/test.h"

#include "imap/wire/reader.h"

static const struct reader_budget small = {64, 32};

/* Everything that happens to `input`, as text; given `step` bytes at a time. Messages are accepted unless `refuse`. */
static void run(const char *input, size_t step, bool refuse, struct buf *log)
{
	struct reader r;
	struct span all = span_of(input), piece;

	buf_reset(log);
	reader_init(&r, small);
	r.messages = true;
	while (all.n) {
		struct span in = span_first(all, step);

		all = span_skip(all, in.n);
		while (in.n) {
			enum reader_event e = reader_take(&r, &in, &piece);

			switch (e) {
			case READER_NEED: break;
			case READER_CONTINUE: buf_add_lit(log, "+|"); break;
			case READER_COMMAND:
				buf_addf(log, "C:%.*s|", SPAN_ARG(reader_command(&r)));
				reader_next(&r, false);
				break;
			case READER_REFUSED:
				buf_addf(log, "R:%.*s|", SPAN_ARG(span_first(reader_command(&r), 4)));
				reader_next(&r, true);
				break;
			case READER_MESSAGE:
				buf_addf(log, "M%u:%.*s|", (unsigned)reader_message_left(&r),
					SPAN_ARG(reader_more(&r).n ? reader_more(&r) : reader_command(&r)));
				if (!refuse)
					buf_add(log, reader_message_accept(&r) ? SPAN("+|") : SPAN(""));
				else if (reader_message_refuse(&r))
					reader_next(&r, true);
				break;
			case READER_BYTES:
				buf_add(log, span_first(piece, 1));
				reader_message_took(&r, &in, 1);
				break;
			case READER_ENDED:
				buf_addf(log, "|%s|", reader_tail_is(&r, SPAN("")) ? "END" : "TAIL");
				reader_next(&r, true);
				break;
			}
		}
	}
	reader_fini(&r);
}

static void expect(const char *input, bool refuse, const char *want)
{
	struct buf log;

	buf_init(&log, 1 << 16);
	for (size_t step = 1; step <= strlen(input); step++) {
		run(input, step, refuse, &log);
		buf_add_byte(&log, '\0');
		assert_string_equal(log.p, want);
	}
	buf_fini(&log);
}

static void lines(void **state)
{
	(void)state;
	expect("a NOOP\r\nb NOOP\nc\rd\r\n", false, "C:a NOOP|C:b NOOP|C:c\rd|");
	expect("\r\n", false, "C:|");
}

static void literals(void **state)
{
	(void)state;
	expect("a LOGIN {3}\r\nfoo {3+}\r\nb\nr\r\n", false, "+|C:a LOGIN {3}\r\nfoo {3+}\r\nb\nr|");
	expect("a X {0}\r\n\r\nb {2}x\r\n", false, "+|C:a X {0}\r\n|C:b {2}x|");
	expect("a X {2}\r\n}}\r\nb\r\n", false, "+|C:a X {2}\r\n}}|C:b|");
	expect("a X {2+}\r\n{5}\r\nb\r\n", false,
		"C:a X {2+}\r\n{5}|C:b|"); /* the literal's bytes are no part of the line */
	expect("a X {2+}\r\nb\r\nb\r\n", false, "C:a X {2+}\r\nb\r|C:b|");
	expect("a {x}\r\nb {}\r\nc {+}\r\n", false, "C:a {x}|C:b {}|C:c {+}|");
}

static void over_budget(void **state)
{
	(void)state;
	/* the line */
	expect("a 0123456789012345678901234567890123456789012345678901234567890123456789\r\nb NOOP\r\n", false,
		"R:a 01|C:b NOOP|");
	/* a synchronising literal is not asked for */
	expect("a X {33}\r\nb NOOP\r\n", false, "R:a X |C:b NOOP|");
	/* one that comes unasked is dropped, and so is its line and what hangs on that */
	expect("a X {40+}\r\n0123456789012345678901234567890123456789 {5+}\r\nabcde\r\nb NOOP\r\n", false,
		"R:a X |C:b NOOP|");
	/* the sum counts */
	expect("a X {20+}\r\n01234567890123456789 {20}\r\nb NOOP\r\n", false, "R:a X |C:b NOOP|");
	/* a line too long that ends in a literal */
	expect("a 01234567890123456789012345678901234567890123456789012345678901234567 {3+}\r\na\nb\r\nb NOOP\r\n",
		false, "R:a 01|C:b NOOP|");
	expect("a X {18446744073709551615}\r\nb NOOP\r\n", false, "R:a X |C:b NOOP|");
	expect("a X {18446744073709551616}\r\nb NOOP\r\n", false, "C:a X {18446744073709551616}|C:b NOOP|");
}

static void messages(void **state)
{
	(void)state;
	expect("a APPEND x {5}\r\nhe\nlo\r\nb NOOP\r\n", false, "M5:a APPEND x {5}|+|he\nlo|END|C:b NOOP|");
	expect("a append {1+}\r\nx (\\Seen) {100+}\r\n"
	       "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 "
	       "{3+}\r\nabc\r\n",
		false,
		"M100:a append {1+}\r\nx (\\Seen) {100+}|"
		"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
		"M3: {3+}|abc|END|");
	expect("a APPEND x {1}\r\nA (\\Seen) {2}\r\nBB {0+}\r\n rest\r\nb NOOP\r\n", false,
		"M1:a APPEND x {1}|+|AM2: (\\Seen) {2}|+|BBM0: {0+}||TAIL|C:b NOOP|");
	/* a line behind a message that is over the budget is dropped, with the literals that hang on it */
	expect("a APPEND x {1+}\r\nA 0123456789012345678901234567890123456789012345678901234567890123456789 {2+}\r\nBB "
	       "{1+}\r\nC\r\nb "
	       "NOOP\r\n",
		false, "M1:a APPEND x {1+}|A|TAIL|C:b NOOP|");
	expect("a APPEND x {0+}\r\n\r\nb\r\n", false, "M0:a APPEND x {0+}||END|C:b|");
	expect("a APPEND x {5+}\r\nhello\r\nb NOOP\r\n", true, "M5:a APPEND x {5+}||END|C:b NOOP|");
	expect("a APPEND x {5}\r\nb NOOP\r\n", true, "M5:a APPEND x {5}|C:b NOOP|");
}

static void plain_lines(void **state)
{
	struct reader r;
	struct span in = SPAN("YWJj {5}\r\nrest"), piece;

	(void)state;
	reader_init(&r, small);
	reader_expect_line(&r);
	assert_int_equal(reader_take(&r, &in, &piece), READER_COMMAND);
	assert_true(span_eq(reader_command(&r), SPAN("YWJj {5}")));
	assert_true(span_eq(in, SPAN("rest")));
	reader_next(&r, false);
	assert_null(r.bytes.p);
	assert_false(reader_busy(&r));
	reader_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(literals),
		cmocka_unit_test(over_budget),
		cmocka_unit_test(messages),
		cmocka_unit_test(plain_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
