/* Power loss and kills, replayed: histories are run over the recording disk, and from every point of them a store is opened on what a power loss
 * may have left. Everything acknowledged must be there once, with its flags, and nothing else: the account must look as it did after the
 * last acknowledged change or after one that was under way (DESIGN §2; INV-1, INV-2). Whatever index goes with it, none, an old one or the
 * newest, must come to the same. */
#include "store/try_dump.h"
#include "store/try_step.h"

#include "log/record.h"

enum { MOMENTS_MAX = 400 };

/* The account as it was when a commit was answered. */
struct moment {
	size_t point; /* in the disk's history */
	struct buf dump;
	struct kv_batch index;
};

struct history {
	struct trial t;
	struct disk *disk;
	struct kv *kv;
	struct moment at[MOMENTS_MAX];
	size_t count;
	int pending;
	bool dumping;
};

static bool copy_entry(void *context, struct span key, struct span value)
{
	kv_batch_put(context, key, value);
	return true;
}

static void copy_index(struct kv *kv, struct kv_batch *out)
{
	kv_batch_init(out);
	assert_int_equal(kv->ops->scan(kv, SPAN(""), SPAN(""), copy_entry, out, NULL), FAIL_NONE);
}

static void note_moment(struct history *h)
{
	struct moment *m = &h->at[h->count];

	assert_true(h->count < MOMENTS_MAX);
	m->point = record_point(h->disk);
	try_dump_new(&h->t, h->t.account, &m->dump);
	copy_index(h->kv, &m->index);
	h->count++;
}

static void history_begin(struct history *h, uint32_t segment_size)
{
	struct store_settings s = {.loop = &h->t.loop,
		.segment_size = segment_size,
		.snapshot_least = segment_size ? 600 : 0,
		.report = try_report};
	struct why w;

	memset(h, 0, sizeof(*h));
	loop_init(&h->t.loop);
	h->disk = s.disk = disk_record(RECORD_HONEST, NULL);
	h->kv = s.kv = kv_open_memory();
	assert_int_equal(store_open(&s, &h->t.store, &w), FAIL_NONE);
	store_keep(h->t.store, true);
	h->t.account = try_account(&h->t, 7);
	note_moment(h);
}

static void history_end(struct history *h)
{
	account_close(h->t.account);
	store_close(h->t.store);
	for (int i = 0; i < 10; i++)
		loop_turn(&h->t.loop);
	loop_fini(&h->t.loop);
	for (size_t i = 0; i < h->count; i++) {
		buf_fini(&h->at[i].dump);
		kv_batch_fini(&h->at[i].index);
	}
}

struct change {
	struct store_wait wait;
	struct history *h;
	struct batch *b;
};

static void change_done(struct store_wait *w, enum fail f)
{
	struct change *c = CONTAINER_OF(w, struct change, wait);

	assert_int_not_equal(f, FAIL_UNKNOWN);
	note_moment(c->h);
	c->h->pending--;
	batch_free(c->b);
	free(c);
}

static void history_commit(struct history *h, struct batch *b)
{
	struct change *c = NEW(struct change);

	c->h = h;
	c->b = b;
	store_wait_init(&c->wait, change_done);
	if (batch_empty(b)) {
		batch_free(b);
		free(c);
		return;
	}
	h->pending++;
	assert_int_equal(batch_commit(b, &c->wait), FAIL_BUSY);
}

static void history_settle(struct history *h)
{
	while (h->pending)
		uv_run(&h->t.loop.uv, UV_RUN_ONCE);
}

/* ── After the loss ── */

static bool rebuilt;

static void watch_report(void *context, const char *text)
{
	try_report(context, text);
	if (span_find(span_of(text), SPAN("made anew")) != SIZE_MAX)
		rebuilt = true;
	assert_true(span_find(span_of(text), SPAN("rot in the log")) == SIZE_MAX);
}

static size_t acknowledged(const struct history *h, size_t point)
{
	size_t n = 0;

	while (n < h->count && h->at[n].point <= point)
		n++;
	return n; /* moments before n were */
}

/* What index is found beside the log. */
enum beside { NO_INDEX, AN_INDEX, INDEX_BEHIND /* its rows are newer than the place that it names */, INDEX_AHEAD };

static void set_back(struct kv *kv)
{
	static const char key[9] = {0};
	struct kv_batch b;
	struct buf value;

	buf_init(&value, 1000);
	kv_batch_init(&b);
	assert_int_equal(kv->ops->get(kv, span(key, sizeof(key)), &value, NULL), FAIL_NONE);
	memset(value.p + 1, 0, 8);
	kv_batch_put(&b, span(key, sizeof(key)), buf_span(&value));
	assert_int_equal(kv->ops->write(kv, &b, NULL), FAIL_NONE);
	kv_batch_fini(&b);
	buf_fini(&value);
}

static void check_state(
	struct history *h, size_t point, struct record_dice *dice, enum beside beside, const struct kv_batch *index)
{
	struct trial t = {0};
	struct store_settings s = {.loop = &h->t.loop,
		.disk = record_state(h->disk, point, dice),
		.kv = kv_open_memory(),
		.report = watch_report};
	size_t acked = acknowledged(h, point), found = h->count;
	struct buf dump;
	struct why w;

	rebuilt = false;
	if (index)
		assert_int_equal(s.kv->ops->write(s.kv, index, &w), FAIL_NONE);
	if (beside == INDEX_BEHIND)
		set_back(s.kv);
	assert_int_equal(store_open(&s, &t.store, &w), FAIL_NONE);
	assert_false(rebuilt && beside != INDEX_AHEAD &&
		     beside != NO_INDEX); /* what is acknowledged to be in the index is in the log */
	/* The loop is the history's: nothing of it is in flight. */
	if (acked) {
		struct try_wait wait;

		try_wait_init(&wait);
		assert_int_equal(try_finish(&h->t, &wait, account_open(t.store, 7, &wait.wait, &t.account)), FAIL_NONE);
		try_dump_new(&t, t.account, &dump);
		for (size_t i = acked - 1; i < h->count; i++)
			if (span_eq(buf_span(&dump), buf_span(&h->at[i].dump)))
				found = i;
		if (found == h->count)
			print_error("point %zu, acknowledged %zu:\n%.*s\nbut was:\n%.*s\n", point, acked,
				SPAN_ARG(buf_span(&dump)), SPAN_ARG(buf_span(&h->at[acked - 1].dump)));
		assert_true(found < h->count);
		buf_fini(&dump);
		account_close(t.account);
	}
	store_close(t.store);
}

/* Two messages, then something that is done to them, twice, then to what of them is kept. */
static struct batch *short_step(struct history *h, int i, uint64_t *seed)
{
	struct batch *b = batch_begin(h->t.account);
	struct mailbox *m = try_mailbox(&h->t, h->t.account, "INBOX");

	if (!i) {
		try_stage_message(&h->t, b, mailbox_id(m), seed, false);
		try_stage_message(&h->t, b, mailbox_id(m), seed, false);
	} else if (i == 3) {
		try_stage_kept(&h->t, b, h->t.account, try_info(h->t.account, "Sent").id, seed);
	} else {
		while (batch_empty(b))
			try_stage_rows(&h->t, b, m, try_info(h->t.account, "Archive").id, seed);
	}
	mailbox_close(m);
	return b;
}

static void short_histories_lose_nothing(void **state)
{
	size_t states = 0;

	(void)state;
	for (uint64_t start = 1; start <= 10 * record_effort(); start++) {
		uint64_t seed = start * 0x9e3779b97f4a7c15u;
		struct history h;
		size_t end;

		history_begin(&h, 0);
		for (int i = 0; i < 4; i++) {
			history_commit(&h, short_step(&h, i, &seed));
			history_settle(&h);
		}
		end = record_point(h.disk);
		for (size_t point = h.at[0].point; point <= end; point++) {
			struct record_dice dice = record_dice_exhaustive();
			int tries = 0;

			do {
				check_state(&h, point, &dice, NO_INDEX, NULL);
				states++;
			} while (++tries < 300 && record_dice_next(&dice));
		}
		history_end(&h);
	}
	print_message("%zu states\n", states);
}

static void long_histories_lose_nothing(void **state)
{
	(void)state;
	for (uint64_t start = 1; start <= 12 * record_effort(); start++) {
		uint64_t seed = start * 0x2545f4914f6cdd1du;
		struct record_dice dice = record_dice_random(seed);
		struct history h;
		size_t end;

		history_begin(&h, start % 2 ? 0 : 32 << 10);
		for (int i = 0; i < 25; i++) {
			for (uint64_t n = try_random(&seed) % 4; n-- > 0;)
				history_commit(&h, try_random_batch(&h.t, h.t.account, &seed, true));
			history_commit(&h, try_random_batch(&h.t, h.t.account, &seed, true));
			history_settle(&h);
		}
		end = record_point(h.disk);
		for (int i = 0; i < 60; i++) {
			size_t point = try_random(&seed) % (end + 1), acked = acknowledged(&h, point);
			const struct kv_batch *index = NULL;
			enum beside beside = try_random(&seed) % 4;

			if (!acked)
				beside = NO_INDEX;
			if (beside == AN_INDEX || beside == INDEX_BEHIND) /* an old one, or the newest */
				index = &h.at[try_random(&seed) % 2 ? acked - 1 : try_random(&seed) % acked].index;
			else if (beside == INDEX_AHEAD)
				index = &h.at[acked + try_random(&seed) % (h.count - acked + 1) - 1].index;
			check_state(&h, point, &dice, beside, index);
			(void)record_dice_next(&dice);
		}
		history_end(&h);
	}
}

/* A test that cannot fail proves nothing: when the disk lies about its syncs, mail must be seen to be lost. */
static void a_lying_disk_is_noticed(void **state)
{
	struct store_settings s = {0};
	struct record_dice dice = record_dice_random(99);
	struct trial t = {0};
	struct disk *lying = disk_record(RECORD_SYNC_IS_NOTHING, NULL);
	bool lost = false;
	struct why w;

	(void)state;
	loop_init(&t.loop);
	s = (struct store_settings){.loop = &t.loop, .disk = lying, .kv = kv_open_memory()};
	assert_int_equal(store_open(&s, &t.store, &w), FAIL_NONE);
	t.account = try_account(&t, 7);
	try_deliver(&t, t.account, try_info(t.account, "INBOX").id, SPAN("a: b\r\n\r\nc\r\n"));
	for (int i = 0; i < 50 && !lost; i++) {
		struct store_settings after = {.loop = &t.loop,
			.disk = record_state(lying, record_point(lying), &dice),
			.kv = kv_open_memory()};
		struct account *a;
		struct store *store;
		struct try_wait wait;

		(void)record_dice_next(&dice);
		if (store_open(&after, &store, &w)) {
			lost = true;
			continue;
		}
		try_wait_init(&wait);
		if (try_finish(&t, &wait, account_open(store, 7, &wait.wait, &a)) || try_info(a, "INBOX").messages != 1)
			lost = true;
		account_close(a);
		store_close(store);
	}
	assert_true(lost);
	account_close(t.account);
	store_close(t.store);
	for (int i = 0; i < 10; i++)
		loop_turn(&t.loop);
	loop_fini(&t.loop);
}

static int count_states(void **state)
{
	(void)state;
	print_message("%zu states of a power loss\n", record_states());
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_histories_lose_nothing),
		cmocka_unit_test(long_histories_lose_nothing),
		cmocka_unit_test(a_lying_disk_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, count_states);
}
