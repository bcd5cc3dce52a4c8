/* The life of a session: bytes in, commands one after another, responses out. What has been pipelined waits where it is, in the stream's
 * bounded buffer, until its turn comes (RFC 3501 §5.5): commands never overlap, so none of the ambiguities of that section can arise.
 * Parses nothing itself, and knows no verb. */
#include "imap/verb/session.h"

#include "base/clock.h"
#include "base/memory.h"
#include "imap/verb/run.h"
#include "imap/wire/print.h"

enum {
	OUT_MAX = 32 << 20, /* hard; producers stop at the stream's 64 KB, one item (an ENVELOPE) may be larger */
	PUMP_US = 2000,     /* so that one busy client does not hold up the others */
	STALL_MS = 300000,  /* a client that reads nothing for so long is gone */
	LINGER_MS = 5000,
	ROOM_LOW = 32 << 10,
	OUT_KEPT = 4096,
	BAD_COMMANDS_MAX = 50,
};

/* ── The end ── */

static void part_closed(struct imap_session *s)
{
	if (--s->closing_parts)
		return;
	account_close(s->account);
	s->ended(s->ended_ctx, (struct session *)s, s->ended_how);
	free(s->stop_text);
	free(s);
}

static void stream_closed(void *ctx)
{
	part_closed(ctx);
}

static void deadline_closed(struct timer *t)
{
	part_closed(CONTAINER_OF(t, struct imap_session, deadline));
}

void session_end(struct imap_session *s, const char *how, const char *text)
{
	if (s->closing)
		return;
	s->closing = true;
	s->state = IMAP_LOGOUT;
	s->ended_how = how;
	if (text) {
		buf_add_lit(&s->out, "* BYE ");
		print_text(&s->out, span_of(text));
		buf_add_lit(&s->out, "\r\n");
	}
	/* Past the soft mark: nothing comes after it. What is past the hard one is lost with a peer that reads nothing. */
	(void)stream_write(s->stream, buf_span(&s->out));
	command_free(s->command);
	s->command = NULL;
	view_free(s->view);
	s->view = NULL;
	deferred_cancel(&s->turn);
	reader_fini(&s->reader);
	buf_fini(&s->out);
	buf_fini(&s->early);
	s->closing_parts = 2;
	timer_stop(&s->deadline);
	timer_fini(&s->deadline, deadline_closed);
	stream_close(s->stream, LINGER_MS);
}

void session_unselect(struct imap_session *s)
{
	view_free(s->view);
	s->view = NULL;
	s->view_gone = false;
	if (s->state == IMAP_SELECTED)
		s->state = IMAP_AUTH;
}

void session_select(struct imap_session *s, struct view *view)
{
	session_unselect(s);
	s->view = view;
	s->state = IMAP_SELECTED;
}

/* ── Deadlines ── */

static uint64_t idle_ms(const struct imap_session *s)
{
	return s->settings->imap_idle_timeout * 1000;
}

static bool output_waits(const struct imap_session *s)
{
	return s->out.n > 0 || stream_unsent(s->stream) > 0;
}

/* When the nearest deadline is. The timer is not moved with each command: when it fires it is set anew to what is left. */
static int64_t due_ms(const struct imap_session *s)
{
	int64_t idle = s->last_input_ms + (int64_t)idle_ms(s);
	int64_t stall = s->last_output_ms + STALL_MS;

	return output_waits(s) && stall < idle ? stall : idle;
}

static void deadline_fired(struct timer *t)
{
	struct imap_session *s = CONTAINER_OF(t, struct imap_session, deadline);
	int64_t now = clock_mono_ms(), due = due_ms(s);

	if (now < due)
		timer_start(t, (uint64_t)(due - now));
	else if (output_waits(s))
		session_end(s, "output stalled", NULL);
	else if (s->command && !command_wants_input(s->command))
		timer_start(t, idle_ms(s)); /* it works, or waits for the store, which has deadlines of its own */
	else
		session_end(s, "idle timeout", "Idle for too long");
}

/* ── Output ── */

bool session_flush(struct imap_session *s)
{
	size_t room = stream_room(s->stream);
	size_t n = s->out.n < room ? s->out.n : room;

	if (n == 0)
		return s->out.n == 0;
	if (!output_waits(s) || !stream_unsent(s->stream))
		s->last_output_ms = clock_mono_ms();
	(void)stream_write(s->stream, span_first(buf_span(&s->out), n));
	buf_consume(&s->out, n);
	if (s->out.n == 0 && s->out.cap > OUT_KEPT)
		buf_fini(&s->out);
	/* Now, so that a long answer need not wait for the end of the turn again and again. */
	if (stream_room(s->stream) < ROOM_LOW)
		stream_flush(s->stream);
	return s->out.n == 0;
}

/* ── Input ── */

static void start_command(struct imap_session *s, uint64_t message_left, bool message)
{
	struct args a;
	struct head head;

	args_init(&a, reader_command(&s->reader), NULL);
	if (!head_take(&a, &head)) {
		reply_bad(s, head.tag, "", a.error);
	} else if (head.verb == VERB_COUNT) {
		reply_bad(s, head.tag, "", "Unknown command");
	} else {
		s->command = command_new(s, &head, a.rest);
		s->command->message_asked = message;
		s->command->message_left = message_left;
		return;
	}
	/* The reader streams a message only for APPEND, so the command was known. */
	reader_next(&s->reader, true);
}

static void refused(struct imap_session *s)
{
	struct args a;
	struct head head;

	args_init(&a, reader_command(&s->reader), NULL);
	(void)head_take(&a, &head);
	reply_bad(s, head.tag, "[TOOBIG] ", "The command is too long");
	reader_next(&s->reader, false);
}

static void take_input(struct imap_session *s, struct span *in)
{
	struct command *c = s->command;
	struct span piece;

	switch (reader_take(&s->reader, in, &piece)) {
	case READER_NEED: break;
	case READER_CONTINUE: buf_add_lit(&s->out, "+ OK\r\n"); break;
	case READER_COMMAND:
		if (c) {
			c->line = reader_command(&s->reader);
			c->line_here = true;
		} else {
			start_command(s, 0, false);
		}
		break;
	case READER_MESSAGE: start_command(s, reader_message_left(&s->reader), true); break;
	case READER_BYTES:
		if (command_dropping(c))
			reader_message_took(&s->reader, in, piece.n);
		else
			c->message = piece;
		break;
	case READER_ENDED: command_message_ends(c, reader_tail_empty(&s->reader)); break;
	case READER_REFUSED: refused(s); break;
	}
}

/* After a step of the command: what it took of the message, and what the reader is to do next. */
static void settle_message(struct imap_session *s, struct span *in, size_t offered)
{
	struct command *c = s->command;
	size_t took = offered - c->message.n;

	if (took)
		reader_message_took(&s->reader, in, took);
	c->message = span(NULL, 0);
}

/* The verb has looked at its arguments: is the client to send the message? */
static void answer_message(struct imap_session *s)
{
	struct command *c = s->command;

	if (c->message_answered || !command_has_begun(c))
		return;
	c->message_answered = true;
	if (!command_dropping(c)) {
		if (reader_message_accept(&s->reader))
			buf_add_lit(&s->out, "+ OK\r\n");
	} else if (reader_message_refuse(&s->reader)) {
		command_message_ends(c, true); /* it will not come */
	}
}

static void command_over(struct imap_session *s)
{
	command_free(s->command);
	s->command = NULL;
	reader_next(&s->reader, true);
	if (s->state == IMAP_LOGOUT)
		session_end(s, "logout", NULL);
	else if (s->view_gone)
		/* RFC 2180 §3.3: the mailbox was deleted under the session. The client is disconnected: it then learns at once, and every client
		 * knows how to connect again, whereas a selected mailbox that answers NO to everything confuses most. */
		session_end(s, "mailbox deleted", "The selected mailbox has been deleted");
	else if (s->bad_commands > BAD_COMMANDS_MAX)
		session_end(s, "too many bad commands", "Too many commands that are none");
	else if (s->stop_text)
		session_end(s, "stopped", s->stop_text);
}

/* IDLE and its like: the command's bytes are done with, the next thing is a line. */
static void hold_line(struct imap_session *s)
{
	s->command->line_here = false;
	reader_next(&s->reader, false);
	reader_expect_line(&s->reader);
}

static enum run_progress move_command(struct imap_session *s, struct span *in)
{
	struct command *c = s->command;
	size_t offered = c->message.n;
	bool had_line = c->line_here, begun = c->begun;
	enum run_progress p = command_advance(c);

	if (s->closing)
		return RUN_WAITS;
	if (offered)
		settle_message(s, in, offered);
	if (c->message_asked)
		answer_message(s);
	if (c->row->shape == HOLD && (had_line || (c->begun && !begun)))
		hold_line(s);
	if (s->view_gone && c->row->shape == HOLD)
		command_over(s);
	else if (p == RUN_OVER)
		command_over(s);
	return p;
}

/* ── The pump ── */

static bool wants_input(const struct imap_session *s)
{
	return !s->command || command_wants_input(s->command);
}

static bool deferred_waits(const struct deferred *d)
{
	return !list_empty(&d->link);
}

static void release_if_idle(struct imap_session *s)
{
	if (s->closing || s->out.n)
		return;
	buf_fini(&s->out);
	if (!s->command && !reader_busy(&s->reader))
		reader_next(&s->reader, false);
}

static void pump_until_it_waits(struct imap_session *s, struct span *in)
{
	int64_t began = clock_mono_us();

	while (!s->closing) {
		bool out_is_out;

		if (clock_mono_us() - began > PUMP_US) {
			session_again(s);
			return;
		}
		if (s->command && command_ready(s->command)) {
			enum run_progress p = move_command(s, in);

			if (p == RUN_AGAIN)
				session_again(s);
			if (p == RUN_MOVED || p == RUN_OVER)
				continue;
		}
		if (s->closing)
			return;
		out_is_out = session_flush(s);
		if (s->closing || deferred_waits(&s->turn))
			return;
		if (s->command && command_ready(s->command))
			continue;
		/* With responses that cannot go out yet nothing new is begun; the stream says when there is room. */
		if (!out_is_out || !wants_input(s) || in->n == 0)
			return;
		s->last_input_ms = clock_mono_ms();
		take_input(s, in);
	}
}

static void pump(struct imap_session *s, struct span *in)
{
	if (s->pumping || s->closing)
		return;
	s->pumping = true;
	pump_until_it_waits(s, in);
	if (!s->closing)
		(void)session_flush(s);
	release_if_idle(s);
	s->pumping = false;
}

void session_again(struct imap_session *s)
{
	if (!s->closing)
		loop_defer(s->loop, &s->turn);
}

static void turn(struct deferred *d)
{
	struct imap_session *s = CONTAINER_OF(d, struct imap_session, turn);
	struct span in = buf_span(&s->early);

	pump(s, &in);
	if (s->closing)
		return;
	buf_consume(&s->early, s->early.n - in.n);
	if (s->early.n == 0)
		buf_fini(&s->early);
	if (!wants_input(s) || s->early.n || s->out.n || deferred_waits(&s->turn))
		return;
	if (stream_pending(s->stream).n)
		stream_poke(s->stream);
	else if (s->input_ended)
		session_end(s, "closed by peer", NULL);
}

/* ── The stream's events ── */

static size_t on_input(void *ctx, struct span bytes)
{
	struct imap_session *s = ctx;
	struct span in = bytes;

	if (s->early.n) {
		session_again(s);
		return 0;
	}
	pump(s, &in);
	if (s->input_ended)
		session_again(s);
	return bytes.n - in.n;
}

static void on_writable(void *ctx)
{
	struct imap_session *s = ctx;

	s->last_output_ms = clock_mono_ms();
	if (!s->pumping && !s->closing && (s->out.n || s->command))
		session_again(s);
}

static void on_ended(void *ctx, enum fail f, const struct why *w)
{
	struct imap_session *s = ctx;

	(void)w;
	s->input_ended = true;
	if (f)
		session_end(s, "connection lost", NULL);
	else
		session_again(s); /* what it sent before is still served */
}

/* Called from the feed: only IDLE waits for it. */
void session_wake(void *ctx)
{
	struct imap_session *s = ctx;

	if (s->command && s->command->waits == WAIT_EVENT)
		session_again(s);
}

/* ── The beginning ── */

static void greet(struct imap_session *s, const struct session_start *start)
{
	struct capability_view v = {.logged_in = true};

	if (start->preauth)
		buf_add_lit(&s->out, "* PREAUTH");
	else
		buf_add(&s->out, start->note.n ? start->note : SPAN("*"));
	buf_addf(&s->out, "%s [CAPABILITY ", start->preauth ? "" : " OK");
	print_capabilities(&s->out, &v);
	buf_add_lit(&s->out, "] Logged in\r\n");
}

static const struct stream_events events = {
	.input = on_input,
	.writable = on_writable,
	.ended = on_ended,
	.closed = stream_closed,
};

static struct session *session_begin(const struct session_start *start)
{
	struct imap_session *s = NEW(struct imap_session);

	s->account = start->account;
	s->user = (struct user){.account = account_id(start->account)};
	s->settings = start->settings;
	s->loop = start->loop;
	s->stream = start->stream;
	s->ended = start->ended;
	s->ended_ctx = start->ctx;
	s->last_input_ms = s->last_output_ms = clock_mono_ms();
	reader_init(&s->reader, (struct reader_budget){READER_LINE_MAX, READER_LITERALS_MAX});
	s->reader.messages = true;
	buf_init(&s->out, OUT_MAX);
	buf_init(&s->early, start->early.n);
	buf_add(&s->early, start->early);
	deferred_init(&s->turn, turn);
	timer_init(&s->deadline, s->loop, deadline_fired);
	timer_start(&s->deadline, idle_ms(s));
	stream_set_owner(s->stream, &events, s);
	greet(s, start);
	session_again(s);
	return (struct session *)s;
}

static void session_stop(struct session *session, const char *text)
{
	struct imap_session *s = (struct imap_session *)session;

	if (s->closing || s->stop_text)
		return;
	/* A response that is under way is not cut in two. */
	if (s->command && s->command->row->shape != HOLD)
		s->stop_text = memory_dup(text);
	else
		session_end(s, "stopped", text);
}

const struct session_ops imap_session_ops = {
	.protocol = "imap",
	.start = session_begin,
	.stop = session_stop,
};
