/* Bytes in, commands one after another, responses out. What has been pipelined waits where it is, in the stream's bounded buffer, until its
 * turn comes (RFC 3501 §5.5): commands never overlap, so none of the ambiguities of that section can arise. Knows no verb. */
#include "imap/verb/session.h"

#include "base/clock.h"
#include "base/in_service.h"
#include "imap/verb/run.h"

int64_t session_pump_us = 2000;

enum {
	ROOM_LOW = 32 << 10,
	OUT_KEPT = 4096,
	BAD_COMMANDS_MAX = 50,
};

/* ── Output ── */

/* The first `n` octets of `out`. */
static void write_first(struct imap_session *s, size_t n)
{
	struct span left = span_first(buf_span(&s->out), n);
	struct buf squeezed;

	if (!s->compression) {
		(void)stream_write(s->stream, left);
		return;
	}
	buf_init(&squeezed, SIZE_MAX);
	for (; left.n; left = span_skip(left, COMPRESSION_PIECE))
		compression_put(s->compression, left, &squeezed);
	(void)stream_write(s->stream, buf_span(&squeezed));
	buf_fini(&squeezed);
}

bool session_flush(struct imap_session *s)
{
	size_t room = stream_room(s->stream);
	size_t n = s->out.n < room ? s->out.n : room;

	if (n == 0)
		return s->out.n == 0;
	if (!stream_unsent(s->stream))
		s->last_output_ms = clock_mono_ms();
	write_first(s, n);
	buf_consume(&s->out, n);
	if (s->out.n == 0 && s->out.cap > OUT_KEPT)
		buf_fini(&s->out);
	/* Now, so that a long answer need not wait for the end of the turn again and again. */
	if (stream_room(s->stream) < ROOM_LOW)
		stream_flush(s->stream);
	return s->out.n == 0;
}

/* The answers so far are to reach the client, though more would compress better. */
static void end_batch(struct imap_session *s)
{
	struct buf squeezed;

	if (!s->compression || s->out.n || !compression_holds(s->compression))
		return;
	buf_init(&squeezed, 4 * COMPRESSION_PIECE);
	compression_flush(s->compression, &squeezed);
	(void)stream_write(s->stream, buf_span(&squeezed));
	buf_fini(&squeezed);
}

/* ── Input ── */

static bool is_known(const struct imap_session *s, const struct head *head)
{
	return head->verb < VERB_COUNT && (s->user.admin || !(verb_row(head->verb)->traits & ADMIN));
}

static void start_command(struct imap_session *s, uint64_t message_left, bool message)
{
	struct args a;
	struct head head;

	args_init(&a, reader_command(&s->reader), NULL);
	a.capabilities = &s->capabilities;
	if (!head_take(&a, &head)) {
		reply_bad(s, head.tag, "", a.error);
	} else if (!is_known(s, &head)) {
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
	if (s->command) /* a HOLD, which still waits for its line */
		reader_expect_line(&s->reader);
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
	case READER_MESSAGE:
		if (!c)
			start_command(s, reader_message_left(&s->reader), true);
		else if (!command_dropping(c))
			command_message_follows(c, reader_more(&s->reader), reader_message_left(&s->reader));
		else if (reader_message_refuse(&s->reader))
			command_message_ends(c, true); /* it will not come */
		break;
	case READER_BYTES:
		if (command_dropping(c))
			reader_message_took(&s->reader, in, piece.n);
		else
			c->message = piece;
		break;
	case READER_ENDED: command_message_ends(c, reader_tail_is(&s->reader, c->message_tail)); break;
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

bool session_wants_input(const struct imap_session *s)
{
	return !s->command || command_wants_input(s->command);
}

static void release_if_idle(struct imap_session *s)
{
	if (s->closing || s->out.n)
		return;
	buf_fini(&s->out);
	if (s->compression && !s->early.n)
		compression_rest(s->compression);
	if (!s->command && !reader_busy(&s->reader))
		reader_next(&s->reader, false);
}

static void pump_until_it_waits(struct imap_session *s, struct span *in)
{
	int64_t began = clock_mono_us();

	for (bool first = true; !s->closing; first = false) {
		bool out_is_out;

		if (s->compress_next && !s->command) /* what is left of `in` is not plain */
			return;
		/* What has been offered of a message is taken first: later there may be other bytes at its place. */
		if (!first && clock_mono_us() - began > session_pump_us && !(s->command && s->command->message.n)) {
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
		if (s->closing || !list_empty(&s->turn.link))
			return;
		if (s->command && command_ready(s->command))
			continue;
		/* With responses that cannot go out yet nothing new is begun; the stream says when there is room. */
		if (!out_is_out || !session_wants_input(s) || in->n == 0)
			return;
		s->last_input_ms = clock_mono_ms();
		take_input(s, in);
	}
}

void session_pump(struct imap_session *s, struct span *in)
{
	SERVING(s->user.account);

	if (s->pumping || s->closing)
		return;
	s->pumping = true;
	pump_until_it_waits(s, in);
	if (!s->closing)
		(void)session_flush(s);
	if (!s->closing)
		end_batch(s);
	release_if_idle(s);
	s->pumping = false;
	/* A flush on the way may have emptied the stream: its word that there is room again came while the pump was at work, and comes once. */
	if (!s->closing && ((s->out.n && stream_room(s->stream)) || (s->command && command_ready(s->command))))
		session_again(s);
}
