/* The life of every process below super:
 *
 *   descriptors closed ─► START ─► identity, paths ─► role->start ─► calls restricted ─► READY ─► messages ... ─► STOP ─► STOPPED
 *
 * No byte from a stranger is read before READY: listening sockets and channels to others come only after it. */
#include "prog/child.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/event.h"
#include "base/memory.h"
#include "proc/confine.h"
#include "proc/last_word.h"
#include "prog/super/topology.h"

enum { REPORT_MS = 1000, LAST_WORD_MS = 500 };

static void set_events(const struct child *c)
{
	static const char *const levels[] = {"debug", "info", "warn", "error"};
	enum log_level level = LOG_INFO;
	char name[32];

	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (!strcmp(c->settings->log_level, levels[i]))
			level = (enum log_level)i;
	snprintf(name, sizeof name, "%s.%u", c->role->name, c->index);
	event_set(strcmp(c->settings->log_format, "json") ? EVENT_PLAIN : EVENT_JSON, level, name);
}

static void take_settings(struct child *c, struct settings *s)
{
	struct kept_settings *old = c->kept;

	c->kept = kept_settings_new(s);
	c->settings = s;
	settings_hostname(s, c->hostname, sizeof c->hostname);
	set_events(c);
	kept_settings_unref(old);
}

/* As root the way to the data directory may be closed to the user that the process becomes: it is entered before. */
static enum fail enter(struct settings *s, struct why *w)
{
	if (geteuid() != 0 || !s->confine)
		return FAIL_NONE;
	if (chdir(s->data_dir))
		return why(w, FAIL_IO, "cannot enter '%s'", s->data_dir);
	free(s->data_dir);
	s->data_dir = strdup(".");
	return FAIL_NONE;
}

static enum fail shrink(struct child *c, const struct role_row *row, struct why *w)
{
	struct topology_path found[ROLE_PATHS_MAX];
	struct confine_path paths[ROLE_PATHS_MAX];
	size_t n = topology_paths(row->name, c->index, c->settings->data_dir, found);
	bool landlock;
	enum fail f = confine_identity(c->settings->user, row->files_max, w);

	for (size_t i = 0; i < n; i++)
		paths[i] = (struct confine_path){found[i].path, found[i].writable};
	if (!f && c->settings->confine)
		f = confine_paths(paths, n, &landlock, w);
	return f;
}

static void set_threads(const struct child *c)
{
	char n[24];

	if (strcmp(c->role->name, "auth"))
		return;
	snprintf(n, sizeof n, "%llu", (unsigned long long)c->settings->auth_threads + 1);
	setenv("UV_THREADPOOL_SIZE", n, 1);
}

static void take_set_aside(struct child *c, struct span list)
{
	c->set_aside = memory_resize_array(NULL, list.n / sizeof(uint64_t) + 1, sizeof *c->set_aside);
	while (span_take_be64(&list, &c->set_aside[c->set_aside_count]))
		c->set_aside_count++;
}

static enum fail begin(struct child *c, const struct msg_start *m, struct why *w)
{
	const struct role_row *row = topology_role(span_of(c->role->name));
	struct settings_problems problems = {0};
	struct settings *s = settings_from(m->settings, m->overrides, &problems);
	enum fail f;

	if (!s)
		return why(w, FAIL_CONFIG, "settings: %s", problems.at[0].text);
	c->shards = m->shards;
	c->fronts = m->fronts;
	take_set_aside(c, m->set_aside);
	if ((f = enter(s, w))) {
		settings_free(s);
		return f;
	}
	take_settings(c, s);
	set_threads(c);
	OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_SSL_STRINGS,
		NULL); /* reads its files while there are any */
	tzset();
	if ((f = shrink(c, row, w)) || (f = c->role->start(c, w)))
		return f;
	return c->settings->confine ? confine_calls(row->calls, row->kill, w) : FAIL_NONE;
}

static void end(struct child *c, int code)
{
	channel_flush(c->super, LAST_WORD_MS);
	_exit(code); /* no handlers at exit: they would want calls that are gone */
}

static void on_start(struct child *c, const struct msg_start *m)
{
	struct msg ready = {.kind = MSG_READY}, failed = {.kind = MSG_FAILED};
	struct why w = {0};

	c->starting = true;
	failed.failed.fail = begin(c, m, &w);
	c->starting = false;
	if (!failed.failed.fail && !channel_send(c->super, &ready, -1)) {
		child_counts_changed(c);
		loop_count_turns(&c->loop); /* nobody had been let in before */
		if (c->stopping)
			c->role->stop(c);
		return;
	}
	failed.failed.text = span_of(w.log);
	if (channel_send(c->super, &failed, -1))
		event_say(LOG_ERROR, "start-failed", "%s", w.log);
	end(c, fail_row(failed.failed.fail)->exit_code);
}

static void on_reload(struct child *c, const struct msg_reload *m)
{
	struct settings_problems problems = {0};
	struct settings *s = settings_from(m->settings, m->overrides, &problems);

	if (!s)
		return; /* super has read and refused it before; nothing to do */
	free(s->data_dir);
	s->data_dir = strdup(c->settings->data_dir);
	take_settings(c, s);
	if (c->role->reload)
		c->role->reload(c);
}

static void on_message(void *ctx, const struct msg *m, int fd)
{
	struct child *c = ctx;

	if (m->kind == MSG_PEER && fd >= 0) {
		c->role->peer(c, m->peer.role, m->peer.index, fd);
		return;
	}
	if (m->kind == MSG_START && !c->kept)
		on_start(c, &m->start);
	else if (m->kind == MSG_RELOAD)
		on_reload(c, &m->reload);
	else if (m->kind == MSG_STOP && !c->stopping) {
		c->stopping = true;
		if (!c->starting) /* the opening of a store turns the loop: then it is done after that */
			c->role->stop(c);
	} else if (c->role->message) {
		c->role->message(c, m, fd);
		return;
	}
	if (fd >= 0)
		close(fd);
}

/* Without super nobody would start, stop or feed this process: it ends, and what it has acknowledged is durable. */
static void on_gone(void *ctx, const char *how)
{
	event_say(LOG_ERROR, "super-gone", "the supervisor has ended (%s): so does this process", how);
	_exit(75);
}

static const struct channel_events super_events = {on_message, on_gone};

static void report(struct timer *t)
{
	struct child *c = CONTAINER_OF(t, struct child, report_timer);
	struct msg m = {.kind = MSG_REPORT};

	c->report_due = false;
	c->role->report(c, &m.report);
	if (channel_send(c->super, &m, -1))
		return; /* on_gone follows */
}

void child_counts_changed(struct child *c)
{
	if (c->report_due || !c->role->report)
		return;
	c->report_due = true;
	timer_start(&c->report_timer, REPORT_MS);
}

/* super speaks by messages; a terminal's Ctrl-C and systemd's signals go to all processes, and are super's to act on. */
static void leave_signals_to_super(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

int child_main(const struct role *role, uint32_t index)
{
	static struct child c;
	bool names = topology_role(span_of(role->name))->last_word;
	struct why w;
	char name[16];

	leave_signals_to_super();
	confine_descriptors(names ? CHILD_LAST_WORD_FD + 1 : CHILD_LOCK_FD + 1);
	fcntl(CHILD_SUPER_FD, F_SETFD, FD_CLOEXEC);
	fcntl(CHILD_LOCK_FD, F_SETFD, FD_CLOEXEC);
	snprintf(name, sizeof name, "barid %s.%u", role->name, index);
	prctl(PR_SET_NAME, name);
	if (names && last_word_take(CHILD_LAST_WORD_FD, &w)) {
		event_say(LOG_ERROR, "start-failed", "%s: %s", name, w.log);
		_exit(70);
	}
	c.role = role;
	c.index = index;
	loop_init(&c.loop);
	timer_init(&c.report_timer, &c.loop, report);
	c.super = channel_new(&c.loop, CHILD_SUPER_FD, &super_events, &c);
	loop_run(&c.loop);
	end(&c, c.exit_code);
	return c.exit_code;
}

void child_stopped(struct child *c)
{
	struct msg m = {.kind = MSG_STOPPED};

	if (c->role->report)
		report(&c->report_timer);
	if (channel_send(c->super, &m, -1) == FAIL_NONE)
		channel_flush(c->super, LAST_WORD_MS);
	loop_stop(&c->loop);
}

void child_die(struct child *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	event_say(LOG_ERROR, "giving-up", "%s", text);
	_exit(70);
}
