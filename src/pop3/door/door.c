/* POP3 before login. Knows no mail and no account; everything beyond the dialogue is asked of the host (net/door.h).
 *
 *   COMMAND ── PASS, AUTH ──► WAITING ── auth_done ──► (handed over) or COMMAND
 *      ▲                        │  ▲
 *      └── "*" ── RESPONDING ◄──┘  └─ response       WAITING ── challenge ──► RESPONDING
 *   COMMAND ── STLS ──► SECURING ── secured ──► COMMAND */
#include "pop3/door/door.h"

#include "base/ascii_code.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/utf8.h"
#include "conf/settings.h"
#include "pop3/wire/command.h"

enum { BAD_COMMANDS_MAX = 10, NAME_MAX_OCTETS = 320, REPLY_MAX = 4096, TIMESTAMP_MAX = 160, DIGEST_OCTETS = 32 };

enum phase { COMMAND, WAITING, RESPONDING, SECURING, HANDED_OVER, LEFT };

struct pop3_door {
	struct door_host *host;
	enum phase phase;
	bool skipping; /* the rest of a line that was too long */
	unsigned bad;
	char user[NAME_MAX_OCTETS];
	size_t user_n;
	struct pop3_note note;         /* what was agreed so far */
	char timestamp[TIMESTAMP_MAX]; /* of the greeting, for APOP; "" = it is not offered here */
	struct buf reply;
};

typedef void (*door_verb)(struct pop3_door *d, const struct pop3_command *c);

static void send_reply(struct pop3_door *d)
{
	d->host->ops->write(d->host, buf_span(&d->reply));
	buf_fini(&d->reply);
}

static void say_ok(struct pop3_door *d, const char *text)
{
	pop3_ok(&d->reply, d->note.language, text);
	send_reply(d);
}

static void say_err(struct pop3_door *d, enum fail f, const char *text)
{
	pop3_err(&d->reply, d->note.language, f, text);
	send_reply(d);
}

static void leave(struct pop3_door *d)
{
	d->phase = LEFT;
	d->host->ops->close(d->host);
}

static const struct door_info *info(struct pop3_door *d)
{
	return d->host->ops->info(d->host);
}

/* A password must not cross the network in the clear unless the site has chosen so. */
static bool may_log_in(struct pop3_door *d)
{
	if (info(d)->cleartext_ok)
		return true;
	say_err(d, FAIL_PRIVACY,
		"logins are accepted only over TLS here: use STLS first, or the port for POP3 over TLS");
	return false;
}

/* ── Verbs ── */

static void door_capa(struct pop3_door *d, const struct pop3_command *c)
{
	struct pop3_offer offer = {.stls = info(d)->tls_available && !d->note.utf8,
		.login = info(d)->cleartext_ok,
		.login_delay = info(d)->settings->pop3_login_delay};

	(void)c;
	pop3_offer_expire(&offer, 0, true); /* the least that an account may have: RFC 2449 §6.7 */
	pop3_capabilities(&d->reply, d->note.language, &offer);
	send_reply(d);
}

static void door_stls(struct pop3_door *d, const struct pop3_command *c)
{
	(void)c;
	if (info(d)->tls || !info(d)->tls_available) {
		say_err(d, FAIL_WRONG_STATE, info(d)->tls ? "TLS is on already" : "TLS is not available here");
		return;
	}
	if (d->note.utf8) { /* RFC 6856 §2.1 */
		say_err(d, FAIL_WRONG_STATE, "STLS comes before UTF8");
		return;
	}
	d->phase = SECURING;
	say_ok(d, "begin TLS");
	d->user_n = 0; /* RFC 2595 §4: what was said in the clear is forgotten */
	d->note = (struct pop3_note){0};
	d->host->ops->start_tls(d->host);
}

static void door_user(struct pop3_door *d, const struct pop3_command *c)
{
	if (!may_log_in(d))
		return;
	if (c->rest.n > sizeof d->user) {
		say_err(d, FAIL_SYNTAX, "that name is too long");
		return;
	}
	if (!utf8_valid(c->rest)) { /* RFC 6856 §2.2 */
		say_err(d, FAIL_SYNTAX, "that name is not UTF-8");
		return;
	}
	memcpy(d->user, c->rest.p, c->rest.n);
	d->user_n = c->rest.n;
	say_ok(d, "now the password");
}

static void door_pass(struct pop3_door *d, const struct pop3_command *c)
{
	if (!may_log_in(d))
		return;
	if (d->user_n == 0) {
		say_err(d, FAIL_WRONG_STATE, "USER comes first");
		return;
	}
	if (d->note.utf8 && !utf8_valid(c->rest)) { /* without UTF8, octets of another charset may be what was meant */
		d->user_n = 0;
		say_err(d, FAIL_SYNTAX, "that password is not UTF-8");
		return;
	}
	d->phase = WAITING;
	d->host->ops->login(d->host, span(d->user, d->user_n), c->rest);
	d->user_n = 0;
}

/* RFC 1939 §7. The digest betrays no password, so it may come without TLS: the listener was chosen for that. */
static void door_apop(struct pop3_door *d, const struct pop3_command *c)
{
	if (!*d->timestamp) {
		say_err(d, FAIL_CANNOT, "APOP is not offered here");
		return;
	}
	if (!utf8_valid(c->arguments[0]) || c->arguments[0].n > sizeof d->user || c->arguments[1].n != DIGEST_OCTETS) {
		say_err(d, FAIL_SYNTAX, "APOP wants a name and a digest");
		return;
	}
	d->phase = WAITING;
	d->host->ops->apop(d->host, c->arguments[0], span_of(d->timestamp), c->arguments[1]);
}

/* Decodes an initial response or a response; false after an answer. */
static bool decode(struct pop3_door *d, struct span text, struct buf *out)
{
	if (base64_decode(text, out) == FAIL_NONE)
		return true;
	say_err(d, FAIL_SYNTAX, "that is not base64");
	return false;
}

static void door_auth(struct pop3_door *d, const struct pop3_command *c)
{
	CLEANUP(buf_fini) struct buf initial = {0};
	struct span none = {NULL, 0};
	bool has_initial = c->count == 2, empty = has_initial && span_eq(c->arguments[1], SPAN("="));

	if (c->count == 0) { /* old clients ask so for the mechanisms */
		pop3_ok(&d->reply, d->note.language, "mechanisms follow");
		buf_add_lit(&d->reply, "PLAIN\r\nLOGIN\r\n.\r\n");
		send_reply(d);
		return;
	}
	if (!may_log_in(d))
		return;
	buf_init(&initial, POP3_AUTH_LINE_MAX);
	if (has_initial && !empty && !decode(d, c->arguments[1], &initial))
		return;
	d->phase = WAITING;
	d->host->ops->authenticate(d->host, c->arguments[0],
		empty         ? SPAN("")
		: has_initial ? buf_span(&initial)
			      : none);
	if (initial.n)
		explicit_bzero(initial.p, initial.n);
}

/* Who connects from a port below 1024 is no more to be trusted than anybody else. */
static void door_rpop(struct pop3_door *d, const struct pop3_command *c)
{
	(void)c;
	say_err(d, FAIL_CANNOT, "RPOP is not accepted here: it trusts a port number and no password");
}

static void door_utf8(struct pop3_door *d, const struct pop3_command *c)
{
	(void)c;
	d->note.utf8 = true;
	say_ok(d, "UTF-8 from here on");
}

/* "*" tells what the administrator prefers, never what a user does (RFC 6856 §7). */
static void door_lang(struct pop3_door *d, const struct pop3_command *c)
{
	enum pop3_language preferred = POP3_ENGLISH;

	(void)!pop3_language_find(span_of(info(d)->settings->pop3_language), &preferred);
	pop3_lang(&d->reply, &d->note.language, c, preferred);
	send_reply(d);
}

static void door_quit(struct pop3_door *d, const struct pop3_command *c)
{
	(void)c;
	say_ok(d, "bye");
	leave(d);
}

static const struct {
	const char *word;
	door_verb run;
	int least, most;
} verbs[] = {
#define REST                                  POP3_REST
#define ROW_DOOR(word, function, least, most) {word, door_##function, least, most},
#define ROW_MAILDROP(word, function, least, most)
#define VERB(word, where, function, least, most, rfc) ROW_##where(#word, function, least, most)
#include "pop3/verbs.def"
#undef VERB
#undef ROW_MAILDROP
};

static const char *const elsewhere[] = {
#undef ROW_DOOR
#define ROW_DOOR(word, function, least, most)
#define ROW_MAILDROP(word, function, least, most)     word,
#define VERB(word, where, function, least, most, rfc) ROW_##where(#word, function, least, most)
#include "pop3/verbs.def"
#undef VERB
#undef ROW_DOOR
#undef ROW_MAILDROP
#undef REST
};

static void bad_command(struct pop3_door *d, enum fail f, const char *text)
{
	say_err(d, f, text);
	if (++d->bad < BAD_COMMANDS_MAX)
		return;
	say_err(d, FAIL_CLOSED, "too many bad commands");
	leave(d);
}

static void run_line(struct pop3_door *d, struct span line)
{
	struct pop3_command c;

	if (pop3_command_parse(line, &c)) {
		bad_command(d, FAIL_SYNTAX, "that is no command");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!span_eq_nocase(c.word, span_of(verbs[i].word)))
			continue;
		if (pop3_arguments_fit(&c, verbs[i].least, verbs[i].most))
			verbs[i].run(d, &c);
		else
			bad_command(d, FAIL_SYNTAX, "wrong number of arguments");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++)
		if (span_eq_nocase(c.word, span_of(elsewhere[i]))) {
			bad_command(d, FAIL_WRONG_STATE, "log in first");
			return;
		}
	bad_command(d, FAIL_UNKNOWN_VERB, "unknown command");
}

static void run_response(struct pop3_door *d, struct span line)
{
	CLEANUP(buf_fini) struct buf response = {0};

	buf_init(&response, POP3_AUTH_LINE_MAX);
	if (span_eq(line, SPAN("*")) || base64_decode(line, &response)) {
		d->phase = COMMAND;
		d->host->ops->cancel(d->host);
		say_err(d, FAIL_SYNTAX, span_eq(line, SPAN("*")) ? "authentication cancelled" : "that is not base64");
		return;
	}
	d->phase = WAITING;
	d->host->ops->respond(d->host, buf_span(&response));
	if (response.n)
		explicit_bzero(response.p, response.n);
}

/* ── door_ops ── */

static struct pop3_door *self(struct door *d)
{
	return (struct pop3_door *)(void *)d;
}

static struct door *new_door(struct door_host *h)
{
	struct pop3_door *d = NEW(struct pop3_door);

	d->host = h;
	buf_init(&d->reply, REPLY_MAX);
	return (struct door *)(void *)d;
}

static void free_door(struct door *base)
{
	struct pop3_door *d = self(base);

	if (!d)
		return;
	buf_fini(&d->reply);
	free(d);
}

/* Whether the listener that the client came to is one of those that offer it. */
static bool apop_is_on(const struct door_info *i)
{
	struct span where = span_of(i->settings->pop3_apop);

	return span_eq(where, SPAN("both")) || span_eq(where, i->tls ? SPAN("pop3s") : SPAN("pop3"));
}

static void start(struct door *base)
{
	struct pop3_door *d = self(base);

	if (apop_is_on(info(d))) /* never the same twice */
		snprintf(d->timestamp, sizeof d->timestamp, "<%016llx.%lld@%.100s>", (unsigned long long)random_u64(),
			(long long)clock_wall_seconds(), info(d)->hostname);
	buf_addf(&d->reply, "+OK %s Barid POP3 ready%s%s\r\n", info(d)->hostname, *d->timestamp ? " " : "",
		d->timestamp);
	send_reply(d);
	d->host->ops->deadline(d->host, info(d)->settings->login_timeout * 1000);
}

static size_t too_long(struct pop3_door *d, struct span bytes)
{
	size_t max =
		d->phase == RESPONDING || span_starts_nocase(bytes, SPAN("AUTH ")) ? POP3_AUTH_LINE_MAX : POP3_LINE_MAX;

	if (bytes.n < max)
		return 0;
	d->skipping = true;
	if (d->phase == RESPONDING) {
		d->phase = COMMAND;
		d->host->ops->cancel(d->host);
	}
	bad_command(d, FAIL_TOO_BIG, "that line is too long");
	return bytes.n;
}

static size_t input(struct door *base, struct span bytes)
{
	struct pop3_door *d = self(base);
	struct span line;
	size_t n;

	if (d->phase == LEFT)
		return bytes.n;
	if (d->phase != COMMAND && d->phase != RESPONDING)
		return 0;
	n = pop3_line(bytes, &line);
	if (d->skipping) {
		d->skipping = n == 0;
		return n ? n : bytes.n;
	}
	if (n == 0)
		return too_long(d, bytes);
	if (d->phase == RESPONDING)
		run_response(d, line);
	else
		run_line(d, line);
	return n;
}

static void secured(struct door *base, enum fail f)
{
	struct pop3_door *d = self(base);

	if (f) {
		leave(d);
		return;
	}
	d->phase = COMMAND;
	d->host->ops->poke(d->host);
}

static void challenge(struct door *base, struct span text)
{
	struct pop3_door *d = self(base);

	buf_add_lit(&d->reply, "+ ");
	if (base64_encode(text, &d->reply))
		buf_truncate(&d->reply, 2);
	buf_add_lit(&d->reply, "\r\n");
	send_reply(d);
	d->phase = RESPONDING;
	d->host->ops->poke(d->host);
}

static void auth_done(struct door *base, enum fail f, const char *text)
{
	struct pop3_door *d = self(base);

	if (f == FAIL_NONE) {
		d->phase = HANDED_OVER; /* what is behind the login command is the session's */
		return;
	}
	d->phase = COMMAND;
	bad_command(d, f, text);
	if (d->phase == COMMAND)
		d->host->ops->poke(d->host);
}

/* The session answers the login itself, in the language of here. */
static void handover(struct door *base, struct buf *note_out)
{
	pop3_note_put(&self(base)->note, note_out);
}

static void timeout(struct door *base)
{
	struct pop3_door *d = self(base);

	say_err(d, FAIL_TIMEOUT, "you took too long to log in");
	leave(d);
}

static void stop(struct door *base)
{
	struct pop3_door *d = self(base);

	say_err(d, FAIL_UNAVAILABLE, "the server is shutting down");
	leave(d);
}

const struct door_ops pop3_door_ops = {
	.protocol = "pop3",
	.new = new_door,
	.free = free_door,
	.start = start,
	.input = input,
	.secured = secured,
	.challenge = challenge,
	.auth_done = auth_done,
	.handover = handover,
	.timeout = timeout,
	.shutdown = stop,
};
