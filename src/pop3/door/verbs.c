/* The verbs of POP3 before login: CAPA, STLS, USER, PASS, APOP, AUTH, UTF8, LANG, QUIT, and RPOP, which is refused. RFC 1939 §4 and §7, 2449 §5,
 * 2595 §4, 5034 §4, 6856. A verb answers, or asks the host and leaves the door waiting. */
#include "base/ascii_code.h"
#include "base/utf8.h"
#include "conf/settings.h"
#include "pop3/door/state.h"

enum { DIGEST_OCTETS = 32 };

/* A password must not cross the network in the clear unless the site has chosen so. */
static bool may_log_in(struct pop3_door *d)
{
	if (pop3_door_info(d)->cleartext_ok)
		return true;
	pop3_door_err(d, FAIL_PRIVACY,
		"logins are accepted only over TLS here: use STLS first, or the port for POP3 over TLS");
	return false;
}

void pop3_door_capa(struct pop3_door *d, const struct pop3_command *c)
{
	struct pop3_offer offer = {.set = pop3_door_offers(d),
		.stls = pop3_door_info(d)->tls_available && !d->note.utf8,
		.login = pop3_door_info(d)->cleartext_ok,
		.login_delay = pop3_door_info(d)->settings->pop3_login_delay};

	(void)c;
	pop3_offer_expire(&offer, 0, true); /* the least that an account may have: RFC 2449 §6.7 */
	pop3_capa(&d->reply, d->note.language, &offer);
	pop3_door_send(d);
}

void pop3_door_stls(struct pop3_door *d, const struct pop3_command *c)
{
	(void)c;
	if (pop3_door_info(d)->tls || !pop3_door_info(d)->tls_available) {
		pop3_door_err(d, FAIL_WRONG_STATE,
			pop3_door_info(d)->tls ? "TLS is on already" : "TLS is not available here");
		return;
	}
	if (d->note.utf8) { /* RFC 6856 §2.1 */
		pop3_door_err(d, FAIL_WRONG_STATE, "STLS comes before UTF8");
		return;
	}
	d->phase = DOOR_SECURING;
	pop3_door_ok(d, "begin TLS");
	d->user_n = 0; /* RFC 2595 §4: what was said in the clear is forgotten */
	d->note = (struct pop3_note){0};
	d->host->ops->start_tls(d->host);
}

void pop3_door_user(struct pop3_door *d, const struct pop3_command *c)
{
	if (!may_log_in(d))
		return;
	if (c->rest.n > sizeof d->user) {
		pop3_door_err(d, FAIL_SYNTAX, "that name is too long");
		return;
	}
	if (!utf8_valid(c->rest)) { /* RFC 6856 §2.2 */
		pop3_door_err(d, FAIL_SYNTAX, "that name is not UTF-8");
		return;
	}
	memcpy(d->user, c->rest.p, c->rest.n);
	d->user_n = c->rest.n;
	pop3_door_ok(d, "now the password");
}

void pop3_door_pass(struct pop3_door *d, const struct pop3_command *c)
{
	if (!may_log_in(d))
		return;
	if (d->user_n == 0) {
		pop3_door_err(d, FAIL_WRONG_STATE, "USER comes first");
		return;
	}
	if (d->note.utf8 && !utf8_valid(c->rest)) { /* without UTF8, octets of another charset may be what was meant */
		d->user_n = 0;
		pop3_door_err(d, FAIL_SYNTAX, "that password is not UTF-8");
		return;
	}
	d->phase = DOOR_WAITING;
	d->host->ops->login(d->host, span(d->user, d->user_n), c->rest);
	d->user_n = 0;
}

/* RFC 1939 §7. The digest betrays no password, so it may come without TLS: the listener was chosen for that. */
void pop3_door_apop(struct pop3_door *d, const struct pop3_command *c)
{
	if (!*d->timestamp) {
		pop3_door_err(d, FAIL_CANNOT, "APOP is not offered here");
		return;
	}
	if (!utf8_valid(c->arguments[0]) || c->arguments[0].n > sizeof d->user || c->arguments[1].n != DIGEST_OCTETS) {
		pop3_door_err(d, FAIL_SYNTAX, "APOP wants a name and a digest");
		return;
	}
	d->phase = DOOR_WAITING;
	d->host->ops->apop(d->host, c->arguments[0], span_of(d->timestamp), c->arguments[1]);
}

/* Decodes an initial response or a response; false after an answer. */
static bool decode(struct pop3_door *d, struct span text, struct buf *out)
{
	if (base64_decode(text, out) == FAIL_NONE)
		return true;
	pop3_door_err(d, FAIL_SYNTAX, "that is not base64");
	return false;
}

void pop3_door_auth(struct pop3_door *d, const struct pop3_command *c)
{
	CLEANUP(buf_fini) struct buf initial = {0};
	struct span none = {NULL, 0};
	bool has_initial = c->count == 2, empty = has_initial && span_eq(c->arguments[1], SPAN("="));

	if (c->count == 0) { /* old clients ask so for the mechanisms */
		pop3_ok(&d->reply, d->note.language, "mechanisms follow");
		buf_add_lit(&d->reply, "PLAIN\r\nLOGIN\r\n.\r\n");
		pop3_door_send(d);
		return;
	}
	if (!may_log_in(d))
		return;
	buf_init(&initial, POP3_AUTH_LINE_MAX);
	if (has_initial && !empty && !decode(d, c->arguments[1], &initial))
		return;
	d->phase = DOOR_WAITING;
	d->host->ops->authenticate(d->host, c->arguments[0],
		empty         ? SPAN("")
		: has_initial ? buf_span(&initial)
			      : none);
	if (initial.n)
		explicit_bzero(initial.p, initial.n);
}

/* Who connects from a port below 1024 is no more to be trusted than anybody else. */
void pop3_door_rpop(struct pop3_door *d, const struct pop3_command *c)
{
	(void)c;
	pop3_door_err(d, FAIL_CANNOT, "RPOP is not accepted here: it trusts a port number and no password");
}

void pop3_door_utf8(struct pop3_door *d, const struct pop3_command *c)
{
	(void)c;
	d->note.utf8 = true;
	pop3_door_ok(d, "UTF-8 from here on");
}

/* "*" tells what the administrator prefers, never what a user does (RFC 6856 §7). */
void pop3_door_lang(struct pop3_door *d, const struct pop3_command *c)
{
	enum pop3_language preferred = POP3_ENGLISH;

	(void)!pop3_language_find(span_of(pop3_door_info(d)->settings->pop3_language), &preferred);
	pop3_lang(&d->reply, &d->note.language, c, preferred);
	pop3_door_send(d);
}

void pop3_door_quit(struct pop3_door *d, const struct pop3_command *c)
{
	(void)c;
	pop3_door_ok(d, "bye");
	pop3_door_leave(d);
}
