/* Accounts in memory: found by id, with the list of their mailboxes by name and by id, and their subscriptions. An account that nobody holds
 * stays for a while, so that the next delivery or login finds it. */
#include "base/clock.h"
#include "base/in_service.h"
#include "base/memory.h"
#include "store/condemn.h"
#include "store/device_inner.h"
#include "store/inside.h"
#include "store/rebuild.h"

struct account_load { /* an account that a worker reads; it is none yet */
	struct job job;
	struct list link; /* in store->account_loads */
	struct account *read;
	struct list openers; /* struct account_opening */
	bool stale;          /* it has been in memory meanwhile: what was read may be older */
	enum fail result;
	struct why why;
};

static struct account **bucket_of(struct store *s, uint64_t id)
{
	return &s->accounts[(id * 0x9e3779b97f4a7c15u) >> 52];
}

static struct account *account_new(struct store *s, uint64_t id)
{
	struct account *a = NEW(struct account);

	a->store = s;
	a->id = id;
	a->next_message = a->next_mailbox = 1;
	list_init(&a->waiting);
	list_init(&a->openers);
	list_init(&a->idle);
	return a;
}

void account_clear(struct account *a)
{
	for (size_t i = 0; i < a->mailbox_count; i++)
		mailbox_free(a->by_id[i]);
	for (size_t i = 0; i < a->subscription_count; i++)
		free(a->subscriptions[i]);
	a->mailbox_count = a->subscription_count = 0;
	a->kept_count = a->kept_size = 0;
	a->kept_gone = (struct kept_place){0, 0};
	devices_clear(a);
}

static void account_free(struct account *a)
{
	account_clear(a);
	free(a->by_id);
	free(a->by_name);
	free(a->subscriptions);
	free(a);
}

static void account_forget(struct account *a)
{
	struct account **at = bucket_of(a->store, a->id);

	while (*at != a)
		at = &(*at)->next_in_bucket;
	*at = a->next_in_bucket;
	if (!list_empty(&a->idle)) {
		list_remove(&a->idle);
		a->store->idle_account_count--;
	}
	account_free(a);
}

static struct account *account_find(struct store *s, uint64_t id)
{
	struct account *a = *bucket_of(s, id);

	while (a && a->id != id)
		a = a->next_in_bucket;
	return a;
}

/* From here on it is the account: one that a worker is reading may be older. */
static void account_enter(struct account *a)
{
	struct account **bucket = bucket_of(a->store, a->id);

	LIST_EACH(it, &a->store->account_loads)
	{
		struct account_load *l = CONTAINER_OF(it, struct account_load, link);

		l->stale |= l->read->id == a->id;
	}
	a->next_in_bucket = *bucket;
	*bucket = a;
}

static enum fail account_read(struct store *s, uint64_t id, bool near, struct account **out, struct why *w)
{
	struct account *a = account_new(s, id);
	enum fail f = index_load_account(a, near, w);

	if (f)
		account_free(a);
	else
		*out = a;
	return f;
}

enum fail account_get(struct store *s, uint64_t id, struct account **out, struct why *w)
{
	enum fail f = FAIL_NONE;
	SERVING(id);

	if (store_is_aside(s, id))
		return aside_refuse(w, id);
	*out = account_find(s, id);
	if (*out)
		return FAIL_NONE;
	f = account_read(s, id, false, out, w);
	if (!f)
		account_enter(*out);
	return f;
}

static bool account_held(const struct account *a)
{
	if (a->refs || a->in_flight || a->birth || !list_empty(&a->waiting))
		return true;
	return false;
}

void account_settle(struct account *a)
{
	struct store *s = a->store;

	if (account_held(a) || !list_empty(&a->idle))
		return;
	list_append(&s->idle_accounts, &a->idle);
	s->idle_account_count++;
	/* What is not yet in the index would not be found there: a redo writes many batches at once. */
	while (s->idle_account_count > ACCOUNTS_KEPT_MAX && !s->index.ops.n)
		account_forget(CONTAINER_OF(s->idle_accounts.next, struct account, idle));
}

void account_hold(struct account *a)
{
	a->refs++;
	if (list_empty(&a->idle))
		return;
	list_remove(&a->idle);
	a->store->idle_account_count--;
}

void account_drop_all(struct store *s)
{
	for (size_t i = 0; i < ACCOUNT_BUCKETS; i++)
		while (s->accounts[i])
			account_forget(s->accounts[i]);
}

/* ── Opening and the first batch ── */

struct account_opening {
	struct store_op op;
	struct list link; /* in account->openers, or in those of its load */
	struct account **out;
};

static enum fail open_later(struct list *openers, struct store_wait *w, struct account **out)
{
	struct account_opening *o = NEW(struct account_opening);

	o->out = out;
	store_op_begin(&o->op, w);
	list_append(openers, &o->link);
	return FAIL_BUSY;
}

struct birth {
	struct store_wait wait;
	struct account *account;
	struct batch *batch;
};

static void birth_done(struct store_wait *w, enum fail f)
{
	struct birth *b = CONTAINER_OF(w, struct birth, wait);
	struct account *a = b->account;

	a->birth = false;
	a->refs++;
	while (!list_empty(&a->openers)) {
		struct account_opening *o = CONTAINER_OF(a->openers.next, struct account_opening, link);

		list_remove(&o->link);
		if (!f && o->op.wait)
			*o->out = a;
		else
			a->refs--;
		store_op_end(&o->op, f, &w->why);
		free(o);
	}
	batch_free(b->batch);
	free(b);
	a->refs--; /* the batch still counts as in flight: commit.c settles the account */
}

static enum fail stage_standard(struct batch *b, struct why *w)
{
	static const struct {
		struct span name;
		enum special_use use;
	} standard[] = {
#define MAILBOX(name, use) {SPAN(name), use},
#include "store/standard.def"
#undef MAILBOX
	};
	enum fail f = FAIL_NONE;

	for (size_t i = 0; !f && i < ARRAY_LEN(standard); i++) {
		f = batch_mailbox_create(b, standard[i].name, standard[i].use, w);
		if (!f)
			f = batch_subscribe(b, standard[i].name, true, w);
	}
	return f;
}

static enum fail account_bear(struct account *a, struct why *w)
{
	struct birth *b = NEW(struct birth);
	enum fail f;

	b->account = a;
	b->batch = batch_begin(a);
	store_wait_init(&b->wait, birth_done);
	a->next_message = message_ids_from(clock_wall_seconds());
	f = stage_standard(b->batch, w);
	if (!f)
		f = batch_commit(b->batch, &b->wait);
	if (f == FAIL_BUSY) {
		a->birth = true;
		return f;
	}
	if (f && w)
		*w = b->wait.why;
	batch_free(b->batch);
	free(b);
	return f;
}

/* The account is in memory: it is held, or its first batch must be waited for, or it is no account. */
static enum fail open_loaded(struct account *a, struct why *reason)
{
	enum fail f;

	if (a->gone)
		return why(reason, FAIL_NOT_FOUND, "There is no such account.");
	account_hold(a);
	if (a->sequence || a->birth)
		return a->birth ? FAIL_BUSY : FAIL_NONE;
	f = account_bear(a, reason);
	if (f != FAIL_BUSY)
		account_close(a);
	return f;
}

/* ── Accounts that must be read from the disk ── */

static void read_work(struct job *j)
{
	struct account_load *l = CONTAINER_OF(j, struct account_load, job);

	l->result = index_load_account(l->read, false, &l->why);
}

static void read_done(struct job *j);

static void read_start(struct account_load *l, struct store *s, uint64_t id)
{
	SERVING(id);

	l->read = account_new(s, id);
	l->stale = false;
	l->job.work = read_work;
	l->job.done = read_done;
	s->busy++;
	job_start(&l->job, s->loop);
}

static void answer_opening(struct account_opening *o, struct account *a, enum fail f, struct why *w)
{
	if (!f)
		f = open_loaded(a, w);
	if (f == FAIL_BUSY) {
		list_append(&a->openers, &o->link);
		return;
	}
	if (!f && o->op.wait)
		*o->out = a;
	else if (!f)
		account_close(a);
	store_op_end(&o->op, f, w);
	free(o);
}

static void read_done(struct job *j)
{
	struct account_load *l = CONTAINER_OF(j, struct account_load, job);
	struct store *s = l->read->store;
	uint64_t id = l->read->id;
	struct account *a = account_find(s, id);

	s->busy--;
	if (a || l->result || l->stale) {
		account_free(l->read);
		if (!a && !l->result) {
			read_start(l, s, id);
			return;
		}
	} else {
		a = l->read;
		account_enter(a);
	}
	list_remove(&l->link);
	if (a)
		account_hold(a); /* whoever is answered may close it */
	while (!list_empty(&l->openers)) {
		struct account_opening *o = CONTAINER_OF(l->openers.next, struct account_opening, link);

		list_remove(&o->link);
		answer_opening(o, a, a ? FAIL_NONE : l->result, &l->why);
	}
	account_close(a);
	free(l);
}

static enum fail open_from_disk(struct store *s, uint64_t id, struct store_wait *w, struct account **out)
{
	struct account_load *l;

	LIST_EACH(it, &s->account_loads)
	{
		l = CONTAINER_OF(it, struct account_load, link);
		if (l->read->id == id)
			return open_later(&l->openers, w, out);
	}
	l = NEW(struct account_load);
	list_init(&l->openers);
	list_init(&l->link);
	list_append(&s->account_loads, &l->link);
	read_start(l, s, id);
	return open_later(&l->openers, w, out);
}

enum fail account_open(struct store *s, uint64_t id, struct store_wait *w, struct account **out)
{
	struct why *reason = w ? &w->why : NULL;
	struct account *a = account_find(s, id);
	enum fail f;
	SERVING(id);

	if (!id)
		return why(reason, FAIL_NOT_FOUND, "There is no such account.");
	if (store_is_aside(s, id))
		return aside_refuse(reason, id);
	if (s->rebuild && !rebuild_has(s->rebuild, id))
		return rebuild_open(s->rebuild, id, w, out);
	if (!a) {
		f = account_read(s, id, true, &a, reason);
		if (f == FAIL_BUSY)
			return open_from_disk(s, id, w, out);
		if (f)
			return condemn_answer(f);
		account_enter(a);
	}
	f = open_loaded(a, reason);
	if (f == FAIL_BUSY)
		return open_later(&a->openers, w, out);
	if (!f)
		*out = a;
	return f;
}

void account_close(struct account *a)
{
	if (!a)
		return;
	a->refs--;
	account_settle(a);
}

uint64_t account_id(const struct account *a)
{
	return a->id;
}

struct store *account_store(const struct account *a)
{
	return a->store;
}

uint64_t account_tree_version(const struct account *a)
{
	return a->tree_version;
}
