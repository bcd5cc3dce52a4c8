/* The role `auth`: its channels, what it opens, its end. */
#include "prog/auth/auth.h"

#include <unistd.h>

#include "base/event.h"
#include "base/memory.h"
#include "log/ballast.h"
#include "proc/channel.h"
#include "store/engine.h"

static void set_limits(struct auth *a)
{
	const struct settings *s = a->child->settings;

	a->throttle.base = (int64_t)s->auth_failure_delay * 1000;
	a->verifier.most = (size_t)s->auth_threads;
	login_cache_set_lifetime(&a->cache, (int64_t)s->auth_cache * 1000);
}

enum { BALLAST_SIZE = 1 << 20 };

void auth_keep_ballast(struct auth *a)
{
	ballast_keep(a->disk, BALLAST_SIZE);
}

static void tell_damage(const struct directory *d)
{
	uint32_t segment, offset;

	if (directory_was_damaged(d, &segment, &offset))
		event_say(LOG_WARN, "accounts-repaired",
			"the accounts directory could not be read in segment %u, byte %u: all of it was there once "
			"more, and has been "
			"written anew; look at the disk",
			segment, offset);
}

static enum fail start(struct child *c, struct why *w)
{
	struct auth *a = NEW(struct auth);
	char dir[4096];
	enum fail f;

	a->child = c;
	c->state = a;
	list_init(&a->logins);
	list_init(&a->admins);
	list_init(&a->clearing);
	for (uint32_t i = 0; i < AUTH_FRONTS_MAX; i++)
		a->fronts[i] = (struct auth_link){.auth = a, .index = i};
	for (uint32_t i = 0; i < AUTH_MAILS_MAX; i++)
		a->mails[i] = (struct auth_link){.auth = a, .index = i};
	login_cache_init(&a->cache, 0);
	login_delays_init(&a->delays);
	throttle_init(&a->throttle, 0);
	tickets_init(&a->tickets);
	verifier_init(&a->verifier, &c->loop, 1);
	set_limits(a);
	settings_path(c->settings, "auth", dir, sizeof dir);
	f = engine_parts.disk(dir, &a->disk, w);
	if (!f && ballast_open(a->disk))
		event_say(LOG_WARN, "disk-full",
			"the reserve file of the accounts is given up, so that they can be read");
	if (!f)
		f = directory_open(a->disk, false, &a->directory, w);
	if (!f)
		tell_damage(a->directory);
	if (!f)
		auth_keep_ballast(a);
	if (!f)
		f = admin_listen(a, w);
	if (!f)
		departed_start(a);
	return f;
}

/* ── Channels ── */

static void front_message(void *ctx, const struct msg *m, int fd)
{
	struct auth_link *front = ctx;

	if (fd >= 0)
		close(fd);
	if (m->kind == MSG_AUTH_LOGIN)
		login_with_password(front, &m->auth_login);
	else if (m->kind == MSG_AUTH_APOP)
		login_with_apop(front, &m->auth_apop);
	else if (m->kind == MSG_AUTH_BEGIN)
		login_begin(front, &m->auth_begin);
	else if (m->kind == MSG_AUTH_RESPONSE)
		login_response(front, &m->auth_response);
	else if (m->kind == MSG_AUTH_CANCEL)
		login_cancel(front, m->auth_cancel.connection);
	else if (m->kind == MSG_RESOLVE)
		answer_resolve(front, &m->resolve);
}

static void front_gone(void *ctx, const char *how)
{
	struct auth_link *front = ctx;

	(void)how;
	logins_drop(front);
	channel_close(front->channel);
	front->channel = NULL;
}

static void mail_message(void *ctx, const struct msg *m, int fd)
{
	struct auth_link *mail = ctx;

	if (fd >= 0)
		close(fd);
	if (m->kind == MSG_REDEEM)
		answer_redeem(mail, &m->redeem);
	else if (m->kind == MSG_ACCOUNT_ERASED)
		departed_erased(mail, m->account_erased.account);
}

static void mail_gone(void *ctx, const char *how)
{
	struct auth_link *mail = ctx;

	(void)how;
	channel_close(mail->channel);
	mail->channel = NULL;
}

static const struct channel_events front_events = {front_message, front_gone};
static const struct channel_events mail_events = {mail_message, mail_gone};

static void renew(struct auth_link *l, int fd, const struct channel_events *events)
{
	if (l->channel)
		events->gone(l, "renewed");
	l->channel = channel_new(&l->auth->child->loop, fd, events, l);
}

static void message(struct child *c, const struct msg *m, int fd)
{
	if (fd >= 0)
		close(fd);
	set_aside_message(c->state, m);
}

static void peer(struct child *c, struct span role, uint32_t index, int fd)
{
	struct auth *a = c->state;

	if (span_eq(role, SPAN("front")) && index < AUTH_FRONTS_MAX)
		renew(&a->fronts[index], fd, &front_events);
	else if (span_eq(role, SPAN("mail")) && index < AUTH_MAILS_MAX)
		renew(&a->mails[index], fd, &mail_events);
	else
		close(fd);
	admin_start(a); /* confined by now */
}

/* ── The end, settings, counters ── */

static void reload(struct child *c)
{
	set_limits(c->state);
}

static void stop(struct child *c)
{
	struct auth *a = c->state;

	admin_stop(a);
	departed_stop(a);
	directory_close(a->directory);
	a->directory = NULL;
	child_stopped(c);
}

static void report(struct child *c, struct msg_report *out)
{
	struct auth *a = c->state;

	out->logins = a->login_count;
	out->failures = a->failure_count;
}

const struct role auth_role = {.name = "auth",
	.start = start,
	.message = message,
	.peer = peer,
	.reload = reload,
	.stop = stop,
	.report = report};
