/* For the tests of giving space back: a store of small segments, messages that are told apart by their numbers. Nothing here is part of the program. */
#ifndef STORE_RECLAIM_TRY_H
#define STORE_RECLAIM_TRY_H

#include "store/try_step.h"

#include "log/record.h"
#include "store/inside.h"
#include "store/reclaim.h"

enum { SEGMENT = 48 << 10 };

static inline void open_with(struct trial *t, struct disk *disk, struct kv *kv)
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

static inline int setup(void **state)
{
	struct trial *t = NEW(struct trial);

	loop_init(&t->loop);
	open_with(t, disk_memory(), kv_open_memory());
	*state = t;
	return 0;
}

static inline enum fail reclaim_as(struct trial *t, const struct reclaim_order *order, struct reclaim_result *out)
{
	struct try_wait w;

	try_wait_init(&w);
	return try_finish(t, &w, store_reclaim(t->store, order, out, &w.wait));
}

static inline struct reclaim_result reclaim(struct trial *t, unsigned percent)
{
	struct reclaim_order order = {.percent = percent};
	struct reclaim_result r = {0};

	assert_int_equal(reclaim_as(t, &order, &r), FAIL_NONE);
	return r;
}

static inline void live(struct trial *t, struct account *a, uint64_t *seed, int n)
{
	for (int i = 0; i < n; i++)
		assert_int_not_equal(try_commit(t, try_random_batch(t, a, seed, true)), FAIL_UNKNOWN);
}

static inline void expunge(struct trial *t, const char *name, uint32_t first, uint32_t last)
{
	struct mailbox *m = try_mailbox(t, t->account, name);
	struct batch *b = batch_begin(t->account);
	struct why w;

	assert_int_equal(batch_expunge(b, m, first, last, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	mailbox_close(m);
}

/* A text that nobody else has. */
static inline struct span text_of(uint64_t number, size_t n)
{
	static char text[1 << 20];
	uint64_t seed = number * 0x9e3779b97f4a7c15u + 1;
	int head = snprintf(text, sizeof(text), "Subject: %llu\r\n\r\n", (unsigned long long)number);

	for (size_t i = (size_t)head; i < n; i++)
		text[i] = i % 80 == 78 ? '\r' : i % 80 == 79 ? '\n' : (char)('a' + try_random(&seed) % 26);
	return span(text, n > (size_t)head ? n : (size_t)head);
}

static inline void assert_reads(struct trial *t, struct account *a, const struct message *msg, struct span want)
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

/* Much that is dead. */
static inline void fill(struct trial *t, int n)
{
	for (int i = 0; i < n; i++)
		try_deliver(t, t->account, try_info(t->account, "Junk").id, text_of(1000 + (uint64_t)i, 9000));
	expunge(t, "Junk", 1, UINT32_MAX);
}

static inline void never_mind(struct feed_reader *r)
{
	(void)r;
}

#endif
