/* run/status.json: what `barid status` shows; replaced at once on every change, many changes together. And the word to systemd. */
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/event.h"
#include "prog/super/server.h"

enum { STATUS_MAX = 256 << 10, SETTLE_MS = 100 };

static void add_string(struct buf *b, const char *s)
{
	buf_add_byte(b, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_addf(b, "\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			buf_addf(b, "\\u%04x", (unsigned char)*s);
		else
			buf_add_byte(b, *s);
	}
	buf_add_byte(b, '"');
}

static void add_listeners(struct buf *b, const struct server *s)
{
	buf_add_lit(b, ",\n \"listeners\": [");
	for (size_t i = 0; i < s->listeners.n; i++) {
		const struct listener *l = &s->listeners.at[i];

		buf_addf(b, "%s\n  {\"protocol\": \"%s\", \"tls\": %s, \"address\": ", i ? "," : "", l->protocol,
			l->tls ? "true" : "false");
		add_string(b, l->address);
		buf_add_byte(b, '}');
	}
	buf_add_lit(b, "]");
}

static const char *kid_state(const struct kid *k)
{
	if (!k->pid)
		return k->stopped ? "stopped" : "down";
	if (k->stopping)
		return "stopping";
	return k->ready ? "ready" : "starting";
}

static void add_counts(struct buf *b, const struct msg_report *r)
{
	buf_addf(b, "\"connections\": %u, \"sessions\": %u, \"deliveries\": %u, ", r->connections, r->sessions,
		r->deliveries);
	buf_addf(b, "\"accepted\": %llu, \"refused\": %llu, \"logins\": %llu, \"failures\": %llu, \"delivered\": %llu",
		(unsigned long long)r->accepted, (unsigned long long)r->refused, (unsigned long long)r->logins,
		(unsigned long long)r->failures, (unsigned long long)r->delivered);
}

static void add_kids(struct buf *b, const struct server *s)
{
	buf_add_lit(b, ",\n \"processes\": [");
	for (size_t i = 0; i < s->kid_count; i++) {
		const struct kid *k = &s->kids[i];

		buf_addf(b,
			"%s\n  {\"role\": \"%s\", \"index\": %u, \"pid\": %ld, \"state\": \"%s\", \"since\": %lld, "
			"\"restarts\": %u, ",
			i ? "," : "", k->role->name, k->index, (long)k->pid, kid_state(k), (long long)k->since,
			k->restarts);
		add_counts(b, &k->report);
		buf_add_byte(b, '}');
	}
	buf_add_lit(b, "]");
}

void status_write(struct server *s)
{
	static const char *const states[] = {"starting", "ready", "stopping"};
	struct buf b;
	struct why w;

	s->status_due = false;
	buf_init(&b, STATUS_MAX);
	buf_addf(&b,
		"{\"version\": \"%s\", \"pid\": %ld, \"state\": \"%s\", \"since\": %lld, \"shards\": %u, "
		"\"certificate_expires\": %lld,\n",
		BARID_VERSION, (long)getpid(), states[s->state], (long long)s->since, s->dir.shards,
		(long long)s->certificate.expires);
	buf_addf(&b, " \"self_signed\": %s, \"hostname\": ", s->certificate.self_signed ? "true" : "false");
	add_string(&b, s->hostname);
	buf_add_lit(&b, ", \"settings\": ");
	add_string(&b, s->settings_path ? s->settings_path : "");
	add_listeners(&b, s);
	add_kids(&b, s);
	buf_add_lit(&b, "}\n");
	if (data_dir_write(s->settings, "run/status.json", buf_span(&b), 0644, &w))
		event_say(LOG_WARN, "status-not-written", "%s", w.log);
	buf_fini(&b);
}

void status_changed(struct server *s)
{
	if (s->status_due)
		return;
	s->status_due = true;
	timer_start(&s->status_timer, SETTLE_MS);
}

void notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof a.sun_path)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	memcpy(a.sun_path, path, n);
	if (a.sun_path[0] == '@')
		a.sun_path[0] = 0;
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&a,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
		event_say(LOG_WARN, "notify-failed", "systemd's socket does not take '%s'", text);
	close(fd);
}
