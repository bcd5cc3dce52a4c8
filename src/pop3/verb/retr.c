/* RETR and TOP: a message piece by piece, never whole in memory. RFC 1939 §5 and §7. */
#include "pop3/verb/session_state.h"

enum { PIECE = 24 << 10 }; /* stuffed, it is at most twice as long: fits the room that is asked for */

static void begin_sending(struct pop3_session *s)
{
	uint32_t number = s->asked.number;

	if (pop3_is_changed(s, number) && s->shown->refuse) {
		pop3_say_err(s, FAIL_UTF8, "this message can be read only after UTF8");
		return;
	}
	if (!maildrop_message(&s->drop, number, &s->sending)) {
		pop3_say_err(s, FAIL_CORRUPT, "this message cannot be found any more");
		return;
	}
	s->sent = 0;
	s->announced = false;
	multiline_begin(&s->multiline, s->asked.whole, s->asked.lines);
	if (s->asked.whole)
		pop3_accessed(s, number);
	s->retrieving = s->asked.whole ? number : 0;
	s->phase = POP3_SENDING;
}

static void begin(struct pop3_session *s, const struct pop3_command *c, bool whole, uint32_t lines)
{
	uint32_t number = pop3_number(s, c->arguments[0]);

	if (!number)
		return;
	s->asked.number = number;
	s->asked.whole = whole;
	s->asked.lines = lines;
	pop3_with_sizes(s, number, number, begin_sending);
}

void pop3_verb_retr(struct pop3_session *s, const struct pop3_command *c)
{
	begin(s, c, true, 0);
}

void pop3_verb_top(struct pop3_session *s, const struct pop3_command *c)
{
	uint32_t lines;

	if (!span_u32(c->arguments[1], &lines)) {
		pop3_say_err(s, FAIL_SYNTAX, "TOP wants a message number and a number of lines");
		return;
	}
	begin(s, c, false, lines);
}

/* Before the first octet a failure is an answer; after it, only the end of the connection keeps the client from
 * taking half a message for a whole one. */
void pop3_read_failed(struct pop3_session *s, enum fail f)
{
	if (s->announced) {
		pop3_end(s, "a message could not be read", 0);
		return;
	}
	s->phase = POP3_COMMAND;
	if (s->shown)
		pop3_surrogate_end(s);
	pop3_say_err(s, f, s->wait.why.text[0] ? s->wait.why.text : "this message cannot be read just now");
}

/* `bytes` are the next that the client is sent; `last`: they end the message. */
static void add_piece(struct pop3_session *s, struct span bytes, bool last)
{
	if (!s->announced) {
		pop3_ok_numbers(&s->reply, s->note.language, "%1 octets", s->drop.sizes[s->asked.number - 1], 0);
		s->announced = true;
	}
	multiline_add(&s->multiline, bytes, &s->reply);
	if (s->multiline.full || last) {
		multiline_end(&s->multiline, &s->reply);
		if (s->retrieving)
			maildrop_retrieved(&s->drop, s->retrieving);
		s->phase = POP3_COMMAND;
	}
	pop3_send(s);
}

/* FAIL_BUSY: s->wait. FAIL_NONE with nothing in s->piece: the message has ended. */
static enum fail read_piece(struct pop3_session *s)
{
	if (s->piece.n || s->sent >= s->sending.size)
		return FAIL_NONE;
	s->wait.why.text[0] = '\0';
	return message_read(s->drop.account, &s->sending, s->sent, PIECE, &s->piece, &s->wait);
}

static void send_as_it_is(struct pop3_session *s)
{
	s->sent += s->piece.n;
	add_piece(s, buf_span(&s->piece), s->sent >= s->sending.size || s->piece.n == 0);
	buf_fini(&s->piece);
}

/* A piece may come to much more than it was: that goes out piece by piece, too. */
static void send_surrogate(struct pop3_session *s)
{
	struct pop3_shown *x = s->shown;
	size_t n;

	if (x->out.n == 0) {
		s->sent += s->piece.n;
		mime_surrogate_feed(&x->surrogate, buf_span(&s->piece), &x->out);
		if (s->sent >= s->sending.size || s->piece.n == 0)
			mime_surrogate_end(&x->surrogate, &x->out);
		buf_fini(&s->piece);
	}
	n = x->out.n < PIECE ? x->out.n : PIECE;
	add_piece(s, span(x->out.p, n), n == x->out.n && s->sent >= s->sending.size);
	buf_consume(&x->out, n);
	if (s->phase == POP3_COMMAND)
		pop3_surrogate_end(s);
}

void pop3_send_step(struct pop3_session *s)
{
	bool changed = pop3_is_changed(s, s->asked.number);
	enum fail f = changed && !s->shown->begun ? pop3_surrogate_begin(s, &s->sending) : FAIL_NONE;

	if (!f && !(changed && s->shown->out.n))
		f = read_piece(s);
	s->waiting = f == FAIL_BUSY;
	if (s->waiting)
		return;
	if (f)
		pop3_read_failed(s, f);
	else if (changed)
		send_surrogate(s);
	else
		send_as_it_is(s);
}
