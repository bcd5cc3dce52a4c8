/* UNSELECT (RFC 3691) and CLOSE (RFC 3501 §6.4.2): leave the selected mailbox; CLOSE expunges what is marked \Deleted, and says nothing of
 * it. Only messages that the client has been told of go. */
#include "imap/verb/session.h"
#include "imap/verb/verb_functions.h"

static enum fail leave(struct command *c)
{
	session_unselect(c->session);
	return FAIL_NONE;
}

enum fail verb_unselect(struct command *c)
{
	return args_end(&c->args) ? leave(c) : command_syntax(c);
}

struct closing {
	uint32_t seq; /* next to be looked at */
	bool expunges;
};

static enum fail close_begin(struct command *c)
{
	struct imap_session *s = c->session;
	struct closing *k = arena_alloc(&c->arena, sizeof(*k));
	struct mailbox_info info;

	if (!args_end(&c->args))
		return command_syntax(c);
	c->state = k;
	k->seq = 1;
	/* Without the right to expunge CLOSE is UNSELECT: RFC 4314 §4. */
	k->expunges = !view_read_only(s->view) &&
		      account_mailbox_info(s->account, view_mailbox_id(s->view), &info) == FAIL_NONE &&
		      info.deleted > 0 && can(&s->user, s->account, &info, RIGHT_EXPUNGE) == FAIL_NONE;
	c->committed = leave;
	return FAIL_NONE;
}

static bool is_deleted(const struct view *v, uint32_t seq)
{
	struct message msg;

	return view_message(v, seq, &msg) && msg.flags & MESSAGE_DELETED;
}

static enum step close_step(struct command *c)
{
	struct view *v = c->session->view;
	struct closing *k = c->state;

	while (k->expunges && k->seq <= view_count(v)) {
		uint32_t first = k->seq;
		enum fail f = FAIL_NONE;

		while (k->seq <= view_count(v) && is_deleted(v, k->seq) && k->seq - first < 4096)
			k->seq++;
		if (k->seq > first)
			f = batch_expunge(command_batch(c), view_mailbox(v), view_uid(v, first),
				view_uid(v, k->seq - 1), &c->why);
		else
			k->seq++;
		if (f)
			return step_fail(c, f);
		if (command_slice_over(c))
			return STEP_AGAIN;
	}
	return STEP_DONE;
}

const struct verb_steps verb_close_steps = {close_begin, close_step, NULL};
