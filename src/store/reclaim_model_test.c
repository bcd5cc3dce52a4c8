/* Many things at once while space is given back, against a model: deliveries, copies, moves, expunges, messages that are read piece by piece; then the
 * same after a redo and after a rebuild. */
#include "store/reclaim_try.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_at_once_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
