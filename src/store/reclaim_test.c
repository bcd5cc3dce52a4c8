/* Space comes back while the store serves, and nothing changes that anybody could see: not for who holds a message, a ghost, a staged copy, an
 * unfinished body while bytes are moved; not after a redo, a rebuild, a power loss at any point. */
#include "store/try.h"

#include "log/record.h"
#include "store/inside.h"
#include "store/reclaim.h"
#include "store/verify.h"

enum { SEGMENT = 48 << 10 };

/* ── The store that is tried ── */

static void open_with(struct trial *t, struct disk *disk, struct kv *kv)
{
	struct store_settings s = {.loop = &t->loop,
		.disk = disk,
		.kv = kv,
		.segment_size = SEGMENT,
		.snapshot_least = 4000,
		.block = 8,
		.report = try_report};
	struct why w;

	assert_int_equal(store_open(&s, &t->store, &w), FAIL_NONE);
	t->account = try_account(t, 7);
}

static int setup(void **state)
{
	struct trial *t = NEW(struct trial);

	loop_init(&t->loop);
	open_with(t, disk_memory(), kv_open_memory());
	*state = t;
	return 0;
}

static enum fail reclaim_as(struct trial *t, const struct reclaim_order *order, struct reclaim_result *out)
{
	struct try_wait w;

	try_wait_init(&w);
	return try_finish(t, &w, store_reclaim(t->store, order, out, &w.wait));
}

static struct reclaim_result reclaim(struct trial *t, unsigned percent)
{
	struct reclaim_order order = {.percent = percent};
	struct reclaim_result r = {0};

	assert_int_equal(reclaim_as(t, &order, &r), FAIL_NONE);
	return r;
}

static void live(struct trial *t, struct account *a, uint64_t *seed, int n)
{
	for (int i = 0; i < n; i++)
		assert_int_not_equal(try_commit(t, try_random_batch(t, a, seed, true)), FAIL_UNKNOWN);
}

static void expunge(struct trial *t, const char *name, uint32_t first, uint32_t last)
{
	struct mailbox *m = try_mailbox(t, t->account, name);
	struct batch *b = batch_begin(t->account);
	struct why w;

	assert_int_equal(batch_expunge(b, m, first, last, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	mailbox_close(m);
}

/* A text that nobody else has. */
static struct span text_of(uint64_t number, size_t n)
{
	static char text[1 << 20];
	uint64_t seed = number * 0x9e3779b97f4a7c15u + 1;
	int head = snprintf(text, sizeof(text), "Subject: %llu\r\n\r\n", (unsigned long long)number);

	for (size_t i = (size_t)head; i < n; i++)
		text[i] = i % 80 == 78 ? '\r' : i % 80 == 79 ? '\n' : (char)('a' + try_random(&seed) % 26);
	return span(text, n > (size_t)head ? n : (size_t)head);
}

static void assert_reads(struct trial *t, struct account *a, const struct message *msg, struct span want)
{
	struct buf out;

	buf_init(&out, 2 << 20);
	while (out.n < msg->size) {
		size_t before = out.n;

		try_read(t, a, msg, out.n, 100000, &out);
		assert_true(out.n > before);
	}
	assert_true(span_eq(buf_span(&out), want));
	buf_fini(&out);
}

/* ── Nothing changes ── */

static void space_comes_back_and_nothing_changes(void **state)
{
	static char big[700000];
	struct trial *t = *state;
	struct account *other = try_account(t, 8);
	struct reclaim_result r;
	struct buf before, after, other_before;
	uint64_t seed = 31337, size;

	memset(big, 'x', sizeof(big));
	store_keep(t->store, true);
	for (int i = 0; i < 6; i++)
		try_deliver(t, t->account, try_info(t->account, "Junk").id, span(big, sizeof(big)));
	try_deliver(t, t->account, try_info(t->account, "Sent").id, span(big, sizeof(big)));
	live(t, t->account, &seed, 80);
	live(t, other, &seed, 40);
	store_keep(t->store, false);
	expunge(t, "Junk", 1, UINT32_MAX);
	size = store_log_bytes(t->store);
	try_dump_new(t, t->account, &before);
	try_dump_new(t, other, &other_before);
	r = reclaim(t, 100);
	assert_true(r.segments > 0 && r.messages > 0);
	assert_true(store_log_bytes(t->store) < size / 2);
	try_dump_new(t, t->account, &after);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	buf_fini(&after);
	try_dump_new(t, other, &after);
	assert_true(span_eq(buf_span(&other_before), buf_span(&after)));
	account_close(other);
	buf_fini(&after);
	buf_fini(&before);
	buf_fini(&other_before);
}

static void what_is_mostly_live_stays(void **state)
{
	struct trial *t = *state;
	struct reclaim_figures f;
	struct reclaim_result r;

	for (int i = 0; i < 40; i++)
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of((uint64_t)i, 4000));
	r = reclaim(t, 50);
	assert_int_equal(r.segments, 0);
	assert_int_equal(r.messages, 0);
	store_reclaim_figures(t->store, &f);
	assert_true(f.live_bytes > 40 * 4000 && f.live_bytes < f.log_bytes);
}

/* Half of everything goes: what is left takes less than twice its size. */
static void half_of_the_log_is_live_at_least(void **state)
{
	struct trial *t = *state;
	struct mailbox *m;
	uint64_t live_bytes = 0;

	for (int i = 0; i < 200; i++)
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of((uint64_t)i, 4000));
	for (uint32_t uid = 1; uid <= 200; uid++)
		if (uid % 3)
			expunge(t, "INBOX", uid, uid);
	while (reclaim(t, 50).segments)
		;
	m = try_mailbox(t, t->account, "INBOX");
	for (size_t i = 0; i < mailbox_count(m); i++) {
		struct message msg;

		mailbox_at(m, i, &msg);
		live_bytes += msg.size;
		assert_reads(t, t->account, &msg, text_of(msg.uid - 1, 4000));
	}
	mailbox_close(m);
	/* two segments of slack: the newest, and what the round itself wrote */
	assert_true(store_log_bytes(t->store) < 2 * live_bytes + 2 * SEGMENT);
}

static void one_body_of_many_messages_is_written_once(void **state)
{
	struct trial *t = *state;
	struct account *other = try_account(t, 8);
	struct body *body = try_body(t, text_of(1, 30000));
	struct account *accounts[] = {t->account, other};
	struct reclaim_result r;
	struct message msg[2];
	struct mailbox *m[2];
	struct why w;

	for (int i = 0; i < 2; i++) {
		struct batch *b = batch_begin(accounts[i]);
		struct new_message n = {.body = body, .prefix = SPAN("X: y\r\n")};

		for (int k = 0; k < 3; k++)
			assert_int_equal(batch_message(b, try_info(accounts[i], "INBOX").id, &n, &w), FAIL_NONE);
		assert_int_equal(try_commit(t, b), FAIL_NONE);
	}
	body_free(body);
	for (int i = 0; i < 5; i++)
		try_deliver(t, t->account, try_info(t->account, "Junk").id, text_of(9, 20000));
	expunge(t, "Junk", 1, UINT32_MAX);
	r = reclaim(t, 100);
	assert_int_equal(r.messages, 6);
	assert_in_range(r.moved_bytes, 30000, 40000);
	for (int i = 0; i < 2; i++) {
		m[i] = try_mailbox(t, accounts[i], "INBOX");
		mailbox_at(m[i], 2, &msg[i]);
	}
	assert_memory_equal(&msg[0].body_place, &msg[1].body_place, sizeof(msg[0].body_place));
	mailbox_close(m[0]);
	mailbox_close(m[1]);
	account_close(other);
}

/* ── Who holds on ── */

/* Commits, with a round of the reclaimer at every point between. */
static void fill(struct trial *t, int n)
{
	for (int i = 0; i < n; i++)
		try_deliver(t, t->account, try_info(t->account, "Junk").id, text_of(1000 + (uint64_t)i, 9000));
	expunge(t, "Junk", 1, UINT32_MAX);
}

static void a_message_that_is_carried_about_is_found(void **state)
{
	struct trial *t = *state;
	struct message small, large;
	struct mailbox *m;

	try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of(1, 5000));
	try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of(2, 800000));
	m = try_mailbox(t, t->account, "INBOX");
	mailbox_at(m, 0, &small);
	mailbox_at(m, 1, &large);
	for (int i = 0; i < 3; i++) {
		fill(t, 20);
		assert_true(reclaim(t, 100).segments > 0);
		assert_reads(t, t->account, &small, text_of(1, 5000));
		assert_reads(t, t->account, &large, text_of(2, 800000));
	}
	mailbox_close(m);
}

static void never_mind(struct feed_reader *r)
{
	(void)r;
}

/* As for a POP3 session: what was expunged elsewhere is read to the end. */
static void a_ghost_keeps_its_segment(void **state)
{
	struct trial *t = *state;
	struct feed_reader reader;
	struct mailbox *m;
	struct message msg[2];
	uint64_t bytes;

	try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of(1, 5000));
	try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of(2, 800000));
	fill(t, 20);
	m = try_mailbox(t, t->account, "INBOX");
	feed_begin(&reader, m, never_mind);
	mailbox_at(m, 0, &msg[0]);
	mailbox_at(m, 1, &msg[1]);
	expunge(t, "INBOX", 1, UINT32_MAX);
	fill(t, 20);
	reclaim(t, 100);
	for (uint32_t uid = 1; uid <= 2; uid++) {
		struct message again;

		assert_true(mailbox_message(m, uid, &again));
		assert_reads(t, t->account, &again, text_of(uid, uid == 1 ? 5000 : 800000));
		assert_reads(t, t->account, &msg[uid - 1], text_of(uid, uid == 1 ? 5000 : 800000));
	}
	bytes = store_log_bytes(t->store);
	assert_true(bytes > 800000);
	feed_end(&reader);
	mailbox_close(m);
	reclaim(t, 100);
	assert_true(store_log_bytes(t->store) < bytes - 800000);
}

static void a_deleted_mailbox_that_is_open_keeps_its_segments(void **state)
{
	struct trial *t = *state;
	struct batch *b;
	struct mailbox *m;
	struct message msg;
	struct why w;

	assert_int_equal(try_create(t, "box"), FAIL_NONE);
	try_deliver(t, t->account, try_info(t->account, "box").id, text_of(1, 5000));
	fill(t, 20);
	m = try_mailbox(t, t->account, "box");
	b = batch_begin(t->account);
	assert_int_equal(batch_mailbox_delete(b, mailbox_id(m), &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_true(reclaim(t, 100).segments > 0);
	assert_true(mailbox_message(m, 1, &msg));
	assert_reads(t, t->account, &msg, text_of(1, 5000));
	mailbox_close(m);
}

static void a_copy_that_was_staged_long_ago_is_sent_with_the_new_place(void **state)
{
	struct trial *t = *state;
	struct batch *b = batch_begin(t->account);
	struct message msg;
	struct mailbox *m, *to;
	struct why w;

	try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of(1, 5000));
	fill(t, 20);
	m = try_mailbox(t, t->account, "INBOX");
	mailbox_at(m, 0, &msg);
	assert_int_equal(batch_copy(b, m, &msg, try_info(t->account, "Sent").id, &w), FAIL_NONE);
	assert_true(reclaim(t, 100).segments > 0);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	to = try_mailbox(t, t->account, "Sent");
	mailbox_at(to, 0, &msg);
	assert_reads(t, t->account, &msg, text_of(1, 5000));
	mailbox_close(m);
	mailbox_close(to);
}

/* The source is gone, and its segment: the copy is passed over, and names nothing that is not there. */
static void a_copy_of_what_is_gone_is_passed_over(void **state)
{
	struct trial *t = *state;
	struct batch *b = batch_begin(t->account);
	struct message msg;
	struct mailbox *m;
	struct why w;

	try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of(1, 5000));
	fill(t, 20);
	m = try_mailbox(t, t->account, "INBOX");
	mailbox_at(m, 0, &msg);
	assert_int_equal(batch_copy(b, m, &msg, try_info(t->account, "Sent").id, &w), FAIL_NONE);
	expunge(t, "INBOX", 1, UINT32_MAX);
	fill(t, 20);
	assert_true(reclaim(t, 100).segments > 0);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_int_equal(try_info(t->account, "Sent").messages, 0);
	mailbox_close(m);
}

static void bodies_on_their_way_keep_their_segments(void **state)
{
	struct trial *t = *state;
	struct body_writer *writer = body_begin(t->store);
	struct body *early = try_body(t, text_of(1, 5000)), *late;
	struct span text;
	struct message msg;
	struct mailbox *m;
	struct why w;

	assert_int_equal(body_append(writer, span_first(text_of(2, 900000), 600000), &w), FAIL_NONE);
	fill(t, 20);
	reclaim(t, 100);
	text = text_of(2, 900000);
	assert_int_equal(body_append(writer, span_skip(text, 600000), &w), FAIL_NONE);
	assert_int_equal(body_end(writer, &late, &w), FAIL_NONE);
	fill(t, 20);
	reclaim(t, 100);
	for (int i = 0; i < 2; i++) {
		struct batch *b = batch_begin(t->account);
		struct new_message n = {.body = i ? late : early};

		assert_int_equal(batch_message(b, try_info(t->account, "INBOX").id, &n, &w), FAIL_NONE);
		assert_int_equal(try_commit(t, b), FAIL_NONE);
	}
	body_free(early);
	body_free(late);
	reclaim(t, 100);
	m = try_mailbox(t, t->account, "INBOX");
	mailbox_at(m, 0, &msg);
	assert_reads(t, t->account, &msg, text_of(1, 5000));
	mailbox_at(m, 1, &msg);
	assert_reads(t, t->account, &msg, text_of(2, 900000));
	mailbox_close(m);
}

static void purged_bytes_go_whatever_else_is_live(void **state)
{
	struct reclaim_order order = {.percent = 50, .purged_before = INT64_MAX};
	struct trial *t = *state;
	struct kept_message kept;
	struct reclaim_result r;
	struct batch *b;
	struct why w;
	size_t n;

	store_keep(t->store, true);
	for (int i = 0; i < 40; i++)
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of((uint64_t)i, 4000));
	expunge(t, "INBOX", 3, 3);
	assert_int_equal(reclaim_as(t, &order, &r), FAIL_NONE);
	assert_int_equal(r.segments, 0);
	assert_int_equal(account_kept(t->account, (struct kept_place){0, 0}, 1, &kept, &n, &w), FAIL_NONE);
	b = batch_begin(t->account);
	assert_int_equal(batch_purge(b, kept.place, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_true(log_has_segment(t->store->log, kept.message.body_place.segment));
	assert_int_equal(reclaim_as(t, &order, &r), FAIL_NONE);
	assert_int_equal(r.segments, 1);
	assert_false(log_has_segment(t->store->log, kept.message.body_place.segment));
	assert_int_equal(reclaim_as(t, &order, &r), FAIL_NONE);
	assert_int_equal(r.segments, 0);
}

/* ── Compression ── */

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

/* ── What is bad ── */

static void damage(struct trial *t, const char *needle)
{
	char command[300];

	snprintf(command, sizeof(command), "sed -i 's/%s/#%s/' '%s'/log/0*.log", needle, needle + 1, t->dir);
	assert_int_equal(system(command), 0);
}

static void what_cannot_be_read_stays(void **state)
{
	static const char *const text[] = {
		"a: b\r\n\r\nfirst\r\n", "a: b\r\n\r\nthe-needle\r\n", "a: b\r\n\r\nthird\r\n"};
	struct trial *t = *state;
	struct mailbox *m;
	struct buf out;
	char command[300];

	for (int i = 0; i < 3; i++)
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, span_of(text[i]));
	account_close(t->account);
	store_close(t->store);
	damage(t, "the-needle");
	try_open_local(t);
	t->account = try_account(t, 7);
	assert_int_equal(reclaim(t, 100).messages, 2);
	m = try_mailbox(t, t->account, "INBOX");
	assert_int_equal(mailbox_count(m), 3);
	buf_init(&out, 1000);
	for (int i = 0; i < 3; i++) {
		struct message msg;
		struct try_wait w;

		mailbox_at(m, (size_t)i, &msg);
		buf_reset(&out);
		try_wait_init(&w);
		assert_int_equal(try_finish(t, &w, message_read(t->account, &msg, 0, 1000, &out, &w.wait)),
			i == 1 ? FAIL_CORRUPT : FAIL_NONE);
		if (i != 1)
			assert_true(span_eq(buf_span(&out), span_of(text[i])));
	}
	buf_fini(&out);
	mailbox_close(m);
	/* what is left of it is still in a file */
	snprintf(command, sizeof(command), "grep -q '#he-needle' '%s'/log/0*.log", t->dir);
	assert_int_equal(system(command), 0);
}

static void it_can_be_ended(void **state)
{
	struct reclaim_order order = {.percent = 100, .bytes_per_second = 1000};
	struct trial *t = *state;
	struct reclaim_result r;
	struct try_wait w, second;

	for (int i = 0; i < 40; i++)
		try_deliver(t, t->account, try_info(t->account, "INBOX").id, text_of((uint64_t)i, 4000));
	try_wait_init(&w);
	try_wait_init(&second);
	assert_int_equal(store_reclaim(t->store, &order, &r, &w.wait), FAIL_BUSY);
	assert_int_equal(store_reclaim(t->store, &order, &r, &second.wait), FAIL_CONFLICT);
	for (int i = 0; i < 200; i++)
		uv_run(&t->loop.uv, UV_RUN_NOWAIT);
	store_reclaim_stop(t->store);
	assert_int_equal(try_finish(t, &w, FAIL_BUSY), FAIL_CLOSED);
	try_wait_init(&w);
	assert_int_equal(store_reclaim(t->store, &order, &r, &w.wait), FAIL_BUSY);
	/* closing ends it too */
	account_close(t->account);
	store_close(t->store);
	assert_true(w.done && w.result == FAIL_CLOSED);
	open_with(t, disk_memory(), kv_open_memory());
}

/* ── Many at once, against a model ── */

enum { BOXES = 4, HELD = 6 };

struct known {
	uint64_t mailbox, number;
	uint32_t uid, size;
};
struct held {
	struct mailbox *mailbox;
	struct feed_reader reader;
	struct message message;
	uint64_t number, read;
};
struct model {
	struct trial *t;
	uint64_t seed, numbers;
	struct known at[4000];
	size_t n;
	struct held held[HELD];
	struct try_wait reclaiming;
	struct reclaim_result result;
	uint64_t removed;
	bool running;
};

static const char *const box_names[BOXES] = {"INBOX", "Sent", "Archive", "Junk"};

static uint32_t size_of(uint64_t number)
{
	uint64_t seed = number * 77 + 5;
	uint64_t r = try_random(&seed);

	return r % 24 == 0 ? 262000 + (uint32_t)(r >> 8) % 400000 : 100 + (uint32_t)(r >> 8) % 5000;
}

static uint64_t box_of(struct model *m, uint64_t r)
{
	return try_info(m->t->account, box_names[r % BOXES]).id;
}

static struct mailbox *open_box(struct model *m, uint64_t id)
{
	return try_mailbox_id(m->t, m->t->account, id);
}

static void model_deliver(struct model *m, uint64_t r)
{
	uint64_t number = ++m->numbers, mailbox = box_of(m, r);
	uint32_t size = size_of(number);
	struct span text = text_of(number, size);

	m->at[m->n++] = (struct known){.mailbox = mailbox,
		.number = number,
		.uid = try_deliver(m->t, m->t->account, mailbox, text),
		.size = (uint32_t)text.n};
}

static void model_copy(struct model *m, uint64_t r, bool move)
{
	size_t i = (size_t)(r >> 8) % m->n;
	struct known *k = &m->at[i], copy = *k;
	struct mailbox *from = open_box(m, k->mailbox);
	struct batch *b = batch_begin(m->t->account);
	struct message msg;
	struct try_wait w;
	const uint32_t *uids;
	struct why why;

	copy.mailbox = box_of(m, r);
	assert_true(mailbox_message(from, k->uid, &msg));
	if (move)
		assert_int_equal(batch_move(b, from, &msg, copy.mailbox, &why), FAIL_NONE);
	else
		assert_int_equal(batch_copy(b, from, &msg, copy.mailbox, &why), FAIL_NONE);
	for (uint64_t turns = r >> 20 & 15; turns > 0; turns--) /* staged for a while */
		uv_run(&m->t->loop.uv, UV_RUN_NOWAIT);
	try_wait_init(&w);
	assert_int_equal(try_finish(m->t, &w, batch_commit(b, &w.wait)), FAIL_NONE);
	assert_int_equal(batch_uids(b, &uids), 1);
	copy.uid = uids[0];
	batch_free(b);
	mailbox_close(from);
	if (move)
		*k = copy;
	else
		m->at[m->n++] = copy;
}

static void model_expunge(struct model *m, uint64_t r)
{
	size_t i = (size_t)(r >> 8) % m->n;
	struct mailbox *box = open_box(m, m->at[i].mailbox);
	struct batch *b = batch_begin(m->t->account);
	struct why w;

	assert_int_equal(batch_expunge(b, box, m->at[i].uid, m->at[i].uid, &w), FAIL_NONE);
	assert_int_equal(try_commit(m->t, b), FAIL_NONE);
	mailbox_close(box);
	m->at[i] = m->at[--m->n];
}

static void release(struct held *h)
{
	feed_end(&h->reader);
	mailbox_close(h->mailbox);
	h->mailbox = NULL;
}

/* Takes hold of a message, or reads on in one, a piece at a time, or lets go. */
static void model_hold(struct model *m, uint64_t r)
{
	struct held *h = &m->held[r % HELD];
	const struct known *k = &m->at[(size_t)(r >> 8) % m->n];
	struct span want;
	struct buf out;

	if (!h->mailbox) {
		h->mailbox = open_box(m, k->mailbox);
		feed_begin(&h->reader, h->mailbox, never_mind);
		assert_true(mailbox_message(h->mailbox, k->uid, &h->message));
		h->number = k->number;
		h->read = 0;
		return;
	}
	want = text_of(h->number, size_of(h->number));
	buf_init(&out, 1 << 20);
	try_read(m->t, m->t->account, &h->message, h->read, 1 + (r >> 16) % 200000, &out);
	want = span_first(span_skip(text_of(h->number, size_of(h->number)), h->read), out.n);
	assert_true(out.n > 0 && span_eq(buf_span(&out), want));
	h->read += out.n;
	buf_fini(&out);
	if (h->read >= h->message.size)
		release(h);
}

static void model_reclaim(struct model *m, uint64_t r)
{
	struct reclaim_order order = {
		.percent = r % 3 ? 100 : 50, .bytes_per_second = r % 2 ? 0 : 40 << 20, .compress = r % 5 > 1};

	if (m->running && m->reclaiming.done) {
		assert_int_equal(m->reclaiming.result, FAIL_NONE);
		m->removed += m->result.segments;
		m->running = false;
	}
	if (m->running)
		return;
	try_wait_init(&m->reclaiming);
	assert_int_equal(store_reclaim(m->t->store, &order, &m->result, &m->reclaiming.wait), FAIL_BUSY);
	m->running = true;
}

static void model_step(struct model *m)
{
	uint64_t r = try_random(&m->seed);

	model_reclaim(m, r >> 40);
	switch (m->n < 5 ? 0 : m->n > 150 ? 4 : (r >> 4) % 7) {
	case 0:
	case 1: model_deliver(m, r); break;
	case 2: model_copy(m, r, false); break;
	case 3: model_copy(m, r, true); break;
	case 4:
	case 5: model_expunge(m, r); break;
	default: model_hold(m, r); break;
	}
	for (uint64_t turns = r >> 30 & 3; turns > 0; turns--)
		uv_run(&m->t->loop.uv, UV_RUN_NOWAIT);
}

static void model_check(struct model *m)
{
	size_t messages = 0;

	for (size_t i = 0; i < BOXES; i++)
		messages += try_info(m->t->account, box_names[i]).messages;
	assert_int_equal(messages, m->n);
	for (size_t i = 0; i < m->n; i++) {
		struct mailbox *box = open_box(m, m->at[i].mailbox);
		struct message msg;

		assert_true(mailbox_message(box, m->at[i].uid, &msg));
		assert_reads(m->t, m->t->account, &msg, text_of(m->at[i].number, m->at[i].size));
		mailbox_close(box);
	}
}

static void many_at_once_lose_nothing(void **state)
{
	(void)state;
	for (uint64_t start = 1; start <= 4; start++) {
		struct model *m = NEW(struct model);
		struct disk *disk = disk_memory(), *redo, *rebuild;
		struct kv *kv = kv_open_memory();
		struct trial t = {0};

		loop_init(&t.loop);
		open_with(&t, disk, kv);
		m->t = &t;
		m->seed = start * 0x9e3779b97f4a7c15u;
		for (int i = 0; i < 600; i++)
			model_step(m);
		for (int i = 0; i < HELD; i++)
			if (m->held[i].mailbox)
				release(&m->held[i]);
		assert_int_equal(try_finish(&t, &m->reclaiming, FAIL_BUSY), FAIL_NONE);
		print_message("%llu segments removed, %llu left\n", (unsigned long long)m->removed,
			(unsigned long long)(store_log_bytes(t.store) / SEGMENT));
		assert_true(m->removed > 20);
		model_check(m);
		redo = disk_record(RECORD_HONEST, disk);
		rebuild = disk_record(RECORD_HONEST, disk);
		kv = try_copy_kv(kv);
		account_close(t.account);
		store_close(t.store);
		open_with(&t, redo, kv);
		model_check(m);
		account_close(t.account);
		store_close(t.store);
		open_with(&t, rebuild, kv_open_memory());
		model_check(m);
		account_close(t.account);
		store_close(t.store);
		loop_fini(&t.loop);
		free(m);
	}
}

/* ── Power loss ── */

enum { STEPS = 30 };

struct moment {
	size_t point;
	struct buf dump;
};

static void check_state(struct trial *t, struct disk *disk, size_t point, struct record_dice *dice, struct kv *kv,
	const struct moment *at, size_t n)
{
	struct trial after = {0};
	struct store_settings s = {.loop = &t->loop,
		.disk = record_state(disk, point, dice),
		.kv = kv ? kv : kv_open_memory(),
		.report = try_report};
	struct try_wait wait;
	struct buf dump;
	size_t done = 0;
	struct why w;

	while (done + 1 < n && at[done + 1].point <= point)
		done++;
	assert_int_equal(store_open(&s, &after.store, &w), FAIL_NONE);
	try_wait_init(&wait);
	assert_int_equal(try_finish(t, &wait, account_open(after.store, 7, &wait.wait, &after.account)), FAIL_NONE);
	buf_init(&dump, 64 << 20);
	try_dump(t, after.account, &dump);
	if (!span_eq(buf_span(&dump), buf_span(&at[done].dump)) &&
		!(done + 1 < n && span_eq(buf_span(&dump), buf_span(&at[done + 1].dump)))) {
		print_error("point %zu, after %zu:\n%.*s\nbut was:\n%.*s\n", point, done, SPAN_ARG(buf_span(&dump)),
			SPAN_ARG(buf_span(&at[done].dump)));
		assert_true(false);
	}
	buf_fini(&dump);
	account_close(after.account);
	store_close(after.store);
}

static void power_may_fail_at_any_point(void **state)
{
	(void)state;
	for (uint64_t start = 1; start <= 6; start++) {
		uint64_t seed = start * 0x9e3779b97f4a7c15u;
		struct record_dice dice = record_dice_random(seed);
		struct disk *disk = disk_record(RECORD_HONEST, NULL);
		struct kv *kv = kv_open_memory(), *old[STEPS] = {NULL};
		struct reclaim_order order = {.percent = 100, .compress = start % 3 != 0};
		struct moment at[STEPS];
		struct reclaim_result r;
		struct try_wait w = {.done = true};
		uint64_t removed = 0;
		struct trial t = {0};
		size_t end;

		loop_init(&t.loop);
		open_with(&t, disk, kv);
		store_keep(t.store, start % 2);
		live(&t, t.account, &seed, 40);
		for (size_t i = 0; i < STEPS; i++) {
			if (w.done) {
				removed += i ? r.segments : 0;
				try_wait_init(&w);
				assert_int_equal(store_reclaim(t.store, &order, &r, &w.wait), FAIL_BUSY);
			}
			for (uint64_t turns = try_random(&seed) % 6; turns-- > 0;)
				uv_run(&t.loop.uv, UV_RUN_NOWAIT);
			live(&t, t.account, &seed, i ? 1 : 0);
			at[i].point = record_point(disk);
			try_dump_new(&t, t.account, &at[i].dump);
			old[i] = try_copy_kv(kv);
		}
		assert_int_equal(try_finish(&t, &w, FAIL_BUSY), FAIL_NONE);
		end = record_point(disk);
		assert_true(removed > 0);
		for (int i = 0; i < 80; i++) {
			size_t point = at[0].point + try_random(&seed) % (end - at[0].point + 1), known = 0;

			while (known + 1 < STEPS && at[known + 1].point <= point)
				known++;
			check_state(&t, disk, point, &dice, try_random(&seed) & 1 ? try_copy_kv(old[known]) : NULL, at,
				STEPS);
			(void)record_dice_next(&dice);
		}
		for (size_t i = 0; i < STEPS; i++) {
			buf_fini(&at[i].dump);
			old[i]->ops->close(old[i]);
		}
		account_close(t.account);
		store_close(t.store);
		loop_fini(&t.loop);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(space_comes_back_and_nothing_changes, setup, try_teardown),
		cmocka_unit_test_setup_teardown(what_is_mostly_live_stays, setup, try_teardown),
		cmocka_unit_test_setup_teardown(half_of_the_log_is_live_at_least, setup, try_teardown),
		cmocka_unit_test_setup_teardown(one_body_of_many_messages_is_written_once, setup, try_teardown),
		cmocka_unit_test_setup_teardown(a_message_that_is_carried_about_is_found, setup, try_teardown),
		cmocka_unit_test_setup_teardown(a_ghost_keeps_its_segment, setup, try_teardown),
		cmocka_unit_test_setup_teardown(a_deleted_mailbox_that_is_open_keeps_its_segments, setup, try_teardown),
		cmocka_unit_test_setup_teardown(
			a_copy_that_was_staged_long_ago_is_sent_with_the_new_place, setup, try_teardown),
		cmocka_unit_test_setup_teardown(a_copy_of_what_is_gone_is_passed_over, setup, try_teardown),
		cmocka_unit_test_setup_teardown(bodies_on_their_way_keep_their_segments, setup, try_teardown),
		cmocka_unit_test_setup_teardown(purged_bytes_go_whatever_else_is_live, setup, try_teardown),
		cmocka_unit_test_setup_teardown(what_is_moved_is_smaller_and_reads_the_same, setup, try_teardown),
		cmocka_unit_test_setup_teardown(what_gains_nothing_stays_plain, setup, try_teardown),
		cmocka_unit_test_setup_teardown(what_is_at_rest_is_compressed_once, setup, try_teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_stays, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(it_can_be_ended, setup, try_teardown),
		cmocka_unit_test(many_at_once_lose_nothing),
		cmocka_unit_test(power_may_fail_at_any_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
