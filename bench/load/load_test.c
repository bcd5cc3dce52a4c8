/* The parts of the load generator that decide what counts: answers, messages, percentiles. */
#include "base/test.h"

#include "answer.h"
#include "die.h"
#include "histogram.h"
#include "message.h"

void die(const char *fmt UNUSED, ...)
{
	abort();
}

struct seen_result {
	enum answer_state state;
	uint64_t seen[SEEN_COUNT];
};

/* What `text` gives when it comes in pieces of `piece` bytes. */
static struct seen_result read_pieces(
	enum protocol protocol, const char *text, const char *prefix, bool multi, size_t piece)
{
	struct answer a;
	struct seen_result r = {ANSWER_MORE, {0}};
	struct span rest = span_of(text), line = {0};
	answer_init(&a, protocol);
	while (rest.n > 0 && r.state == ANSWER_MORE) {
		buf_add(&a.in, span_first(rest, piece));
		rest = span_skip(rest, piece);
		r.state = answer_read(&a, span_of(prefix), multi, &line);
	}
	for (unsigned i = 0; i < SEEN_COUNT; i++)
		r.seen[i] = a.seen[i];
	answer_fini(&a);
	return r;
}

static struct seen_result read_all_ways(enum protocol protocol, const char *text, const char *prefix, bool multi)
{
	struct seen_result whole = read_pieces(protocol, text, prefix, multi, 1 << 20);
	for (size_t piece = 1; piece < 9; piece++) {
		struct seen_result r = read_pieces(protocol, text, prefix, multi, piece);
		assert_memory_equal(&r, &whole, sizeof r);
	}
	return whole;
}

static void imap_counts_what_it_gets(void **state UNUSED)
{
	struct seen_result r = read_all_ways(PROTOCOL_IMAP,
		"* 3 EXISTS\r\n* 1 FETCH (BODY[] {14}\r\nc OK * 2 FETCH)\r\n* 2 FETCH (FLAGS ())\r\n* SEARCH 1 5 "
		"9\r\nc OK done\r\n",
		"c OK", false);
	assert_int_equal(r.state, ANSWER_DONE);
	assert_int_equal(r.seen[SEEN_EXISTS], 1);
	assert_int_equal(r.seen[SEEN_FETCH], 2);
	assert_int_equal(r.seen[SEEN_LITERALS], 1);
	assert_int_equal(r.seen[SEEN_HITS], 3);
	assert_int_equal(read_all_ways(PROTOCOL_IMAP, "* SEARCH\r\nc OK\r\n", "c OK", false).seen[SEEN_HITS], 0);
}

static void imap_refuses_another_answer(void **state UNUSED)
{
	assert_int_equal(
		read_all_ways(PROTOCOL_IMAP, "* 1 EXISTS\r\nc NO full\r\n", "c OK", false).state, ANSWER_WRONG);
	assert_int_equal(read_all_ways(PROTOCOL_IMAP, "b OK\r\n", "c OK", false).state, ANSWER_WRONG);
	assert_int_equal(read_all_ways(PROTOCOL_IMAP, "* 1 EXISTS\r\n* 1 RECENT\r\n", "", false).state, ANSWER_MORE);
	assert_int_equal(read_all_ways(PROTOCOL_IMAP, "c OK\r\n", "", false).state, ANSWER_WRONG);
}

static void pop3_reads_to_the_dot(void **state UNUSED)
{
	struct seen_result r = read_all_ways(PROTOCOL_POP3, "+OK\r\n1 a\r\n..\r\n2 b\r\n.\r\n", "+OK", true);
	assert_int_equal(r.state, ANSWER_DONE);
	assert_int_equal(r.seen[SEEN_LINES], 3);
	assert_int_equal(read_all_ways(PROTOCOL_POP3, "-ERR no\r\n", "+OK", true).state, ANSWER_WRONG);
}

static void lmtp_waits_for_the_last_line(void **state UNUSED)
{
	assert_int_equal(read_all_ways(PROTOCOL_LMTP, "250-SIZE\r\n250 OK\r\n", "250", false).state, ANSWER_DONE);
	assert_int_equal(read_all_ways(PROTOCOL_LMTP, "250-SIZE\r\n", "250", false).state, ANSWER_MORE);
	assert_int_equal(read_all_ways(PROTOCOL_LMTP, "451 later\r\n", "250", false).state, ANSWER_WRONG);
}

static void another_byte_gives_another_sum(void **state UNUSED)
{
	uint64_t a =
		read_all_ways(PROTOCOL_IMAP, "* 1 FETCH (B {3}\r\nabc)\r\nc OK\r\n", "c OK", false).seen[SEEN_SAME];
	uint64_t b =
		read_all_ways(PROTOCOL_IMAP, "* 1 FETCH (B {3}\r\nabd)\r\nc OK\r\n", "c OK", false).seen[SEEN_SAME];
	assert_true(a != 0 && b != 0 && a != b);
}

static void messages_are_the_same_each_time(void **state UNUSED)
{
	struct buf a, b;
	buf_init(&a, MESSAGE_SIZE_MAX);
	buf_init(&b, MESSAGE_SIZE_MAX);
	message_add(&a, 513, 5000);
	message_add(&b, 513, 5000);
	assert_true(span_eq(buf_span(&a), buf_span(&b)));
	assert_in_range(a.n, 4800, 5100);
	assert_true(span_find(buf_span(&a), SPAN("xylophage")) != SIZE_MAX);
	assert_true(span_find(buf_span(&a), SPAN("\n.")) == SIZE_MAX);
	assert_true(span_ends(buf_span(&a), SPAN("\r\n")));
	buf_reset(&b);
	message_add(&b, 514, 5000);
	assert_true(span_find(buf_span(&b), SPAN("xylophage")) == SIZE_MAX);
	buf_fini(&a);
	buf_fini(&b);
}

static void a_message_of_ours_is_known(void **state UNUSED)
{
	struct buf b;
	buf_init(&b, MESSAGE_SIZE_MAX);
	buf_add_lit(&b, "Return-Path: <a@example.net>\r\nReceived: from here\r\n");
	size_t prefix = b.n;
	message_add(&b, 0xbeef, 5000);
	assert_true(message_is_ours(buf_span(&b), 5000));
	assert_true(message_is_ours(span_skip(buf_span(&b), prefix), 5000));
	assert_false(message_is_ours(span_skip(buf_span(&b), prefix + 1), 5000));
	assert_false(message_is_ours(span_first(buf_span(&b), b.n - 1), 5000));
	assert_false(message_is_ours(buf_span(&b), 6000));
	for (size_t at = 0; at < b.n; at += 97) {
		b.p[at < prefix ? prefix : at] ^= 1;
		assert_false(message_is_ours(buf_span(&b), 5000));
		b.p[at < prefix ? prefix : at] ^= 1;
	}
	assert_true(message_is_ours(buf_span(&b), 5000));
	buf_fini(&b);
}

static void bytes_are_gathered_for_who_asks(void **state UNUSED)
{
	struct buf text;
	struct answer a;
	struct span line;
	buf_init(&text, MESSAGE_SIZE_MAX);
	message_add(&text, 7, 5000);
	answer_init(&a, PROTOCOL_IMAP);
	a.genuine = 5000;
	for (size_t wrong = 0; wrong < 2; wrong++) {
		answer_forget(&a);
		text.p[text.n / 2] ^= (char)wrong;
		buf_addf(&a.in, "* 1 FETCH (BODY[] {%zu}\r\n", text.n);
		buf_add(&a.in, buf_span(&text));
		buf_add_lit(&a.in, ")\r\nc OK\r\n");
		assert_int_equal(answer_read(&a, SPAN("c OK"), false, &line), ANSWER_DONE);
		assert_int_equal(a.seen[SEEN_GENUINE], 1 - wrong);
	}
	answer_fini(&a);
	buf_fini(&text);
}

static void percentiles_are_near(void **state UNUSED)
{
	static struct histogram h;
	for (uint64_t i = 1; i <= 1000; i++)
		histogram_add(&h, i * 1000);
	assert_in_range(histogram_share(&h, 0.5), 500000, 508000);
	assert_in_range(histogram_share(&h, 0.99), 990000, 1000000);
	assert_int_equal(histogram_share(&h, 1), 1000000);
	assert_int_equal(h.max, 1000000);
	histogram_add(&h, UINT64_MAX);
	assert_int_equal(histogram_share(&h, 1), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imap_counts_what_it_gets),
		cmocka_unit_test(imap_refuses_another_answer),
		cmocka_unit_test(pop3_reads_to_the_dot),
		cmocka_unit_test(lmtp_waits_for_the_last_line),
		cmocka_unit_test(another_byte_gives_another_sum),
		cmocka_unit_test(messages_are_the_same_each_time),
		cmocka_unit_test(a_message_of_ours_is_known),
		cmocka_unit_test(bytes_are_gathered_for_who_asks),
		cmocka_unit_test(percentiles_are_near),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
