/* The role `front`: its channels to auth and to every mail, the certificate, the end. */
#include "prog/front/front.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/memory.h"
#include "proc/channel.h"

static enum fail start(struct child *c, struct why *w)
{
	struct front *f = NEW(struct front);

	(void)w;
	f->child = c;
	c->state = f;
	f->started_at = clock_wall_seconds();
	list_init(&f->listeners);
	for (uint32_t i = 0; i < MAILS_MAX; i++)
		f->mails[i] = (struct mail_link){.front = f, .shard = i};
	return FAIL_NONE;
}

/* ── From super ── */

static void take_certificate(struct front *f, const struct msg_certificate *m)
{
	struct tls_context *tls;
	struct tls_tickets tickets;
	struct why w;

	if (tls_context_new(m->chain, m->key, f->child->settings->tls_min, &tls, &w)) {
		event_say(LOG_ERROR, "certificate", "the certificate is not used: it %s", w.log);
		return;
	}
	memcpy(tickets.key, m->tickets, sizeof tickets.key);
	tls_context_use_tickets(tls, &tickets);
	tls_context_unref(f->tls);
	f->tls = tls;
}

static void message(struct child *c, const struct msg *m, int fd)
{
	struct front *f = c->state;

	if (m->kind == MSG_LISTEN) {
		listener_open(f, &m->listen, fd);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (m->kind == MSG_UNLISTEN)
		listener_close(f, m->unlisten.address);
	else if (m->kind == MSG_CERTIFICATE)
		take_certificate(f, &m->certificate);
}

/* ── From auth ── */

static void auth_challenge(struct front *f, const struct msg_auth_challenge *m)
{
	struct connection *c = connection_find(f, m->connection);

	if (!c || !c->awaiting || c->resolving)
		return;
	c->awaiting = false;
	c->ops->challenge(c->door, m->challenge);
	connection_answered(c);
}

static void auth_ok(struct front *f, const struct msg_auth_ok *m)
{
	struct connection *c = connection_find(f, m->connection);

	if (c && c->awaiting && !c->resolving)
		connection_hand_over(c, m->ticket, m->shard);
}

static void auth_failed(struct front *f, const struct msg_auth_failed *m)
{
	struct connection *c = connection_find(f, m->connection);
	char text[200];

	if (!c || !c->awaiting || c->resolving)
		return;
	f->failures++;
	child_counts_changed(f->child);
	c->awaiting = false;
	snprintf(text, sizeof text, "%.*s", SPAN_ARG(m->text));
	c->ops->auth_done(c->door, m->fail, text);
	connection_answered(c);
}

static void resolved(struct front *f, const struct msg_resolved *m)
{
	struct connection *c = connection_find(f, m->connection);
	struct recipient_answer a = {.shard = m->shard};
	char text[200];

	if (!c || !c->awaiting || !c->resolving || m->request != c->request)
		return;
	c->awaiting = false;
	memcpy(a.ticket, m->ticket, sizeof a.ticket);
	snprintf(text, sizeof text, "%.*s", SPAN_ARG(m->text));
	c->ops->resolved(c->door, m->fail, m->fail ? NULL : &a, text);
	connection_answered(c);
}

static void auth_message(void *ctx, const struct msg *m, int fd)
{
	struct front *f = ctx;

	if (fd >= 0)
		close(fd);
	if (m->kind == MSG_AUTH_CHALLENGE)
		auth_challenge(f, &m->auth_challenge);
	else if (m->kind == MSG_AUTH_OK)
		auth_ok(f, &m->auth_ok);
	else if (m->kind == MSG_AUTH_FAILED)
		auth_failed(f, &m->auth_failed);
	else if (m->kind == MSG_RESOLVED)
		resolved(f, &m->resolved);
}

/* Whoever waits for it gets a temporary failure. */
static void auth_gone(void *ctx, const char *how)
{
	struct front *f = ctx;

	(void)how;
	channel_close(f->auth);
	f->auth = NULL;
	for (uint32_t i = 0; i < f->slot_count; i++) {
		struct connection *c = f->slots[i];

		if (!c || !c->awaiting || c->closing || !c->door)
			continue;
		c->failed = FAIL_UNAVAILABLE;
		loop_defer(&f->child->loop, &c->soon);
	}
}

static const struct channel_events auth_events = {auth_message, auth_gone};

/* ── From mail ── */

static void mail_message(void *ctx, const struct msg *m, int fd)
{
	(void)ctx;
	(void)m;
	if (fd >= 0)
		close(fd);
}

static void mail_gone(void *ctx, const char *how)
{
	struct mail_link *l = ctx;

	(void)how;
	channel_close(l->channel);
	l->channel = NULL;
}

static const struct channel_events mail_events = {mail_message, mail_gone};

static void peer(struct child *c, struct span role, uint32_t index, int fd)
{
	struct front *f = c->state;

	if (span_eq(role, SPAN("auth"))) {
		if (f->auth)
			auth_gone(f, "renewed");
		f->auth = channel_new(&c->loop, fd, &auth_events, f);
	} else if (span_eq(role, SPAN("mail")) && index < MAILS_MAX) {
		channel_close(f->mails[index].channel);
		f->mails[index].channel = channel_new(&c->loop, fd, &mail_events, &f->mails[index]);
	} else {
		close(fd);
	}
}

/* ── The end, and counters ── */

void front_something_ended(struct front *f)
{
	if (f->stopping && f->connection_count == 0)
		child_stopped(f->child);
}

static void stop(struct child *c)
{
	struct front *f = c->state;

	f->stopping = true;
	listener_close(f, SPAN(""));
	connections_stop(f);
	front_something_ended(f);
}

static void report(struct child *c, struct msg_report *out)
{
	struct front *f = c->state;

	out->connections = f->connection_count;
	out->accepted = f->accepted;
	out->refused = f->refused;
	out->logins = f->logins;
	out->failures = f->failures;
}

const struct role front_role = {
	.name = "front", .start = start, .message = message, .peer = peer, .stop = stop, .report = report};
