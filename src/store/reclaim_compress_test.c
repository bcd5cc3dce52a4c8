/* What is moved is compressed where that saves something, once, and reads the same. */
#include "store/reclaim_try.h"

/* Words: what zstd is good at; and at its end what it is not. */
static struct span words_of(size_t n, size_t noise)
{
	static char text[1 << 20];
	static const char line[] = "In the beginning there was a mailbox, and it was empty.\r\n";
	uint64_t seed = n;
	size_t head = (size_t)snprintf(text, sizeof(text), "Subject: %zu\r\n\r\n", n);

	for (size_t i = head; i < n; i++)
		text[i] = i < n - noise ? line[(i - head) % (sizeof(line) - 1)] : (char)(try_random(&seed) % 245 + 11);
	return span(text, n);
}

static void assert_parts(struct trial *t, const struct message *msg, struct span want)
{
	uint64_t seed = want.n;
	struct buf out;

	buf_init(&out, 2 << 20);
	for (int i = 0; i < 100; i++) {
		uint64_t from = try_random(&seed) % want.n, n = 1 + try_random(&seed) % (i % 2 ? 300 : 600000);

		buf_reset(&out);
		try_read(t, t->account, msg, from, n, &out);
		assert_true(span_eq(buf_span(&out), span_first(span_skip(want, from), n)));
	}
	buf_fini(&out);
}

static void what_is_moved_is_smaller_and_reads_the_same(void **state)
{
	static const size_t sizes[] = {100, 3000, 9000, 70000, 262144, 262145, 524288, 900000};
	struct reclaim_order order = {.percent = 100, .compress = true};
	struct trial *t = *state;
	struct reclaim_result r;
	uint64_t plain = 0;
	struct mailbox *m;

	for (size_t i = 0; i < 2 * ARRAY_LEN(sizes); i++) {
		struct span text = words_of(sizes[i / 2], i % 2 ? sizes[i / 2] / 3 : 0);

		plain += text.n;
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, text);
	}
	fill(t, 10);
	assert_int_equal(reclaim_as(t, &order, &r), FAIL_NONE);
	assert_int_equal(r.messages, 2 * ARRAY_LEN(sizes));
	assert_true(r.moved_bytes < plain / 2);
	for (int again = 0; again < 3; again++) {
		m = try_mailbox(t, t->account, "INBOX");
		for (size_t i = 0; i < 2 * ARRAY_LEN(sizes); i++) {
			struct span text = words_of(sizes[i / 2], i % 2 ? sizes[i / 2] / 3 : 0);
			struct message msg;
			struct try_wait w;
			struct buf structure;

			mailbox_at(m, i, &msg);
			assert_int_equal(msg.size, text.n);
			assert_reads(t, t->account, &msg, text);
			assert_parts(t, &msg, text);
			buf_init(&structure, 1 << 20);
			try_wait_init(&w);
			assert_int_equal(
				try_finish(t, &w, message_structure(t->account, &msg, &structure, &w.wait)), FAIL_NONE);
			assert_true(structure.n > 0);
			buf_fini(&structure);
		}
		mailbox_close(m);
		fill(t, 10);
		order.compress = again; /* moved as they are, in either form */
		assert_int_equal(reclaim_as(t, &order, &r), FAIL_NONE);
		assert_true(r.moved_bytes < plain / 2);
	}
}

static void what_gains_nothing_stays_plain(void **state)
{
	struct reclaim_order order = {.percent = 100, .compress = true};
	struct trial *t = *state;
	struct span text = words_of(40000, 39000);
	struct reclaim_result r;
	struct message msg;
	struct mailbox *m;

	try_deliver(t, t->account, try_info(t->account, "INBOX").id, text);
	fill(t, 10);
	assert_int_equal(reclaim_as(t, &order, &r), FAIL_NONE);
	assert_true(r.moved_bytes > 40000);
	m = try_mailbox(t, t->account, "INBOX");
	mailbox_at(m, 0, &msg);
	assert_reads(t, t->account, &msg, text);
	mailbox_close(m);
}

/* Mail at rest, though nothing of it is dead: once, whether it gained anything or not. */
static void what_is_at_rest_is_compressed_once(void **state)
{
	struct reclaim_order order = {.percent = 50, .compress = true, .compress_before = clock_wall_seconds() - 100};
	struct trial *t = *state;
	struct reclaim_figures f;
	struct reclaim_result r;
	struct mailbox *m;

	for (size_t i = 0; i < 60; i++) /* every third of them is noise, and one is long */
		try_deliver(t, t->account, try_info(t->account, "INBOX").id,
			words_of(i == 30 ? 400000 : 5000 + i, i % 3 ? 0 : 4500));
	assert_int_equal(reclaim_as(t, &order, &r), FAIL_NONE);
	assert_int_equal(r.segments, 0); /* it is too new */
	order.compress_before = clock_wall_seconds() + 100;
	assert_int_equal(reclaim_as(t, &order, &r), FAIL_NONE);
	assert_true(r.segments > 5);
	for (int i = 0; i < 3; i++)
		assert_int_equal(reclaim_as(t, &order, &r), FAIL_NONE);
	assert_int_equal(r.segments, 0);
	store_reclaim_figures(t->store, &f);
	assert_true(f.live_bytes < 20 * 5000 + 40 * 1000 + 2 * SEGMENT);
	m = try_mailbox(t, t->account, "INBOX");
	for (size_t i = 0; i < 60; i++) {
		struct message msg;

		mailbox_at(m, i, &msg);
		assert_reads(t, t->account, &msg, words_of(i == 30 ? 400000 : 5000 + i, i % 3 ? 0 : 4500));
	}
	mailbox_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_moved_is_smaller_and_reads_the_same, setup, try_teardown),
		cmocka_unit_test_setup_teardown(what_gains_nothing_stays_plain, setup, try_teardown),
		cmocka_unit_test_setup_teardown(what_is_at_rest_is_compressed_once, setup, try_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
