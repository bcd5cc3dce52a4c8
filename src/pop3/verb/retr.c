/* RETR and TOP: a message piece by piece, never whole in memory. RFC 1939 §5 and §7. */
#include "pop3/verb/session_state.h"

enum { PIECE = 24 << 10 }; /* stuffed, it is at most twice as long: fits the room that is asked for */

static void begin(struct pop3_session *s, const struct pop3_command *c, bool whole, uint32_t lines)
{
	uint32_t number = pop3_number(s, c->arguments[0]);

	if (!number)
		return;
	if (!maildrop_message(&s->drop, number, &s->sending)) {
		pop3_say_err(s, FAIL_CORRUPT, "this message cannot be found any more");
		return;
	}
	s->sent = 0;
	s->announced = false;
	multiline_begin(&s->multiline, whole, lines);
	if (whole)
		pop3_accessed(s, number);
	s->retrieving = whole ? number : 0;
	s->phase = POP3_SENDING;
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
	pop3_say_err(s, f, s->wait.why.text[0] ? s->wait.why.text : "this message cannot be read just now");
}

static void add_piece(struct pop3_session *s)
{
	if (!s->announced) {
		pop3_ok_numbers(&s->reply, s->note.language, "%1 octets", s->sending.size, 0);
		s->announced = true;
	}
	multiline_add(&s->multiline, buf_span(&s->piece), &s->reply);
	s->sent += s->piece.n;
	if (s->multiline.full || s->sent >= s->sending.size || s->piece.n == 0) {
		multiline_end(&s->multiline, &s->reply);
		if (s->retrieving)
			maildrop_retrieved(&s->drop, s->retrieving);
		s->phase = POP3_COMMAND;
	}
	buf_fini(&s->piece);
	pop3_send(s);
}

void pop3_send_step(struct pop3_session *s)
{
	enum fail f;

	if (s->piece.n == 0 && s->sent < s->sending.size) {
		s->wait.why.text[0] = '\0';
		f = message_read(s->drop.account, &s->sending, s->sent, PIECE, &s->piece, &s->wait);
		s->waiting = f == FAIL_BUSY;
		if (s->waiting)
			return;
		if (f) {
			pop3_read_failed(s, f);
			return;
		}
	}
	add_piece(s);
}
