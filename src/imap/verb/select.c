/* SELECT and EXAMINE: RFC 3501 §6.3.1, §6.3.2, §7.1, §7.2.6, §7.3.
 *
 *   begin (leaves the old mailbox, finds the new) ─► OPENING ─(mailbox_open)─► OPEN ─(select_opened)─► done */
#include "imap/verb/session.h"
#include "imap/verb/verb_functions.h"

struct selecting {
	enum { OPENING, OPEN } phase;
	struct mailbox_info info;
	struct mailbox *mailbox; /* ours until a view takes it over */
	bool read_only;
};

/* Something a client may change in it: otherwise the mailbox is read-only, whatever was asked. */
static bool may_change(struct command *c, const struct mailbox_info *info)
{
	static const enum right changes[] = {RIGHT_SEEN, RIGHT_WRITE, RIGHT_INSERT, RIGHT_DELETE, RIGHT_EXPUNGE};
	struct imap_session *s = c->session;

	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		if (can(&s->user, s->account, info, changes[i]) == FAIL_NONE)
			return true;
	return false;
}

static enum fail begin(struct command *c, bool read_only)
{
	struct selecting *k = arena_alloc(&c->arena, sizeof(*k));
	struct span name;
	enum fail f;

	if (!args_mailbox(&c->args, &name) || !args_end(&c->args))
		return command_syntax(c);
	/* "The SELECT command automatically deselects any currently selected mailbox before attempting the new selection." */
	session_unselect(c->session);
	c->state = k;
	f = command_find_mailbox(c, name, FAIL_NOT_FOUND, &k->info);
	if (!f)
		f = command_may(c, &k->info, RIGHT_READ);
	if (!f)
		k->read_only = read_only || !may_change(c, &k->info);
	return f;
}

static enum fail select_begin(struct command *c)
{
	return begin(c, false);
}

static enum fail examine_begin(struct command *c)
{
	return begin(c, true);
}

static enum step select_opened(struct command *c)
{
	struct selecting *k = c->state;
	struct buf *out = command_out(c);
	struct view *v;
	uint32_t unseen = 0;

	if (account_mailbox_info(c->session->account, mailbox_id(k->mailbox), &k->info)) {
		command_fail(c, FAIL_NOT_FOUND, "The mailbox has just been deleted");
		return STEP_FAIL;
	}
	v = view_new(k->mailbox, k->read_only, c->session, session_wake, c->session);
	k->mailbox = NULL;
	session_select(c->session, v);
	view_print_flag_names(v, out);
	buf_addf(out, "* %u EXISTS\r\n* %u RECENT\r\n", view_count(v), view_recent_count(v));
	unseen = mailbox_first_unseen(view_mailbox(v));
	if (unseen)
		buf_addf(out, "* OK [UNSEEN %u] The first unseen message\r\n", view_seq(v, unseen));
	buf_addf(out, "* OK [UIDVALIDITY %u] UIDs are valid\r\n", k->info.uidvalidity);
	buf_addf(out, "* OK [UIDNEXT %u] The next UID\r\n", k->info.uid_next);
	command_code(c, "%s", k->read_only ? "READ-ONLY" : "READ-WRITE");
	return STEP_DONE;
}

static enum step select_step(struct command *c)
{
	struct selecting *k = c->state;

	switch (k->phase) {
	case OPENING:
		k->phase = OPEN;
		return command_stored(c, mailbox_open(c->session->account, k->info.id, &c->wait, &k->mailbox));
	case OPEN: break;
	}
	return select_opened(c);
}

static void select_end(struct command *c)
{
	struct selecting *k = c->state;

	if (k && k->mailbox)
		mailbox_close(k->mailbox);
}

const struct verb_steps verb_select_steps = {select_begin, select_step, select_end};
const struct verb_steps verb_examine_steps = {examine_begin, select_step, select_end};
