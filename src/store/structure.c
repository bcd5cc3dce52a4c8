/* The structure of a message: from the index, where it lies near its neighbours; else from the body's record in the log, which always has it, and
 * then into the index again. What is not in memory is read by a worker.
 *
 *   message_structure ─┬─ FETCH_COPY (the index, on a worker) ─► done
 *                      └───────────────────┴─ not there ─► FETCH_HEAD ─► FETCH_STRUCTURE ─► into the index ─► done */
#include "base/memory.h"
#include "mime/mime.h"
#include "store/body.h"
#include "store/inside.h"

struct fetching {
	struct store_op op;
	struct account *account;
	unsigned era;
	struct log_pos body;
	struct buf *out;
	char head[BODY_HEAD];
	char *bytes;
	uint32_t n;
	enum { FETCH_COPY, FETCH_HEAD, FETCH_STRUCTURE, FETCH_END } phase;
	struct job job;
	struct buf copy; /* what the index has */
	enum fail copied;
	struct log_read r;
	bool later;
};

static void fetching_run(struct fetching *x, enum fail f);

static void fetching_back(struct log_read *r, enum fail f)
{
	fetching_run(CONTAINER_OF(r, struct fetching, r), f);
}

static enum fail ask(struct fetching *x, uint64_t offset, uint32_t n, char *dst)
{
	x->r = (struct log_read){.pos = x->body,
		.type = RECORD_BODY,
		.offset = (uint32_t)offset,
		.n = n,
		.dst = dst,
		.done = fetching_back};
	return log_read(x->account->store->log, &x->r);
}

static enum fail ask_structure(struct fetching *x)
{
	struct body_head head;

	x->phase = FETCH_END;
	if (body_head_decode(span(x->head, BODY_HEAD), &head))
		return why_log(&x->r.why, FAIL_CORRUPT, "The message cannot be read.",
			"the head of a body record is no such head");
	x->n = head.structure;
	x->bytes = memory_resize(NULL, (size_t)x->n + 1);
	return ask(x, BODY_HEAD + body_stored_octets(&head), x->n, x->bytes);
}

static enum fail fetching_steps(struct fetching *x)
{
	enum fail f = FAIL_NONE;

	while (!f && x->phase != FETCH_END) {
		if (x->phase == FETCH_HEAD) {
			x->phase = FETCH_STRUCTURE;
			f = ask(x, 0, BODY_HEAD, x->head);
		} else {
			f = ask_structure(x);
		}
	}
	return f;
}

static enum fail too_big(struct fetching *x)
{
	return why(&x->r.why, FAIL_TOO_BIG, "The structure of the message does not fit.");
}

static enum fail fetching_finish(struct fetching *x, enum fail f)
{
	struct span structure = span(x->bytes, x->n);

	if (f)
		return f;
	/* A copy that fails to be written costs the next reader a look into the log, no more. */
	if (!x->account->store->broken) {
		index_put_structure(x->account, x->body, structure);
		if (index_write(x->account->store, &x->r.why))
			store_report(x->account->store, "a row of the index could not be written: %s", x->r.why.log);
	}
	if ((!x->later || x->op.wait) && buf_add(x->out, structure))
		return too_big(x);
	return FAIL_NONE;
}

static void fetching_free(struct fetching *x)
{
	struct account *a = x->account;

	buf_fini(&x->copy);
	reading_end(a->store, x->era);
	free(x->bytes);
	free(x);
	account_close(a);
}

static void fetching_answer(struct fetching *x, enum fail f)
{
	x->account->store->busy--;
	store_op_end(&x->op, f, &x->r.why);
	fetching_free(x);
}

static void fetching_run(struct fetching *x, enum fail f)
{
	if (!f)
		f = fetching_steps(x);
	if (f == FAIL_BUSY)
		return;
	fetching_answer(x, fetching_finish(x, f));
}

static void copy_work(struct job *j)
{
	struct fetching *x = CONTAINER_OF(j, struct fetching, job);

	x->copied = index_get_structure(x->account, x->body, false, &x->copy, &x->r.why);
}

static void copy_done(struct job *j)
{
	struct fetching *x = CONTAINER_OF(j, struct fetching, job);
	enum fail f = x->copied;

	x->phase = FETCH_HEAD;
	if (f && f != FAIL_TOO_BIG) { /* it is not there, or the index has a problem: the log has it */
		x->r.why = (struct why){0};
		fetching_run(x, FAIL_NONE);
		return;
	}
	if (!f && x->op.wait && buf_add(x->out, buf_span(&x->copy)))
		f = too_big(x);
	fetching_answer(x, f);
}

enum fail message_structure(struct account *a, const struct message *msg, struct buf *out, struct store_wait *w)
{
	struct fetching *x;
	struct row row;
	enum fail f;

	place_now(msg, &row);
	f = index_get_structure(a, row.body, true, out, w ? &w->why : NULL);
	if (!f || f == FAIL_TOO_BIG)
		return f;
	x = NEW(struct fetching);
	x->account = a;
	a->refs++;
	x->era = reading_begin(a->store);
	x->body = row.body;
	x->out = out;
	buf_init(&x->copy, MIME_STRUCTURE_MAX);
	if (f == FAIL_BUSY) {
		x->phase = FETCH_COPY;
		x->job.work = copy_work;
		x->job.done = copy_done;
		job_start(&x->job, a->store->loop);
	} else {
		x->phase = FETCH_HEAD;
		f = fetching_steps(x);
	}
	if (f == FAIL_BUSY) {
		x->later = true;
		a->store->busy++;
		store_op_begin(&x->op, w);
		return f;
	}
	f = fetching_finish(x, f);
	if (f && w)
		w->why = x->r.why;
	fetching_free(x);
	return f;
}
