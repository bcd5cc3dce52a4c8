/* Kept messages stand packed in the index: blocks and their bytes; and at random, whatever order they come, go and come back in, the account has those
 * that a model has, in the order of their places, and the index is what the log says. */
#include "store/try.h"

#include "log/disk.h"
#include "store/inside.h"
#include "store/kept_inner.h"
#include "store/rebuild.h"

#define LETTER "Subject: hello\r\n\r\nBody\r\n"

/* ── Bytes ── */

static struct kept_item random_item(uint64_t *seed, uint64_t id)
{
	struct kept_item item = {.mailbox = 3, .time = 1700000000};

	item.row.id = id;
	item.row.uid = (uint32_t)try_random(seed);
	item.row.flags = try_random(seed);
	item.row.internal_date = (int64_t)try_random(seed) - (1 << 20);
	item.row.zone = (int16_t)(try_random(seed) % 1440 - 720);
	item.row.size = (uint32_t)(try_random(seed) % 10000);
	item.row.body = (struct log_pos){(uint32_t)(1 + try_random(seed) % 9), (uint32_t)try_random(seed)};
	return item;
}

static void blocks_are_what_went_in(void **state)
{
	uint64_t seed = 11;
	struct kept_list in = {0}, out = {0}, spoiled = {0};
	struct buf bytes;

	(void)state;
	buf_init(&bytes, BLOCK_VALUE_MAX);
	for (int round = 0; round < 200; round++) {
		size_t n = 1 + try_random(&seed) % 150, from = 0;

		for (size_t i = 0; i < n; i++) {
			struct kept_item item = random_item(&seed, 5000 - i * 3);

			item.mailbox = round % 3 ? 3 : 3 + i / 20;
			kept_list_add(&in, &item, i % 7 ? SPAN("") : span_of("imported"));
		}
		kept_list_sort(&in);
		while (from < n) {
			buf_reset(&bytes);
			from += kept_block_encode(&in, from, &bytes);
			assert_true(kept_block_decode(buf_span(&bytes), &out));
			assert_false(kept_block_decode(span_first(buf_span(&bytes), bytes.n - 1), &spoiled));
			kept_list_reset(&spoiled);
		}
		assert_int_equal(out.n, n);
		for (size_t i = 0; i < n; i++) {
			assert_memory_equal(&in.at[i].row, &out.at[i].row, sizeof(struct row));
			assert_int_equal(in.at[i].mailbox, out.at[i].mailbox);
			assert_true(span_eq(kept_list_uidl(&in, &in.at[i]), kept_list_uidl(&out, &out.at[i])));
		}
		kept_list_reset(&in);
		kept_list_reset(&out);
	}
	buf_fini(&bytes);
	kept_list_fini(&in);
	kept_list_fini(&out);
	kept_list_fini(&spoiled);
}

/* ── At random ── */

enum { MOST = 4000 };

struct pack_trial {
	struct trial t;
	uint64_t seed;
	struct body *body;
	struct mailbox *boxes[2];
	struct kept_place kept[MOST]; /* the model, ascending */
	size_t n;
};

static uint64_t dice(struct pack_trial *x, uint64_t below)
{
	return try_random(&x->seed) % below;
}

static void finish(struct pack_trial *x, struct batch *b)
{
	x->t.store->slice = 8 + dice(x, 900);
	assert_int_equal(try_commit(&x->t, b), FAIL_NONE);
}

static void deliver_some(struct pack_trial *x)
{
	for (size_t i = 0; i < 40; i++) {
		struct new_message n = {.body = x->body, .uidl = dice(x, 9) ? SPAN("") : SPAN("imported")};
		struct batch *b = batch_begin(x->t.account);
		struct why w;

		for (size_t k = 1 + dice(x, 4); k; k--)
			assert_int_equal(batch_message(b, mailbox_id(x->boxes[dice(x, 2)]), &n, &w), FAIL_NONE);
		finish(x, b);
	}
}

/* So that message ids do not ascend with uids. */
static void move_some(struct pack_trial *x)
{
	struct mailbox *from = x->boxes[dice(x, 2)], *to = x->boxes[from == x->boxes[0]];
	struct batch *b = batch_begin(x->t.account);
	struct message msg;
	struct why w;

	for (size_t i = 0; i < mailbox_count(from); i++) {
		mailbox_at(from, i, &msg);
		if (!dice(x, 3))
			assert_int_equal(batch_move(b, from, &msg, mailbox_id(to), &w), FAIL_NONE);
	}
	if (batch_empty(b))
		batch_free(b);
	else
		finish(x, b);
}

static int place_cmp(const void *a, const void *b)
{
	return kept_place_cmp(*(const struct kept_place *)a, *(const struct kept_place *)b);
}

static void expunge_some(struct pack_trial *x)
{
	struct mailbox *m = x->boxes[dice(x, 2)];
	struct batch *b = batch_begin(x->t.account);
	size_t before = x->n;
	struct message msg;
	struct why w;

	for (size_t i = 0; i < mailbox_count(m); i++) {
		if (!dice(x, 4))
			continue;
		mailbox_at(m, i, &msg);
		assert_int_equal(batch_expunge(b, m, msg.uid, msg.uid, &w), FAIL_NONE);
		assert_true(x->n < MOST);
		x->kept[x->n++] = (struct kept_place){0, msg.id};
	}
	if (batch_empty(b)) {
		batch_free(b);
		return;
	}
	finish(x, b);
	for (size_t i = before; i < x->n; i++)
		x->kept[i].sequence = x->t.account->sequence;
	qsort(x->kept, x->n, sizeof(x->kept[0]), place_cmp);
}

static void bring_some_back(struct pack_trial *x)
{
	struct batch *b = batch_begin(x->t.account);
	struct kept_mailboxes *gone;
	struct kept_message k;
	size_t left = 0;
	struct why w;

	assert_int_equal(kept_mailboxes_load(x->t.account, &gone, &w), FAIL_NONE);
	for (size_t i = 0; i < x->n; i++) {
		if (dice(x, 5)) {
			x->kept[left++] = x->kept[i];
			continue;
		}
		assert_int_equal(account_kept_at(x->t.account, x->kept[i], &k, &w), FAIL_NONE);
		assert_int_equal(batch_undelete(b, &k, gone, mailbox_id(x->boxes[dice(x, 2)]), &w), FAIL_NONE);
	}
	kept_mailboxes_free(gone);
	x->n = left;
	if (batch_empty(b))
		batch_free(b);
	else
		finish(x, b);
}

static void purge_some(struct pack_trial *x)
{
	struct batch *b = batch_begin(x->t.account);
	size_t n = x->n ? 1 + dice(x, x->n) : 0;
	struct why w;

	if (!n) {
		batch_free(b);
		return;
	}
	assert_int_equal(batch_purge(b, x->kept[n - 1], &w), FAIL_NONE);
	x->n -= n;
	memmove(x->kept, x->kept + n, x->n * sizeof(x->kept[0]));
	finish(x, b);
}

static void check(struct pack_trial *x)
{
	struct kept_message page[70];
	struct kept_place after = {0, 0};
	size_t most = 1 + dice(x, 70), n, at = 0;
	struct why w;

	assert_int_equal(account_kept_count(x->t.account), x->n);
	do {
		assert_int_equal(account_kept(x->t.account, after, most, page, &n, &w), FAIL_NONE);
		for (size_t i = 0; i < n; i++, at++) {
			assert_true(at < x->n);
			assert_int_equal(kept_place_cmp(page[i].place, x->kept[at]), 0);
			assert_int_equal(page[i].message.id, x->kept[at].id);
		}
		after = n ? page[n - 1].place : after;
	} while (n == most);
	assert_int_equal(at, x->n);
	assert_int_equal(account_kept_size(x->t.account), x->n * (sizeof(LETTER) - 1));
}

static bool count_row(void *context, struct span key, struct span value)
{
	(void)key;
	(void)value;
	++*(size_t *)context;
	return true;
}

static void count_difference(void *context, struct span key)
{
	(void)key;
	++*(size_t *)context;
}

static void check_against_log(struct pack_trial *x)
{
	struct store_settings s = {.loop = &x->t.loop, .disk = x->t.store->disk, .kv = kv_open_memory(), .block = 8};
	struct store *view;
	size_t differences = 0;
	struct why w;

	assert_int_equal(store_view(&s, (struct log_pos){0, 0}, &view, &w), FAIL_NONE);
	assert_int_equal(index_compare(view->kv, x->t.store->kv, count_difference, &differences, &w), FAIL_NONE);
	assert_int_equal(index_compare(x->t.store->kv, view->kv, count_difference, &differences, &w), FAIL_NONE);
	assert_int_equal(differences, 0);
	store_close(view);
}

static void open_trial(struct pack_trial *x, uint64_t seed)
{
	struct store_settings s = {.loop = &x->t.loop, .disk = disk_memory(), .kv = kv_open_memory(), .block = 64};
	struct why w;

	x->seed = seed;
	loop_init(&x->t.loop);
	assert_int_equal(store_open(&s, &x->t.store, &w), FAIL_NONE);
	store_keep(x->t.store, true);
	x->t.account = try_account(&x->t, 7);
	assert_int_equal(try_create(&x->t, "Other"), FAIL_NONE);
	x->boxes[0] = try_mailbox(&x->t, x->t.account, "INBOX");
	x->boxes[1] = try_mailbox(&x->t, x->t.account, "Other");
	x->body = try_body(&x->t, SPAN(LETTER));
}

static void close_trial(struct pack_trial *x)
{
	body_free(x->body);
	mailbox_close(x->boxes[0]);
	mailbox_close(x->boxes[1]);
	account_close(x->t.account);
	store_close(x->t.store);
	for (int i = 0; i < 10; i++)
		loop_turn(&x->t.loop);
	loop_fini(&x->t.loop);
}

static void at_random(void **state)
{
	static void (*const steps[])(struct pack_trial * x) = {
		deliver_some, deliver_some, move_some, expunge_some, expunge_some, bring_some_back, purge_some};
	struct pack_trial *x = NEW(struct pack_trial);

	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		memset(x, 0, sizeof(*x));
		open_trial(x, seed * 77);
		for (int round = 0; round < 60; round++) {
			steps[dice(x, ARRAY_LEN(steps))](x);
			check(x);
		}
		check_against_log(x);
		close_trial(x);
	}
	free(x);
}

/* What goes together takes few rows of the index, and an expunge does not read. */
static void many_stand_in_one_row(void **state)
{
	struct pack_trial *x = NEW(struct pack_trial);
	struct key from, to;
	size_t rows = 0;
	struct batch *b;
	struct why w;

	(void)state;
	open_trial(x, 5);
	for (int i = 0; i < 8; i++)
		deliver_some(x);
	b = batch_begin(x->t.account);
	for (int i = 0; i < 2; i++)
		assert_int_equal(batch_expunge(b, x->boxes[i], 1, UINT32_MAX, &w), FAIL_NONE);
	assert_int_equal(try_commit(&x->t, b), FAIL_NONE);
	assert_true(account_kept_count(x->t.account) > 500);
	from = key_begin(7, KEY_KEPT);
	to = key_past(from);
	assert_int_equal(
		x->t.store->kv->ops->scan(x->t.store->kv, key_span(&from), key_span(&to), count_row, &rows, &w),
		FAIL_NONE);
	assert_in_range(rows, 1, account_kept_count(x->t.account) / 32);
	close_trial(x);
	free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(blocks_are_what_went_in), cmocka_unit_test(at_random),
		cmocka_unit_test(many_stand_in_one_row)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
