/* A life of a store on a recording disk: changes of all kinds, each made in the model too, several under way at a time. Included by
 * power_test.c only. */
#ifndef STORE_POWER_LIFE_H
#define STORE_POWER_LIFE_H

#include "kv/faulty.h"
#include "log/record.h"
#include "store/power_compare.h"
#include "store/reclaim.h"

enum { LIVES = 5, CHANGES = 24, MOMENTS = 4 * CHANGES };

/* What was begun, and what had been answered, when the disk's history had come to `point`. */
struct moment {
	size_t point, begun, acked;
	struct kv *index; /* a copy, now and then */
	unsigned flushes; /* of the index, so far */
};

struct life {
	struct trial t;
	struct disk *disk;
	struct kv *kv;
	struct fault_table faults; /* none; they are counted there */
	uint64_t seed;
	uint64_t *sequence; /* of each change by its number, 0 = not known */
	size_t first;       /* number of the change that `states[0]` is the state after */
	struct pm_account states[CHANGES + 1];
	size_t begun, acked; /* changes of this life */
	struct moment moments[MOMENTS];
	size_t moment_n;
	struct reclaim_result reclaimed;
	struct try_wait reclaiming;
	uint64_t removed; /* segments */
};

static unsigned flushes(const struct life *l)
{
	return (unsigned)__atomic_load_n(&l->faults.rows[FAULT_KV_FLUSH].calls, __ATOMIC_RELAXED);
}

static void mark(struct life *l)
{
	struct kv *copy = l->acked % 4 == 3 ? try_copy_kv(l->kv) : NULL;

	assert_true(l->moment_n < MOMENTS);
	l->moments[l->moment_n++] = (struct moment){record_point(l->disk), l->begun, l->acked, copy, flushes(l)};
}

/* What only the store knows is taken from it: ids and UIDVALIDITY of new mailboxes, which are higher than all before. */
static void learn_boxes(struct pm_account *a, struct trial *t)
{
	uint32_t highest = 0;

	for (size_t i = 0; i < a->boxes; i++)
		highest = a->box[i].validity > highest ? a->box[i].validity : highest;
	for (size_t i = 0; i < a->boxes; i++) {
		struct mailbox_info info = try_info(t->account, a->box[i].name);

		if (a->box[i].id)
			continue;
		assert_true(info.uidvalidity > highest);
		a->box[i].id = info.id;
		a->box[i].validity = info.uidvalidity;
	}
}

/* ── Changes ── */

struct change {
	struct store_wait wait;
	struct life *l;
	struct batch *b;
	size_t number;
};

static void changed(struct store_wait *w, enum fail f)
{
	struct change *c = CONTAINER_OF(w, struct change, wait);
	struct life *l = c->l;

	assert_int_equal(f, FAIL_NONE);
	assert_true(c->number == l->first + l->acked + 1); /* in order */
	l->sequence[c->number] = batch_modseq(c->b);
	l->acked++;
	mark(l);
	batch_free(c->b);
	free(c);
}

static void settle(struct life *l)
{
	while (l->acked < l->begun)
		uv_run(&l->t.loop.uv, UV_RUN_ONCE);
	learn_boxes(&l->states[l->acked], &l->t);
}

/* The state after the change that is being made, a copy of the one before. */
static struct pm_account *next_state(struct life *l)
{
	l->states[l->begun + 1] = l->states[l->begun];
	return &l->states[l->begun + 1];
}

static void commit(struct life *l, struct batch *b)
{
	struct change *c = NEW(struct change);

	*c = (struct change){.l = l, .b = b, .number = l->first + ++l->begun};
	store_wait_init(&c->wait, changed);
	mark(l);
	assert_int_equal(batch_commit(b, &c->wait), FAIL_BUSY);
}

static size_t number_of_next(const struct life *l)
{
	return l->first + l->begun + 1;
}

static struct pm_box *some_box(struct life *l, struct pm_account *a, bool filled)
{
	for (int tries = 0; tries < 20; tries++) {
		struct pm_box *b = &a->box[try_random(&l->seed) % (tries % 2 ? a->boxes : 2)];

		if (!filled || b->n)
			return b;
	}
	return NULL;
}

static unsigned some_flags(struct life *l)
{
	return (unsigned)try_random(&l->seed) & (MESSAGE_SYSTEM_FLAGS | PM_WORK | PM_TODO);
}

struct words {
	struct span names[2];
	size_t n;
};

static struct words keywords_of(unsigned flags)
{
	struct words w = {.n = 0};

	if (flags & PM_WORK)
		w.names[w.n++] = SPAN("Work");
	if (flags & PM_TODO)
		w.names[w.n++] = SPAN("Todo");
	return w;
}

static uint64_t id_of(struct life *l, const struct pm_box *b)
{
	return try_info(l->t.account, b->name).id;
}

static void deliver(struct life *l)
{
	struct pm_account *a = next_state(l);
	struct pm_box *b = some_box(l, a, false);
	size_t n = 1 + try_random(&l->seed) % 3;
	struct batch *batch;
	struct why w;

	if (!pm_room(b, n))
		return;
	batch = batch_begin(l->t.account);
	for (size_t i = 0; i < n; i++) {
		uint32_t tag = (uint32_t)try_random(&l->seed);
		unsigned flags = some_flags(l);
		struct words words = keywords_of(flags);
		struct new_message m = {
			.flags = flags & MESSAGE_SYSTEM_FLAGS, .keywords = words.names, .keyword_count = words.n};
		struct body *body;
		struct buf bytes;

		fill(&bytes, tag);
		body = try_body(&l->t, buf_span(&bytes));
		m.body = body;
		assert_int_equal(batch_message(batch, id_of(l, b), &m, &w), FAIL_NONE);
		body_free(body);
		buf_fini(&bytes);
		pm_add(b, tag, flags, number_of_next(l));
	}
	commit(l, batch);
}

static void flag_or_expunge(struct life *l, bool expunge)
{
	struct pm_account *a = next_state(l);
	struct pm_box *b = some_box(l, a, true);
	enum flag_change how = (enum flag_change)(try_random(&l->seed) % 3);
	unsigned flags = some_flags(l);
	struct words words = keywords_of(flags);
	struct flag_set set = {flags & MESSAGE_SYSTEM_FLAGS, words.names, words.n};
	uint32_t first, last;
	struct mailbox *m;
	struct batch *batch;
	struct why w;

	if (!b || a->kept_n + PM_MESSAGES >= PM_KEPT)
		return;
	first = b->at[try_random(&l->seed) % b->n].uid;
	last = first + (uint32_t)(try_random(&l->seed) % 4);
	m = try_mailbox(&l->t, l->t.account, b->name);
	batch = batch_begin(l->t.account);
	if (expunge) {
		assert_int_equal(batch_expunge(batch, m, first, last, &w), FAIL_NONE);
		pm_take(a, b, first, last, true, number_of_next(l));
	} else {
		assert_int_equal(batch_flags(batch, m, first, last, how, &set, &w), FAIL_NONE);
		pm_flags(b, first, last, how, flags, number_of_next(l));
	}
	commit(l, batch);
	mailbox_close(m);
}

static void transfer(struct life *l, bool move)
{
	struct pm_account *a;
	struct pm_box *from, *to;
	struct pm_message msg;
	struct message row;
	struct mailbox *m;
	struct batch *batch;
	struct why w;

	settle(l);
	a = next_state(l);
	from = some_box(l, a, true);
	to = some_box(l, a, false);
	if (!from || from == to || !pm_room(to, 1))
		return;
	msg = from->at[try_random(&l->seed) % from->n];
	m = try_mailbox(&l->t, l->t.account, from->name);
	assert_true(mailbox_message(m, msg.uid, &row));
	batch = batch_begin(l->t.account);
	if (move)
		assert_int_equal(batch_move(batch, m, &row, id_of(l, to), &w), FAIL_NONE);
	else
		assert_int_equal(batch_copy(batch, m, &row, id_of(l, to), &w), FAIL_NONE);
	if (move)
		pm_take(a, from, msg.uid, msg.uid, false, number_of_next(l));
	pm_add(to, msg.tag, msg.flags, number_of_next(l));
	commit(l, batch);
	mailbox_close(m);
}

static const char *some_name(struct life *l)
{
	static const char *const names[] = {"a", "a/b", "b", "b/c", "c/d/e", "a/b/c", "d"};

	return names[try_random(&l->seed) % ARRAY_LEN(names)];
}

static void change_tree(struct life *l)
{
	const char *name = some_name(l);
	struct pm_account *a;
	struct pm_box *b;
	struct batch *batch;
	struct why w;

	settle(l);
	a = next_state(l);
	b = &a->box[try_random(&l->seed) % a->boxes];
	batch = batch_begin(l->t.account);
	if (!pm_find(a, name) && a->boxes + 3 <= PM_BOXES && try_random(&l->seed) % 2) {
		assert_int_equal(batch_mailbox_create(batch, span_of(name), USE_NONE, &w), FAIL_NONE);
		pm_create(a, name);
	} else if (strcmp(b->name, "INBOX") != 0 && a->boxes + 3 <= PM_BOXES && pm_may_rename(a, b->name, name)) {
		assert_int_equal(batch_mailbox_rename(batch, id_of(l, b), span_of(name), &w), FAIL_NONE);
		pm_rename(a, b->name, name);
	} else if (strcmp(b->name, "INBOX") != 0 && a->boxes > 5 && a->kept_n + PM_MESSAGES < PM_KEPT) {
		assert_int_equal(batch_mailbox_delete(batch, id_of(l, b), &w), FAIL_NONE);
		pm_delete(a, b, number_of_next(l));
	} else {
		bool on = try_random(&l->seed) % 2;

		assert_int_equal(batch_subscribe(batch, span_of(name), on, &w), FAIL_NONE);
		pm_subscribe(a, name, on);
	}
	commit(l, batch);
	settle(l); /* the changes that follow name its mailboxes */
}

/* One comes back, or the oldest go for good. */
static void change_kept(struct life *l, bool purge)
{
	struct kept_message kept[PM_KEPT];
	struct kept_mailboxes *gone;
	struct pm_account *a;
	struct pm_box *to;
	struct batch *batch;
	size_t n, k = 0, which;
	struct why w;

	settle(l);
	a = next_state(l);
	to = some_box(l, a, false);
	assert_int_equal(account_kept(l->t.account, (struct kept_place){0, 0}, PM_KEPT, kept, &n, &w), FAIL_NONE);
	if (!n || !pm_room(to, 1))
		return;
	which = try_random(&l->seed) % n;
	while (which + 1 < n && kept[which + 1].place.sequence == kept[which].place.sequence)
		which++; /* all of one change */
	while (l->sequence[a->kept[k].op] != kept[which].place.sequence ||
		a->kept[k].tag != tag_of(&l->t, &kept[which].message))
		assert_true(++k < a->kept_n);
	batch = batch_begin(l->t.account);
	if (purge) {
		assert_int_equal(batch_purge(batch, kept[which].place, &w), FAIL_NONE);
		pm_purge(a, a->kept[k].op);
	} else {
		assert_int_equal(kept_mailboxes_load(l->t.account, &gone, &w), FAIL_NONE);
		assert_int_equal(batch_undelete(batch, &kept[which], gone, id_of(l, to), &w), FAIL_NONE);
		kept_mailboxes_free(gone);
		pm_add(to, a->kept[k].tag, a->kept[k].flags & ~(unsigned)MESSAGE_DELETED, number_of_next(l));
		memmove(&a->kept[k], &a->kept[k + 1], (--a->kept_n - k) * sizeof a->kept[0]);
	}
	commit(l, batch);
}

/* A session of POP3 that ends with QUIT, or a device that an administrator has forgotten. */
static void change_device(struct life *l)
{
	struct device_rules rules = {
		{DEVICE_KEEP, 0}, 0, (int64_t)(1000000 + number_of_next(l) * 2 * DEVICE_SEEN_STEP)};
	size_t which = try_random(&l->seed) % PM_DEVICES;
	struct device_visit visit = {.name = pm_device_names[which]};
	unsigned char marks[PM_MESSAGES];
	uint32_t uids[PM_MESSAGES];
	struct pm_account *a;
	struct batch *batch;
	struct mailbox *m;
	struct pm_box *b;
	struct why w;

	settle(l);
	a = next_state(l);
	b = pm_find(a, "INBOX");
	if (a->kept_n + PM_MESSAGES >= PM_KEPT || !pm_room(b, 0) || b->next >= PM_UIDS)
		return;
	batch = batch_begin(l->t.account);
	if (a->device[which].known && try_random(&l->seed) % 6 == 0) {
		assert_int_equal(batch_device_forget(batch, visit.name, &w), FAIL_NONE);
		a->device[which] = (struct pm_device){0};
		commit(l, batch);
		return;
	}
	a->device[which].known = true;
	for (size_t i = 0; i < b->n; i++) {
		uids[i] = b->at[i].uid;
		marks[i] = (unsigned char)(try_random(&l->seed) & (VISIT_RETRIEVED | VISIT_DELETED));
		a->device[which].marks[uids[i]] |= marks[i];
	}
	visit.uids = uids;
	visit.marks = marks;
	visit.n = b->n;
	m = try_mailbox(&l->t, l->t.account, "INBOX");
	assert_int_equal(batch_device_leave(batch, m, &visit, &rules, &w), FAIL_NONE);
	pm_let_go(a, b, number_of_next(l));
	commit(l, batch);
	mailbox_close(m);
}

static void reclaim(struct life *l)
{
	struct reclaim_order order = {.percent = 100};

	if (l->reclaiming.wait.done && !l->reclaiming.done)
		return;
	l->removed += l->reclaiming.wait.done ? l->reclaimed.segments : 0;
	try_wait_init(&l->reclaiming);
	assert_int_equal(store_reclaim(l->t.store, &order, &l->reclaimed, &l->reclaiming.wait), FAIL_BUSY);
}

static void step(struct life *l)
{
	uint64_t r = try_random(&l->seed) % 23;

	if (r < 6)
		deliver(l);
	else if (r < 12)
		flag_or_expunge(l, r >= 10);
	else if (r < 15)
		transfer(l, r != 12);
	else if (r < 17)
		change_tree(l);
	else if (r < 19)
		change_kept(l, r == 18);
	else if (r < 21)
		reclaim(l);
	else
		change_device(l);
	for (uint64_t turns = try_random(&l->seed) % 3; turns > 0; turns--)
		uv_run(&l->t.loop.uv, UV_RUN_NOWAIT);
	if (try_random(&l->seed) % 3 == 0)
		settle(l);
}

#endif
