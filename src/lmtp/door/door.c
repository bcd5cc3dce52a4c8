/* LMTP's dialogue. After the content one reply for each accepted recipient, in their order (RFC 2033 §4.2).
 *
 *   COMMAND ─ RCPT ─► RESOLVING ─ resolved ─► COMMAND
 *   COMMAND ─ DATA, BDAT ─► CONTENT ─ its end ─► RESULTS ─ all answered ─► COMMAND
 *                              └─ BDAT chunk that is not the last ─► COMMAND */
#include "lmtp/door/door.h"

#include "base/memory.h"
#include "lmtp/door/dialogue.h"

enum { REPLY_MAX = 512 << 10 };

/* ── transaction_events ── */

static void on_room(void *ctx)
{
	struct lmtp_door *d = ctx;

	if (d->phase == CONTENT)
		d->host->ops->poke(d->host);
}

static void on_answered(void *ctx)
{
	struct lmtp_door *d = ctx;

	if (d->phase == RESULTS)
		lmtp_say_results(d);
}

static const struct transaction_events transaction_events = {on_room, on_answered};

/* ── door_ops ── */

static struct lmtp_door *self(struct door *d)
{
	return (struct lmtp_door *)(void *)d;
}

static struct door *new_door(struct door_host *h)
{
	struct lmtp_door *d = NEW(struct lmtp_door);

	d->host = h;
	buf_init(&d->reply, REPLY_MAX);
	transaction_init(&d->transaction, h, &transaction_events, d);
	return (struct door *)(void *)d;
}

static void free_door(struct door *base)
{
	struct lmtp_door *d = self(base);

	if (!d)
		return;
	transaction_fini(&d->transaction);
	buf_fini(&d->reply);
	free(d);
}

static void start(struct door *base)
{
	struct lmtp_door *d = self(base);

	buf_addf(&d->reply, "220 %s Barid LMTP ready\r\n", lmtp_info(d)->hostname);
	lmtp_send_reply(d);
	lmtp_touch(d);
}

static size_t input(struct door *base, struct span bytes)
{
	struct lmtp_door *d = self(base);

	switch (d->phase) {
	case COMMAND: lmtp_touch(d); return lmtp_take_line(d, bytes);
	case CONTENT:
		if (d->content != SWALLOWED && !transaction_has_room(&d->transaction))
			return 0;
		lmtp_touch(d);
		return d->content == BY_DATA ? lmtp_take_data(d, bytes) : lmtp_take_chunk(d, bytes);
	case RESOLVING:
	case RESULTS: return 0;
	case LEFT: break;
	}
	return bytes.n;
}

static void resolved(struct door *base, enum fail f, const struct recipient_answer *a, const char *text)
{
	struct lmtp_door *d = self(base);

	if (d->phase != RESOLVING)
		return;
	d->phase = COMMAND;
	if (f) {
		lmtp_say_fail(d, f, text);
	} else {
		transaction_add(&d->transaction, span(d->resolving.address, d->resolving.n), a);
		d->state = RCPT;
		lmtp_say(d, 250, "2.1.5", "recipient ok");
	}
	d->host->ops->poke(d->host);
}

/* LMTP has no login and no TLS of its own: `front` never calls these. */
static void no_login(struct door *base, enum fail f, const char *text)
{
	(void)base;
	(void)f;
	(void)text;
}
static void no_challenge(struct door *base, struct span text)
{
	(void)base;
	(void)text;
}
static void no_handover(struct door *base, struct buf *note_out)
{
	(void)base;
	(void)note_out;
}
static void secured(struct door *base, enum fail f)
{
	struct lmtp_door *d = self(base);

	if (f)
		lmtp_leave(d);
}

static bool owes(const struct door *base)
{
	const struct lmtp_door *d = (const struct lmtp_door *)(const void *)base;

	return d->phase == RESULTS ||
	       (d->phase == CONTENT && d->content != SWALLOWED && !transaction_has_room(&d->transaction));
}

/* Recipients without a result after RESULTS_MS get a temporary failure: the sender tries again. */
static void timeout(struct door *base)
{
	struct lmtp_door *d = self(base);

	if (d->phase == RESULTS) {
		transaction_refuse(&d->transaction, FAIL_TIMEOUT, "the mail store did not answer in time: try again");
		lmtp_say_results(d);
	}
	lmtp_say(d, 421, "4.4.2", "nothing was said for too long");
	lmtp_leave(d);
}

/* What is being committed gets its results first: without them the sender would deliver it again. */
static void stop(struct door *base)
{
	struct lmtp_door *d = self(base);

	d->stopping = true;
	if (d->phase != RESULTS)
		lmtp_say_stop(d);
}

const struct door_ops lmtp_door_ops = {
	.protocol = "lmtp",
	.new = new_door,
	.free = free_door,
	.start = start,
	.input = input,
	.secured = secured,
	.challenge = no_challenge,
	.auth_done = no_login,
	.handover = no_handover,
	.resolved = resolved,
	.owes = owes,
	.timeout = timeout,
	.shutdown = stop,
};
