/* Property: what was stuffed, unstuffed as RFC 1939 §3 tells a client, is the message again, however it is cut. */
#include "pop3/wire/command.h"
#include "pop3/wire/multiline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(struct span message, size_t piece)
{
	struct multiline m;
	struct buf out, back;
	struct span left, line;

	buf_init(&out, message.n * 2 + 16);
	buf_init(&back, message.n * 2 + 16);
	multiline_begin(&m, true, 0);
	for (left = message; left.n; left = span_skip(left, piece))
		multiline_add(&m, span_first(left, piece), &out);
	multiline_end(&m, &out);
	left = buf_span(&out);
	while (span_take_until(&left, '\n', &line) && !span_eq(line, SPAN(".\r"))) {
		if (line.n && line.p[0] == '.')
			line = span_skip(line, 1);
		buf_add(&back, line);
		buf_add_byte(&back, '\n');
	}
	if (left.n || !span_starts(buf_span(&back), message) || back.n > message.n + 2)
		abort();
	buf_fini(&out);
	buf_fini(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span(data, size), line;
	struct pop3_command c;
	size_t n;

	if (size)
		check_round_trip(bytes, 1 + data[0]);
	while ((n = pop3_line(bytes, &line))) {
		if (pop3_command_parse(line, &c) == FAIL_NONE && (c.word.n == 0 || c.word.n > line.n))
			abort();
		bytes = span_skip(bytes, n);
	}
	return 0;
}
