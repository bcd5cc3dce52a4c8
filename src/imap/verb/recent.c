/* \Recent: RFC 3501 §2.3.2. A message is recent in the first session that is told of it and in no other. Which have been told is kept in
 * the store (batch_recent); until that is durable it is kept here as a claim, so that a session that comes a moment later knows. All sessions
 * of an account live in one process, so the claims need no more than a list. */
#include "base/memory.h"
#include "imap/verb/view_own.h"
#include "store/batch.h"

struct claim {
	struct list link;
	uint64_t account, mailbox;
	uint32_t below; /* messages with smaller uids are recent to somebody */
	struct store_wait wait;
	struct batch *batch;
};

static struct list claims = {&claims, &claims};

static void claim_free(struct claim *k)
{
	list_remove(&k->link);
	batch_free(k->batch);
	free(k);
}

/* Durable, or failed: then messages are recent twice, which §2.3.2 allows. */
static void claim_settled(struct store_wait *w, enum fail f)
{
	(void)f;
	claim_free(CONTAINER_OF(w, struct claim, wait));
}

static void claim_begin(struct account *a, uint64_t mailbox, uint32_t below)
{
	struct claim *k = NEW(struct claim);

	k->account = account_id(a);
	k->mailbox = mailbox;
	k->below = below;
	k->batch = batch_begin(a);
	store_wait_init(&k->wait, claim_settled);
	list_append(&claims, &k->link);
	if (batch_recent(k->batch, mailbox, below, NULL) || batch_commit(k->batch, &k->wait) != FAIL_BUSY)
		claim_free(k);
}

static uint32_t claimed_below(const struct mailbox_info *m, uint64_t account)
{
	uint32_t below = m->recent_from;

	LIST_EACH(at, &claims)
	{
		const struct claim *k = CONTAINER_OF(at, struct claim, link);

		if (k->account == account && k->mailbox == m->id && k->below > below)
			below = k->below;
	}
	return below;
}

static void recent_add(struct view *v, uint32_t first, uint32_t last)
{
	struct sequence_range *end = v->recent_count ? &v->recent[v->recent_count - 1] : NULL;

	if (end && first <= end->last + 1) {
		end->last = last > end->last ? last : end->last;
		return;
	}
	if (v->recent_count == v->recent_room) {
		v->recent_room = v->recent_room ? v->recent_room * 2 : 2;
		v->recent = memory_resize_array(v->recent, v->recent_room, sizeof(*v->recent));
	}
	v->recent[v->recent_count++] = (struct sequence_range){first, last};
}

void view_claim_recent(struct view *v, uint32_t first, uint32_t last)
{
	struct account *a = mailbox_account(v->mailbox);
	struct mailbox_info info;
	uint32_t from;

	if (account_mailbox_info(a, mailbox_id(v->mailbox), &info))
		return;
	from = claimed_below(&info, account_id(a));
	if (from > last)
		return;
	recent_add(v, first > from ? first : from, last);
	if (!v->read_only) /* EXAMINE: "the messages remain \Recent", RFC 3501 §6.3.2 */
		claim_begin(a, info.id, last + 1);
}

bool view_is_recent(const struct view *v, uint32_t uid)
{
	struct sequence_set set = {v->recent, v->recent_count};

	return sequence_set_has(&set, uid);
}

uint32_t view_recent_count(const struct view *v)
{
	uint32_t n = 0;

	for (size_t i = 0; i < v->recent_count; i++)
		n += view_seq_from(v, v->recent[i].last + 1) - view_seq_from(v, v->recent[i].first);
	return n;
}
