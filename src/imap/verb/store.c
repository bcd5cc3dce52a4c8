/* STORE and UID STORE: RFC 3501 §6.4.6. One batch for the whole set, then the new flags of each message unless .SILENT.
 * Never touches a message that the session's client has not been told of. */
#include "imap/verb/command.h"
#include "imap/verb/session.h"
#include "imap/wire/flags.h"

struct store {
	struct seq_range *ranges;
	size_t range_n, range;
	uint32_t seq; /* next to be answered; 0 = the range's first */
	enum flag_change how;
	struct flag_set flags;
	bool silent;
	enum { STORE_STAGE, STORE_STORED, STORE_TELL } phase;
};

/* "FLAGS", "+FLAGS", "-FLAGS", each with ".SILENT" or without. */
static bool args_store_item(struct args *a, struct store *s)
{
	s->how = args_if(a, '+') ? FLAGS_ADD : args_if(a, '-') ? FLAGS_REMOVE : FLAGS_REPLACE;
	if (!span_take_nocase(&a->rest, SPAN("FLAGS")))
		return args_wrong(a, "FLAGS, +FLAGS or -FLAGS is expected");
	s->silent = span_take_nocase(&a->rest, SPAN(".SILENT"));
	return true;
}

/* RFC 4314 §4: each kind of flag has its right; replacing asks for all of them. */
static enum fail may_store(struct command *c, const struct store *s)
{
	bool all = s->how == FLAGS_REPLACE;
	uint64_t others = s->flags.system & ~(uint64_t)(MESSAGE_SEEN | MESSAGE_DELETED);
	enum fail f = FAIL_NONE;

	if (all || s->flags.system & MESSAGE_SEEN)
		f = command_may_selected(c, RIGHT_SEEN);
	if (!f && (all || s->flags.system & MESSAGE_DELETED))
		f = command_may_selected(c, RIGHT_DELETE);
	if (!f && (all || others || s->flags.keyword_count > 0))
		f = command_may_selected(c, RIGHT_WRITE);
	return f;
}

static enum fail store_begin(struct command *c)
{
	struct store *s = arena_alloc(&c->arena, sizeof(*s));
	struct sequence_set set;
	enum fail f;

	if (!s)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	c->state = s;
	if (!args_sequence_set(&c->args, &set) || !args_sp(&c->args) || !args_store_item(&c->args, s) ||
		!args_sp(&c->args) || !args_flag_list(&c->args, true, &s->flags) || !args_end(&c->args))
		return command_syntax(c);
	f = may_store(c, s);
	if (f)
		return f;
	f = view_resolve(c->session->view, &set, c->uid, &c->arena, &s->ranges, &s->range_n);
	if (f)
		return command_fail(c, f, f == FAIL_SYNTAX ? "no such message" : "the command is too long");
	return FAIL_NONE;
}

/* A range of sequence numbers is a range of uids: between two messages of the view the mailbox holds no message that the view does not. */
static enum step stage(struct command *c, struct store *s)
{
	struct view *view = c->session->view;

	for (size_t i = 0; i < s->range_n; i++) {
		enum fail f = batch_flags(command_batch(c), view_mailbox(view), view_uid(view, s->ranges[i].first),
			view_uid(view, s->ranges[i].last), s->how, &s->flags, &c->why);

		if (f)
			return step_fail(c, f);
	}
	s->phase = STORE_STORED;
	return s->range_n > 0 ? command_commit(c) : STEP_DONE;
}

static void tell_message(struct command *c, uint32_t seq)
{
	struct buf *out = command_out(c);
	struct message row;

	if (!view_message(c->session->view, seq, &row))
		return;
	buf_addf(out, "* %u FETCH (", seq);
	if (c->uid)
		buf_addf(out, "UID %u ", row.uid);
	buf_add_lit(out, "FLAGS ");
	view_print_flags(c->session->view, out, &row);
	buf_add_lit(out, ")\r\n");
}

static enum step tell(struct command *c, struct store *s)
{
	while (s->range < s->range_n) {
		const struct seq_range *r = &s->ranges[s->range];

		if (!command_has_room(c))
			return STEP_WAIT_OUTPUT;
		if (s->seq == 0)
			s->seq = r->first;
		if (s->seq % 64 == 0 && command_slice_over(c))
			return STEP_AGAIN;
		tell_message(c, s->seq);
		if (s->seq++ == r->last) {
			s->range++;
			s->seq = 0;
		}
	}
	return STEP_DONE;
}

static enum step store_step(struct command *c)
{
	struct store *s = c->state;

	if (s->phase == STORE_STAGE)
		return stage(c, s);
	if (s->silent)
		return STEP_DONE;
	if (s->phase == STORE_STORED) {
		/* News first: keywords that are new must stand in FLAGS before a message is said to have them (RFC 3501 §7.2.6). */
		enum step told = command_tell(c, false);

		if (told != STEP_AGAIN)
			return told;
		s->phase = STORE_TELL;
	}
	return tell(c, s);
}

const struct verb_steps verb_store_steps = {store_begin, store_step, NULL};
