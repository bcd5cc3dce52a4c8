/* LIST and UIDL: one message, or all, as fast as the client reads. RFC 1939 §5 and §7. */
#include "pop3/verb/session_state.h"

enum { ROW_MAX = 128 }; /* number, blank, UIDL of at most 70 octets */

static void add_row(struct pop3_session *s, uint32_t number)
{
	struct message msg;

	buf_add_number(&s->reply, number);
	buf_add_byte(&s->reply, ' ');
	if (!s->uidl)
		buf_add_number(&s->reply, s->drop.sizes[number - 1]);
	else if (maildrop_message(&s->drop, number, &msg))
		message_uidl(s->drop.mailbox, &msg, &s->reply);
	buf_add_lit(&s->reply, "\r\n");
}

static void tell_all(struct pop3_session *s)
{
	pop3_ok_numbers(&s->reply, s->note.language, "%1 messages", s->drop.left, 0);
	pop3_send(s);
	s->next = 1;
	s->phase = POP3_LISTING;
}

static void tell_one(struct pop3_session *s)
{
	buf_add_lit(&s->reply, "+OK ");
	add_row(s, s->asked.number);
	pop3_send(s);
}

static void answer(struct pop3_session *s, const struct pop3_command *c, bool uidl)
{
	uint32_t number = c->count ? pop3_number(s, c->arguments[0]) : 0;
	void (*tell)(struct pop3_session *) = c->count ? tell_one : tell_all;

	if (c->count && !number)
		return;
	s->uidl = uidl;
	s->asked.number = number;
	if (uidl)
		tell(s);
	else
		pop3_with_sizes(s, number ? number : 1, number ? number : s->drop.count, tell);
}

void pop3_verb_list(struct pop3_session *s, const struct pop3_command *c)
{
	answer(s, c, false);
}

void pop3_verb_uidl(struct pop3_session *s, const struct pop3_command *c)
{
	answer(s, c, true);
}

void pop3_list_step(struct pop3_session *s)
{
	size_t room = stream_room(s->start.stream);

	while (s->next <= s->drop.count && s->reply.n + ROW_MAX < room) {
		if (maildrop_has(&s->drop, s->next))
			add_row(s, s->next);
		s->next++;
	}
	if (s->next > s->drop.count && s->reply.n + ROW_MAX < room) {
		buf_add_lit(&s->reply, ".\r\n");
		s->phase = POP3_COMMAND;
	}
	pop3_send(s);
}
