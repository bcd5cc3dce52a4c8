/* Erasing an account: one batch with one op, alone in flight (store/erase.h). */
#include "store/erase.h"

#include "base/memory.h"
#include "store/inside.h"
#include "store/rebuild.h"

struct erasing {
	struct store_op op;
	struct store_wait wait;  /* for the account, then for the batch */
	struct account *account; /* held */
	struct batch *batch;
};

static void finish(struct erasing *x, enum fail f)
{
	struct account *a = x->account;

	batch_free(x->batch);
	store_op_end(&x->op, f, &x->wait.why);
	free(x);
	account_close(a);
}

static void erased(struct store_wait *w, enum fail f)
{
	finish(CONTAINER_OF(w, struct erasing, wait), f);
}

static enum fail erase(struct erasing *x)
{
	x->batch = batch_begin(x->account);
	store_wait_init(&x->wait, erased);
	batch_stage(x->batch, &(struct op){.kind = OP_GONE});
	x->batch->tree = true;
	return batch_commit(x->batch, &x->wait);
}

static void opened(struct store_wait *w, enum fail f)
{
	struct erasing *x = CONTAINER_OF(w, struct erasing, wait);

	if (!f)
		f = erase(x);
	if (f != FAIL_BUSY)
		finish(x, f == FAIL_NOT_FOUND ? FAIL_NONE : f); /* it was gone already */
}

/* What is not in the index yet is erased once it is. */
static enum fail erase_later(struct store *s, uint64_t id, struct store_wait *w)
{
	struct erasing *x = NEW(struct erasing);

	store_op_begin(&x->op, w);
	store_wait_init(&x->wait, opened);
	return rebuild_open(s->rebuild, id, &x->wait, &x->account);
}

enum fail account_erase(struct store *s, uint64_t id, struct store_wait *w)
{
	struct erasing *x;
	struct account *a;
	enum fail f;

	if (s->rebuild && !rebuild_has(s->rebuild, id))
		return erase_later(s, id, w);
	f = account_get(s, id, &a, &w->why);
	if (f)
		return f;
	if (a->gone || (!a->sequence && !a->birth)) {
		account_settle(a);
		return FAIL_NONE;
	}
	account_hold(a);
	x = NEW(struct erasing);
	x->account = a;
	f = erase(x);
	if (f == FAIL_BUSY) {
		store_op_begin(&x->op, w);
		return f;
	}
	w->why = x->wait.why;
	finish(x, f);
	return f;
}
