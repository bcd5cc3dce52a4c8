/* ORDEREDSUBJECT: messages of one base subject are a thread, its first message the parent of all others. RFC 5256 §3. */
#include <stdlib.h>

#include "base/memory.h"
#include "imap/verb/thread_own.h"

static int by_subject(const void *a, const void *b, void *context)
{
	const struct thread_tree *t = context;
	const struct thread_node *x = &t->at[*(const uint32_t *)a], *y = &t->at[*(const uint32_t *)b];
	int order = span_cmp(thread_text(t, x->subject), thread_text(t, y->subject));

	return order ? order : thread_date_cmp(x, y);
}

struct run {
	uint32_t first, n; /* of the sorted order */
};

struct ordered {
	const struct thread_tree *t;
	const uint32_t *order;
};

static int by_first(const void *a, const void *b, void *context)
{
	const struct ordered *o = context;

	return thread_date_cmp(&o->t->at[o->order[((const struct run *)a)->first]],
		&o->t->at[o->order[((const struct run *)b)->first]]);
}

static void print_run(struct thread_tree *t, const uint32_t *order, const struct run *run)
{
	buf_addf(&t->out, "(%u", t->at[order[run->first]].number);
	if (run->n == 2)
		buf_addf(&t->out, " %u", t->at[order[run->first + 1]].number);
	else if (run->n > 2)
		buf_add_byte(&t->out, ' ');
	for (uint32_t i = 1; run->n > 2 && i < run->n; i++)
		buf_addf(&t->out, "(%u)", t->at[order[run->first + i]].number);
	buf_add_byte(&t->out, ')');
}

void thread_by_subject(struct thread_tree *t)
{
	uint32_t *order = memory_resize_array(NULL, t->n + 1, sizeof(*order));
	struct run *runs = memory_resize_array(NULL, t->n + 1, sizeof(*runs));
	struct ordered ordered = {t, order};
	size_t count = 0;

	for (uint32_t i = 0; i < t->n; i++)
		order[i] = i;
	if (t->n)
		qsort_r(order, t->n, sizeof(*order), by_subject, t);
	for (uint32_t i = 0; i < t->n; i++) {
		struct span subject = thread_text(t, t->at[order[i]].subject);

		if (i && span_eq(subject, thread_text(t, t->at[order[i - 1]].subject)))
			runs[count - 1].n++;
		else
			runs[count++] = (struct run){i, 1};
	}
	if (count)
		qsort_r(runs, count, sizeof(*runs), by_first, &ordered);
	if (count)
		buf_add_byte(&t->out, ' ');
	for (size_t i = 0; i < count; i++)
		print_run(t, order, &runs[i]);
	free(order);
	free(runs);
}
