/* Reading ahead: a page holds the structures that follow each other in the index, from the one that was asked for on. The more of a page was used,
 * the longer the next one, up to PAGE_ENTRIES; a walk that jumps about comes down to one at a time.
 *
 *   structures_get ─┬─ in the page: at once
 *                   └─ read_page: from memory ─┬─ done
 *                                              ├─ not in memory: on a worker ─► page_done
 *                                              └─ not in the index: message_structure, which finds it in the log
 *
 * A structure never changes, so a page is never too old. */
#include "store/structures.h"

#include "base/memory.h"
#include "mime/mime.h"
#include "store/index_key.h"

enum { PAGE_ENTRIES = 1024 };

struct entry {
	struct log_pos body;
	uint32_t at, n; /* in the page's bytes */
};

struct page {
	struct buf bytes;
	struct entry *entries; /* ascending */
	size_t n, cap, most;
	enum fail result;
	struct why why;
};

struct structures {
	struct store_op op;
	struct account *account;
	struct page page;
	size_t at;   /* the entry behind the last one that was asked for */
	size_t used; /* of the page */
	struct message message;
	struct log_pos body; /* of it, as it is now */
	struct span *out;
	struct buf single; /* one that is not in the index */
	struct store_wait from_log;
	struct job job;
	bool reading, ended;
};

/* ── Pages ── */

static bool take_entry(void *context, struct span key, struct span value)
{
	struct page *p = context;
	struct entry *e;

	if (p->n && p->bytes.n + value.n > STRUCTURES_PAGE_MAX)
		return false;
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 8;
		p->entries = memory_resize_array(p->entries, p->cap, sizeof(*p->entries));
	}
	e = &p->entries[p->n++];
	e->body = (struct log_pos){(uint32_t)get_be(key.p + 9, 4), (uint32_t)get_be(key.p + 13, 4)};
	e->at = (uint32_t)p->bytes.n;
	e->n = (uint32_t)value.n;
	buf_add(&p->bytes, value);
	return p->n < p->most;
}

static void read_page(struct structures *x, bool near)
{
	struct key from = structure_key(x->account, x->body), to = key_past(key_begin(x->account->id, KEY_STRUCTURE));
	struct kv *kv = x->account->store->kv;
	struct page *p = &x->page;

	p->n = 0;
	buf_reset(&p->bytes);
	p->result =
		(near ? kv->ops->scan_near : kv->ops->scan)(kv, key_span(&from), key_span(&to), take_entry, p, &p->why);
	if (p->result)
		p->n = 0;
}

static bool in_page(struct structures *x, size_t i)
{
	const struct entry *e;

	if (i >= x->page.n || log_pos_cmp(x->page.entries[i].body, x->body) != 0)
		return false;
	e = &x->page.entries[i];
	*x->out = span(x->page.bytes.p + e->at, e->n);
	x->at = i + 1;
	x->used++;
	return true;
}

static bool find(struct structures *x)
{
	size_t lo = 0, hi = x->page.n;

	if (in_page(x, x->at))
		return true;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (log_pos_cmp(x->page.entries[mid].body, x->body) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return in_page(x, lo);
}

/* How long the next page is to be. */
static void judge(struct structures *x)
{
	struct page *p = &x->page;

	if (!p->n)
		p->most = 2;
	else if (x->used * 2 < p->n)
		p->most = p->most > 8 ? p->most / 8 : 1;
	else if (p->most < PAGE_ENTRIES)
		p->most *= 4;
	x->used = 0;
	x->at = 0;
}

/* ── Answers ── */

static void from_log(struct store_wait *w, enum fail f)
{
	struct structures *x = CONTAINER_OF(w, struct structures, from_log);

	if (!f && x->op.wait)
		*x->out = buf_span(&x->single);
	store_op_end(&x->op, f, &w->why);
}

static enum fail take_page(struct structures *x, struct why *w)
{
	enum fail f;

	if (!x->page.result && find(x))
		return FAIL_NONE;
	/* It is not there, or the index has a problem: the log has it. */
	buf_reset(&x->single);
	store_wait_init(&x->from_log, from_log);
	f = message_structure(x->account, &x->message, &x->single, &x->from_log);
	if (!f)
		*x->out = buf_span(&x->single);
	*w = x->from_log.why;
	return f;
}

static void structures_free(struct structures *x)
{
	struct account *a = x->account;

	store_wait_cancel(&x->from_log);
	buf_fini(&x->page.bytes);
	buf_fini(&x->single);
	free(x->page.entries);
	free(x);
	account_close(a);
}

static void page_work(struct job *j)
{
	read_page(CONTAINER_OF(j, struct structures, job), false);
}

static void page_done(struct job *j)
{
	struct structures *x = CONTAINER_OF(j, struct structures, job);
	struct why w;
	enum fail f;

	x->account->store->busy--;
	x->reading = false;
	if (x->ended) {
		structures_free(x);
		return;
	}
	if (!x->op.wait)
		return;
	f = take_page(x, &w);
	if (f != FAIL_BUSY)
		store_op_end(&x->op, f, &w);
}

static enum fail read_on_worker(struct structures *x)
{
	x->reading = true;
	x->account->store->busy++;
	x->job.work = page_work;
	x->job.done = page_done;
	job_start(&x->job, x->account->store->loop);
	return FAIL_BUSY;
}

/* ── What is asked ── */

struct structures *structures_begin(struct account *a)
{
	struct structures *x = NEW(struct structures);

	account_hold(a);
	x->account = a;
	buf_init(&x->page.bytes, STRUCTURES_PAGE_MAX + MIME_STRUCTURE_MAX);
	buf_init(&x->single, MIME_STRUCTURE_MAX);
	store_wait_init(&x->from_log, from_log);
	return x;
}

void structures_end(struct structures *x)
{
	if (!x)
		return;
	if (x->op.wait)
		store_wait_cancel(x->op.wait);
	x->ended = true;
	if (!x->reading)
		structures_free(x);
}

enum fail structures_get(struct structures *x, const struct message *msg, struct span *out, struct store_wait *w)
{
	struct why reason;
	struct row row;
	enum fail f;

	place_now(msg, &row);
	x->body = row.body;
	x->message = *msg;
	x->out = out;
	if (find(x))
		return FAIL_NONE;
	judge(x);
	read_page(x, true);
	f = x->page.result == FAIL_BUSY ? read_on_worker(x) : take_page(x, &reason);
	if (f == FAIL_BUSY)
		store_op_begin(&x->op, w);
	else if (f && w)
		w->why = reason;
	return f;
}
