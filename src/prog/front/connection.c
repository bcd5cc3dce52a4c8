/* One connection before login: its stream, its door, its deadline; then the hand-over.
 *
 *   accepted ─ (handshake) ─► door.start ─► dialogue ─ AUTH_OK ─► handed over: a relay (TLS), or gone (plain: mail has the socket)
 *                                               └─ close, timeout, end ─► closed */
#include "prog/front/front.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/memory.h"
#include "proc/channel.h"

enum {
	SLOT_BITS = 20,
	INPUT_MAX = 16 << 10,
	LMTP_INPUT_MAX = 64 << 10,
	OUTPUT_MAX = 1 << 20,
	EARLY_MAX = 64 << 10,
	NOTE_MAX = 512,
	LINGER_MS = 2000
};

/* ── Numbers ── */

static bool take_number(struct front *f, struct connection *c)
{
	uint32_t slot = f->free_from;

	while (slot < f->slot_count && f->slots[slot])
		slot++;
	if (slot == f->slot_count) {
		uint32_t more = f->slot_count ? f->slot_count * 2 : 64;

		if (more > 1u << SLOT_BITS)
			return false;
		f->slots = memory_resize_array(f->slots, more, sizeof(struct connection *));
		for (uint32_t i = f->slot_count; i < more; i++)
			f->slots[i] = NULL;
		f->slot_count = more;
	}
	f->slots[slot] = c;
	f->free_from = slot + 1;
	c->number = ++f->next_number << SLOT_BITS | slot;
	return true;
}

struct connection *connection_find(struct front *f, uint64_t number)
{
	uint32_t slot = number & ((1u << SLOT_BITS) - 1);
	struct connection *c = slot < f->slot_count ? f->slots[slot] : NULL;

	return c && c->number == number && !c->closing && c->door ? c : NULL;
}

/* ── The end ── */

static void deadline_closed(struct timer *t)
{
	struct connection *c = CONTAINER_OF(t, struct connection, deadline);
	struct front *f = c->front;
	uint32_t slot = c->number & ((1u << SLOT_BITS) - 1);

	f->slots[slot] = NULL;
	if (slot < f->free_from)
		f->free_from = slot;
	f->connection_count--;
	kept_settings_unref(c->settings);
	free(c);
	child_counts_changed(f->child);
	front_something_ended(f);
}

static void drop_door(struct connection *c)
{
	if (c->door)
		c->ops->free(c->door);
	c->door = NULL;
	deferred_cancel(&c->soon);
	timer_stop(&c->deadline);
}

static void on_closed(void *ctx)
{
	struct connection *c = ctx;

	drop_door(c);
	timer_fini(&c->deadline, deadline_closed);
}

static void cancel_question(struct connection *c)
{
	struct msg m = {.kind = MSG_AUTH_CANCEL, .auth_cancel = {.connection = c->number}};

	if (c->awaiting && !c->resolving && c->front->auth)
		(void)!channel_send(c->front->auth, &m, -1);
	c->awaiting = false;
}

void connection_close(struct connection *c, uint64_t linger_ms)
{
	if (c->closing)
		return;
	c->closing = true;
	cancel_question(c);
	stream_close(c->stream, linger_ms);
}

/* ── Events of the stream ── */

static size_t on_input(void *ctx, struct span bytes)
{
	struct connection *c = ctx;

	if (c->closing)
		return bytes.n;
	return c->started && !c->awaiting ? c->ops->input(c->door, bytes) : 0;
}

/* A peer that ends its side may still wait for answers to what it has sent. */
static void let_go(struct connection *c)
{
	if (!c->peer_ended || c->awaiting || c->closing || !c->door)
		return;
	if (!c->ops->owes || !c->ops->owes(c->door))
		connection_close(c, LINGER_MS);
}

static void on_ended(void *ctx, enum fail f, const struct why *w)
{
	struct connection *c = ctx;

	(void)w;
	if (f || !c->started) {
		connection_close(c, 0);
		return;
	}
	c->peer_ended = true;
	stream_poke(c->stream);
	loop_defer(&c->front->child->loop, &c->soon);
}

static void greet(struct connection *c)
{
	c->started = true;
	c->ops->start(c->door);
	stream_poke(c->stream);
}

static void on_secured(void *ctx, enum fail f, const struct why *w)
{
	struct connection *c = ctx;

	if (c->closing)
		return;
	if (f) {
		event_say(
			LOG_INFO, "handshake-failed", "session %s peer %s: %s", c->info.session, c->info.peer, w->log);
		connection_close(c, 0);
		return;
	}
	c->info.tls = true;
	if (c->started)
		c->ops->secured(c->door, FAIL_NONE);
	else
		greet(c);
}

static const struct stream_events events = {
	.input = on_input, .ended = on_ended, .closed = on_closed, .secured = on_secured};

static void on_deadline(struct timer *t)
{
	struct connection *c = CONTAINER_OF(t, struct connection, deadline);

	if (c->closing || !c->door)
		return;
	if (!c->started) {
		connection_close(c, 0);
		return;
	}
	cancel_question(c);
	c->ops->timeout(c->door);
}

static void on_soon(struct deferred *d)
{
	struct connection *c = CONTAINER_OF(d, struct connection, soon);

	if (c->closing || !c->door)
		return;
	if (c->failed)
		host_failed(c);
	let_go(c);
}

void connection_answered(struct connection *c)
{
	stream_poke(c->stream);
	if (c->peer_ended)
		loop_defer(&c->front->child->loop, &c->soon);
}

/* ── The beginning ── */

static bool has_room(struct front *f)
{
	return f->connection_count < f->child->settings->connections_max && !f->stopping;
}

void connection_open(struct front *f, const struct door_ops *ops, bool tls, int fd)
{
	bool lmtp = span_eq(span_of(ops->protocol), SPAN("lmtp"));
	struct stream_limits limits = {.input_max = lmtp ? LMTP_INPUT_MAX : INPUT_MAX,
		.output_max = OUTPUT_MAX,
		.quick_ack = span_eq(span_of(ops->protocol), SPAN("imap"))};
	struct connection *c;

	f->accepted++;
	child_counts_changed(f->child);
	if (!has_room(f) || (tls && !f->tls)) {
		f->refused++;
		event_say(LOG_WARN, "connection-refused",
			tls && !f->tls ? "there is no certificate for TLS" : "connections_max is reached");
		close(fd);
		return;
	}
	c = NEW(struct connection);
	c->front = f;
	if (!take_number(f, c)) {
		f->refused++;
		close(fd);
		free(c);
		return;
	}
	f->connection_count++;
	c->host.ops = &front_door_host;
	c->ops = ops;
	c->settings = kept_settings_ref(f->child->kept);
	timer_init(&c->deadline, &f->child->loop, on_deadline);
	deferred_init(&c->soon, on_soon);
	c->stream = stream_new(&f->child->loop, fd, &limits, &events, c);
	snprintf(c->info.session, sizeof c->info.session, "%lx-%x-%llx", (unsigned long)f->started_at, f->child->index,
		(unsigned long long)f->next_number);
	stream_peer_text(c->stream, c->info.peer, sizeof c->info.peer);
	c->info.peer_is_loopback = peer_is_loopback(c->info.peer);
	c->info.tls_listener = tls;
	timer_start(&c->deadline, c->settings->s->login_timeout * 1000);
	c->door = ops->new (&c->host);
	if (tls)
		stream_start_tls(c->stream, f->tls);
	else
		greet(c);
}

/* ── The hand-over ── */

static void fill_session(struct connection *c, struct msg_session_open *m, struct buf *note, struct buf *early)
{
	m->connection = c->number;
	m->session = span_of(c->info.session);
	m->protocol = span_of(c->ops->protocol);
	m->peer = span_of(c->info.peer);
	m->tls = c->info.tls;
	m->tls_listener = c->info.tls_listener;
	m->note = buf_span(note);
	m->early = buf_span(early);
}

void connection_hand_over(struct connection *c, const uint8_t ticket[16], uint32_t shard)
{
	CLEANUP(buf_fini) struct buf note = {0};
	CLEANUP(buf_fini) struct buf early = {0};
	struct channel *mail = shard < MAILS_MAX ? c->front->mails[shard].channel : NULL;
	struct msg m = {.kind = MSG_SESSION_OPEN};
	struct why w;
	int fd;

	c->awaiting = false;
	if (!mail) {
		c->ops->auth_done(
			c->door, FAIL_UNAVAILABLE, "your mailbox is not available just now: try again in a moment");
		connection_answered(c);
		return;
	}
	buf_init(&note, NOTE_MAX);
	buf_init(&early, EARLY_MAX);
	c->front->logins++;
	c->ops->auth_done(c->door, FAIL_NONE, "");
	c->ops->handover(c->door, &note);
	drop_door(c);
	if (stream_give_away(c->stream, &fd, &early, &w)) {
		connection_close(c, 0);
		return;
	}
	fill_session(c, &m.session_open, &note, &early);
	memcpy(m.session_open.ticket, ticket, sizeof m.session_open.ticket);
	if (channel_send(mail, &m, fd))
		event_say(LOG_WARN, "hand-over-failed", "session %s: the mail process of shard %u does not take it",
			c->info.session, shard);
	child_counts_changed(c->front->child);
}

void connections_stop(struct front *f)
{
	for (uint32_t i = 0; i < f->slot_count; i++) {
		struct connection *c = f->slots[i];

		if (!c || c->closing || !c->door)
			continue;
		if (!c->started)
			connection_close(c, 0);
		else
			c->ops->shutdown(c->door);
	}
}
