/* super: reads the settings, binds, starts and watches the other processes, reloads, stops. It reads no byte from the network.
 *
 *   prepare (settings, data directory, certificate, sockets) ─► kids_start ─► all READY ─► listeners to the fronts ─► "ready"
 *   SIGHUP: reload, keeping the last good ones on an error      SIGTERM, SIGINT: stop, at most ten seconds; again: at once */
#include "prog/super/super.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "prog/kept_settings.h"
#include "prog/super/server.h"

enum { DRAIN_MS = 10000, FRONTS_MAX = 64, OVERRIDES_MAX = 16384, WARN_DAYS = 14, DAY = 86400 };

/* What is wrong at the start is said to a person, one sentence a line. */
static int say(const struct why *w, enum fail f)
{
	fprintf(stderr, "barid: %s\n", w->log);
	return fail_row(f)->exit_code;
}

static void say_problems(const char *path, const struct settings_problems *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->at[i].line)
			fprintf(stderr, "barid: %s:%u: %s\n", path ? path : "settings", p->at[i].line, p->at[i].text);
		else
			fprintf(stderr, "barid: %s\n", p->at[i].text);
	}
	if (p->more)
		fprintf(stderr, "barid: and %zu more\n", p->more);
}

static void log_problems(const char *path, const struct settings_problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		event_say(LOG_ERROR, "settings-refused", "%s:%u: %s", path ? path : "settings", p->at[i].line,
			p->at[i].text);
}

static void set_events(const struct server *s)
{
	static const char *const levels[] = {"debug", "info", "warn", "error"};
	enum log_level level = LOG_INFO;

	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (!strcmp(s->settings->log_level, levels[i]))
			level = (enum log_level)i;
	event_set(strcmp(s->settings->log_format, "json") ? EVENT_PLAIN : EVENT_JSON, level, "super");
}

static enum fail read_settings(struct server *s, struct buf *text, struct why *w)
{
	return s->settings_path ? settings_read_file(s->settings_path, text, w) : FAIL_NONE;
}

static bool take_overrides(struct server *s, int argc, char **overrides)
{
	buf_init(&s->overrides, OVERRIDES_MAX);
	for (int i = 0; i < argc; i++) {
		buf_add(&s->overrides, span_of(overrides[i]));
		buf_add_byte(&s->overrides, '\n');
	}
	return !s->overrides.over;
}

/* ── The start ── */

static uint32_t count_fronts(const struct settings *s)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t n = s->fronts ? s->fronts : cores > 0 ? (uint64_t)cores : 1;

	return (uint32_t)(n < FRONTS_MAX ? n : FRONTS_MAX);
}

static void warn_of_expiry(const struct server *s)
{
	int64_t days = (s->certificate.expires - clock_wall_seconds()) / DAY;

	if (days < WARN_DAYS)
		event_say(LOG_WARN, "certificate-expires",
			"the certificate expires in %lld days: renew it, then send SIGHUP", (long long)days);
}

/* Only a start makes another one in the place of its own that is damaged: while the server runs the one before is as good. */
static enum fail load_certificate(struct server *s, struct why *w)
{
	enum fail f = certificate_load(s->settings, s->hostname, &s->certificate, w);

	if (f != FAIL_CONFIG || *s->settings->tls_cert)
		return f;
	event_say(LOG_WARN, "certificate-made-anew",
		"%s. They are kept as *.damaged, and another one is in use: clients will ask whether they trust it",
		w->log);
	return certificate_make_anew(s->settings, s->hostname, &s->certificate, w);
}

static enum fail prepare(struct server *s, struct why *w)
{
	enum fail f = data_dir_open(s->settings, &s->dir, w);

	if (f || (f = load_certificate(s, w)) || (f = listeners_open(&s->listeners, s->settings, w)))
		return f;
	if (!s->listeners.n)
		return why(w, FAIL_CONFIG,
			"nothing to listen on: every *_listen setting is 'off' and lmtp_socket is empty");
	s->fronts = count_fronts(s->settings);
	blame_load(s);
	warn_of_expiry(s);
	return FAIL_NONE;
}

static bool all_ready(const struct server *s)
{
	for (size_t i = 0; i < s->kid_count; i++)
		if (!s->kids[i].ready)
			return false;
	return true;
}

void server_kid_ready(struct server *s)
{
	struct event e;

	if (s->state != SERVER_STARTING || !all_ready(s))
		return;
	s->state = SERVER_READY;
	for (size_t i = 0; i < s->listeners.n; i++)
		kids_listen(s, &s->listeners.at[i]);
	status_write(s);
	event_begin(&e, LOG_INFO, "ready");
	event_text(&e, "version", BARID_VERSION);
	event_text(&e, "data_dir", s->settings->data_dir);
	for (size_t i = 0; i < s->listeners.n; i++) {
		char key[16];

		snprintf(key, sizeof key, "%s%s", s->listeners.at[i].protocol, s->listeners.at[i].tls ? "s" : "");
		event_text(&e, key, s->listeners.at[i].address);
	}
	event_number(&e, "shards", s->dir.shards);
	event_number(&e, "fronts", s->fronts);
	event_end(&e);
	notify("READY=1");
}

/* ── The end ── */

static void stop(struct server *s)
{
	if (s->state == SERVER_STOPPING) {
		kids_kill(s); /* asked twice: at once */
		return;
	}
	event_say(LOG_INFO, "stopping", "no new connections; sessions are told and have ten seconds");
	s->state = SERVER_STOPPING;
	notify("STOPPING=1");
	while (s->listeners.n)
		listeners_close(&s->listeners, s->listeners.n - 1);
	timer_start(&s->stop_timer, DRAIN_MS);
	kids_stop(s);
	status_changed(s);
	server_kid_ended(s);
}

static void time_is_up(struct timer *t)
{
	struct server *s = CONTAINER_OF(t, struct server, stop_timer);

	event_say(LOG_WARN, "stopping", "ten seconds are over: ending what still runs");
	kids_kill(s);
}

void server_kid_ended(struct server *s)
{
	kids_stop(s); /* auth, when it is the last */
	for (size_t i = 0; i < s->kid_count; i++)
		if (s->kids[i].pid)
			return;
	loop_stop(&s->loop);
}

/* Before the server was up once a process that cannot start ends it all; later it is tried again and again. */
void server_start_failed(struct server *s, const struct kid *k, enum fail f, const char *text)
{
	if (s->state != SERVER_STARTING) {
		event_say(LOG_ERROR, "start-failed", "%s.%u: %s", k->role->name, k->index, text);
		return;
	}
	fprintf(stderr, "barid: %s.%u cannot start: %s\n", k->role->name, k->index, text);
	s->exit_code = fail_row(f)->exit_code;
	stop(s);
}

/* ── Renewal ── */

/* Settings that are built into what runs keep their value until the next start. */
static void warn_of_fixed(const struct settings *now, const struct settings *next)
{
	const struct {
		const char *key;
		bool changed;
	} fixed[] = {
		{"data_dir", strcmp(now->data_dir, next->data_dir)},
		{"user", strcmp(now->user, next->user)},
		{"fronts", now->fronts != next->fronts},
		{"auth_threads", now->auth_threads != next->auth_threads},
		{"index_cache", now->index_cache != next->index_cache},
		{"confine", now->confine != next->confine},
	};

	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		if (fixed[i].changed)
			event_say(LOG_WARN, "settings-later", "%s takes effect at the next start", fixed[i].key);
}

static void keep_fixed(const struct settings *now, struct settings *next)
{
	free(next->data_dir);
	next->data_dir = strdup(now->data_dir);
}

static void drop_old_listeners(struct server *s)
{
	for (size_t i = s->listeners.n; i-- > 0;) {
		struct msg m = {.kind = MSG_UNLISTEN, .unlisten = {span_of(s->listeners.at[i].address)}};

		if (!s->listeners.at[i].old)
			continue;
		kids_send(s, "front", &m);
		listeners_close(&s->listeners, i);
	}
}

static bool renew_listeners(struct server *s, const struct settings *next)
{
	size_t before = s->listeners.n;
	struct why w;

	if (listeners_open(&s->listeners, next, &w)) {
		event_say(LOG_ERROR, "settings-refused", "%s", w.log);
		return false;
	}
	for (size_t i = before; i < s->listeners.n && s->state == SERVER_READY; i++)
		kids_listen(s, &s->listeners.at[i]);
	drop_old_listeners(s);
	return true;
}

static void renew_certificate(struct server *s)
{
	struct why w;

	if (certificate_load(s->settings, s->hostname, &s->certificate, &w)) {
		event_say(LOG_ERROR, "certificate-refused", "%s; the one before stays in use", w.log);
		return;
	}
	warn_of_expiry(s);
	kids_certificate(s);
}

static void use_settings(struct server *s, struct buf *text, struct settings *next)
{
	struct msg m = {.kind = MSG_RELOAD};

	warn_of_fixed(s->settings, next);
	settings_free(s->settings);
	s->settings = next;
	buf_fini(&s->settings_text);
	s->settings_text = *text;
	settings_hostname(next, s->hostname, sizeof s->hostname);
	set_events(s);
	m.reload.settings = buf_span(&s->settings_text);
	m.reload.overrides = buf_span(&s->overrides);
	kids_send(s, NULL, &m);
}

static void reload(struct server *s)
{
	struct settings_problems problems = {0};
	struct settings *next = NULL;
	struct buf text;
	struct why w;

	buf_init(&text, SETTINGS_FILE_MAX);
	if (read_settings(s, &text, &w))
		event_say(LOG_ERROR, "settings-refused", "%s", w.log);
	else if (!(next = settings_from(buf_span(&text), buf_span(&s->overrides), &problems)))
		log_problems(s->settings_path, &problems);
	if (next && (keep_fixed(s->settings, next), renew_listeners(s, next))) {
		use_settings(s, &text, next);
		renew_certificate(s);
		event_say(LOG_INFO, "reloaded", "settings are in use; sessions go on");
	} else {
		settings_free(next);
		buf_fini(&text);
		event_say(LOG_WARN, "not-reloaded", "the settings before stay in use");
		renew_certificate(s);
	}
	status_changed(s);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct server *s = handle->data;

	if (number != SIGHUP)
		stop(s);
	else if (s->state == SERVER_READY)
		reload(s);
}

static void watch_signals(struct server *s)
{
	const struct {
		uv_signal_t *handle;
		int number;
	} all[] = {{&s->hup, SIGHUP}, {&s->term, SIGTERM}, {&s->interrupt, SIGINT}};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		uv_signal_init(&s->loop.uv, all[i].handle);
		all[i].handle->data = s;
		uv_signal_start(all[i].handle, on_signal, all[i].number);
	}
}

static void status_fired(struct timer *t)
{
	status_write(CONTAINER_OF(t, struct server, status_timer));
}

static void clean_up(struct server *s)
{
	uv_close((uv_handle_t *)&s->hup, NULL);
	uv_close((uv_handle_t *)&s->term, NULL);
	uv_close((uv_handle_t *)&s->interrupt, NULL);
	timer_fini(&s->status_timer, NULL);
	timer_fini(&s->stop_timer, NULL);
	timer_fini(&s->hangs_timer, NULL);
	for (size_t i = 0; i < s->kid_count; i++)
		timer_fini(&s->kids[i].again, NULL);
	loop_fini(&s->loop);
}

static void give_back(struct server *s)
{
	while (s->listeners.n)
		listeners_close(&s->listeners, s->listeners.n - 1);
	certificate_fini(&s->certificate);
	data_dir_close(&s->dir);
	settings_free(s->settings);
	buf_fini(&s->settings_text);
	buf_fini(&s->overrides);
}

/* Each connection takes a few descriptors below; children inherit the limit and lower it to their own. */
static void raise_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

static int serve(struct server *s)
{
	struct why w;
	enum fail f;

	signal(SIGPIPE, SIG_IGN);
	raise_limit();
	loop_init(&s->loop);
	timer_init(&s->status_timer, &s->loop, status_fired);
	timer_init(&s->stop_timer, &s->loop, time_is_up);
	watch_signals(s);
	hangs_watch(s);
	s->since = clock_wall_seconds();
	if ((f = kids_start(s, &w))) {
		s->exit_code = say(&w, f);
		stop(s);
	}
	loop_run(&s->loop);
	status_write(s);
	event_say(LOG_INFO, "stopped", "all processes have ended");
	clean_up(s);
	return s->exit_code;
}

int super_run(const char *settings_path, int argc, char **overrides)
{
	static struct server s;
	struct settings_problems problems = {0};
	struct why w;
	enum fail f;
	int code = fail_row(FAIL_CONFIG)->exit_code;

	s.settings_path = settings_path;
	s.dir.lock = -1;
	buf_init(&s.settings_text, SETTINGS_FILE_MAX);
	if (!take_overrides(&s, argc, overrides))
		fprintf(stderr, "barid: too many settings on the command line: put them into a file\n");
	else if ((f = read_settings(&s, &s.settings_text, &w)))
		code = say(&w, f);
	else if (!(s.settings = settings_from(buf_span(&s.settings_text), buf_span(&s.overrides), &problems)))
		say_problems(settings_path, &problems);
	else {
		set_events(&s);
		settings_hostname(s.settings, s.hostname, sizeof s.hostname);
		f = prepare(&s, &w);
		code = f ? say(&w, f) : serve(&s);
	}
	give_back(&s);
	return code;
}
