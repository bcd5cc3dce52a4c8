/* EXPUNGE (RFC 3501 §6.4.3) and UID EXPUNGE (RFC 4315 §2.1): one batch; the view tells the client what went, and in which order.
 * Never removes a message that the session's client has not been told of. */
#include "imap/verb/command.h"
#include "imap/verb/session.h"

struct expunge {
	struct seq_range *ranges;
	size_t range_n, range;
	uint32_t seq;         /* next to be looked at; 0 = the range's first */
	uint32_t first, last; /* uids of deleted messages that follow each other and are not staged yet; 0 = none */
};

static enum fail expunge_begin(struct command *c)
{
	struct view *view = c->session->view;
	struct expunge *e = arena_alloc(&c->arena, sizeof(*e));
	struct sequence_set set;
	struct sequence_range all = {1, SEQUENCE_STAR};
	enum fail f;

	if (!e)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	c->state = e;
	set = (struct sequence_set){&all, 1};
	if (c->uid && (!capability_on(c->args.capabilities, CAPABILITY_UIDPLUS) || !args_sequence_set(&c->args, &set)))
		return command_syntax(c);
	if (!args_end(&c->args))
		return command_syntax(c);
	f = command_may_selected(c, RIGHT_EXPUNGE);
	if (f)
		return f;
	f = view_resolve(view, &set, true, &c->arena, &e->ranges, &e->range_n);
	return f ? command_fail(c, f, "the command is too long") : FAIL_NONE;
}

static enum fail stage_run(struct command *c, struct expunge *e)
{
	enum fail f = FAIL_NONE;

	if (e->first)
		f = batch_expunge(command_batch(c), view_mailbox(c->session->view), e->first, e->last, &c->why);
	e->first = 0;
	return f;
}

/* A run goes on only from one message of the view to the next. */
static enum fail look_at(struct command *c, struct expunge *e)
{
	struct view *view = c->session->view;
	struct message row;

	if (!view_message(view, e->seq, &row) || !(row.flags & MESSAGE_DELETED))
		return stage_run(c, e);
	if (!e->first)
		e->first = row.uid;
	e->last = row.uid;
	return FAIL_NONE;
}

static enum step expunge_step(struct command *c)
{
	struct expunge *e = c->state;
	enum fail f = FAIL_NONE;

	while (!f && e->range < e->range_n) {
		if (e->seq == 0)
			e->seq = e->ranges[e->range].first;
		if (e->seq % 64 == 0 && command_slice_over(c))
			return STEP_AGAIN;
		f = look_at(c, e);
		if (!f && e->seq++ == e->ranges[e->range].last) {
			e->range++;
			e->seq = 0;
			f = stage_run(c, e);
		}
	}
	return f ? step_fail(c, f) : STEP_DONE;
}

const struct verb_steps verb_expunge_steps = {expunge_begin, expunge_step, NULL};
