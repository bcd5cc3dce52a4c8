/* XPURGE (ALL | seconds-since-1970): kept messages, all or those that were expunged until then, go for good, a batch at a time: what a crash
 * interrupts is done up to some message. For administrators' sessions; RFC 3501 §6.5.1. OK [PURGED number] says how many went. */
#include "base/memory.h"
#include "imap/verb/session.h"
#include "imap/verb/verb_functions.h"
#include "store/kept.h"

struct xpurge {
	bool all;
	uint64_t until;
	uint64_t purged, committing;
	struct kept_message page[KEPT_PURGE_MAX];
};

static enum fail xpurge_begin(struct command *c)
{
	struct xpurge *x = arena_alloc(&c->arena, sizeof(*x));

	if (!x)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	c->state = x;
	x->all = args_if_word(&c->args, SPAN("ALL"));
	if ((!x->all && !args_number64(&c->args, &x->until)) || !args_end(&c->args))
		return command_syntax(c);
	return command_may(c, NULL, RIGHT_ADMIN);
}

static enum step xpurge_step(struct command *c)
{
	struct xpurge *x = c->state;
	size_t n, due = 0;
	enum fail f =
		account_kept(c->session->account, (struct kept_place){0, 0}, KEPT_PURGE_MAX, x->page, &n, &c->why);

	x->purged += x->committing;
	for (size_t i = 0; !f && i < n; i++)
		if (x->all || x->page[i].expunged <= (int64_t)x->until)
			due = i + 1;
	x->committing = due;
	if (!f && !due) {
		command_code(c, "PURGED %llu", (unsigned long long)x->purged);
		return STEP_DONE;
	}
	if (!f)
		f = batch_purge(command_batch(c), x->page[due - 1].place, &c->why);
	return f ? step_fail(c, f) : command_commit(c);
}

const struct verb_steps verb_xpurge_steps = {xpurge_begin, xpurge_step, NULL};
