/* run/status.json: what `barid status` shows; replaced at once on every change, many changes together, and now and then, since it tells of the last
 * hour. One object a line: `barid status` reads it by lines. And the word to systemd. */
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/event.h"
#include "prog/super/server.h"

enum { STATUS_MAX = 512 << 10, SETTLE_MS = 100, RENEW_MS = 60000 };

void status_string(struct buf *b, const char *s)
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

static void begin_list(struct buf *b, const char *name)
{
	buf_addf(b, ",\n \"%s\": [", name);
}

/* "first" before the first row, then commas. */
static void begin_row(struct buf *b, size_t i)
{
	buf_addf(b, "%s\n  {", i ? "," : "");
}

static void add_listeners(struct buf *b, const struct server *s)
{
	begin_list(b, "listeners");
	for (size_t i = 0; i < s->listeners.n; i++) {
		const struct listener *l = &s->listeners.at[i];

		begin_row(b, i);
		buf_addf(b, "\"protocol\": \"%s\", \"tls\": %s, \"address\": ", l->protocol, l->tls ? "true" : "false");
		status_string(b, l->address);
		buf_add_byte(b, '}');
	}
	buf_add_lit(b, "]");
}

/* ── Processes and shards ── */

const char *status_of_kid(const struct kid *k)
{
	if (!k->pid)
		return k->stopped ? "stopped" : "down";
	if (k->stopping)
		return "stopping";
	return k->ready ? "ready" : "starting";
}

static void add_counts(struct buf *b, const struct msg_report *r)
{
#define U32(f)  buf_addf(b, ", \"" #f "\": %u", r->f);
#define U64(f)  buf_addf(b, ", \"" #f "\": %llu", (unsigned long long)r->f);
#define FLAG(f) buf_addf(b, ", \"" #f "\": %s", r->f ? "true" : "false");
#include "proc/report.def"
#undef U32
#undef U64
#undef FLAG
}

static void add_kids(struct buf *b, const struct server *s)
{
	begin_list(b, "processes");
	for (size_t i = 0; i < s->kid_count; i++) {
		const struct kid *k = &s->kids[i];

		begin_row(b, i);
		buf_addf(b,
			"\"role\": \"%s\", \"index\": %u, \"pid\": %ld, \"state\": \"%s\", \"since\": %lld, "
			"\"restarts\": %u, \"restarts_last_hour\": %u",
			k->role->name, k->index, (long)k->pid, status_of_kid(k), (long long)k->since, k->restarts,
			kid_deaths_last_hour(k));
		add_counts(b, &k->report);
		buf_add_byte(b, '}');
	}
	buf_add_lit(b, "]");
}

static const char *shard_state(const struct kid *k)
{
	if (!k->ready)
		return status_of_kid(k);
	if (k->report.disk_low)
		return "disk-low";
	return k->report.rebuilding ? "rebuilding" : "serving";
}

/* What of a mail process concerns its shard; the numbers stand in its row among the processes. */
static void add_shards(struct buf *b, const struct server *s)
{
	uint32_t n = 0;

	begin_list(b, "shards");
	for (size_t i = 0; i < s->kid_count; i++) {
		const struct kid *k = &s->kids[i];

		if (k->role->count != COUNT_shards)
			continue;
		begin_row(b, n++);
		buf_addf(b, "\"shard\": %u, \"state\": \"%s\", \"since\": %lld, \"restarts_last_hour\": %u", k->index,
			shard_state(k), (long long)k->since, kid_deaths_last_hour(k));
		add_counts(b, &k->report);
		buf_add_byte(b, '}');
	}
	buf_add_lit(b, "]");
}

static void add_set_aside(struct buf *b, const struct server *s)
{
	begin_list(b, "set_aside");
	for (size_t i = 0; i < s->set_aside.n; i++) {
		const struct set_aside_row *row = &s->set_aside.rows[i];

		begin_row(b, i);
		buf_addf(b, "\"account\": %llu, \"shard\": %u, \"since\": %lld, \"name\": ",
			(unsigned long long)row->account, row->shard, (long long)row->since);
		status_string(b, row->name);
		buf_add_byte(b, '}');
	}
	buf_add_lit(b, "]");
}

/* ── The file ── */

static void add_server(struct buf *b, const struct server *s)
{
	static const char *const states[] = {"starting", "ready", "stopping"};

	buf_addf(b,
		"{\"version\": \"%s\", \"pid\": %ld, \"state\": \"%s\", \"since\": %lld, "
		"\"certificate_expires\": %lld,\n",
		BARID_VERSION, (long)getpid(), states[s->state], (long long)s->since,
		(long long)s->certificate.expires);
	buf_addf(b, " \"self_signed\": %s, \"hostname\": ", s->certificate.self_signed ? "true" : "false");
	status_string(b, s->hostname);
	buf_add_lit(b, ", \"settings\": ");
	status_string(b, s->settings_path ? s->settings_path : "");
}

void status_write(struct server *s)
{
	struct buf b;
	struct why w;

	s->status_due = false;
	buf_init(&b, STATUS_MAX);
	add_server(&b, s);
	add_listeners(&b, s);
	add_shards(&b, s);
	add_kids(&b, s);
	add_set_aside(&b, s);
	begin_list(&b, "problems");
	problems_add(&b, s);
	buf_add_lit(&b, "]}\n");
	if (data_dir_write(s->settings, "run/status.json", buf_span(&b), 0644, &w))
		event_say(LOG_WARN, "status-not-written", "%s", w.log);
	buf_fini(&b);
	if (s->state != SERVER_STOPPING)
		timer_start(&s->status_timer, RENEW_MS);
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
