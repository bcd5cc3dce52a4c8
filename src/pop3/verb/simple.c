/* The verbs of POP3 that answer at once: CAPA, STAT, DELE, NOOP, RSET, LANG; LAST of RFC 1081; XTND, which is refused.
 * RFC 1939 §5, RFC 2449 §5, RFC 6856 §3. */
#include "conf/settings.h"
#include "pop3/verb/session_state.h"

void pop3_verb_capa(struct pop3_session *s, const struct pop3_command *c)
{
	struct device_policy p = maildrop_policy(&s->drop);
	struct pop3_offer offer = {
		.set = s->offered, .login = true, .login_delay = s->start.settings->pop3_login_delay};

	(void)c;
	pop3_offer_expire(&offer, p.keep == DEVICE_KEEP ? -1 : (int64_t)p.seconds, false);
	pop3_capa(&s->reply, s->note.language, &offer);
	pop3_send(s);
}

static void tell_totals(struct pop3_session *s)
{
	buf_addf(&s->reply, "+OK %u %llu\r\n", s->drop.left, (unsigned long long)s->drop.left_size);
	pop3_send(s);
}

void pop3_verb_stat(struct pop3_session *s, const struct pop3_command *c)
{
	(void)c;
	pop3_with_sizes(s, 1, s->drop.count, tell_totals);
}

void pop3_verb_dele(struct pop3_session *s, const struct pop3_command *c)
{
	uint32_t number = pop3_number(s, c->arguments[0]);

	if (!number)
		return;
	maildrop_delete(&s->drop, number);
	pop3_accessed(s, number);
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
	s->last = 0;
	pop3_say_ok(s, "no message is marked deleted");
}

/* RFC 1081's "highest number accessed" outlives sessions, and RSET goes back to what it was at login. */
void pop3_verb_last(struct pop3_session *s, const struct pop3_command *c)
{
	uint32_t before = maildrop_last(&s->drop);

	(void)c;
	buf_addf(&s->reply, "+OK %u\r\n", before > s->last ? before : s->last);
	pop3_send(s);
}

/* RFC 1082: bulletin boards beside the maildrop. */
void pop3_verb_xtnd(struct pop3_session *s, const struct pop3_command *c)
{
	(void)c;
	pop3_say_err(s, FAIL_CANNOT, "XTND is not offered here: there are no bulletin boards");
}

void pop3_verb_lang(struct pop3_session *s, const struct pop3_command *c)
{
	enum pop3_language preferred = POP3_ENGLISH;

	(void)!pop3_language_find(span_of(s->start.settings->pop3_language), &preferred);
	pop3_lang(&s->reply, &s->note.language, c, preferred);
	pop3_send(s);
}
