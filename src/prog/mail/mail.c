/* The role `mail`: opens its shard's store, then serves sessions and deliveries until it is told to stop. A store that breaks ends the
 * process: super starts it again, and the log tells what is true. */
#include "prog/mail/mail.h"

#include <unistd.h>

#include "base/event.h"
#include "base/memory.h"
#include "mime/decode.h"
#include "prog/mail/reclaim.h"
#include "prog/pauses.h"
#include "store/columns.h"
#include "store/engine.h"

enum { LAST_CALL_MS = 5000 };

/* What it tells of may be in the counters too. */
static void report_of_store(void *ctx, const char *text)
{
	struct mail *m = ctx;

	event_say(LOG_WARN, "store", "%s", text);
	child_counts_changed(m->child);
}

static void last_call(struct timer *t)
{
	struct mail *m = CONTAINER_OF(t, struct mail, last_call);

	if (m->broken)
		child_die(m->child, "the store could not write: it is opened anew to learn what is on the disk");
	deliveries_stop(m);
}

/* The clients hear of it, and what they did not get an answer to is unknown to them: they look again. */
static void store_broke(void *ctx)
{
	struct mail *m = ctx;

	if (m->broken)
		return;
	m->broken = true;
	event_say(LOG_ERROR, "store-broken",
		"a write or sync of shard %u failed: its sessions end, and it is opened anew", m->child->index);
	sessions_stop(m, 0, STORE_PROBLEM);
	timer_start(&m->last_call, pauses.last_word_ms);
}

static enum fail start(struct child *c, struct why *w)
{
	struct mail *m = NEW(struct mail);
	struct store_aside aside = {c->set_aside, c->set_aside_count};
	char dir[4096], name[32];
	enum fail f;

	memory_limits();
	m->child = c;
	c->state = m;
	list_init(&m->sessions);
	list_init(&m->deliveries);
	list_init(&m->erasures);
	redeem_init(m);
	timer_init(&m->last_call, &c->loop, last_call);
	for (uint32_t i = 0; i < FRONTS_MAX; i++)
		m->fronts[i] = (struct front_link){.mail = m, .index = i};
	mime_charsets_preload(); /* iconv opens files of its own: not after the confinement */
	snprintf(name, sizeof name, "shard-%u", c->index);
	settings_path(c->settings, name, dir, sizeof dir);
	f = store_open_local(dir, &c->loop, c->settings->index_cache, &aside, report_of_store, m, &m->store, w);
	if (f)
		return f;
	f = restored_renew(m, dir, w);
	if (f)
		return f;
	store_on_broken(m->store, store_broke, m);
	keeping_start(m);
	memory_start(m);
	store_set_disk_reserve(m->store, c->settings->disk_reserve);
	store_set_columns(m->store, c->settings->search_cache);
	mail_reclaim_begin(m);
	return FAIL_NONE;
}

static void reload(struct child *c)
{
	struct mail *m = c->state;

	if (!m->store)
		return;
	store_set_disk_reserve(m->store, c->settings->disk_reserve);
	store_set_columns(m->store, c->settings->search_cache);
	keeping_reload(m);
}

/* ── Channels ── */

static void front_message(void *ctx, const struct msg *in, int fd)
{
	struct front_link *f = ctx;

	if (in->kind == MSG_SESSION_OPEN)
		sessions_open(f, &in->session_open, fd);
	else if (in->kind == MSG_DELIVERY_OPEN)
		deliveries_open(f, &in->delivery_open, fd);
	else if (fd >= 0)
		close(fd);
}

static void front_gone(void *ctx, const char *how)
{
	struct front_link *f = ctx;

	(void)how;
	channel_close(f->channel);
	f->channel = NULL;
}

static const struct channel_events front_events = {front_message, front_gone};

static void auth_message(void *ctx, const struct msg *in, int fd)
{
	struct mail *m = ctx;
	char text[200];

	if (in->kind == MSG_REDEEMED) {
		redeem_answered(m, &in->redeemed);
	} else if (in->kind == MSG_ACCOUNT_CLOSED) {
		snprintf(text, sizeof text, "%.*s", SPAN_ARG(in->account_closed.text));
		if (in->account_closed.account)
			sessions_stop(m, in->account_closed.account, text);
	} else if (in->kind == MSG_ACCOUNT_ERASE) {
		erasing_begin(m, in->account_erase.account);
	} else if (in->kind == MSG_ADMIN_SESSION) {
		sessions_open_admin(m, &in->admin_session, fd);
	} else if (in->kind == MSG_RECLAIM) {
		mail_reclaim_now(m);
	} else if (fd >= 0) {
		close(fd);
	}
}

static void auth_gone(void *ctx, const char *how)
{
	struct mail *m = ctx;

	(void)how;
	channel_close(m->auth);
	m->auth = NULL;
	redeem_auth_gone(m);
}

static const struct channel_events auth_events = {auth_message, auth_gone};

static void peer(struct child *c, struct span role, uint32_t index, int fd)
{
	struct mail *m = c->state;

	if (span_eq(role, SPAN("auth"))) {
		if (m->auth)
			auth_gone(m, "renewed");
		m->auth = channel_new(&c->loop, fd, &auth_events, m);
	} else if (span_eq(role, SPAN("front")) && index < FRONTS_MAX) {
		channel_close(m->fronts[index].channel);
		m->fronts[index].channel = channel_new(&c->loop, fd, &front_events, &m->fronts[index]);
	} else {
		close(fd);
	}
}

/* ── The end, and counters ── */

void mail_something_ended(struct mail *m)
{
	if (!m->stopping || !list_empty(&m->sessions) || !list_empty(&m->deliveries) || !m->store)
		return;
	keeping_stop(m);
	mail_reclaim_stop(m);
	erasing_stop(m);
	store_close(m->store);
	m->store = NULL;
	child_stopped(m->child);
}

static void stop(struct child *c)
{
	struct mail *m = c->state;

	m->stopping = true;
	sessions_stop(m, 0, "the server is shutting down");
	timer_start(&m->last_call, LAST_CALL_MS);
	mail_something_ended(m);
}

static void report(struct child *c, struct msg_report *out)
{
	struct mail *m = c->state;
	uint64_t rebuilt, all;

	out->sessions = m->session_count;
	out->deliveries = m->delivery_count;
	out->delivered = m->delivered;
	out->longest_turn_us = c->loop.longest_turn_us;
	if (m->store && store_rebuilding(m->store, &rebuilt, &all)) {
		out->rebuilding = true;
		out->rebuilt_percent = (uint32_t)(rebuilt * 100 / all);
		child_counts_changed(c); /* so that its progress is seen */
	}
	out->disk_low = m->store && store_disk_low(m->store);
	if (m->store)
		mail_reclaim_report(m, out);
}

const struct role mail_role = {
	.name = "mail", .start = start, .peer = peer, .reload = reload, .stop = stop, .report = report};
