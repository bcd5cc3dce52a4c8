/* Vanished UIDs (RFC 7162 §3.2.10): what went since some change, as a client that comes back asks; and the bound on how much is remembered. Whoever writes
 * a snapshot sees all of them; where there are too many, the oldest become one set with the highest modseq among them, by a change of the log: a client may then be told again of UIDs that it
 * knows to be gone, never of one that is there or that it was not told of before. */
#include "base/memory.h"
#include "store/index_key.h"

struct vanished_runs {
	struct uid_run *at;
	size_t n, cap;
};

static void add(struct vanished_runs *v, uint32_t first, uint32_t last)
{
	if (v->n == v->cap) {
		v->cap = v->cap ? v->cap * 2 : 64;
		v->at = memory_resize_array(v->at, v->cap, sizeof(*v->at));
	}
	v->at[v->n++] = (struct uid_run){first, last - first + 1, 0};
}

/* ── Merging ── */

struct merging {
	struct vanished_runs runs;
	uint64_t up_to;
	uint64_t modseq; /* of the newest that was taken */
};

static void take_old(void *context, uint32_t first, uint32_t last, uint64_t modseq)
{
	struct merging *x = context;

	if (modseq > x->up_to)
		return;
	x->modseq = modseq;
	add(&x->runs, first, last);
}

enum fail vanished_merge(struct mailbox *m, uint64_t up_to, struct why *w)
{
	struct merging x = {.up_to = up_to};
	struct key from = mailbox_key(m, KEY_VANISHED), to = from;
	enum fail f = index_load_vanished(m->account->store->kv, m->account->id, m->id, 0, take_old, &x, w);

	if (!f && x.runs.n) {
		key_add(&to, x.modseq + 1, 8);
		kv_batch_delete_range(&m->account->store->index, key_span(&from), key_span(&to));
		index_put_vanished(m, x.runs.at, runs_normal(x.runs.at, x.runs.n), x.modseq);
	}
	free(x.runs.at);
	return f;
}

void vanished_merge_later(struct mailbox *m, struct span ops, size_t n)
{
	size_t most = m->account->store->vanished_most;
	struct batch *b;
	struct span one = {NULL, 0};
	struct op op;

	if (n <= most)
		return;
	for (size_t i = 0; i < n - most / 2; i++)
		if (!span_take_counted(&ops, &one))
			return;
	if (op_decode(&one, &op))
		return;
	b = batch_begin(m->account);
	batch_stage(b, &(struct op){.kind = OP_MERGE_VANISHED, .mailbox = m->id, .modseq = op.modseq});
	if (batch_commit(b, NULL)) /* what comes of it is seen by the next snapshot */
		return;
}

/* ── Reading ── */

struct reading {
	struct store_op op;
	struct job job;
	struct mailbox *mailbox;
	uint64_t since;
	struct vanished_runs runs;
	void (*each)(void *ctx, uint32_t first, uint32_t last);
	void *ctx;
	enum fail result;
	struct why why;
};

static void take_run(void *context, uint32_t first, uint32_t last, uint64_t modseq)
{
	(void)modseq;
	add(context, first, last);
}

static void read_work(struct job *j)
{
	struct reading *x = CONTAINER_OF(j, struct reading, job);
	const struct mailbox *m = x->mailbox;

	x->result = index_load_vanished(
		m->account->store->kv, m->account->id, m->id, x->since, take_run, &x->runs, &x->why);
	if (!x->result)
		x->runs.n = runs_normal(x->runs.at, x->runs.n);
}

static void tell(struct reading *x)
{
	for (size_t i = 0; !x->result && i < x->runs.n; i++)
		x->each(x->ctx, x->runs.at[i].first, x->runs.at[i].first + (x->runs.at[i].count - 1));
}

static void read_done(struct job *j)
{
	struct reading *x = CONTAINER_OF(j, struct reading, job);
	struct mailbox *m = x->mailbox;

	m->account->store->busy--;
	if (x->op.wait)
		tell(x);
	store_op_end(&x->op, x->result, &x->why);
	free(x->runs.at);
	free(x);
	mailbox_close(m);
}

enum fail mailbox_vanished(struct mailbox *m, uint64_t since_modseq, struct store_wait *w,
	void (*each)(void *ctx, uint32_t first, uint32_t last), void *ctx)
{
	struct reading *x = NEW(struct reading);
	struct store *s = m->account->store;
	enum fail f;

	x->mailbox = m;
	x->since = since_modseq;
	x->each = each;
	x->ctx = ctx;
	if (s->threads) {
		mailbox_hold(m);
		x->job.work = read_work;
		x->job.done = read_done;
		store_op_begin(&x->op, w);
		s->busy++;
		job_start(&x->job, s->loop);
		return FAIL_BUSY;
	}
	read_work(&x->job);
	tell(x);
	f = x->result;
	if (f)
		w->why = x->why;
	free(x->runs.at);
	free(x);
	return f;
}
