/* FETCH and UID FETCH: RFC 3501 §6.4.5, §6.4.8. The cursor over the set, and \Seen; fetch_message.c writes each answer.
 * Never holds a message in memory, and never more output than one piece above the mark. */
#include "imap/verb/fetch.h"

#include "imap/verb/session.h"
#include "mime/decode.h"

/* ── Arguments ──────────────────────────────────────────────────────────────────────────────────────────── */

static enum fail fetch_begin(struct command *c)
{
	struct fetch *f = arena_alloc(&c->arena, sizeof(*f));
	struct view *view = c->session->view;
	struct sequence_set set;
	enum fail failed;

	if (!f)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	buf_init(&f->piece, FETCH_HEADER_MAX + FETCH_PIECE_MAX);
	buf_init(&f->decoded, 4 * FETCH_PIECE_MAX);
	arena_init(&f->arena, MIME_STRUCTURE_MAX);
	c->state = f;
	if (!args_sequence_set(&c->args, &set) || !args_sp(&c->args) || !args_fetch_items(&c->args, c->uid, &f->items))
		return command_syntax(c);
	failed = command_may_selected(c, RIGHT_READ);
	if (failed)
		return failed;
	failed = view_resolve(view, &set, c->uid, &c->arena, &f->ranges, &f->range_n);
	if (failed)
		return command_fail(c, failed, failed == FAIL_SYNTAX ? "no such message" : "the command is too long");
	f->sees = f->items.sees && !view_read_only(view) && !c->session->user.read_only;
	c->bears_failure = true;
	return FAIL_NONE;
}

static void fetch_end(struct command *c)
{
	struct fetch *f = c->state;

	if (!f)
		return;
	structures_end(f->structures);
	buf_fini(&f->piece);
	buf_fini(&f->decoded);
	mime_decoder_free(f->decoder);
	arena_fini(&f->arena);
}

/* ── The cursor ─────────────────────────────────────────────────────────────────────────────────────────── */

/* The message at the cursor, and moves it on. False at the end. */
static bool cursor_take(const struct fetch *f, struct fetch_cursor *at, uint32_t *seq_out)
{
	if (at->range >= f->range_n)
		return false;
	if (at->seq == 0)
		at->seq = f->ranges[at->range].first;
	*seq_out = at->seq;
	if (at->seq++ == f->ranges[at->range].last)
		*at = (struct fetch_cursor){at->range + 1, 0};
	return true;
}

static bool cursor_reached(const struct fetch_cursor *at, const struct fetch_cursor *mark)
{
	return at->range > mark->range || (at->range == mark->range && at->seq >= mark->seq);
}

/* ── \Seen ──────────────────────────────────────────────────────────────────────────────────────────────── */

/* Stages \Seen for the next few messages, so that their answers can show it: it is durable before it is shown. */
static enum fail stage_seen(struct command *c, struct fetch *f)
{
	static const struct flag_set seen = {.system = MESSAGE_SEEN};
	struct view *view = c->session->view;
	struct message row;
	uint64_t octets = 0;
	uint32_t seq;
	enum fail failed = FAIL_NONE;

	f->seen_n = 0;
	f->seen_until = f->at;
	while (!failed && f->seen_n < FETCH_SEEN_MESSAGES && octets < FETCH_SEEN_OCTETS && !command_slice_over(c) &&
		cursor_take(f, &f->seen_until, &seq)) {
		if (!view_message(view, seq, &row))
			continue;
		octets += row.size;
		if (row.flags & MESSAGE_SEEN)
			continue;
		f->seen[f->seen_n++] = seq;
		failed = batch_flags(command_batch(c), view_mailbox(view), row.uid, row.uid, FLAGS_ADD, &seen, &c->why);
	}
	return failed;
}

/* Where \Seen cannot be stored (a full disk), mail can still be read. */
static enum step go_without_seen(struct command *c, struct fetch *f, enum fail failed)
{
	if (failed == FAIL_UNKNOWN)
		return step_fail(c, failed);
	f->sees = false;
	f->seen_n = 0;
	return STEP_AGAIN;
}

static enum step set_seen(struct command *c, struct fetch *f)
{
	enum fail failed = stage_seen(c, f);

	if (failed)
		return go_without_seen(c, f, failed);
	if (f->seen_n == 0)
		return STEP_AGAIN;
	f->phase = FETCHING_SEEN_GOT;
	return command_commit(c);
}

static enum step fetch_seen_got(struct command *c, struct fetch *f)
{
	f->phase = FETCHING_NEXT;
	return c->stored ? go_without_seen(c, f, c->stored) : STEP_AGAIN;
}

/* ── Steps ──────────────────────────────────────────────────────────────────────────────────────────────── */

enum step fetch_asked(struct command *c, enum fail f)
{
	if (f == FAIL_NONE || f == FAIL_BUSY)
		return command_stored(c, f);
	c->stored = f;
	return STEP_AGAIN;
}

void fetch_lost(struct fetch *f, enum fail why)
{
	f->trouble = why;
	if (f->row.uid == f->lost_now)
		return; /* another item of it */
	f->lost_now = f->row.uid;
	if (!f->lost_n++)
		f->lost = f->row.uid;
}

static enum step fetch_finish(struct command *c, struct fetch *f)
{
	if (!f->trouble && f->unknown_encoding) {
		command_code(c, "UNKNOWN-CTE");
		command_fail(c, FAIL_CANNOT, "a part has a transfer encoding that is not known here");
		return STEP_FAIL;
	}
	if (!f->trouble)
		return STEP_DONE;
	if (!f->lost)
		command_fail(c, f->trouble, "some of the messages are expunged");
	else if (f->lost_n == 1)
		command_fail(c, f->trouble, "the message with UID %u cannot be read", (unsigned)f->lost);
	else
		command_fail(c, f->trouble, "%zu messages cannot be read, the first of them has UID %u", f->lost_n,
			(unsigned)f->lost);
	return STEP_FAIL;
}

static enum step fetch_next(struct command *c, struct fetch *f)
{
	struct view *view = c->session->view;

	if (f->sees && f->at.range < f->range_n && cursor_reached(&f->at, &f->seen_until)) {
		if (command_may_selected(c, RIGHT_SEEN) != FAIL_NONE) {
			f->sees = false; /* who may read and not mark as read, reads */
			return STEP_AGAIN;
		}
		return set_seen(c, f);
	}
	if (!cursor_take(f, &f->at, &f->seq))
		return fetch_finish(c, f);
	if (view_message(view, f->seq, &f->row))
		fetch_message_begin(c, f);
	else
		f->trouble = FAIL_EXPUNGED;
	return STEP_AGAIN;
}

static enum step fetch_step(struct command *c)
{
	struct fetch *f = c->state;
	enum step step = STEP_AGAIN;

	for (unsigned turn = 1; step == STEP_AGAIN; turn++) {
		if (!command_has_room(c))
			return STEP_WAIT_OUTPUT;
		if (turn % 16 == 0 && command_slice_over(c))
			return STEP_AGAIN;
		switch (f->phase) {
		case FETCHING_NEXT:
			step = fetch_next(c, f);
			if (f->phase == FETCHING_SEEN_GOT) /* the framework sees to the commit between two steps */
				return step;
			break;
		case FETCHING_SEEN_GOT: step = fetch_seen_got(c, f); break;
		default: step = fetch_message_step(c, f); break;
		}
	}
	return step;
}

const struct verb_steps verb_fetch_steps = {fetch_begin, fetch_step, fetch_end};
