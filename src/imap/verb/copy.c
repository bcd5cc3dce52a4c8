/* COPY (RFC 3501 §6.4.7) and MOVE (RFC 6851) with their UID forms: one batch for the whole set, so that it happens as a whole or not at
 * all; COPYUID (RFC 4315 §3), for MOVE in an untagged OK ahead of the EXPUNGE responses (RFC 6851 §4.3).
 * Never reads a message: copies refer to the same body. */
#include "base/memory.h"
#include "imap/verb/command.h"
#include "imap/verb/session.h"

struct copy {
	struct seq_range *ranges;
	size_t range_n, range;
	uint32_t seq; /* next to be copied; 0 = the range's first */
	struct mailbox_info target;
	bool move;
	uint32_t *uids; /* of the messages staged, in that order */
	size_t uid_n, uid_room;
};

/* RFC 4314 §4: reading, and inserting there; MOVE is also \Deleted and EXPUNGE here. */
static enum fail may_copy(struct command *c, const struct copy *p)
{
	enum fail f = command_may_selected(c, RIGHT_READ);

	if (!f && p->move)
		f = command_may_selected(c, RIGHT_DELETE);
	if (!f && p->move)
		f = command_may_selected(c, RIGHT_EXPUNGE);
	return f ? f : command_may(c, &p->target, RIGHT_INSERT);
}

static enum fail copied(struct command *c);

static enum fail begin(struct command *c, bool move)
{
	struct copy *p = arena_alloc(&c->arena, sizeof(*p));
	struct sequence_set set;
	struct span name;
	enum fail f;

	if (!p)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	p->move = move;
	c->state = p;
	c->committed = copied;
	if (!args_sequence_set(&c->args, &set) || !args_sp(&c->args) || !args_mailbox(&c->args, &name) ||
		!args_end(&c->args))
		return command_syntax(c);
	f = command_find_mailbox(c, name, FAIL_TRY_CREATE, &p->target);
	if (f)
		return f;
	f = may_copy(c, p);
	if (f)
		return f;
	f = view_resolve(c->session->view, &set, c->uid, &c->arena, &p->ranges, &p->range_n);
	if (f)
		return command_fail(c, f, f == FAIL_SYNTAX ? "no such message" : "the command is too long");
	return FAIL_NONE;
}

static enum fail copy_begin(struct command *c)
{
	return begin(c, false);
}

static enum fail move_begin(struct command *c)
{
	return begin(c, true);
}

static void copy_end(struct command *c)
{
	struct copy *p = c->state;

	if (p)
		free(p->uids);
}

static void remember_uid(struct copy *p, uint32_t uid)
{
	if (p->uid_n == p->uid_room) {
		p->uid_room = p->uid_room ? p->uid_room * 2 : 64;
		p->uids = memory_resize_array(p->uids, p->uid_room, sizeof(*p->uids));
	}
	p->uids[p->uid_n++] = uid;
}

/* A message that has gone meanwhile is passed over: RFC 2180 §4.4.1. */
static enum fail stage_message(struct command *c, struct copy *p)
{
	struct mailbox *m = view_mailbox(c->session->view);
	struct message row;
	enum fail f;

	if (!view_message(c->session->view, p->seq, &row) || mailbox_lower_bound(m, row.uid) == mailbox_count(m) ||
		mailbox_uid_at(m, mailbox_lower_bound(m, row.uid)) != row.uid)
		return FAIL_NONE;
	f = p->move ? batch_move(command_batch(c), m, &row, p->target.id, &c->why)
		    : batch_copy(command_batch(c), m, &row, p->target.id, &c->why);
	if (!f)
		remember_uid(p, row.uid);
	return f;
}

static enum step copy_step(struct command *c)
{
	struct copy *p = c->state;

	while (p->range < p->range_n) {
		enum fail f;

		if (p->seq == 0)
			p->seq = p->ranges[p->range].first;
		if (p->seq % 64 == 0 && command_slice_over(c))
			return STEP_AGAIN;
		f = stage_message(c, p);
		if (f)
			return step_fail(c, f == FAIL_NOT_FOUND ? FAIL_TRY_CREATE : f);
		if (p->seq++ == p->ranges[p->range].last) {
			p->range++;
			p->seq = 0;
		}
	}
	return STEP_DONE;
}

/* The set's uids stand in the order of the new ones: each old uid has its new one at the same place. */
static enum fail copied(struct command *c)
{
	struct copy *p = c->state;
	struct buf code;
	const uint32_t *to;
	size_t n;

	if (p->uid_n == 0 || !capability_on(&c->session->capabilities, CAPABILITY_UIDPLUS))
		return FAIL_NONE;
	n = batch_uids(c->batch, &to);
	if (n != p->uid_n) /* some went while the batch waited: which, is not known here */
		return FAIL_NONE;
	buf_init(&code, 1 << 20);
	buf_addf(&code, "COPYUID %u ", p->target.uidvalidity);
	print_uid_list(&code, p->uids, n);
	buf_add_byte(&code, ' ');
	print_uid_list(&code, to, n);
	if (!code.over && p->move) {
		buf_add_lit(command_out(c), "* OK [");
		buf_add(command_out(c), buf_span(&code));
		buf_add_lit(command_out(c), "] Moved\r\n");
	} else if (!code.over) {
		command_code(c, "%.*s", SPAN_ARG(buf_span(&code)));
	}
	buf_fini(&code);
	return FAIL_NONE;
}

const struct verb_steps verb_copy_steps = {copy_begin, copy_step, copy_end};
const struct verb_steps verb_move_steps = {move_begin, copy_step, copy_end};
