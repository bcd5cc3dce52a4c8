/* Erasing an account: one batch with one op, alone in flight (store/erase.h). */
#include "store/erase.h"

#include "base/memory.h"
#include "store/inside.h"

struct erasing {
	struct store_op op;
	struct store_wait wait;
	struct account *account;
	struct batch *batch;
};

static void erased(struct store_wait *w, enum fail f)
{
	struct erasing *x = CONTAINER_OF(w, struct erasing, wait);
	struct account *a = x->account;

	batch_free(x->batch);
	store_op_end(&x->op, f, &w->why);
	free(x);
	account_close(a);
}

enum fail account_erase(struct store *s, uint64_t id, struct store_wait *w)
{
	struct erasing *x;
	struct account *a;
	enum fail f = account_get(s, id, &a, &w->why);

	if (f)
		return f;
	if (a->gone || (!a->sequence && !a->birth)) {
		account_settle(a);
		return FAIL_NONE;
	}
	account_hold(a);
	x = NEW(struct erasing);
	x->account = a;
	x->batch = batch_begin(a);
	store_wait_init(&x->wait, erased);
	batch_stage(x->batch, &(struct op){.kind = OP_GONE});
	x->batch->tree = true;
	f = batch_commit(x->batch, &x->wait);
	if (f == FAIL_BUSY) {
		store_op_begin(&x->op, w);
		return f;
	}
	w->why = x->wait.why;
	batch_free(x->batch);
	free(x);
	account_close(a);
	return f;
}
