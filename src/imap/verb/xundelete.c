/* XUNDELETE place *(SP place): kept messages come back into the mailboxes that they were in, which are made again when they are gone; INBOX takes
 * what has no other place. Each gets a new UID and loses \Deleted. For administrators' sessions; RFC 3501 §6.5.1. Places that are kept no
 * more are passed over: OK [UNDELETED number] says how many came back.
 *
 *   each place: PLACE ─► is its mailbox there? ─┬─ yes ─► next          all placed: STAGE ─► the framework commits
 *                 ▲                              └─ no ─► CREATE (a change of its own) ─┐
 *                 └───────────────────────────────────────────────────────────────────┘ */
#include "base/memory.h"
#include "imap/verb/kept_place.h"
#include "imap/verb/session.h"
#include "imap/verb/verb_functions.h"

enum { PLACES_MAX = 256 };

struct xundelete {
	struct kept_message kept[PLACES_MAX];
	uint64_t to[PLACES_MAX]; /* 0 = it is kept no more */
	size_t n, at;
	bool creating;
	struct kept_mailboxes *gone;
};

static enum fail take_places(struct command *c, struct xundelete *x)
{
	struct kept_place at, last = {0, 0};

	do {
		if (!args_kept_place(&c->args, &at))
			return command_syntax(c);
		if (x->n == PLACES_MAX)
			return command_fail(c, FAIL_LIMIT, "at most %d messages at once", PLACES_MAX);
		if (at.sequence < last.sequence || (at.sequence == last.sequence && at.id <= last.id))
			return command_fail(c, FAIL_SYNTAX, "places ascend");
		x->kept[x->n++].place = last = at;
	} while (args_peek(&c->args) == ' ' && args_sp(&c->args) && args_peek(&c->args));
	return args_end(&c->args) ? FAIL_NONE : command_syntax(c);
}

static enum fail undeleted(struct command *c)
{
	const uint32_t *uids;

	command_code(c, "UNDELETED %zu", c->batch ? batch_uids(c->batch, &uids) : (size_t)0);
	return FAIL_NONE;
}

static enum fail xundelete_begin(struct command *c)
{
	struct xundelete *x = arena_alloc(&c->arena, sizeof(*x));
	enum fail f;

	if (!x)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	c->state = x;
	c->bears_failure = true;
	c->committed = undeleted;
	f = take_places(c, x);
	if (!f)
		f = command_may(c, NULL, RIGHT_ADMIN);
	return f ? f : kept_mailboxes_load(c->session->account, &x->gone, &c->why);
}

static void xundelete_end(struct command *c)
{
	struct xundelete *x = c->state;

	if (x)
		kept_mailboxes_free(x->gone);
}

static bool use_is_taken(const struct account *a, enum special_use use)
{
	struct mailbox_info info;

	for (size_t i = 0; i < account_mailboxes(a); i++) {
		account_mailbox_at(a, i, &info);
		if (info.special_use == use)
			return true;
	}
	return false;
}

/* 0: there is none, and `was` says which it was. */
static uint64_t mailbox_of(const struct account *a, const struct xundelete *x, uint64_t id, struct kept_mailbox *was)
{
	struct mailbox_info info;

	if (!account_mailbox_info(a, id, &info))
		return id;
	if (kept_mailbox_find(x->gone, id, was))
		return account_mailbox_find(a, was->name, &info) ? 0 : info.id;
	return account_mailbox_find(a, SPAN("INBOX"), &info) ? 0 : info.id;
}

static enum step create(struct command *c, struct xundelete *x, const struct kept_mailbox *was)
{
	bool taken = use_is_taken(c->session->account, was->use);
	enum fail f = batch_mailbox_create(command_batch(c), was->name, taken ? USE_NONE : was->use, &c->why);

	if (f)
		return step_fail(c, f);
	x->creating = true;
	return command_commit(c);
}

static enum step place(struct command *c, struct xundelete *x)
{
	struct account *a = c->session->account;
	struct kept_message *k = &x->kept[x->at];
	struct kept_mailbox was = {0};
	struct mailbox_info inbox;
	enum fail f = account_kept_at(a, k->place, k, &c->why);

	if (f && f != FAIL_NOT_FOUND)
		return step_fail(c, f);
	if (f) {
		x->at++;
		return STEP_AGAIN;
	}
	x->to[x->at] = mailbox_of(a, x, k->mailbox, &was);
	if (!x->to[x->at] && !x->creating)
		return create(c, x, &was);
	/* it could not be made again */
	if (!x->to[x->at] && !account_mailbox_find(a, SPAN("INBOX"), &inbox))
		x->to[x->at] = inbox.id;
	x->creating = false;
	x->at++;
	return STEP_AGAIN;
}

static enum step stage(struct command *c, struct xundelete *x)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 0; !f && i < x->n; i++)
		if (x->to[i])
			f = batch_undelete(command_batch(c), &x->kept[i], x->gone, x->to[i], &c->why);
	return f ? step_fail(c, f) : STEP_DONE;
}

static enum step xundelete_step(struct command *c)
{
	struct xundelete *x = c->state;

	if (x->creating && c->stored == FAIL_UNKNOWN)
		return step_fail(c, c->stored);
	c->stored = FAIL_NONE;
	return x->at < x->n ? place(c, x) : stage(c, x);
}

const struct verb_steps verb_xundelete_steps = {xundelete_begin, xundelete_step, xundelete_end};
