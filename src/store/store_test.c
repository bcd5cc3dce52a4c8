/* The store's conformance suite: what store.h and batch.h promise, over every engine. */
#include "store/try.h"

#include "base/arena.h"
#include "mime/mime.h"

#define LETTER "From: a@example.org\r\nSubject: hello\r\n\r\nBody\r\n"

static void standard_mailboxes_are_there(void **state)
{
	struct trial *t = *state;
	struct mailbox_info info;

	assert_int_equal(account_mailboxes(t->account), 6);
	account_mailbox_at(t->account, 0, &info);
	assert_true(span_eq(info.name, SPAN("INBOX")));
	account_mailbox_at(t->account, 1, &info);
	assert_true(span_eq(info.name, SPAN("Archive")));
	info = try_info(t->account, "Sent");
	assert_int_equal(info.special_use, USE_SENT);
	assert_true(info.subscribed);
	assert_int_equal(info.uid_next, 1);
	assert_true(info.uidvalidity > 1000000000);
	assert_true(info.highest_modseq >= 1);
	assert_int_equal(account_subscriptions(t->account), 6);
	assert_int_equal(account_mailbox_find(t->account, SPAN("inbox"), &info), FAIL_NONE);
	assert_int_equal(account_mailbox_find(t->account, SPAN("Nowhere"), &info), FAIL_NOT_FOUND);
}

static void message_comes_back_byte_for_byte(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct batch *b = batch_begin(t->account);
	struct body *body = try_body(t, SPAN("a: b\n\nbare\rcr\nnul\0.\r\n"));
	struct span keyword = SPAN("$Forwarded");
	struct new_message n = {.body = body,
		.prefix = SPAN("Return-Path: <x@y>\r\n"),
		.flags = MESSAGE_FLAGGED,
		.keywords = &keyword,
		.keyword_count = 1,
		.internal_date = -5,
		.internal_zone = -330};
	struct message msg;
	struct buf out;
	struct why w;
	struct span want = SPAN("Return-Path: <x@y>\r\na: b\r\n\r\nbare\rcr\r\nnul\0.\r\n");

	assert_int_equal(batch_message(b, mailbox_id(m), &n, &w), FAIL_NONE);
	body_free(body);
	assert_int_equal(mailbox_count(m), 0);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_int_equal(mailbox_count(m), 1);
	mailbox_at(m, 0, &msg);
	assert_int_equal(msg.uid, 1);
	assert_int_equal(msg.size, want.n);
	assert_int_equal(msg.internal_date, -5);
	assert_int_equal(msg.internal_zone, -330);
	assert_int_equal(msg.prefix, 20);
	assert_true(msg.flags & MESSAGE_FLAGGED);
	assert_true(msg.flags >> mailbox_keyword_bit(m, SPAN("$forwarded")) & 1);
	buf_init(&out, 1 << 20);
	for (size_t from = 0; from <= want.n; from++) {
		for (size_t count = 0; count <= want.n + 3; count++) {
			buf_reset(&out);
			try_read(t, t->account, &msg, from, count, &out);
			assert_true(span_eq(buf_span(&out), span_first(span_skip(want, from), count)));
		}
	}
	buf_fini(&out);
	mailbox_close(m);
}

static void big_body_goes_over_chunks(void **state)
{
	static const size_t sizes[] = {
		0, 1, LOG_CHUNK_MAX - 1, LOG_CHUNK_MAX, LOG_CHUNK_MAX + 1, 2 * LOG_CHUNK_MAX, 3 * LOG_CHUNK_MAX + 77};
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");

	for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
		char *bytes = memory_new(sizes[k] + 1);
		struct message msg;
		struct buf out;

		for (size_t i = 0; i < sizes[k]; i++)
			bytes[i] = (char)('a' + i * 7 % 23);
		try_deliver(t, t->account, mailbox_id(m), span(bytes, sizes[k]));
		mailbox_at(m, k, &msg);
		assert_int_equal(msg.size, sizes[k]);
		buf_init(&out, 4 << 20);
		try_read(t, t->account, &msg, 0, 1 << 20, &out);
		assert_true(span_eq(buf_span(&out), span(bytes, sizes[k] < 1 << 20 ? sizes[k] : 1 << 20)));
		buf_reset(&out);
		if (sizes[k] > LOG_CHUNK_MAX) {
			try_read(t, t->account, &msg, LOG_CHUNK_MAX - 3, 10, &out);
			assert_true(span_eq(buf_span(&out),
				span_first(span(bytes + LOG_CHUNK_MAX - 3, sizes[k] - LOG_CHUNK_MAX + 3), 10)));
		}
		buf_fini(&out);
		free(bytes);
	}
	mailbox_close(m);
}

static void lines_end_in_crlf_wherever_cut(void **state)
{
	struct trial *t = *state;
	struct span raw = SPAN("\na\r\nb\n\n\r\n\rc\n\r"), want = SPAN("\r\na\r\nb\r\n\r\n\r\n\rc\r\n\r");
	struct why w;

	for (size_t cut = 0; cut <= raw.n; cut++) {
		struct body_writer *bw = body_begin(t->store);
		struct body *body;

		assert_int_equal(body_append(bw, span_first(raw, cut), &w), FAIL_NONE);
		assert_int_equal(body_append(bw, span_skip(raw, cut), &w), FAIL_NONE);
		assert_int_equal(body_size_so_far(bw), want.n);
		assert_int_equal(body_end(bw, &body, &w), FAIL_NONE);
		assert_int_equal(body_size(body), want.n);
		body_free(body);
	}
}

static void structure_is_kept(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	const struct mime_structure *s;
	struct try_wait w;
	struct message msg;
	struct arena arena;
	struct buf out;

	try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	mailbox_at(m, 0, &msg);
	buf_init(&out, MIME_STRUCTURE_MAX);
	arena_init(&arena, 1 << 20);
	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, message_structure(t->account, &msg, &out, &w.wait)), FAIL_NONE);
	assert_int_equal(mime_structure_open(buf_span(&out), &arena, &s), FAIL_NONE);
	assert_true(span_find(mime_envelope_text(s), SPAN("hello")) != SIZE_MAX);
	arena_fini(&arena);
	buf_fini(&out);
	mailbox_close(m);
}

static void flags_add_remove_replace(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct message msg;
	uint64_t modseq;

	for (int i = 0; i < 3; i++)
		try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	assert_int_equal(try_info(t->account, "INBOX").unseen, 3);
	assert_int_equal(try_flags(t, m, 1, 2, FLAGS_ADD, MESSAGE_SEEN, "Work"), FAIL_NONE);
	assert_int_equal(try_info(t->account, "INBOX").unseen, 1);
	mailbox_at(m, 0, &msg);
	modseq = msg.modseq;
	assert_int_equal(modseq, try_info(t->account, "INBOX").highest_modseq);
	assert_int_equal(try_flags(t, m, 1, 1, FLAGS_ADD, MESSAGE_SEEN, NULL), FAIL_NONE);
	mailbox_at(m, 0, &msg);
	assert_int_equal(msg.modseq, modseq); /* nothing changed, so nothing is new (RFC 7162 §3.1.3) */
	assert_int_equal(try_flags(t, m, 2, UINT32_MAX, FLAGS_REPLACE, MESSAGE_DELETED, NULL), FAIL_NONE);
	mailbox_at(m, 1, &msg);
	assert_int_equal(msg.flags, MESSAGE_DELETED);
	assert_int_equal(try_info(t->account, "INBOX").deleted, 2);
	assert_int_equal(try_info(t->account, "INBOX").unseen, 2);
	assert_int_equal(try_flags(t, m, 1, 1, FLAGS_REMOVE, 0, "work"), FAIL_NONE);
	assert_int_equal(try_flags(t, m, 1, 1, FLAGS_REMOVE, 0, "never-used"), FAIL_NONE);
	assert_int_equal(mailbox_keyword_bit(m, SPAN("never-used")), -1);
	mailbox_at(m, 0, &msg);
	assert_int_equal(msg.flags, MESSAGE_SEEN);
	mailbox_close(m);
}

static void keywords_are_limited(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	char name[200];

	try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	for (int i = 0; i < KEYWORDS_MAX; i++) {
		snprintf(name, sizeof(name), "k%d", i);
		assert_int_equal(try_flags(t, m, 1, 1, FLAGS_ADD, 0, name), FAIL_NONE);
	}
	assert_int_equal(try_flags(t, m, 1, 1, FLAGS_ADD, 0, "one-more"), FAIL_LIMIT);
	assert_int_equal(try_flags(t, m, 1, 1, FLAGS_ADD, 0, "K3"), FAIL_NONE);
	memset(name, 'x', sizeof(name));
	name[KEYWORD_NAME_MAX + 1] = 0;
	assert_int_equal(try_flags(t, m, 1, 1, FLAGS_ADD, 0, name), FAIL_LIMIT);
	assert_true(span_eq(mailbox_keyword_name(m, mailbox_keyword_bit(m, SPAN("k55"))), SPAN("k55")));
	mailbox_close(m);
}

static void copy_and_move(void **state)
{
	struct trial *t = *state;
	struct mailbox *in = try_mailbox(t, t->account, "INBOX"), *out = try_mailbox(t, t->account, "Archive");
	struct batch *b;
	struct message first, second, msg;
	struct try_wait w;
	struct buf one, two;
	struct why why;
	const uint32_t *uids;

	for (int i = 0; i < 3; i++)
		try_deliver(t, t->account, mailbox_id(in), SPAN(LETTER));
	assert_int_equal(try_flags(t, in, 1, 2, FLAGS_ADD, MESSAGE_SEEN, "Other"), FAIL_NONE);
	assert_int_equal(try_flags(t, in, 1, 2, FLAGS_ADD, 0, "Work"), FAIL_NONE);
	mailbox_at(in, 0, &first);
	mailbox_at(in, 1, &second);
	b = batch_begin(t->account);
	assert_int_equal(batch_copy(b, in, &first, mailbox_id(out), &why), FAIL_NONE);
	assert_int_equal(batch_move(b, in, &second, mailbox_id(out), &why), FAIL_NONE);
	assert_int_equal(batch_move(b, in, &second, mailbox_id(out), &why), FAIL_NONE); /* named twice: moves once */
	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, batch_commit(b, &w.wait)), FAIL_NONE);
	assert_int_equal(batch_uids(b, &uids), 2);
	assert_int_equal(uids[0], 1);
	assert_int_equal(uids[1], 2);
	batch_free(b);
	assert_int_equal(mailbox_count(in), 2);
	assert_int_equal(mailbox_count(out), 2);
	mailbox_at(out, 0, &msg);
	assert_true(msg.id != first.id);
	assert_true(msg.flags >> mailbox_keyword_bit(out, SPAN("Work")) & 1);
	mailbox_at(out, 1, &msg);
	assert_true(msg.id == second.id);
	assert_true(msg.flags & MESSAGE_SEEN);
	assert_true(msg.flags >> mailbox_keyword_bit(out, SPAN("Other")) & 1);
	buf_init(&one, 100);
	buf_init(&two, 100);
	message_uidl(in, &second, &one);
	message_uidl(out, &msg, &two);
	assert_true(span_eq(buf_span(&one), buf_span(&two)));
	buf_fini(&one);
	buf_fini(&two);
	assert_false(mailbox_message(in, 2, &msg));
	mailbox_close(in);
	mailbox_close(out);
}

static void imported_uidl_stays(void **state)
{
	struct trial *t = *state;
	struct mailbox *in = try_mailbox(t, t->account, "INBOX"), *out = try_mailbox(t, t->account, "Archive");
	struct batch *b = batch_begin(t->account);
	struct body *body = try_body(t, SPAN(LETTER));
	struct new_message n = {.body = body, .uidl = SPAN("old!uidl~1")};
	struct message msg;
	struct buf text;
	struct why w;

	assert_int_equal(batch_message(b, mailbox_id(in), &n, &w), FAIL_NONE);
	n.uidl = SPAN("with space");
	assert_int_equal(batch_message(b, mailbox_id(in), &n, &w), FAIL_CANNOT);
	body_free(body);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	mailbox_at(in, 0, &msg);
	buf_init(&text, 100);
	message_uidl(in, &msg, &text);
	assert_true(span_eq(buf_span(&text), SPAN("old!uidl~1")));
	b = batch_begin(t->account);
	assert_int_equal(batch_move(b, in, &msg, mailbox_id(out), &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	mailbox_at(out, 0, &msg);
	buf_reset(&text);
	message_uidl(out, &msg, &text);
	assert_true(span_eq(buf_span(&text), SPAN("old!uidl~1")));
	buf_fini(&text);
	mailbox_close(in);
	mailbox_close(out);
}

static void move_of_what_is_gone_does_nothing(void **state)
{
	struct trial *t = *state;
	struct mailbox *in = try_mailbox(t, t->account, "INBOX"), *out = try_mailbox(t, t->account, "Archive");
	struct batch *gone = batch_begin(t->account), *move = batch_begin(t->account);
	struct message msg;
	struct try_wait w;
	struct why why;
	const uint32_t *uids;

	try_deliver(t, t->account, mailbox_id(in), SPAN(LETTER));
	mailbox_at(in, 0, &msg);
	assert_int_equal(batch_expunge(gone, in, 1, 1, &why), FAIL_NONE);
	assert_int_equal(batch_move(move, in, &msg, mailbox_id(out), &why), FAIL_NONE);
	assert_int_equal(batch_commit(gone, NULL), FAIL_BUSY); /* both in flight at once */
	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, batch_commit(move, &w.wait)), FAIL_NONE);
	assert_int_equal(batch_uids(move, &uids), 0);
	batch_free(move);
	assert_int_equal(mailbox_count(in), 0);
	assert_int_equal(mailbox_count(out), 0);
	mailbox_close(in);
	mailbox_close(out);
}

/* A keyword that is set while a move of its message is staged goes with it. */
static void move_takes_what_is_in_flight(void **state)
{
	struct trial *t = *state;
	struct mailbox *in = try_mailbox(t, t->account, "INBOX"), *out = try_mailbox(t, t->account, "Archive");
	struct batch *flags = batch_begin(t->account), *move = batch_begin(t->account);
	struct span name = SPAN("Late");
	struct flag_set set = {.keywords = &name, .keyword_count = 1};
	struct message msg;
	struct why w;

	try_deliver(t, t->account, mailbox_id(in), SPAN(LETTER));
	mailbox_at(in, 0, &msg);
	assert_int_equal(batch_move(move, in, &msg, mailbox_id(out), &w), FAIL_NONE);
	assert_int_equal(batch_flags(flags, in, 1, 1, FLAGS_ADD, &set, &w), FAIL_NONE);
	assert_int_equal(batch_commit(flags, NULL), FAIL_BUSY);
	assert_int_equal(try_commit(t, move), FAIL_NONE);
	assert_int_equal(mailbox_count(out), 1);
	mailbox_at(out, 0, &msg);
	assert_true(mailbox_keyword_bit(out, SPAN("Late")) > 0);
	assert_true(msg.flags >> mailbox_keyword_bit(out, SPAN("Late")) & 1);
	mailbox_close(in);
	mailbox_close(out);
}

static void expunge_of_ranges(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct batch *b = batch_begin(t->account);
	struct why w;

	for (int i = 0; i < 10; i++)
		try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	assert_int_equal(batch_expunge(b, m, 9, 9, &w), FAIL_NONE);
	assert_int_equal(batch_expunge(b, m, 2, 4, &w), FAIL_NONE);
	assert_int_equal(batch_expunge(b, m, 4, 5, &w), FAIL_NONE);
	assert_int_equal(batch_expunge(b, m, 50, 90, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_int_equal(mailbox_count(m), 5);
	assert_int_equal(mailbox_uid_at(m, 0), 1);
	assert_int_equal(mailbox_uid_at(m, 1), 6);
	assert_int_equal(mailbox_uid_at(m, 3), 8);
	assert_int_equal(mailbox_uid_at(m, 4), 10);
	assert_int_equal(mailbox_lower_bound(m, 2), 1);
	assert_int_equal(try_info(t->account, "INBOX").messages, 5);
	assert_int_equal(try_info(t->account, "INBOX").size, 5 * (sizeof(LETTER) - 1));
	b = batch_begin(t->account);
	assert_int_equal(batch_expunge(b, m, 1, UINT32_MAX, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_int_equal(mailbox_count(m), 0);
	assert_int_equal(try_info(t->account, "INBOX").uid_next, 11);
	assert_int_equal(try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER)), 11);
	mailbox_close(m);
}

static void recent_mark_only_grows(void **state)
{
	struct trial *t = *state;
	struct mailbox_info info = try_info(t->account, "INBOX");
	struct batch *b;
	struct why w;
	uint64_t modseq;

	try_deliver(t, t->account, info.id, SPAN(LETTER));
	modseq = try_info(t->account, "INBOX").highest_modseq;
	b = batch_begin(t->account);
	assert_int_equal(batch_recent(b, info.id, 2, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	b = batch_begin(t->account);
	assert_int_equal(batch_recent(b, info.id, 1, &w), FAIL_NONE);
	assert_true(batch_empty(b));
	assert_int_equal(batch_commit(b, NULL), FAIL_NONE); /* frees itself */
	assert_int_equal(try_info(t->account, "INBOX").recent_from, 2);
	assert_int_equal(try_info(t->account, "INBOX").highest_modseq, modseq);
}

/* ── Order and waiting ── */

static struct {
	int at[64];
	int n;
} order;

struct ordered {
	struct store_wait wait;
	struct batch *batch;
	int number;
	enum fail want;
	bool done;
};

static void ordered_done(struct store_wait *w, enum fail f)
{
	struct ordered *o = CONTAINER_OF(w, struct ordered, wait);

	assert_int_equal(f, o->want);
	order.at[order.n++] = o->number;
	o->done = true;
	batch_free(o->batch);
}

static void commits_are_answered_in_order(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct ordered o[6];
	struct body *body = try_body(t, SPAN(LETTER));
	struct new_message n = {.body = body};
	struct mailbox_info doomed;
	struct why w;

	assert_int_equal(try_create(t, "Doomed"), FAIL_NONE);
	doomed = try_info(t->account, "Doomed");
	order.n = 0;
	for (int i = 0; i < 6; i++) {
		o[i] = (struct ordered){.batch = batch_begin(t->account), .number = i};
		store_wait_init(&o[i].wait, ordered_done);
	}
	assert_int_equal(batch_message(o[0].batch, mailbox_id(m), &n, &w), FAIL_NONE);
	assert_int_equal(batch_mailbox_create(o[1].batch, SPAN("Sent"), USE_NONE, &w), FAIL_NONE);
	o[1].want = FAIL_EXISTS;
	assert_int_equal(batch_message(o[2].batch, doomed.id, &n, &w), FAIL_NONE);
	assert_int_equal(batch_mailbox_delete(o[3].batch, doomed.id, &w), FAIL_NONE);
	assert_int_equal(batch_message(o[4].batch, doomed.id, &n, &w), FAIL_NONE);
	o[4].want = FAIL_CONFLICT;
	assert_int_equal(batch_message(o[5].batch, mailbox_id(m), &n, &w), FAIL_NONE);
	body_free(body);
	for (int i = 0; i < 6; i++)
		assert_int_equal(batch_commit(o[i].batch, &o[i].wait), FAIL_BUSY);
	assert_int_equal(order.n, 0); /* never from inside the call */
	while (order.n < 6)
		uv_run(&t->loop.uv, UV_RUN_ONCE);
	for (int i = 0; i < 6; i++)
		assert_int_equal(order.at[i], i);
	assert_int_equal(mailbox_count(m), 2);
	mailbox_close(m);
}

static void cancelled_waits_are_not_called(void **state)
{
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct try_wait w;
	struct batch *b = batch_begin(t->account);
	struct body *body = try_body(t, SPAN(LETTER));
	struct new_message n = {.body = body};
	struct why why;

	assert_int_equal(batch_message(b, mailbox_id(m), &n, &why), FAIL_NONE);
	body_free(body);
	try_wait_init(&w);
	assert_int_equal(batch_commit(b, &w.wait), FAIL_BUSY);
	store_wait_cancel(&w.wait);
	batch_free(b); /* allowed either way */
	try_deliver(t, t->account, mailbox_id(m), SPAN(LETTER));
	assert_false(w.done);
	assert_int_equal(mailbox_count(m), 2);
	mailbox_close(m);
}

static void many_flags_in_one_range_are_quick(void **state)
{
	enum { MANY = 10000 };
	struct trial *t = *state;
	struct mailbox *m = try_mailbox(t, t->account, "INBOX");
	struct batch *b = batch_begin(t->account);
	struct body *body = try_body(t, SPAN(LETTER));
	struct new_message n = {.body = body};
	struct why w;
	int64_t before;

	for (int i = 0; i < MANY; i++)
		assert_int_equal(batch_message(b, mailbox_id(m), &n, &w), FAIL_NONE);
	body_free(body);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_int_equal(mailbox_count(m), MANY);
	before = clock_mono_ms();
	assert_int_equal(try_flags(t, m, 1, UINT32_MAX, FLAGS_ADD, MESSAGE_SEEN, NULL), FAIL_NONE);
	assert_true(
		clock_mono_ms() - before < 5000); /* under sanitizers, on a busy machine: it must not be quadratic */
	assert_int_equal(try_info(t->account, "INBOX").unseen, 0);
	before = clock_mono_ms();
	b = batch_begin(t->account);
	for (uint32_t uid = 1; uid <= MANY; uid += 2)
		assert_int_equal(batch_expunge(b, m, uid, uid, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	assert_true(clock_mono_ms() - before < 5000);
	assert_int_equal(mailbox_count(m), MANY / 2);
	mailbox_close(m);
}

static void accounts_are_apart(void **state)
{
	struct trial *t = *state;
	struct account *other = try_account(t, 8), *same = try_account(t, 7);
	struct account *none;

	assert_ptr_equal(same, t->account);
	try_deliver(t, other, try_info(other, "INBOX").id, SPAN(LETTER));
	assert_int_equal(try_info(t->account, "INBOX").messages, 0);
	assert_int_equal(try_info(other, "INBOX").messages, 1);
	assert_int_equal(account_open(t->store, 0, NULL, &none), FAIL_NOT_FOUND);
	account_close(other);
	account_close(same);
}

#define SUITE(setup)                                                                                                   \
	cmocka_unit_test_setup_teardown(standard_mailboxes_are_there, setup, try_teardown),                            \
		cmocka_unit_test_setup_teardown(message_comes_back_byte_for_byte, setup, try_teardown),                \
		cmocka_unit_test_setup_teardown(big_body_goes_over_chunks, setup, try_teardown),                       \
		cmocka_unit_test_setup_teardown(lines_end_in_crlf_wherever_cut, setup, try_teardown),                  \
		cmocka_unit_test_setup_teardown(structure_is_kept, setup, try_teardown),                               \
		cmocka_unit_test_setup_teardown(flags_add_remove_replace, setup, try_teardown),                        \
		cmocka_unit_test_setup_teardown(keywords_are_limited, setup, try_teardown),                            \
		cmocka_unit_test_setup_teardown(copy_and_move, setup, try_teardown),                                   \
		cmocka_unit_test_setup_teardown(imported_uidl_stays, setup, try_teardown),                             \
		cmocka_unit_test_setup_teardown(move_of_what_is_gone_does_nothing, setup, try_teardown),               \
		cmocka_unit_test_setup_teardown(move_takes_what_is_in_flight, setup, try_teardown),                    \
		cmocka_unit_test_setup_teardown(expunge_of_ranges, setup, try_teardown),                               \
		cmocka_unit_test_setup_teardown(recent_mark_only_grows, setup, try_teardown),                          \
		cmocka_unit_test_setup_teardown(commits_are_answered_in_order, setup, try_teardown),                   \
		cmocka_unit_test_setup_teardown(cancelled_waits_are_not_called, setup, try_teardown),                  \
		cmocka_unit_test_setup_teardown(many_flags_in_one_range_are_quick, setup, try_teardown),               \
		cmocka_unit_test_setup_teardown(accounts_are_apart, setup, try_teardown)

int main(void)
{
	const struct CMUnitTest memory[] = {SUITE(try_setup_memory)}, local[] = {SUITE(try_setup_local)};
	int failed = cmocka_run_group_tests_name("engine mem", memory, NULL, NULL);

	return failed + cmocka_run_group_tests_name("engine local", local, NULL, NULL);
}
