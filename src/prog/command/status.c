/* status: what super last wrote into data_dir/run/status.json, for people or passed on. */
#include "base/clock.h"
#include "prog/auth/admin_client.h"
#include "prog/command/cli.h"

enum { NOT_RUNNING = 69, STATUS_MAX = 4 << 20 };

/* The value behind `"key": ` in one object of the file that super writes: a number or a string without escapes. */
static struct span value_of(struct span object, const char *key)
{
	char wanted[64];
	struct span rest, value;
	size_t at;

	snprintf(wanted, sizeof wanted, "\"%s\": ", key);
	at = span_find(object, span_of(wanted));
	if (at == SIZE_MAX)
		return SPAN("?");
	rest = span_skip(object, at + strlen(wanted));
	if (span_take(&rest, SPAN("\"")))
		return span_take_until(&rest, '"', &value) ? value : SPAN("?");
	for (at = 0; at < rest.n && rest.p[at] != ',' && rest.p[at] != '}' && rest.p[at] != '\n'; at++)
		;
	return span_first(rest, at);
}

static const char *ago(struct span since, char *dst, size_t size)
{
	uint64_t then;
	int64_t s = span_u64(since, &then) ? clock_wall_seconds() - (int64_t)then : 0;

	if (s >= 86400)
		snprintf(dst, size, "%lldd %lldh", (long long)s / 86400, (long long)s / 3600 % 24);
	else if (s >= 3600)
		snprintf(dst, size, "%lldh %lldm", (long long)s / 3600, (long long)s / 60 % 60);
	else
		snprintf(dst, size, "%lldm %llds", (long long)s / 60, (long long)s % 60);
	return dst;
}

static void say_listeners(struct span *text)
{
	struct span line;

	while (span_take_until(text, '\n', &line) && span_find(line, SPAN("\"processes\"")) == SIZE_MAX) {
		if (span_find(line, SPAN("\"protocol\"")) == SIZE_MAX)
			continue;
		printf("  %-6.*s %-5s %.*s\n", SPAN_ARG(value_of(line, "protocol")),
			span_eq(value_of(line, "tls"), SPAN("true")) ? "TLS" : "", SPAN_ARG(value_of(line, "address")));
	}
}

static void say_processes(struct span text)
{
	struct span line;
	char age[32], name[24];

	printf("\n  %-9s %-8s %-9s %-9s %8s %8s %11s %10s\n", "process", "pid", "state", "since", "restarts",
		"sessions", "connections", "delivered");
	while (text.n) {
		if (!span_take_until(&text, '\n', &line)) {
			line = text;
			text.n = 0;
		}
		if (span_find(line, SPAN("\"role\"")) == SIZE_MAX)
			continue;
		snprintf(name, sizeof name, "%.*s.%.*s", SPAN_ARG(value_of(line, "role")),
			SPAN_ARG(value_of(line, "index")));
		printf("  %-9s %-8.*s %-9.*s %-9s %8.*s %8.*s %11.*s %10.*s\n", name, SPAN_ARG(value_of(line, "pid")),
			SPAN_ARG(value_of(line, "state")), ago(value_of(line, "since"), age, sizeof age),
			SPAN_ARG(value_of(line, "restarts")), SPAN_ARG(value_of(line, "sessions")),
			SPAN_ARG(value_of(line, "connections")), SPAN_ARG(value_of(line, "delivered")));
	}
}

static void say_status(struct span text)
{
	char age[32];

	printf("Barid %.*s, process %.*s, %.*s, up %s, %.*s shards\n", SPAN_ARG(value_of(text, "version")),
		SPAN_ARG(value_of(text, "pid")), SPAN_ARG(value_of(text, "state")),
		ago(value_of(text, "since"), age, sizeof age), SPAN_ARG(value_of(text, "shards")));
	say_listeners(&text);
	say_processes(text);
}

int cli_status(struct cli *c)
{
	char path[4096];
	struct buf text;
	struct why w;
	enum fail f;

	if (!cli_settings(c))
		return 78;
	settings_path(c->settings, "run/status.json", path, sizeof path);
	f = admin_probe(c->settings, &w);
	if (f == FAIL_NOT_FOUND && c->json)
		printf("{\"state\": \"stopped\"}\n");
	if (f)
		return cli_error(f == FAIL_NOT_FOUND ? NOT_RUNNING : fail_row(f)->exit_code, "%s", w.log);
	buf_init(&text, STATUS_MAX);
	f = settings_read_file(path, &text, &w);
	if (f == FAIL_NOT_FOUND)
		return cli_error(NOT_RUNNING, "the server on '%s' is just starting", c->settings->data_dir);
	if (f)
		return cli_fail(f, &w);
	if (c->json)
		printf("%.*s\n", SPAN_ARG(span_trim(buf_span(&text))));
	else
		say_status(buf_span(&text));
	f = span_eq(value_of(buf_span(&text), "state"), SPAN("ready")) ? FAIL_NONE : FAIL_BUSY;
	buf_fini(&text);
	return f ? NOT_RUNNING : 0;
}
