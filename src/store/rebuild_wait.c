/* Who waits for an account that a rebuild has not come to: the pass that goes for them, and their answers. */
#include "base/memory.h"
#include "store/rebuild_inner.h"

struct waiter {
	struct list link;
	struct store_op op;
	struct store_wait opening;
	uint64_t account;
	struct account *opened, **out;
};

static void answer(struct waiter *x, enum fail f)
{
	struct store_wait *wait = x->op.wait;

	if (!f && wait)
		*x->out = x->opened;
	else if (!f)
		account_close(x->opened);
	store_op_end(&x->op, f, &x->opening.why);
	free(x);
}

static void opened(struct store_wait *w, enum fail f)
{
	answer(CONTAINER_OF(w, struct waiter, opening), f);
}

static void open_now(struct store *s, struct waiter *x)
{
	enum fail f = account_open(s, x->account, &x->opening, &x->opened);

	if (f != FAIL_BUSY)
		answer(x, f);
}

enum fail rebuild_open(struct rebuild *r, uint64_t account, struct store_wait *w, struct account **out)
{
	struct waiter *x = NEW(struct waiter);

	x->account = account;
	x->out = out;
	store_wait_init(&x->opening, opened);
	store_op_begin(&x->op, w);
	list_append(&r->waiters, &x->link);
	return FAIL_BUSY;
}

/* Those whose accounts are there leave the list first: an answer may do anything. */
void rebuild_answer_waiters(struct store *s, struct rebuild *r)
{
	struct list ready;

	list_init(&ready);
	for (struct list *it = r->waiters.next; it != &r->waiters;) {
		struct waiter *x = CONTAINER_OF(it, struct waiter, link);

		it = it->next;
		if (!rebuild_has(r, x->account))
			continue;
		list_remove(&x->link);
		list_append(&ready, &x->link);
	}
	while (!list_empty(&ready)) {
		struct waiter *x = CONTAINER_OF(ready.next, struct waiter, link);

		list_remove(&x->link);
		open_now(s, x);
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void rebuild_begin_asked(struct rebuild *r)
{
	struct rebuild_pass *p = &r->asked;
	size_t n = 0;

	p->count = 0;
	LIST_EACH(it, &r->waiters)
	{
		struct rebuild_entry *e = rebuild_find(r, CONTAINER_OF(it, struct waiter, link)->account);

		if (e->asked)
			continue;
		e->asked = true;
		r->told -= e->told; /* they are told from the first on, once more */
		e->told = 0;
		p->segments = memory_resize_array(p->segments, n + e->count, sizeof(*p->segments));
		memcpy(p->segments + n, e->segments, e->count * sizeof(*e->segments));
		n += e->count;
	}
	qsort(p->segments, n, sizeof(*p->segments), by_number);
	for (size_t i = 0; i < n; i++)
		if (!p->count || p->segments[p->count - 1] != p->segments[i])
			p->segments[p->count++] = p->segments[i];
	rebuild_pass_begin(p);
}

void rebuild_refuse_waiters(struct rebuild *r)
{
	while (!list_empty(&r->waiters)) {
		struct waiter *x = CONTAINER_OF(r->waiters.next, struct waiter, link);

		list_remove(&x->link);
		answer(x, why(&x->opening.why, FAIL_UNAVAILABLE, "The server is shutting down."));
	}
}
