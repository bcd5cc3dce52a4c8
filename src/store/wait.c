/* The one way in which the store answers later: a wait and the op that will answer it point at each other until one lets go. */
#include "store/inside.h"

void store_wait_init(struct store_wait *w, void (*done)(struct store_wait *w, enum fail f))
{
	*w = (struct store_wait){.done = done};
}

void store_wait_cancel(struct store_wait *w)
{
	struct store_op *op = w->pending;

	if (op)
		op->wait = NULL;
	w->pending = NULL;
}

void store_op_begin(struct store_op *op, struct store_wait *w)
{
	op->wait = w;
	if (w)
		w->pending = op;
}

void store_op_end(struct store_op *op, enum fail f, const struct why *w)
{
	struct store_wait *wait = op->wait;

	if (!wait)
		return;
	op->wait = NULL;
	wait->pending = NULL;
	if (f && w)
		wait->why = *w;
	wait->done(wait, f);
}
