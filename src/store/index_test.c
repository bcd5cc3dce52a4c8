/* The rows of the index: what is told of them when they are read back, however they came in. */
#include "store/try_step.h"

#include "store/inside.h"

enum { ACCOUNTS = 3 };

struct told {
	struct account **accounts;
	uint64_t account, mailbox;
	uint32_t uid; /* of the row before, in the same mailbox */
	size_t n, most;
};

static bool tell_row(void *context, uint64_t account, uint64_t mailbox, const struct row *r)
{
	struct told *t = context;
	struct account *a = t->accounts[account - 8];
	struct mailbox *m = account_by_id(a, mailbox);
	struct message msg;
	struct row row;

	assert_true(account > t->account || (account == t->account && mailbox >= t->mailbox));
	assert_true(account != t->account || mailbox != t->mailbox || r->uid > t->uid);
	t->account = account;
	t->mailbox = mailbox;
	t->uid = r->uid;
	assert_non_null(m);
	assert_true(mailbox_message(m, r->uid, &msg));
	message_row(&msg, &row);
	assert_memory_equal(&row, r, sizeof(row));
	return ++t->n < t->most;
}

static size_t rows_there(struct account *a)
{
	size_t n = 0;

	for (size_t i = 0; i < account_mailboxes(a); i++) {
		struct mailbox_info info;

		account_mailbox_at(a, i, &info);
		n += info.messages;
	}
	return n;
}

static void every_row_is_told(void **state)
{
	struct trial *t = *state;
	struct account *accounts[ACCOUNTS];
	size_t all = 0, first;
	uint64_t seed = 2077;
	struct told told = {.accounts = accounts, .most = SIZE_MAX};
	struct why w;

	for (uint64_t i = 0; i < ACCOUNTS; i++) {
		accounts[i] = try_account(t, 8 + i);
		for (int k = 0; k < 80; k++)
			assert_true(try_commit(t, try_random_batch(t, accounts[i], &seed, false)) != FAIL_UNKNOWN);
		for (size_t k = 0; k < accounts[i]->mailbox_count; k++)
			assert_int_equal(mailbox_load_now(accounts[i]->by_id[k], &w), FAIL_NONE);
		all += rows_there(accounts[i]);
	}
	first = rows_there(accounts[0]);
	assert_int_equal(index_scan_rows(t->store->kv, 8, tell_row, &told, &w), FAIL_NONE);
	assert_int_equal(told.n, all);
	told = (struct told){.accounts = accounts, .most = SIZE_MAX};
	assert_int_equal(index_scan_rows(t->store->kv, 9, tell_row, &told, &w), FAIL_NONE);
	assert_int_equal(told.n, all - first);
	told = (struct told){.accounts = accounts, .most = first + 1};
	assert_int_equal(index_scan_rows(t->store->kv, 0, tell_row, &told, &w), FAIL_NONE);
	assert_int_equal(told.n, first + 1);
	for (size_t i = 0; i < ACCOUNTS; i++)
		account_close(accounts[i]);
}

/* ── Blocks: random changes, with mailboxes loaded and not, of blocks so small that all their edges are met ── */

struct index_trial {
	struct trial t;
	uint64_t seed;
	struct body *body;
	size_t slices;   /* that were not the last */
	struct kv *part; /* an index that has a part of a batch */
};

static uint64_t any(struct index_trial *x, uint64_t below)
{
	return try_random(&x->seed) % below;
}

static void stage_new(struct index_trial *x, struct batch *b, uint64_t mailbox)
{
	char uidl[20];
	struct why w;

	for (uint64_t n = 1 + any(x, any(x, 3) ? 2 : 150); n; n--) {
		struct new_message m = {.body = x->body,
			.flags = any(x, MESSAGE_SYSTEM_FLAGS + 1),
			.internal_date = (int64_t)any(x, 1 << 30) - (1 << 29),
			.internal_zone = (int16_t)((int)any(x, 1440) - 720)};

		if (any(x, 4) == 0) {
			snprintf(uidl, sizeof(uidl), "u%llu", (unsigned long long)any(x, 1000000000));
			m.uidl = span_of(uidl);
		}
		if (any(x, 8) == 0)
			m.prefix = SPAN("Received: by a neighbour\r\n");
		assert_int_equal(batch_message(b, mailbox, &m, &w), FAIL_NONE);
	}
}

static void stage_change(struct index_trial *x, struct batch *b, struct mailbox *m, uint64_t to)
{
	struct span keyword = SPAN("Work");
	struct flag_set set = {any(x, MESSAGE_SYSTEM_FLAGS + 1), &keyword, any(x, 2)};
	uint32_t first = (uint32_t)(1 + any(x, m->uid_next)), last = first + (uint32_t)any(x, any(x, 4) ? 4 : 200);
	size_t from = rows_lower_bound(&m->rows, first);
	bool move = any(x, 2);
	struct message msg;
	struct why w;

	switch (any(x, 4)) {
	case 0: assert_int_equal(batch_expunge(b, m, first, last, &w), FAIL_NONE); return;
	case 1: assert_int_equal(batch_flags(b, m, first, last, any(x, 3), &set, &w), FAIL_NONE); return;
	case 2: /* every other one */
		for (uint32_t uid = first; uid < last; uid += 2)
			assert_int_equal(batch_expunge(b, m, uid, uid, &w), FAIL_NONE);
		return;
	default: break;
	}
	for (size_t i = from; i < m->rows.n && m->rows.p[i].uid <= last; i++) {
		row_message(&m->rows.p[i], &msg);
		assert_int_equal(move ? batch_move(b, m, &msg, to, &w) : batch_copy(b, m, &msg, to, &w), FAIL_NONE);
	}
}

/* While it is applied the index is copied, as a power loss may leave it: with a part of the batch. Brought up to the log it is the same. */
static void commit_in_slices(struct index_trial *x, struct batch *b)
{
	struct try_wait w;
	enum fail f;

	x->t.store->slice = any(x, 4) ? 1 + any(x, 50) : SLICE_COST;
	try_wait_init(&w);
	f = batch_commit(b, &w.wait);
	while (f == FAIL_BUSY && !w.done) {
		uv_run(&x->t.loop.uv, UV_RUN_ONCE);
		if (x->t.account->applying && !x->part && any(x, 8) == 0)
			x->part = try_copy_kv(x->t.store->kv);
		x->slices += x->t.account->applying != NULL;
	}
	assert_true(f == FAIL_NONE || w.result != FAIL_UNKNOWN);
	batch_free(b);
}

static void change_at_random(struct index_trial *x)
{
	struct account *a = x->t.account;
	struct mailbox *m = a->by_id[any(x, a->mailbox_count)], *to = a->by_id[any(x, a->mailbox_count)];
	struct batch *b = batch_begin(a);

	if (any(x, 2)) {
		stage_new(x, b, m->id);
		if (any(x, 3) == 0)
			stage_new(x, b, to->id);
	} else {
		struct mailbox *open = try_mailbox_id(&x->t, a, m->id);

		stage_change(x, b, open, to->id);
		mailbox_close(open);
	}
	if (any(x, 40) == 0 && a->mailbox_count > 4) {
		struct why w;

		assert_int_equal(
			batch_mailbox_delete(b, a->by_name[1 + any(x, a->mailbox_count - 1)]->id, &w), FAIL_NONE);
	}
	commit_in_slices(x, b);
	if (any(x, 2)) /* on their way, or not, when the next change comes */
		for (int i = 0; i < 40; i++)
			loop_turn(&x->t.loop);
	for (size_t i = 0; i < a->mailbox_count; i++)
		if (!a->by_id[i]->refs && any(x, 3) == 0)
			mailbox_unload(a->by_id[i]);
}

static void check_first_unseen(struct mailbox *m)
{
	uint32_t uid = 0;

	for (size_t i = 0; !uid && i < m->rows.n; i++)
		if (!(m->rows.p[i].flags & MESSAGE_SEEN))
			uid = m->rows.p[i].uid;
	assert_int_equal(mailbox_first_unseen(m), uid);
}

static void check_mailbox(struct index_trial *x, struct mailbox *m)
{
	struct loaded_rows l = {0};
	struct why w;

	assert_int_equal(index_load_rows(x->t.store->kv, m->account->id, m->id, x->t.store->block, &l, &w), FAIL_NONE);
	assert_int_equal(l.rows.n, m->messages);
	if (m->state == ROWS_LOADED) {
		check_first_unseen(m);
		assert_int_equal(l.rows.n, m->rows.n);
		if (l.rows.n)
			assert_memory_equal(l.rows.p, m->rows.p, l.rows.n * sizeof(struct row));
		assert_int_equal(l.uidls.n, m->uidls.n);
		for (size_t i = 0; i < l.uidls.n; i++) {
			assert_int_equal(l.uidls.at[i].uid, m->uidls.at[i].uid);
			assert_string_equal(l.uidls.at[i].text, m->uidls.at[i].text);
		}
		assert_int_equal(l.singles.n, m->singles.n);
		if (l.singles.n)
			assert_memory_equal(l.singles.at, m->singles.at, l.singles.n * sizeof(*l.singles.at));
	} else {
		assert_int_equal(m->uidls.n, 0);
	}
	loaded_rows_fini(&l);
}

static void count_difference(void *context, struct span key)
{
	(void)key;
	++*(size_t *)context;
}

static void check_part(struct index_trial *x, struct store *truth)
{
	struct store_settings s = {
		.loop = &x->t.loop, .disk = x->t.store->disk, .kv = x->part, .block = x->t.store->block};
	struct store *view, probe = {.kv = x->part};
	struct index_state state;
	size_t differences = 0;
	struct why w;

	if (!x->part)
		return;
	assert_int_equal(index_state_get(&probe, &state, &w), FAIL_NONE);
	assert_int_equal(store_view(&s, state.reached, &view, &w), FAIL_NONE);
	assert_int_equal(index_compare(truth->kv, view->kv, count_difference, &differences, &w), FAIL_NONE);
	assert_int_equal(differences, 0);
	store_close(view);
	x->part = NULL;
}

/* What the log says, of blocks of another size, must be the same. */
static void check_against_log(struct index_trial *x)
{
	struct store_settings s = {.loop = &x->t.loop, .disk = x->t.store->disk, .kv = kv_open_memory(), .block = 8};
	struct store *view;
	size_t differences = 0;
	struct why w;

	assert_int_equal(store_view(&s, (struct log_pos){0, 0}, &view, &w), FAIL_NONE);
	assert_int_equal(index_compare(view->kv, x->t.store->kv, count_difference, &differences, &w), FAIL_NONE);
	assert_int_equal(differences, 0);
	check_part(x, view);
	store_close(view);
}

static struct kv *open_engine(const char *engine, char *dir, size_t size)
{
	struct kv_settings s = {.path = dir, .write_bytes = 64 << 10};
	struct kv *kv;
	struct why w;

	if (!strcmp(engine, "memory"))
		return kv_open_memory();
	if (!strcmp(engine, "cold"))
		return kv_open_cold(kv_open_memory(), 3);
	snprintf(dir, size, "/tmp/barid-index-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(kv_open_rocks(&s, &kv, &w), FAIL_NONE);
	return kv;
}

static void try_blocks(const char *engine, uint32_t block, uint64_t seed)
{
	struct index_trial x = {.seed = seed};
	char dir[64] = "", command[100];
	struct store_settings s = {.loop = &x.t.loop, .disk = disk_memory(), .block = block};
	struct why w;

	s.kv = open_engine(engine, dir, sizeof(dir));
	loop_init(&x.t.loop);
	assert_int_equal(store_open(&s, &x.t.store, &w), FAIL_NONE);
	x.t.account = try_account(&x.t, 7);
	x.body = try_body(&x.t, SPAN("Subject: x\r\n\r\ny\r\n"));
	for (int round = 0; round < 150; round++) {
		change_at_random(&x);
		for (size_t i = 0; i < x.t.account->mailbox_count; i++)
			check_mailbox(&x, x.t.account->by_id[i]);
		if (round % 50 == 49)
			check_against_log(&x);
	}
	assert_true(x.slices > 100);
	body_free(x.body);
	account_close(x.t.account);
	store_close(x.t.store);
	loop_fini(&x.t.loop);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (dir[0])
		assert_int_equal(system(command), 0);
}

static void blocks_in_memory(void **state)
{
	(void)state;
	for (uint32_t block = 1; block <= BLOCK_MESSAGES_MAX; block *= 2)
		try_blocks("memory", block, 100 + block);
}

static void blocks_on_a_slow_disk(void **state)
{
	(void)state;
	try_blocks("cold", 4, 1);
	try_blocks("cold", 64, 2);
}

static void blocks_in_rocks(void **state)
{
	(void)state;
	try_blocks("rocks", 2, 3);
	try_blocks("rocks", 16, 4);
	try_blocks("rocks", 64, 5);
}

/* ── The bytes of a block ── */

static struct row strange_row(uint64_t *seed, uint32_t uid)
{
	struct row r;

	for (size_t i = 0; i < sizeof(r); i++)
		((unsigned char *)&r)[i] =
			try_random(seed) % 4 ? 0 : (unsigned char)(try_random(seed) % 3 ? 0xff : try_random(seed));
	r.uid = uid;
	return r;
}

static void any_row_comes_back(void **state)
{
	uint64_t seed = 31337;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		uint32_t base = round % 5 ? (uint32_t)try_random(&seed) & ~63u : UINT32_MAX - 63;
		struct uidls uidls = {0}, uidls_back = {0};
		struct row rows[BLOCK_MESSAGES_MAX];
		struct rows back = {0};
		struct buf b;
		size_t n = 0;

		for (uint32_t i = 0; i < 64; i++)
			if (try_random(&seed) % 3)
				rows[n++] = strange_row(&seed, base + i);
		if (round % 7 == 0)
			uidls_keep(&uidls, rows[n / 2].uid, SPAN("imported"));
		buf_init(&b, BLOCK_VALUE_MAX);
		block_encode(rows, n, base, &uidls, &b);
		assert_false(b.over);
		assert_true(block_decode(buf_span(&b), base, &back, &uidls_back));
		assert_int_equal(back.n, n);
		assert_memory_equal(back.p, rows, n * sizeof(*rows));
		assert_int_equal(uidls_back.n, uidls.n);
		/* Cut or bent anywhere it is refused, or is something else, but harmless. */
		for (size_t cut = 0; cut < b.n && round < 20; cut++) {
			rows_fini(&back);
			(void)block_decode(buf_span(&b), base, &back, NULL);
			rows_fini(&back);
			b.p[cut] = (char)(b.p[cut] ^ (1 << cut % 8));
			(void)block_decode(buf_span(&b), base, &back, NULL);
			b.p[cut] = (char)(b.p[cut] ^ (1 << cut % 8));
			rows_fini(&back);
			assert_false(block_decode(span_first(buf_span(&b), cut), base, &back, NULL) && back.n == n &&
				     cut + 10 < b.n);
		}
		rows_fini(&back);
		uidls_fini(&uidls);
		uidls_fini(&uidls_back);
		buf_fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest memory[] = {
		cmocka_unit_test_setup_teardown(every_row_is_told, try_setup_memory, try_teardown),
		cmocka_unit_test(blocks_in_memory),
		cmocka_unit_test(blocks_on_a_slow_disk),
		cmocka_unit_test(any_row_comes_back),
	};
	const struct CMUnitTest local[] = {
		cmocka_unit_test_setup_teardown(every_row_is_told, try_setup_local, try_teardown),
		cmocka_unit_test(blocks_in_rocks),
	};
	int failed = cmocka_run_group_tests_name("engine mem", memory, NULL, NULL);

	return failed + cmocka_run_group_tests_name("engine local", local, NULL, NULL);
}
