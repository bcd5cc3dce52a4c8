/* Nodes in their places, and the text of the THREAD response: RFC 5256 §3 (REFERENCES, step 6), §4. */
#include <stdlib.h>

#include "base/memory.h"
#include "imap/verb/thread_own.h"

static int by_place(const void *a, const void *b, void *context)
{
	const struct thread_tree *t = context;
	const struct thread_node *x = &t->at[*(const uint32_t *)a], *y = &t->at[*(const uint32_t *)b];

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return thread_date_cmp(x, y);
}

uint32_t *thread_in_place(struct thread_tree *t, size_t *n_out)
{
	uint32_t *order = memory_resize_array(NULL, t->n + 1, sizeof(*order));
	size_t n = 0;

	for (uint32_t i = 0; i < t->n; i++)
		if (!t->at[i].gone)
			order[n++] = i;
	if (n)
		qsort_r(order, n, sizeof(*order), by_place, t);
	*n_out = n;
	return order;
}

size_t thread_root(const struct thread_tree *t, const uint32_t *order, size_t n)
{
	size_t from = n;

	while (from && t->at[order[from - 1]].parent == NOBODY)
		from--;
	return from;
}

struct range {
	size_t next, end;
};
struct printing {
	struct thread_tree *t;
	const uint32_t *order;
	struct range *children; /* by node */
	struct range *stack;
	size_t depth, cap;
};

static void push(struct printing *p, struct range r)
{
	if (p->depth == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 64;
		p->stack = memory_resize_array(p->stack, p->cap, sizeof(*p->stack));
	}
	p->stack[p->depth++] = r;
}

/* The number, and what follows it: NOBODY, or the only child, to which the line goes on. Several children are pushed. */
static uint32_t print_node(struct printing *p, uint32_t node)
{
	struct range children = p->children[node];

	if (p->t->at[node].number)
		buf_addf(&p->t->out, "%u", p->t->at[node].number);
	if (children.next == children.end) {
		buf_add_byte(&p->t->out, ')');
		return NOBODY;
	}
	if (p->t->at[node].number)
		buf_add_byte(&p->t->out, ' ');
	if (children.end - children.next == 1)
		return p->order[children.next];
	push(p, children);
	return NOBODY;
}

static void print_thread(struct printing *p, uint32_t node)
{
	buf_add_byte(&p->t->out, '(');
	for (;;) {
		struct range *top;

		while (node != NOBODY)
			node = print_node(p, node);
		if (!p->depth)
			return;
		top = &p->stack[p->depth - 1];
		if (top->next < top->end) {
			buf_add_byte(&p->t->out, '(');
			node = p->order[top->next++];
		} else {
			p->depth--;
			buf_add_byte(&p->t->out, ')');
		}
	}
}

void thread_print(struct thread_tree *t)
{
	size_t n, from;
	uint32_t *order = thread_in_place(t, &n);
	struct printing p = {.t = t, .order = order, .children = memory_new((t->n + 1) * sizeof(struct range))};

	from = thread_root(t, order, n);
	for (size_t i = 0; i < from; i++) {
		struct range *r = &p.children[t->at[order[i]].parent];

		if (r->end == 0)
			r->next = i;
		r->end = i + 1;
	}
	if (from < n)
		buf_add_byte(&t->out, ' ');
	for (size_t i = from; i < n; i++)
		print_thread(&p, order[i]);
	free(p.children);
	free(p.stack);
	free(order);
}
