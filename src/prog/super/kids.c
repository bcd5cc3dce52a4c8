/* The processes below super: started, joined by channels, watched, started anew, stopped.
 *
 *   DOWN ──spawn──► STARTING ──READY──► READY ──STOP──► STOPPING ──► ended
 *    ▲                  │ FAILED, died     │ died
 *    └──── a pause that doubles ───────────┘ */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "prog/child.h"
#include "prog/pauses.h"
#include "prog/super/server.h"

enum { PAUSE_MAX_MS = 30000, LIVED_MS = 60000, HOUR_MS = 3600000, RENEW_MS = 10000 };

static void spawn_again(struct timer *t);

static void tell(struct kid *k, const struct msg *m, int fd)
{
	enum fail f = k->channel ? channel_send(k->channel, m, fd) : FAIL_CLOSED;

	if (!k->channel && fd >= 0)
		close(fd);
	if (f && f != FAIL_CLOSED)
		event_say(LOG_ERROR, "channel", "%s.%u cannot be told %s: %s", k->role->name, k->index,
			msg_name(m->kind), fail_row(f)->name);
}

static void tell_peer(struct kid *k, const struct kid *other, int fd)
{
	struct msg m = {.kind = MSG_PEER, .peer = {span_of(other->role->name), other->index}};

	tell(k, &m, fd);
}

/* A process that is ready gets a channel to each of its peers that is. */
static void join(struct kid *k)
{
	struct server *s = k->server;

	for (size_t i = 0; i < s->kid_count; i++) {
		struct kid *other = &s->kids[i];
		int fds[2];

		if (other == k || !other->ready || !topology_linked(k->role->name, other->role->name))
			continue;
		if (channel_pair(fds)) {
			event_say(LOG_ERROR, "channel", "no descriptors left to join %s and %s", k->role->name,
				other->role->name);
			return;
		}
		tell_peer(k, other, fds[0]);
		tell_peer(other, k, fds[1]);
	}
}

static bool is_front(const struct kid *k)
{
	return !strcmp(k->role->name, "front");
}

static void give_listener(struct kid *k, const struct listener *l)
{
	struct msg m = {.kind = MSG_LISTEN, .listen = {span_of(l->protocol), l->tls, span_of(l->address)}};
	int fd = fcntl(l->fd, F_DUPFD_CLOEXEC, 0);

	if (fd >= 0)
		tell(k, &m, fd);
}

static void give_certificate(struct kid *k)
{
	const struct certificate *c = &k->server->certificate;
	struct msg m = {.kind = MSG_CERTIFICATE, .certificate = {buf_span(&c->chain), buf_span(&c->key)}};

	memcpy(m.certificate.tickets, c->tickets.key, sizeof m.certificate.tickets);
	tell(k, &m, -1);
}

void kids_listen(struct server *s, const struct listener *l)
{
	for (size_t i = 0; i < s->kid_count; i++)
		if (is_front(&s->kids[i]) && s->kids[i].ready)
			give_listener(&s->kids[i], l);
}

void kids_certificate(struct server *s)
{
	for (size_t i = 0; i < s->kid_count; i++)
		if (is_front(&s->kids[i]) && s->kids[i].ready)
			give_certificate(&s->kids[i]);
}

void kids_send(struct server *s, const char *role, const struct msg *m)
{
	for (size_t i = 0; i < s->kid_count; i++)
		if (s->kids[i].channel && (!role || !strcmp(role, s->kids[i].role->name)))
			tell(&s->kids[i], m, -1);
}

static void is_ready(struct kid *k)
{
	struct server *s = k->server;

	k->ready = true;
	if (!strcmp(k->role->name, "auth"))
		blame_tell(s); /* before anybody can ask it */
	join(k);
	if (is_front(k)) {
		give_certificate(k);
		if (s->state ==
			SERVER_READY) /* at the start clients are let in only when all is up: server_kid_ready */
			for (size_t i = 0; i < s->listeners.n; i++)
				give_listener(k, &s->listeners.at[i]);
	}
	if (s->state == SERVER_READY)
		event_say(LOG_INFO, "process-back", "%s.%u serves again", k->role->name, k->index);
	server_kid_ready(s);
}

static void on_message(void *ctx, const struct msg *m, int fd)
{
	struct kid *k = ctx;

	if (fd >= 0)
		close(fd); /* no child sends any */
	if (m->kind == MSG_READY && !k->ready)
		is_ready(k);
	else if (m->kind == MSG_REPORT)
		k->report = m->report;
	else if (m->kind == MSG_STOPPED)
		k->stopped = true;
	else if (m->kind == MSG_FAILED) {
		char text[512];

		snprintf(text, sizeof text, "%.*s", SPAN_ARG(m->failed.text));
		server_start_failed(k->server, k, m->failed.fail, text);
	} else if (!strcmp(k->role->name, "auth")) {
		blame_message(k, m);
	}
	status_changed(k->server);
}

/* A child that closed its channel is of no use: it ends, and the end starts it anew. */
static void on_gone(void *ctx, const char *how)
{
	struct kid *k = ctx;

	channel_close(k->channel);
	k->channel = NULL;
	if (k->pid && !k->stopped)
		kill(k->pid, SIGKILL);
}

static const struct channel_events kid_events = {on_message, on_gone};

static void say_death(const struct kid *k, int64_t status, int signal, uint64_t account, uint64_t pause)
{
	struct event e;

	event_begin(&e, LOG_ERROR, "process-died");
	event_text(&e, "process", k->role->name);
	event_number(&e, "index", k->index);
	event_number(&e, "pid", k->pid);
	if (signal)
		event_text(&e, "signal", sigabbrev_np(signal) ? sigabbrev_np(signal) : "?");
	else
		event_number(&e, "status", status);
	if (account)
		event_number(&e, "account", (int64_t)account);
	event_number(&e, "again_in_ms", (int64_t)pause);
	event_end(&e);
}

unsigned kid_deaths_last_hour(const struct kid *k)
{
	int64_t now = clock_mono_ms();
	unsigned n = 0;

	for (unsigned i = 0; i < DEATHS_KEPT && i < k->restarts; i++)
		n += now - k->deaths[i] < HOUR_MS;
	return n;
}

static uint64_t next_pause(struct kid *k)
{
	uint64_t pause = pauses.restart_ms;

	if (clock_mono_ms() - k->started_ms > LIVED_MS)
		k->quick_deaths = 0;
	for (unsigned i = 0; i < k->quick_deaths && pause < PAUSE_MAX_MS; i++)
		pause *= 2;
	k->quick_deaths++;
	return pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
}

static void process_closed(uv_handle_t *h)
{
	struct kid *k = CONTAINER_OF((uv_process_t *)(void *)h, struct kid, process);

	if (k->server->state == SERVER_STOPPING)
		server_kid_ended(k->server);
}

static void ended(uv_process_t *process, int64_t status, int signal)
{
	struct kid *k = CONTAINER_OF(process, struct kid, process);
	uint64_t pause;

	channel_close(k->channel);
	k->channel = NULL;
	k->ready = false;
	if (k->renewing && k->stopped && k->server->state != SERVER_STOPPING) {
		timer_start(&k->again, 0);
	} else if (k->server->state != SERVER_STOPPING) {
		pause = next_pause(k);
		say_death(k, status, signal, blame_death(k, signal), pause);
		k->deaths[k->restarts++ % DEATHS_KEPT] = clock_mono_ms();
		timer_start(&k->again, pause);
	}
	k->pid = 0;
	memset(&k->report, 0, sizeof k->report);
	uv_close((uv_handle_t *)process, process_closed);
	status_changed(k->server);
}

static void add_set_aside(const struct kid *k, struct buf *out)
{
	uint64_t accounts[SET_ASIDE_MAX];
	size_t n = k->role->last_word ? set_aside_of_shard(&k->server->set_aside, k->index, accounts) : 0;

	buf_init(out, sizeof accounts);
	for (size_t i = 0; i < n; i++)
		buf_add_u64(out, accounts[i]);
}

static void send_start(struct kid *k)
{
	const struct server *s = k->server;
	CLEANUP(buf_fini) struct buf set_aside = {0};
	struct msg m = {.kind = MSG_START,
		.start = {span_of(k->role->name), k->index, s->dir.shards, s->fronts, buf_span(&s->settings_text),
			buf_span(&s->overrides), {NULL, 0}}};

	add_set_aside(k, &set_aside);
	m.start.set_aside = buf_span(&set_aside);
	tell(k, &m, -1);
}

static enum fail clear_last_word(struct kid *k, struct why *w)
{
	enum fail f = FAIL_NONE;

	if (k->role->last_word && !k->last_word)
		f = last_word_new(&k->last_word, &k->last_word_fd, w);
	if (!f && k->last_word)
		last_word_clear(k->last_word);
	return f;
}

static enum fail spawn(struct kid *k, struct why *w)
{
	char index[16], *args[] = {(char[]){"barid"}, (char[]){"--role"}, (char *)(uintptr_t)k->role->name,
				(char[]){"--index"}, index, NULL};
	uv_stdio_container_t stdio[] = {
		{.flags = UV_IGNORE},
		{.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
		{.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
		{.flags = UV_INHERIT_FD},
		{.flags = UV_INHERIT_FD, .data.fd = k->server->dir.lock},
		{.flags = UV_INHERIT_FD},
	};
	uv_process_options_t options = {.exit_cb = ended,
		.file = "/proc/self/exe",
		.args = args,
		.stdio = stdio,
		.stdio_count = k->role->last_word ? 6 : 5};
	int fds[2], r;
	enum fail f = clear_last_word(k, w);

	if (f)
		return f;
	snprintf(index, sizeof index, "%u", k->index);
	if (channel_pair(fds))
		return why(w, FAIL_LIMIT, "no descriptors left to start %s.%u: raise the limit (ulimit -n)",
			k->role->name, k->index);
	stdio[3].data.fd = fds[1];
	stdio[5].data.fd = k->last_word_fd;
	r = uv_spawn(&k->server->loop.uv, &k->process, &options);
	close(fds[1]);
	if (r) {
		close(fds[0]);
		uv_close((uv_handle_t *)&k->process, NULL);
		return why(w, FAIL_LIMIT, "cannot start %s.%u: %s", k->role->name, k->index, uv_strerror(r));
	}
	k->pid = k->process.pid;
	k->ready = k->stopping = k->stopped = k->renewing = k->hangs = false;
	k->since = clock_wall_seconds();
	k->started_ms = clock_mono_ms();
	k->channel = channel_new(&k->server->loop, fds[0], &kid_events, k);
	send_start(k);
	return FAIL_NONE;
}

static void spawn_again(struct timer *t)
{
	struct kid *k = CONTAINER_OF(t, struct kid, again);
	struct why w;

	if (k->server->state == SERVER_STOPPING)
		return;
	if (k->pid) { /* it was to end by itself, to be started anew: kids_renew */
		kill(k->pid, SIGKILL);
		return;
	}
	if (spawn(k, &w)) {
		event_say(LOG_ERROR, "start-failed", "%s", w.log);
		timer_start(&k->again, next_pause(k));
	}
	status_changed(k->server);
}

static uint32_t how_many(const struct server *s, enum role_count count)
{
	return count == COUNT_shards ? s->dir.shards : count == COUNT_fronts ? s->fronts : 1;
}

enum fail kids_start(struct server *s, struct why *w)
{
	enum fail f = FAIL_NONE;

	for (size_t r = 0; r < ROLES; r++) {
		for (uint32_t i = 0; i < how_many(s, topology_roles[r].count) && s->kid_count < KIDS_MAX; i++) {
			struct kid *k = &s->kids[s->kid_count++];

			*k = (struct kid){.server = s, .role = &topology_roles[r], .index = i};
			timer_init(&k->again, &s->loop, spawn_again);
		}
	}
	for (size_t i = 0; i < s->kid_count && !f; i++)
		f = spawn(&s->kids[i], w);
	return f;
}

/* auth is needed until the last login has been redeemed. */
void kids_stop(struct server *s)
{
	struct msg stop = {.kind = MSG_STOP};
	bool others = false;

	for (size_t i = 0; i < s->kid_count; i++)
		others = others || (s->kids[i].pid && strcmp(s->kids[i].role->name, "auth"));
	for (size_t i = 0; i < s->kid_count; i++) {
		struct kid *k = &s->kids[i];

		timer_stop(&k->again);
		if (!k->pid || k->stopping || (others && !strcmp(k->role->name, "auth")))
			continue;
		k->stopping = true;
		tell(k, &stop, -1);
	}
}

void kids_renew(struct server *s, const char *role, uint32_t index)
{
	struct msg stop = {.kind = MSG_STOP};

	for (size_t i = 0; i < s->kid_count; i++) {
		struct kid *k = &s->kids[i];

		if (k->index != index || strcmp(k->role->name, role) || !k->pid || k->stopping)
			continue;
		k->renewing = k->stopping = true;
		timer_start(&k->again, RENEW_MS);
		tell(k, &stop, -1);
	}
}

void kids_kill(struct server *s)
{
	for (size_t i = 0; i < s->kid_count; i++)
		if (s->kids[i].pid)
			kill(s->kids[i].pid, SIGKILL);
}
