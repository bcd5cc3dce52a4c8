/* New UIDVALIDITYs for all mailboxes (store/restored.h): RFC 3501 §2.3.1.1. One change for each account. */
#include "store/restored.h"

#include "base/clock.h"
#include "base/memory.h"
#include "store/inside.h"
#include "store/rebuild.h"

struct renewing {
	struct store_wait wait;
	bool done;
	enum fail result;
};

static void renewed(struct store_wait *w, enum fail f)
{
	struct renewing *x = CONTAINER_OF(w, struct renewing, wait);

	x->done = true;
	x->result = f;
}

static enum fail renew_account(struct account *a, struct why *w)
{
	struct renewing x = {0};
	struct batch *b = batch_begin(a);
	struct op ids = {.kind = OP_ACCOUNT, .other = message_ids_from(clock_wall_seconds())};
	enum fail f = FAIL_NONE;

	batch_stage(b, &ids);
	for (size_t i = 0; !f && i < a->mailbox_count; i++)
		f = batch_mailbox_renew(b, a->by_id[i]->id, w);
	store_wait_init(&x.wait, renewed);
	if (!f)
		f = batch_commit(b, &x.wait);
	while (f == FAIL_BUSY && !x.done)
		uv_run(&a->store->loop->uv, UV_RUN_ONCE);
	if (f == FAIL_BUSY)
		f = x.result;
	if (f && w && x.done)
		*w = x.wait.why;
	batch_free(b);
	return f;
}

enum fail store_restored(struct store *s, uint64_t *mailboxes_out, uint64_t *left_out, struct why *w)
{
	uint64_t id = 0, mailboxes = 0, left = 0;
	struct account *a;
	enum fail f = rebuild_finish(s, w);

	while (!f && !(f = index_next_account(s->kv, id, &id, w)) && id) {
		if (store_is_aside(s, id)) {
			left++;
			continue;
		}
		f = account_get(s, id, &a, w);
		if (f)
			return f;
		account_hold(a);
		mailboxes += a->mailbox_count;
		if (!a->gone)
			f = renew_account(a, w);
		account_close(a);
		if (f)
			return f;
	}
	if (f)
		return f;
	*mailboxes_out = mailboxes;
	*left_out = left;
	return FAIL_NONE;
}
