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
#include "imap/door/door_own.h"

#include "base/ascii_code.h"
#include "base/memory.h"
#include "conf/settings.h"
#include "imap/wire/print.h"
#include "imap/wire/verbs.h"

enum { FAILED_LOGINS_MAX = 6 };

/* ── Saying ── */

const struct door_info *door_facts(const struct door *d)
{
	return d->host->ops->info(d->host);
}

void door_say(struct door *d, struct buf *out)
{
	if (out->n)
		d->host->ops->write(d->host, buf_span(out));
	buf_reset(out);
}

struct capabilities door_capabilities(const struct door *d)
{
	return capabilities_of(door_facts(d)->settings, door_facts(d)->tls_listener);
}

void door_add_capabilities(const struct door *d, struct buf *out)
{
	struct capabilities set = door_capabilities(d);
	struct capability_view v = {.tls_startable = door_facts(d)->tls_available && !door_facts(d)->tls,
		.secret_ok = door_facts(d)->cleartext_ok,
		.literal_minus = door_facts(d)->settings->imap_literal_minus,
		.set = &set};

	print_capabilities(out, &v);
}

void door_add_reply(struct buf *out, struct span tag, const char *condition, const char *code, struct span text)
{
	buf_add(out, tag.n ? tag : SPAN("*"));
	buf_addf(out, " %s %s%s%s", condition, *code ? "[" : "", code, *code ? "] " : "");
	print_text(out, text);
	buf_add_lit(out, "\r\n");
}

void door_leave(struct door *d, const char *text)
{
	struct buf out;

	if (d->state == LEAVING || d->state == HANDED_OVER)
		return;
	d->state = LEAVING;
	buf_init(&out, DOOR_OUT_MAX);
	if (text)
		door_add_reply(&out, SPAN("*"), "BYE", "", span_of(text));
	door_say(d, &out);
	buf_fini(&out);
	d->host->ops->close(d->host);
}

/* ── SASL ── */

/* Ends the exchange that waits; the tag is answered. */
static void end_exchange(struct door *d, const char *condition, const char *code, struct span text)
{
	struct buf out;

	d->state = OPEN;
	buf_init(&out, DOOR_OUT_MAX);
	door_add_reply(&out, buf_span(&d->tag), condition, code, text);
	door_say(d, &out);
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
			door_command(d, true);
		break;
	case READER_REFUSED:
		if (d->state == CHALLENGED)
			response(d, SPAN("*"));
		else
			door_command(d, false);
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
	struct capabilities set = door_capabilities(d);
	struct buf out;

	d->reader.unasked_max = capabilities_unasked_max(&set, door_facts(d)->settings->imap_literal_minus);
	d->host->ops->deadline(d->host, door_facts(d)->settings->login_timeout * 1000);
	buf_init(&out, DOOR_OUT_MAX);
	buf_add_lit(&out, "* OK [CAPABILITY ");
	door_add_capabilities(d, &out);
	buf_addf(&out, "] %s Barid is ready\r\n", door_facts(d)->hostname);
	door_say(d, &out);
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
	buf_init(&out, DOOR_OUT_MAX);
	buf_add_lit(&out, "+ ");
	if (base64_encode(text, &out)) {
		d->host->ops->cancel(d->host);
		end_exchange(d, "NO", "", SPAN("The mechanism asks for too much"));
	}
	if (d->state == CHALLENGED)
		buf_add_lit(&out, "\r\n");
	else
		buf_reset(&out);
	door_say(d, &out);
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
		door_leave(d, "Too many failed logins");
	else
		d->host->ops->poke(d->host);
}

static void door_handover(struct door *d, struct buf *note_out)
{
	buf_add(note_out, buf_span(&d->tag));
}

static void door_timeout(struct door *d)
{
	door_leave(d, "Logging in took too long");
}

static void door_shutdown(struct door *d)
{
	door_leave(d, "The server is going down");
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
