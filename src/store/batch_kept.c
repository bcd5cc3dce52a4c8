/* Staging of what is done to kept messages (kept.h). */
#include "base/memory.h"
#include "store/inside.h"
#include "store/kept.h"

/* The name that the keyword bit of a kept message had in its mailbox. */
static struct span keyword_name(
	const struct account *a, const struct kept_message *k, const struct kept_mailboxes *gone, int bit)
{
	const struct mailbox *m = account_by_id(a, k->mailbox);
	struct kept_mailbox was;

	if (m)
		return mailbox_keyword_name(m, bit);
	if (kept_mailbox_find(gone, k->mailbox, &was))
		return kept_mailbox_keyword(&was, bit);
	return (struct span){NULL, 0};
}

static enum fail carry_flags(struct mailbox *target, const struct kept_message *k, const struct kept_mailboxes *gone,
	uint64_t *out, struct why *w)
{
	uint64_t flags = k->message.flags & MESSAGE_SYSTEM_FLAGS & ~(uint64_t)MESSAGE_DELETED;

	for (int bit = KEYWORD_FIRST_BIT; bit < 64; bit++) {
		struct span name = {NULL, 0};
		int there;

		if (k->message.flags >> bit & 1)
			name = keyword_name(target->account, k, gone, bit);
		if (!name.p)
			continue;
		there = mailbox_keyword_take(target, name);
		if (there < 0)
			return why(w, FAIL_LIMIT, "A mailbox can have at most %d keywords.", KEYWORDS_MAX);
		flags |= (uint64_t)1 << there;
	}
	*out = flags;
	return FAIL_NONE;
}

enum fail batch_undelete(
	struct batch *b, const struct kept_message *k, const struct kept_mailboxes *gone, uint64_t to, struct why *w)
{
	struct mailbox *target = account_by_id(b->account, to);
	struct op op = {.kind = OP_UNDELETE, .mailbox = to, .modseq = k->place.sequence, .other = k->place.id};
	enum fail f;

	if (!target)
		return why(w, FAIL_NOT_FOUND, "There is no such mailbox.");
	f = carry_flags(target, k, gone, &op.set, w);
	if (!f)
		batch_stage(b, &op);
	return f;
}

enum fail batch_purge(struct batch *b, struct kept_place last, struct why *w)
{
	struct op op = {.kind = OP_PURGE, .modseq = last.sequence, .other = last.id};

	if (!batch_empty(b))
		return why(w, FAIL_CANNOT, "A purge is a change of its own.");
	batch_stage(b, &op);
	return FAIL_NONE;
}
