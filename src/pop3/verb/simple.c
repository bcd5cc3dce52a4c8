/* The verbs of POP3 that answer at once: CAPA, STAT, DELE, NOOP, RSET. RFC 1939 §5, RFC 2449 §5. */
#include "pop3/verb/session_state.h"

void pop3_verb_capa(struct pop3_session *s, const struct pop3_command *c)
{
	(void)c;
	pop3_capabilities(&s->reply, false, true);
	pop3_send(s);
}

void pop3_verb_stat(struct pop3_session *s, const struct pop3_command *c)
{
	(void)c;
	buf_addf(&s->reply, "+OK %u %llu\r\n", s->drop.left, (unsigned long long)s->drop.left_size);
	pop3_send(s);
}

void pop3_verb_dele(struct pop3_session *s, const struct pop3_command *c)
{
	uint32_t number = pop3_number(s, c->arguments[0]);

	if (!number)
		return;
	maildrop_delete(&s->drop, number);
	pop3_say_ok(s, "message will be deleted at QUIT");
}

void pop3_verb_noop(struct pop3_session *s, const struct pop3_command *c)
{
	(void)c;
	pop3_say_ok(s, "still here");
}

void pop3_verb_rset(struct pop3_session *s, const struct pop3_command *c)
{
	(void)c;
	maildrop_reset(&s->drop);
	pop3_say_ok(s, "no message is marked deleted");
}
