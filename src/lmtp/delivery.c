/* Deliveries: frames in, one body, one batch a recipient, one RESULT each. A result is sent only after its batch is durable;
 * whatever goes wrong is a temporary failure, so that the sender tries again. Never parses what a stranger sent as commands: that is
 * the door's work, in another process.
 *
 *   IDLE ─ BEGIN ─► RECEIVING ─ END ─► DELIVERING ─ every recipient answered ─► IDLE
 *                       └ ABORT ─► IDLE
 *
 * A recipient:  redeem ─► (END) ─► account_open ─► batch_commit ─► RESULT */
#include "lmtp/delivery.h"

#include "base/clock.h"
#include "base/in_service.h"
#include "base/list.h"
#include "base/memory.h"
#include "conf/settings.h"
#include "lmtp/wire/relay.h"
#include "store/batch.h"
#include "store/gate.h"

enum { PREFIX_MAX = 4096, RESULT_MAX = 1024 };
enum phase { IDLE, RECEIVING, DELIVERING, ENDED };

struct recipient {
	struct list link;
	struct lmtp_delivery *delivery;
	uint32_t index;
	char *address, *detail;
	struct lmtp_redeem redeem;
	bool redeeming, waiting, answered;
	uint64_t account_id;
	struct account *account;
	struct batch *batch;
	struct store_wait wait;
};

struct lmtp_delivery {
	struct lmtp_delivery_start start;
	enum phase phase;
	struct list recipients;
	size_t unanswered;
	char *sender, *client, *peer, *session;
	struct body_writer *writer;
	struct body *body;
	bool utf8;      /* SMTPUTF8 was said */
	bool complete;  /* END has come */
	enum fail fail; /* of the body; why in `why` */
	struct why why;
};

static void step(struct recipient *r);

/* ── One transaction ── */

static char *copy(struct span s)
{
	char *p = memory_new(s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

static void free_recipient(struct recipient *r)
{
	struct lmtp_delivery *d = r->delivery;

	list_remove(&r->link);
	if (r->redeeming)
		d->start.cancel(d->start.ctx, &r->redeem);
	store_wait_cancel(&r->wait); /* a batch whose commit is under way frees itself then */
	if (!(r->waiting && r->batch))
		batch_free(r->batch);
	account_close(r->account);
	free(r->address);
	free(r->detail);
	free(r);
}

static void clear(struct lmtp_delivery *d)
{
	LIST_EACH(it, &d->recipients)
	free_recipient(CONTAINER_OF(it, struct recipient, link));
	body_drop(d->writer);
	body_free(d->body);
	d->writer = NULL;
	d->body = NULL;
	free(d->sender);
	free(d->client);
	free(d->peer);
	free(d->session);
	d->sender = d->client = d->peer = d->session = NULL;
	d->complete = d->utf8 = false;
	d->fail = FAIL_NONE;
	d->unanswered = 0;
	if (d->phase != ENDED)
		d->phase = IDLE;
}

static void answer(struct recipient *r, enum fail f, const char *text, const char *log)
{
	CLEANUP(buf_fini) struct buf frame = {0};
	struct lmtp_delivery *d = r->delivery;
	struct relay_result result = {r->index, f, span_of(text)};

	if (r->answered)
		return;
	r->answered = true;
	buf_init(&frame, RESULT_MAX);
	relay_add_result(&frame, &result);
	stream_write(d->start.stream, buf_span(&frame));
	d->start.delivered(
		d->start.ctx, r->account_id, d->session, span_of(d->sender), d->body ? body_size(d->body) : 0, f, log);
	if (--d->unanswered == 0)
		clear(d);
}

/* ── A recipient's message ── */

/* RFC 5321 §4.4: Return-Path by the final delivery, Received by each hop. UTF-8 is in them only where SMTPUTF8 was said (RFC 6531 §3.7.3, §4.3).
 * LMTP has no TLS here: nothing is UTF8LMTPS. */
static void build_prefix(const struct recipient *r, struct buf *out)
{
	const struct lmtp_delivery *d = r->delivery;
	time_t now = (time_t)clock_wall_seconds();
	struct tm tm;
	char date[64];

	gmtime_r(&now, &tm);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
	buf_addf(out, "Return-Path: <%s>\r\n", d->sender);
	buf_addf(out, "Received: from %s ([%s])\r\n\tby %s with %s id %s\r\n\tfor <%s>; %s\r\n", d->client, d->peer,
		d->start.hostname, d->utf8 ? "UTF8LMTP" : "LMTP", d->session, r->address, date);
}

static uint64_t target_mailbox(const struct recipient *r)
{
	CLEANUP(buf_fini) struct buf name = {0};
	struct user owner = {.account = r->account_id};
	struct mailbox_info info;

	buf_init(&name, MAILBOX_NAME_MAX);
	if (r->delivery->start.settings->detail_to_folder && r->detail[0] &&
		mailbox_name_normal(span_of(r->detail), &name, NULL) == FAIL_NONE &&
		account_mailbox_find(r->account, buf_span(&name), &info) == FAIL_NONE &&
		can(&owner, r->account, &info, RIGHT_POST) == FAIL_NONE)
		return info.id;
	return account_mailbox_find(r->account, SPAN("INBOX"), &info) ? 0 : info.id;
}

static enum fail commit(struct recipient *r)
{
	CLEANUP(buf_fini) struct buf prefix = {0};
	struct new_message m = {.body = r->delivery->body, .internal_date = clock_wall_seconds()};
	enum fail f;

	buf_init(&prefix, PREFIX_MAX);
	build_prefix(r, &prefix);
	m.prefix = buf_span(&prefix);
	r->batch = batch_begin(r->account);
	f = batch_message(r->batch, target_mailbox(r), &m, &r->wait.why);
	return f ? f : batch_commit(r->batch, &r->wait);
}

/* Every failure here is temporary: the address was good when RCPT was answered. */
static void finish(struct recipient *r, enum fail f)
{
	struct why *w = &r->wait.why;

	if (f == FAIL_NONE)
		answer(r, FAIL_NONE, "delivered", "");
	else if (fail_row(f)->smtp_reply < 500)
		answer(r, f, "it could not be delivered just now: try again", w->log);
	else
		answer(r, FAIL_UNAVAILABLE, "it could not be delivered just now: try again", w->log);
}

static void wait_done(struct store_wait *w, enum fail f)
{
	struct recipient *r = CONTAINER_OF(w, struct recipient, wait);

	r->waiting = false;
	if (f || r->batch)
		finish(r, f);
	else
		step(r);
}

/* Goes as far as it can: needs the ticket redeemed and the body whole. */
static void step(struct recipient *r)
{
	struct lmtp_delivery *d = r->delivery;
	enum fail f = FAIL_NONE;
	SERVING(r->account_id);

	if (r->answered || r->redeeming || !d->complete)
		return;
	if (d->fail) {
		r->wait.why = d->why;
		finish(r, d->fail);
		return;
	}
	if (!r->account)
		f = account_open(d->start.store, r->account_id, &r->wait, &r->account);
	if (!f)
		f = commit(r);
	r->waiting = f == FAIL_BUSY;
	if (!r->waiting)
		finish(r, f);
}

static void redeemed(struct lmtp_redeem *redeem, enum fail f, const struct lmtp_redeemed *what)
{
	struct recipient *r = CONTAINER_OF(redeem, struct recipient, redeem);
	struct lmtp_delivery *d = r->delivery;

	r->redeeming = false;
	if (f) {
		why(&r->wait.why, f, "the ticket for <%s> was refused", r->address);
		finish(r, f);
	} else {
		r->account_id = what->account;
		r->detail = copy(what->detail);
		step(r);
	}
	if (d->phase == RECEIVING)
		stream_poke(d->start.stream);
}

/* ── Frames ── */

static void add_recipient(struct lmtp_delivery *d, const struct relay_recipient *in)
{
	struct recipient *r = NEW(struct recipient);

	r->delivery = d;
	r->index = in->index;
	r->address = copy(in->address);
	memcpy(r->redeem.ticket, in->ticket.p, sizeof r->redeem.ticket);
	r->redeem.done = redeemed;
	store_wait_init(&r->wait, wait_done);
	list_append(&d->recipients, &r->link);
	d->unanswered++;
	r->redeeming = true;
	d->start.redeem(d->start.ctx, &r->redeem);
}

static enum fail take_begin(struct lmtp_delivery *d, struct span payload)
{
	struct relay_envelope e;
	struct relay_recipient r;

	if (d->phase != IDLE || relay_envelope_take(payload, &e))
		return FAIL_SYNTAX;
	d->phase = RECEIVING;
	d->sender = copy(e.sender);
	d->client = copy(e.client);
	d->peer = copy(e.peer);
	d->session = copy(e.session);
	d->utf8 = e.utf8;
	d->writer = body_begin(d->start.store);
	for (uint32_t i = 0; i < e.recipients; i++) {
		if (relay_recipient_take(&e, &r))
			return FAIL_SYNTAX;
		add_recipient(d, &r);
	}
	return FAIL_NONE;
}

static void take_data(struct lmtp_delivery *d, struct span bytes)
{
	if (!d->fail)
		d->fail = body_append(d->writer, bytes, &d->why);
}

/* Recipients that are answered at once may empty the list, and the last of them clears the transaction. */
static void take_end(struct lmtp_delivery *d)
{
	if (d->fail)
		body_drop(d->writer);
	else
		d->fail = body_end(d->writer, &d->body, &d->why);
	d->writer = NULL;
	d->complete = true;
	d->phase = DELIVERING;
	if (d->unanswered == 0) {
		clear(d);
		return;
	}
	for (struct list *it = d->recipients.next; it != &d->recipients;) {
		struct recipient *r = CONTAINER_OF(it, struct recipient, link);

		it = it->next;
		step(r);
		if (d->phase != DELIVERING)
			return;
	}
}

static enum fail take_frame(struct lmtp_delivery *d, const struct relay_frame *frame)
{
	switch (frame->type) {
	case RELAY_BEGIN: return take_begin(d, frame->payload);
	case RELAY_DATA:
		if (d->phase == RECEIVING)
			take_data(d, frame->payload);
		return FAIL_NONE;
	case RELAY_END:
		if (d->phase == RECEIVING)
			take_end(d);
		return FAIL_NONE;
	case RELAY_ABORT:
		/* what is being committed already is committed: its results go to nobody */
		if (d->phase != IDLE)
			clear(d);
		return FAIL_NONE;
	case RELAY_RESULT: break;
	}
	return FAIL_SYNTAX;
}

/* ── The stream ── */

static void end(struct lmtp_delivery *d)
{
	if (d->phase == ENDED)
		return;
	d->phase = ENDED;
	clear(d);
	stream_close(d->start.stream, 1000);
}

/* A message is parsed as it comes, and it is to be known for whom: should it crash this process, its account is to blame (base/in_service.h). A
 * single recipient is the usual case; of many the first one stands for it. NULL: there is none. */
static const struct recipient *first_recipient(const struct lmtp_delivery *d)
{
	LIST_EACH(it, &d->recipients)
	{
		const struct recipient *r = CONTAINER_OF(it, struct recipient, link);

		if (!r->answered)
			return r;
	}
	return NULL;
}

static size_t on_input(void *ctx, struct span bytes)
{
	struct lmtp_delivery *d = ctx;
	const struct recipient *first = first_recipient(d);
	struct relay_frame frame;
	size_t n;
	SERVING(first ? first->account_id : 0);

	if (d->phase == ENDED)
		return bytes.n;
	if (first && first->redeeming)
		return 0; /* redeemed() pokes */
	if (relay_take(bytes, &frame, &n) || (n && take_frame(d, &frame))) {
		end(d);
		return bytes.n;
	}
	return n;
}

static void on_ended(void *ctx, enum fail f, const struct why *w)
{
	(void)f;
	(void)w;
	end(ctx);
}

static void on_closed(void *ctx)
{
	struct lmtp_delivery *d = ctx;

	d->start.ended(d->start.ctx, d);
	free(d);
}

static const struct stream_events events = {.input = on_input, .ended = on_ended, .closed = on_closed};

struct lmtp_delivery *lmtp_delivery_start(const struct lmtp_delivery_start *start)
{
	struct lmtp_delivery *d = NEW(struct lmtp_delivery);

	d->start = *start;
	list_init(&d->recipients);
	stream_set_owner(start->stream, &events, d);
	return d;
}

void lmtp_delivery_stop(struct lmtp_delivery *d)
{
	end(d);
}
