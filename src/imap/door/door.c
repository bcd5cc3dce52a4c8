/* The door of IMAP: greeting, CAPABILITY, NOOP, LOGOUT, ID, STARTTLS, LOGIN, AUTHENTICATE. Parses and answers; everything that takes time is
 * `front`'s. The note of the handover is the tag of the command that logged in: the session answers it.
 *
 *          LOGIN                     auth_done(OK)
 *   OPEN ─────────► AUTHENTICATING ───────────────► HANDED_OVER
 *    │ ▲ auth_done(no)  │ ▲    AUTHENTICATE
 *    │ └────────────────┤ │
 *    │       challenge  ▼ │ line (respond)
 *    │              CHALLENGED ── "*" ─► OPEN
 *    └─ STARTTLS ─► SECURING ─ secured ─► OPEN           LOGOUT, timeout, shutdown, too much nonsense ─► LEAVING */
#include "imap/door/door.h"

#include "base/ascii_code.h"
#include "base/memory.h"
#include "conf/settings.h"
#include "imap/wire/id.h"
#include "imap/wire/print.h"
#include "imap/wire/reader.h"
#include "imap/wire/verbs.h"

enum {
	BAD_COMMANDS_MAX = 10, /* in all: nobody who means well needs more */
	FAILED_LOGINS_MAX = 6,
	ARENA_MAX = 64 << 10,
	OUT_MAX = 16 << 10,
};

enum door_state { OPEN, AUTHENTICATING, CHALLENGED, SECURING, HANDED_OVER, LEAVING };

struct door {
	struct door_host *host;
	enum door_state state;
	struct reader reader;
	struct buf tag; /* of the command that waits for an answer */
	unsigned bad_commands, failed_logins;
};

/* One command while it is looked at. */
struct asked {
	struct door *door;
	struct head head;
	struct args args;
	struct buf out;
};

/* ── Saying ── */

static const struct door_info *info(const struct door *d)
{
	return d->host->ops->info(d->host);
}

static void say(struct door *d, struct buf *out)
{
	if (out->n)
		d->host->ops->write(d->host, buf_span(out));
	buf_reset(out);
}

static void add_capabilities(const struct door *d, struct buf *out)
{
	struct capability_view v = {
		.tls_startable = info(d)->tls_available && !info(d)->tls, .secret_ok = info(d)->cleartext_ok};

	print_capabilities(out, &v);
}

static void add_reply(struct buf *out, struct span tag, const char *condition, const char *code, struct span text)
{
	buf_add(out, tag.n ? tag : SPAN("*"));
	buf_addf(out, " %s %s%s%s", condition, *code ? "[" : "", code, *code ? "] " : "");
	print_text(out, text);
	buf_add_lit(out, "\r\n");
}

static void reply(struct asked *q, const char *condition, const char *code, const char *text)
{
	add_reply(&q->out, q->head.tag, condition, code, span_of(text));
}

static void leave(struct door *d, const char *text)
{
	struct buf out;

	if (d->state == LEAVING || d->state == HANDED_OVER)
		return;
	d->state = LEAVING;
	buf_init(&out, OUT_MAX);
	if (text)
		add_reply(&out, SPAN("*"), "BYE", "", span_of(text));
	say(d, &out);
	buf_fini(&out);
	d->host->ops->close(d->host);
}

static void bad(struct asked *q, const char *text)
{
	reply(q, "BAD", "", text);
	q->door->bad_commands++;
}

/* ── Commands ── */

static void ask_capability(struct asked *q)
{
	buf_add_lit(&q->out, "* CAPABILITY ");
	add_capabilities(q->door, &q->out);
	buf_add_lit(&q->out, "\r\n");
	reply(q, "OK", "", "CAPABILITY completed");
}

static void ask_id(struct asked *q)
{
	print_id(&q->out, false);
	reply(q, "OK", "", "ID completed");
}

static void ask_logout(struct asked *q)
{
	buf_add_lit(&q->out, "* BYE Until next time\r\n");
	reply(q, "OK", "", "LOGOUT completed");
	say(q->door, &q->out);
	leave(q->door, NULL);
}

static void ask_starttls(struct asked *q)
{
	struct door *d = q->door;

	if (info(d)->tls || !info(d)->tls_available) {
		bad(q, info(d)->tls ? "TLS is active already" : "TLS is not available");
		return;
	}
	reply(q, "OK", "", "Begin TLS negotiation now");
	say(d, &q->out);
	d->state = SECURING;
	d->host->ops->start_tls(d->host);
}

/* Before a password is looked at: may it be sent over this connection at all? */
static bool secret_ok(struct asked *q)
{
	if (info(q->door)->cleartext_ok)
		return true;
	reply(q, "NO", fail_row(FAIL_PRIVACY)->imap_code, "Logging in needs TLS");
	return false;
}

static void await_auth(struct asked *q)
{
	buf_reset(&q->door->tag);
	buf_add(&q->door->tag, q->head.tag);
	q->door->state = AUTHENTICATING;
	say(q->door, &q->out);
}

static void ask_login(struct asked *q)
{
	struct args *a = &q->args;
	struct span user, password;

	if (!args_astring(a, &user) || !args_sp(a) || !args_astring(a, &password) || !args_end(a)) {
		bad(q, a->error);
		return;
	}
	if (!secret_ok(q))
		return;
	await_auth(q);
	q->door->host->ops->login(q->door->host, user, password);
}

/* "=" is an empty initial response: RFC 4959 §3. */
static enum fail decode_response(struct span text, struct buf *out)
{
	/* Not NULL, which would mean that there is none. */
	if (!buf_reserve(out, 1))
		return FAIL_TOO_BIG;
	return span_eq(text, SPAN("=")) ? FAIL_NONE : base64_decode(text, out);
}

static void ask_authenticate(struct asked *q)
{
	struct door *d = q->door;
	struct args *a = &q->args;
	struct span mechanism;
	struct buf initial;
	bool has_initial;
	enum fail f = FAIL_NONE;

	if (!args_atom(a, &mechanism)) {
		bad(q, a->error);
		return;
	}
	has_initial = args_if(a, ' ') && a->rest.n > 0;
	buf_init(&initial, READER_LINE_BEFORE);
	if (has_initial)
		f = decode_response(span_trim(a->rest), &initial);
	if (f) {
		bad(q, "The initial response is not base64");
	} else if (secret_ok(q)) {
		await_auth(q);
		d->host->ops->authenticate(
			d->host, mechanism, has_initial ? span(initial.p, initial.n) : span(NULL, 0));
	}
	buf_fini(&initial);
}

static void ask_nothing(struct asked *q)
{
	reply(q, "OK", "", "NOOP completed");
}

static const struct door_verb {
	void (*ask)(struct asked *q);
	bool (*arguments)(struct args *a); /* NULL: the function takes them itself */
} door_verbs[VERB_COUNT] = {
	[VERB_AUTHENTICATE] = {ask_authenticate, NULL},
	[VERB_CAPABILITY] = {ask_capability, args_end},
	[VERB_ID] = {ask_id, args_id},
	[VERB_LOGIN] = {ask_login, NULL},
	[VERB_LOGOUT] = {ask_logout, args_end},
	[VERB_NOOP] = {ask_nothing, args_end},
	[VERB_STARTTLS] = {ask_starttls, args_end},
};

static void dispatch(struct asked *q)
{
	const struct door_verb *v = q->head.verb < VERB_COUNT ? &door_verbs[q->head.verb] : NULL;

	if (!v)
		bad(q, "Unknown command");
	else if (!v->ask || !(verb_row(q->head.verb)->states & (BEFORE)))
		bad(q, "Log in first");
	else if (v->arguments && (!v->arguments(&q->args) || !args_end(&q->args)))
		bad(q, q->args.error);
	else
		v->ask(q);
}

static void command(struct door *d, bool whole)
{
	struct asked q = {.door = d};
	struct arena arena;

	arena_init(&arena, ARENA_MAX);
	args_init(&q.args, reader_command(&d->reader), &arena);
	buf_init(&q.out, OUT_MAX);
	if (!head_take(&q.args, &q.head))
		bad(&q, q.args.error);
	else if (!whole)
		reply(&q, "BAD", "TOOBIG", "The command is too long");
	else
		dispatch(&q);
	d->bad_commands += !whole;
	say(d, &q.out);
	buf_fini(&q.out);
	arena_fini(&arena);
	if (d->bad_commands > BAD_COMMANDS_MAX)
		leave(d, "Too many commands that are none");
}

/* ── SASL ── */

/* Ends the exchange that waits; the tag is answered. */
static void end_exchange(struct door *d, const char *condition, const char *code, struct span text)
{
	struct buf out;

	d->state = OPEN;
	buf_init(&out, OUT_MAX);
	add_reply(&out, buf_span(&d->tag), condition, code, text);
	say(d, &out);
	buf_fini(&out);
}

static void response(struct door *d, struct span line)
{
	struct buf bytes;

	if (span_eq(line, SPAN("*"))) {
		d->host->ops->cancel(d->host);
		end_exchange(d, "BAD", "", SPAN("AUTHENTICATE cancelled"));
		return;
	}
	buf_init(&bytes, READER_LINE_BEFORE);
	if (!buf_reserve(&bytes, 1) || base64_decode(line, &bytes)) {
		d->host->ops->cancel(d->host);
		end_exchange(d, "BAD", "", SPAN("The response is not base64"));
		d->bad_commands++;
	} else {
		d->state = AUTHENTICATING;
		d->host->ops->respond(d->host, buf_span(&bytes));
	}
	buf_fini(&bytes);
}

/* ── The face to `front` ── */

static bool takes_input(const struct door *d)
{
	return d->state == OPEN || d->state == CHALLENGED;
}

static void happened(struct door *d, enum reader_event event)
{
	switch (event) {
	case READER_CONTINUE: d->host->ops->write(d->host, SPAN("+ OK\r\n")); return;
	case READER_COMMAND:
		if (d->state == CHALLENGED)
			response(d, reader_command(&d->reader));
		else
			command(d, true);
		break;
	case READER_REFUSED:
		if (d->state == CHALLENGED)
			response(d, SPAN("*"));
		else
			command(d, false);
		break;
	default: return; /* the door streams no messages */
	}
	reader_next(&d->reader, false);
	if (d->state == CHALLENGED)
		reader_expect_line(&d->reader);
}

static size_t door_input(struct door *d, struct span bytes)
{
	struct span in = bytes, piece;

	while (in.n && takes_input(d)) {
		enum reader_event event = reader_take(&d->reader, &in, &piece);

		happened(d, event);
	}
	return d->state == LEAVING ? bytes.n : bytes.n - in.n;
}

static struct door *door_new(struct door_host *h)
{
	struct door *d = NEW(struct door);

	d->host = h;
	reader_init(&d->reader, (struct reader_budget){READER_LINE_BEFORE, READER_LITERALS_BEFORE});
	buf_init(&d->tag, TAG_MAX);
	return d;
}

static void door_free(struct door *d)
{
	if (!d)
		return;
	reader_fini(&d->reader);
	buf_fini(&d->tag);
	free(d);
}

static void door_start(struct door *d)
{
	struct buf out;

	d->host->ops->deadline(d->host, info(d)->settings->login_timeout * 1000);
	buf_init(&out, OUT_MAX);
	buf_add_lit(&out, "* OK [CAPABILITY ");
	add_capabilities(d, &out);
	buf_addf(&out, "] %s Barid is ready\r\n", info(d)->hostname);
	say(d, &out);
	buf_fini(&out);
}

static void door_secured(struct door *d, enum fail f)
{
	if (d->state != SECURING)
		return;
	if (f) {
		d->state = LEAVING;
		d->host->ops->close(d->host);
		return;
	}
	/* Nothing said before the handshake counts after it: RFC 3501 §6.2.1. */
	reader_next(&d->reader, false);
	d->bad_commands = 0;
	d->state = OPEN;
	d->host->ops->poke(d->host);
}

static void door_challenge(struct door *d, struct span text)
{
	struct buf out;

	if (d->state != AUTHENTICATING)
		return;
	d->state = CHALLENGED;
	reader_next(&d->reader, false);
	reader_expect_line(&d->reader);
	buf_init(&out, OUT_MAX);
	buf_add_lit(&out, "+ ");
	if (base64_encode(text, &out)) {
		d->host->ops->cancel(d->host);
		end_exchange(d, "NO", "", SPAN("The mechanism asks for too much"));
	}
	if (d->state == CHALLENGED)
		buf_add_lit(&out, "\r\n");
	else
		buf_reset(&out);
	say(d, &out);
	buf_fini(&out);
	d->host->ops->poke(d->host);
}

static void door_auth_done(struct door *d, enum fail f, const char *text)
{
	const struct fail_row *row = fail_row(f);

	if (d->state != AUTHENTICATING && d->state != CHALLENGED)
		return; /* of an exchange that was cancelled */
	if (!f) {
		d->state = HANDED_OVER;
		return;
	}
	reader_next(&d->reader, false);
	end_exchange(d, row->imap_condition, row->imap_code, text && *text ? span_of(text) : SPAN("Login failed"));
	if (++d->failed_logins >= FAILED_LOGINS_MAX)
		leave(d, "Too many failed logins");
	else
		d->host->ops->poke(d->host);
}

static void door_handover(struct door *d, struct buf *note_out)
{
	buf_add(note_out, buf_span(&d->tag));
}

static void door_timeout(struct door *d)
{
	leave(d, "Logging in took too long");
}

static void door_shutdown(struct door *d)
{
	leave(d, "The server is going down");
}

const struct door_ops imap_door_ops = {
	.protocol = "imap",
	.new = door_new,
	.free = door_free,
	.start = door_start,
	.input = door_input,
	.secured = door_secured,
	.challenge = door_challenge,
	.auth_done = door_auth_done,
	.handover = door_handover,
	.timeout = door_timeout,
	.shutdown = door_shutdown,
};
