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
#include "conf/settings.h"
#include "pop3/door/state.h"

enum { BAD_COMMANDS_MAX = 10, REPLY_MAX = 4096 };

typedef void (*door_verb)(struct pop3_door *d, const struct pop3_command *c);

/* ── What verbs use ── */

void pop3_door_send(struct pop3_door *d)
{
	d->host->ops->write(d->host, buf_span(&d->reply));
	buf_fini(&d->reply);
}

void pop3_door_ok(struct pop3_door *d, const char *text)
{
	pop3_ok(&d->reply, d->note.language, text);
	pop3_door_send(d);
}

void pop3_door_err(struct pop3_door *d, enum fail f, const char *text)
{
	pop3_err(&d->reply, d->note.language, f, text);
	pop3_door_send(d);
}

void pop3_door_leave(struct pop3_door *d)
{
	d->phase = DOOR_LEFT;
	d->host->ops->close(d->host);
}

const struct door_info *pop3_door_info(struct pop3_door *d)
{
	return d->host->ops->info(d->host);
}

struct pop3_capabilities pop3_door_offers(struct pop3_door *d)
{
	return pop3_capabilities_of(pop3_door_info(d)->settings, pop3_door_info(d)->tls_listener);
}

static const struct {
	const char *word;
	door_verb run;
	int least, most;
	enum pop3_capability capability;
} verbs[] = {
#define REST                                       POP3_REST
#define ROW_DOOR(word, function, least, most, can) {word, pop3_door_##function, least, most, can},
#define ROW_MAILDROP(word, function, least, most, can)
#define VERB(word, where, function, least, most, can, rfc) ROW_##where(#word, function, least, most, POP3_CAN_##can)
#include "pop3/verbs.def"
#undef VERB
#undef ROW_MAILDROP
};

static const struct {
	const char *word;
	enum pop3_capability capability;
} elsewhere[] = {
#undef ROW_DOOR
#define ROW_DOOR(word, can)
#define ROW_MAILDROP(word, can)                            {word, can},
#define VERB(word, where, function, least, most, can, rfc) ROW_##where(#word, POP3_CAN_##can)
#include "pop3/verbs.def"
#undef VERB
#undef ROW_DOOR
#undef ROW_MAILDROP
#undef REST
};

static void bad_command(struct pop3_door *d, enum fail f, const char *text)
{
	pop3_door_err(d, f, text);
	if (++d->bad < BAD_COMMANDS_MAX)
		return;
	pop3_door_err(d, FAIL_CLOSED, "too many bad commands");
	pop3_door_leave(d);
}

static void run_line(struct pop3_door *d, struct span line)
{
	struct pop3_capabilities offered = pop3_door_offers(d);
	struct pop3_command c;

	if (pop3_command_parse(line, &c)) {
		bad_command(d, FAIL_SYNTAX, "that is no command");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!span_eq_nocase(c.word, span_of(verbs[i].word)) ||
			!pop3_capability_on(&offered, verbs[i].capability))
			continue;
		if (pop3_arguments_fit(&c, verbs[i].least, verbs[i].most))
			verbs[i].run(d, &c);
		else
			bad_command(d, FAIL_SYNTAX, "wrong number of arguments");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++)
		if (span_eq_nocase(c.word, span_of(elsewhere[i].word)) &&
			pop3_capability_on(&offered, elsewhere[i].capability)) {
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
		d->phase = DOOR_COMMAND;
		d->host->ops->cancel(d->host);
		pop3_door_err(
			d, FAIL_SYNTAX, span_eq(line, SPAN("*")) ? "authentication cancelled" : "that is not base64");
		return;
	}
	d->phase = DOOR_WAITING;
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

	return span_eq(where, SPAN("both")) || span_eq(where, i->tls_listener ? SPAN("pop3s") : SPAN("pop3"));
}

static void start(struct door *base)
{
	struct pop3_door *d = self(base);

	if (apop_is_on(pop3_door_info(d))) /* never the same twice */
		snprintf(d->timestamp, sizeof d->timestamp, "<%016llx.%lld@%.100s>", (unsigned long long)random_u64(),
			(long long)clock_wall_seconds(), pop3_door_info(d)->hostname);
	buf_addf(&d->reply, "+OK %s Barid POP3 ready%s%s\r\n", pop3_door_info(d)->hostname, *d->timestamp ? " " : "",
		d->timestamp);
	pop3_door_send(d);
	d->host->ops->deadline(d->host, pop3_door_info(d)->settings->login_timeout * 1000);
}

static size_t too_long(struct pop3_door *d, struct span bytes)
{
	size_t max = d->phase == DOOR_RESPONDING || span_starts_nocase(bytes, SPAN("AUTH ")) ? POP3_AUTH_LINE_MAX
											     : POP3_LINE_MAX;

	if (bytes.n < max)
		return 0;
	d->skipping = true;
	if (d->phase == DOOR_RESPONDING) {
		d->phase = DOOR_COMMAND;
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

	if (d->phase == DOOR_LEFT)
		return bytes.n;
	if (d->phase != DOOR_COMMAND && d->phase != DOOR_RESPONDING)
		return 0;
	n = pop3_line(bytes, &line);
	if (d->skipping) {
		d->skipping = n == 0;
		return n ? n : bytes.n;
	}
	if (n == 0)
		return too_long(d, bytes);
	if (d->phase == DOOR_RESPONDING)
		run_response(d, line);
	else
		run_line(d, line);
	return n;
}

static void secured(struct door *base, enum fail f)
{
	struct pop3_door *d = self(base);

	if (f) {
		pop3_door_leave(d);
		return;
	}
	d->phase = DOOR_COMMAND;
	d->host->ops->poke(d->host);
}

static void challenge(struct door *base, struct span text)
{
	struct pop3_door *d = self(base);

	buf_add_lit(&d->reply, "+ ");
	if (base64_encode(text, &d->reply))
		buf_truncate(&d->reply, 2);
	buf_add_lit(&d->reply, "\r\n");
	pop3_door_send(d);
	d->phase = DOOR_RESPONDING;
	d->host->ops->poke(d->host);
}

static void auth_done(struct door *base, enum fail f, const char *text)
{
	struct pop3_door *d = self(base);

	if (f == FAIL_NONE) {
		d->phase = DOOR_HANDED_OVER; /* what is behind the login command is the session's */
		return;
	}
	d->phase = DOOR_COMMAND;
	bad_command(d, f, text);
	if (d->phase == DOOR_COMMAND)
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

	pop3_door_err(d, FAIL_TIMEOUT, "you took too long to log in");
	pop3_door_leave(d);
}

static void stop(struct door *base)
{
	struct pop3_door *d = self(base);

	pop3_door_err(d, FAIL_UNAVAILABLE, "the server is shutting down");
	pop3_door_leave(d);
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
