/* The way of a command. No verb is named here: the tables name them.
 *
 *   GATE ─(check_gate)─► BEGIN ─(begin)─┬─ RUN ───────────────────────────────► COMMIT ─(commit)─► SYNC ─(tell)─► REPLY ─(reply)─► over
 *                                       └─ STEP, HOLD ─► STEPS ─(steps) ⟲ ──────┘ ▲                   ▲
 *                          a failure in BEGIN or STEPS goes to SYNC; with a message on its way (DROPPING) after that has come */
#include "imap/verb/run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "imap/verb/session.h"
#include "imap/verb/verb_functions.h"
#include "imap/wire/print.h"
#include "store/feed.h"

enum phase { PHASE_GATE, PHASE_BEGIN, PHASE_STEPS, PHASE_DROPPING, PHASE_COMMIT, PHASE_SYNC, PHASE_REPLY };

enum { CODE_MAX = 1 << 20 /* COPYUID names every message */ };

/* ── Birth and end ── */

static void stored(struct store_wait *w, enum fail f)
{
	struct command *c = CONTAINER_OF(w, struct command, wait);

	c->stored = f;
	c->waits = WAIT_NOTHING;
	session_again(c->session);
}

struct command *command_new(struct imap_session *s, const struct head *head, struct span bytes_after_head)
{
	/* The tag in the same piece: a session in IDLE has no arena then. */
	struct command *c = memory_new(sizeof(*c) + head->tag.n);

	memcpy(c->tag_bytes, head->tag.p, head->tag.n);
	c->session = s;
	c->row = verb_row(head->verb);
	c->word = c->row->word;
	c->uid = head->uid;
	arena_init(&c->arena, COMMAND_ARENA_MAX);
	c->tag = span(c->tag_bytes, head->tag.n);
	args_init(&c->args, bytes_after_head, &c->arena);
	c->args.capabilities = &s->capabilities;
	c->args.utf8 = s->utf8;
	buf_init(&c->code, CODE_MAX);
	store_wait_init(&c->wait, stored);
	count_verb(head->verb);
	return c;
}

static void end_verb(struct command *c)
{
	const struct verb_steps *steps = verb_steps_of(c->row);

	if (c->begun && steps && steps->end)
		steps->end(c);
	c->begun = false;
}

void command_free(struct command *c)
{
	bool under_way;

	if (!c)
		return;
	under_way = c->committing && c->waits == WAIT_STORE;
	store_wait_cancel(&c->wait);
	command_forget_work(c);
	end_verb(c);
	if (!under_way) /* else it frees itself: store/batch.h */
		batch_free(c->batch);
	buf_fini(&c->code);
	arena_fini(&c->arena);
	free(c);
}

/* ── Gates ── */

static enum fail check_gate(struct command *c)
{
	const struct imap_session *s = c->session;
	unsigned state = s->state == IMAP_SELECTED ? SELECTED : AUTH;

	if (c->row->shape == DOOR)
		return command_fail(
			c, FAIL_WRONG_STATE, "%.*s is for connections that are not logged in", SPAN_ARG(c->word));
	if (!(c->row->states & state))
		return command_fail(c, FAIL_WRONG_STATE, "No mailbox is selected");
	if (c->row->traits & WRITES && view_read_only(s->view))
		return command_fail(c, FAIL_NO_PERMISSION, "The mailbox was opened read-only");
	return FAIL_NONE;
}

/* ── Phases ── */

static enum run_progress fail_to(struct command *c, enum fail f)
{
	c->failed = f;
	if (c->message_asked && !c->message_over) {
		c->phase = PHASE_DROPPING;
		c->waits = WAIT_INPUT;
		return RUN_WAITS;
	}
	c->phase = PHASE_SYNC;
	return RUN_MOVED;
}

static enum run_progress begin(struct command *c)
{
	const struct verb_steps *steps = verb_steps_of(c->row);
	enum fail f;

	if (!steps) {
		f = run_verb(c);
	} else {
		c->begun = true;
		f = steps->begin(c);
	}
	if (f)
		return fail_to(c, f);
	c->phase = steps ? PHASE_STEPS : PHASE_COMMIT;
	return RUN_MOVED;
}

static enum run_progress wait_for(struct command *c, enum command_wait what)
{
	c->waits = what;
	return RUN_WAITS;
}

static enum run_progress steps(struct command *c)
{
	if (c->stored && !c->bears_failure) {
		enum step failed = step_fail(c, c->stored);

		(void)failed;
		return fail_to(c, c->failed);
	}
	if (c->committing) {
		c->committing = false;
		c->batch_done = true;
	}
	c->slice_began = clock_mono_us();
	switch (verb_steps_of(c->row)->step(c)) {
	case STEP_DONE: c->phase = PHASE_COMMIT; return RUN_MOVED;
	case STEP_AGAIN: return command_slice_over(c) ? RUN_AGAIN : RUN_MOVED;
	case STEP_WAIT_INPUT: return wait_for(c, WAIT_INPUT);
	case STEP_WAIT_OUTPUT: return wait_for(c, WAIT_OUTPUT);
	case STEP_WAIT_STORE: return wait_for(c, WAIT_STORE);
	case STEP_WAIT_EVENT: return wait_for(c, WAIT_EVENT);
	case STEP_FAIL: break;
	}
	return fail_to(c, c->failed);
}

/* What came of the commit that the framework made. */
static enum run_progress committed(struct command *c)
{
	enum fail f = c->stored;

	c->committing = false;
	c->batch_done = true;
	if (f)
		(void)step_fail(c, f);
	else if (c->committed)
		f = c->committed(c);
	c->failed = f;
	c->phase = PHASE_SYNC;
	return RUN_MOVED;
}

static enum run_progress commit(struct command *c)
{
	if (c->committing)
		return committed(c);
	if (!c->batch || c->batch_done || batch_empty(c->batch)) {
		c->stored = FAIL_NONE;
		return committed(c);
	}
	c->committing = true;
	c->stored = batch_commit(c->batch, &c->wait);
	if (c->stored == FAIL_BUSY)
		return wait_for(c, WAIT_STORE);
	return committed(c);
}

static enum run_progress tell(struct command *c)
{
	struct imap_session *s = c->session;
	bool quiet = c->row->traits & NO_EXPUNGE && !c->uid;

	if (!(c->row->traits & NO_SYNC) && s->view && command_tell(c, !quiet) == STEP_WAIT_OUTPUT)
		return wait_for(c, WAIT_OUTPUT);
	c->phase = PHASE_REPLY;
	return RUN_MOVED;
}

/* Stored text may be anybody's: what goes into a response line is printable. */
static void print_reply(struct command *c)
{
	struct buf *out = command_out(c);
	const struct fail_row *row = fail_row(c->failed);
	struct span code = c->code.n ? buf_span(&c->code) : span_of(row->imap_code);

	buf_add(out, c->tag);
	buf_addf(out, " %s ", row->imap_condition);
	if (code.n) {
		buf_add_byte(out, '[');
		buf_add(out, code);
		buf_add_lit(out, "] ");
	}
	if (c->failed)
		print_text(out, c->why.text[0] ? span_of(c->why.text) : SPAN("It cannot be done"));
	else if (c->text.n)
		print_text(out, c->text);
	else
		buf_addf(out, "%s%.*s completed", c->uid ? "UID " : "", SPAN_ARG(c->word));
	buf_add_lit(out, "\r\n");
}

static enum run_progress reply(struct command *c)
{
	struct imap_session *s = c->session;

	end_verb(c);
	if (c->failed == FAIL_UNKNOWN) {
		/* Neither OK nor NO would be true: it may have happened (STYLE.md 13). */
		session_end(
			s, "outcome unknown", "[UNAVAILABLE] The store is being checked; connect again in a moment");
		return RUN_WAITS;
	}
	print_reply(c);
	s->bad_commands = fail_row(c->failed)->imap_condition[0] == 'B' ? s->bad_commands + 1 : 0;
	return RUN_OVER;
}

enum run_progress command_advance(struct command *c)
{
	enum fail f;

	c->waits = WAIT_NOTHING;
	switch ((enum phase)c->phase) {
	case PHASE_GATE:
		f = check_gate(c);
		c->phase = PHASE_BEGIN;
		return f ? fail_to(c, f) : RUN_MOVED;
	case PHASE_BEGIN: return begin(c);
	case PHASE_STEPS: return steps(c);
	case PHASE_DROPPING: return c->message_over ? fail_to(c, c->failed) : wait_for(c, WAIT_INPUT);
	case PHASE_COMMIT: return commit(c);
	case PHASE_SYNC: return tell(c);
	case PHASE_REPLY: return reply(c);
	}
	return RUN_OVER;
}

/* ── What the session asks ── */

bool command_wants_input(const struct command *c)
{
	if (c->row->shape == HOLD)
		return c->phase == PHASE_STEPS && !c->line_here && (c->waits == WAIT_EVENT || c->waits == WAIT_INPUT);
	return c->waits == WAIT_INPUT && !c->message_over;
}

bool command_has_begun(const struct command *c)
{
	return c->phase > PHASE_BEGIN;
}

bool command_dropping(const struct command *c)
{
	return c->phase == PHASE_DROPPING;
}

void command_message_follows(struct command *c, struct span args, uint64_t size)
{
	/* What the message before was given refers to its own bytes: these are copied. */
	struct span copy = arena_dup(&c->arena, args);

	args_init(&c->args, copy, &c->arena);
	c->args.capabilities = &c->session->capabilities;
	c->args.utf8 = c->session->utf8;
	c->message_left = size;
	c->message_answered = false;
	c->message_next = true;
	if (copy.p)
		return;
	c->waits = WAIT_NOTHING;
	c->phase = PHASE_DROPPING;
	(void)command_fail(c, FAIL_LIMIT, "The command is too long");
}

void command_message_ends(struct command *c, bool clean)
{
	c->message_over = true;
	if (clean || c->phase != PHASE_STEPS)
		return;
	c->phase = PHASE_DROPPING;
	c->waits = WAIT_NOTHING;
	(void)command_fail(c, FAIL_SYNTAX, "There is more behind the message than the command takes");
}

bool command_ready(const struct command *c)
{
	switch (c->waits) {
	case WAIT_NOTHING: return true;
	case WAIT_INPUT: return c->message.n || c->message_next || c->message_over || c->line_here;
	case WAIT_OUTPUT: return command_has_room(c);
	case WAIT_EVENT: return c->line_here || (c->session->view && view_has_news(c->session->view));
	case WAIT_STORE: return false;
	}
	return false;
}

void reply_bad(struct imap_session *s, struct span tag, const char *code, const char *text)
{
	buf_add(&s->out, tag.n ? tag : SPAN("*"));
	buf_addf(&s->out, " BAD %s%s\r\n", code, text);
	s->bad_commands++;
}
