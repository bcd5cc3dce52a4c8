/* status: what super last wrote into data_dir/run/status.json, for people or passed on. Columns are rows of a table: a number that is reported
 * (proc/report.def) needs one line here to be seen. */
#include "base/clock.h"
#include "prog/auth/admin_client.h"
#include "prog/command/cli.h"

enum { NOT_RUNNING = 69, SOMETHING_WRONG = 75, STATUS_MAX = 4 << 20, CELL = 40 };

/* ── The file: super writes one object a line ── */

/* The value behind `"key": ` in one object: a number, or a string without its quotes. */
static struct span value_of(struct span object, const char *key)
{
	char wanted[64];
	struct span rest;
	size_t at;

	snprintf(wanted, sizeof wanted, "\"%s\": ", key);
	at = span_find(object, span_of(wanted));
	if (at == SIZE_MAX)
		return SPAN("?");
	rest = span_skip(object, at + strlen(wanted));
	if (span_take(&rest, SPAN("\""))) {
		for (at = 0; at < rest.n && rest.p[at] != '"'; at++)
			at += rest.p[at] == '\\';
		return span_first(rest, at);
	}
	for (at = 0; at < rest.n && rest.p[at] != ',' && rest.p[at] != '}' && rest.p[at] != '\n'; at++)
		;
	return span_first(rest, at);
}

/* Calls `each` for every object of the list; returns how many there are. */
static size_t each_of(struct span text, const char *list, void (*each)(struct span object))
{
	char wanted[64];
	struct span line;
	size_t at, n = 0;

	snprintf(wanted, sizeof wanted, "\"%s\": [", list);
	at = span_find(text, span_of(wanted));
	if (at == SIZE_MAX)
		return 0;
	text = span_skip(text, at + strlen(wanted));
	while (span_take_until(&text, '\n', &line) && !span_starts(span_trim(line), SPAN("]"))) {
		bool last = span_ends(line, SPAN("]")) || span_ends(line, SPAN("],")) || span_ends(line, SPAN("]}"));

		if (span_starts(span_trim(line), SPAN("{"))) {
			n++;
			each(line);
		}
		if (last)
			break;
	}
	return n;
}

/* ── Cells ── */

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

static void as_is(struct span row, const char *key, char *dst)
{
	snprintf(dst, CELL, "%.*s", SPAN_ARG(value_of(row, key)));
}

static void as_age(struct span row, const char *key, char *dst)
{
	ago(value_of(row, key), dst, CELL);
}

static void as_state(struct span row, const char *key, char *dst)
{
	as_is(row, key, dst);
	if (!strcmp(dst, "rebuilding"))
		snprintf(dst, CELL, "rebuilding %.*s %%", SPAN_ARG(value_of(row, "rebuilt_percent")));
}

static void as_process(struct span row, const char *key, char *dst)
{
	snprintf(dst, CELL, "%.*s.%.*s", SPAN_ARG(value_of(row, key)), SPAN_ARG(value_of(row, "index")));
}

static void as_bytes(struct span row, const char *key, char *dst)
{
	static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
	uint64_t n;
	double shown;
	size_t unit = 0;

	if (!span_u64(value_of(row, key), &n)) {
		snprintf(dst, CELL, "?");
		return;
	}
	for (shown = (double)n; shown >= 1000 && unit + 1 < ARRAY_LEN(units); unit++)
		shown /= 1000;
	snprintf(dst, CELL, unit ? "%.1f %s" : "%.0f %s", shown, units[unit]);
}

static void as_milliseconds(struct span row, const char *key, char *dst)
{
	uint64_t us;

	if (span_u64(value_of(row, key), &us))
		snprintf(dst, CELL, "%.1f ms", (double)us / 1000);
	else
		snprintf(dst, CELL, "?");
}

static void as_live_share(struct span row, const char *key, char *dst)
{
	uint64_t live, all;

	if (span_u64(value_of(row, key), &live) && span_u64(value_of(row, "log_bytes"), &all) && live && all)
		snprintf(dst, CELL, "%.0f %%", (double)live * 100 / (double)all);
	else
		snprintf(dst, CELL, "-");
}

/* ── Tables ── */

struct column {
	const char *title, *key;
	int width; /* negative: to the left */
	void (*cell)(struct span row, const char *key, char *dst);
};

static const struct column shard_columns[] = {
	{"shard", "shard", -6, as_is},
	{"state", "state", -15, as_state},
	{"since", "since", -9, as_age},
	{"restarts/h", "restarts_last_hour", 10, as_is},
	{"sessions", "sessions", 9, as_is},
	{"deliveries", "deliveries", 11, as_is},
	{"delivered", "delivered", 10, as_is},
	{"log", "log_bytes", 10, as_bytes},
	{"live", "log_live_bytes", 6, as_live_share},
	{"kept", "log_kept_bytes", 10, as_bytes},
	{"reclaimed", "reclaimed_bytes", 10, as_bytes},
	{"longest", "longest_turn_us", 9, as_milliseconds},
};

static const struct column process_columns[] = {
	{"process", "role", -9, as_process},
	{"pid", "pid", -8, as_is},
	{"state", "state", -9, as_is},
	{"since", "since", -9, as_age},
	{"restarts/h", "restarts_last_hour", 10, as_is},
	{"restarts", "restarts", 9, as_is},
	{"connections", "connections", 12, as_is},
	{"logins", "logins", 9, as_is},
	{"failed", "failures", 8, as_is},
};

static void say_titles(const struct column *columns, size_t n)
{
	printf("\n ");
	for (size_t i = 0; i < n; i++)
		printf(" %*s", columns[i].width, columns[i].title);
	printf("\n");
}

static void say_row(struct span row, const struct column *columns, size_t n)
{
	char cell[CELL];

	printf(" ");
	for (size_t i = 0; i < n; i++) {
		columns[i].cell(row, columns[i].key, cell);
		printf(" %*s", columns[i].width, cell);
	}
	printf("\n");
}

static void say_shard(struct span row)
{
	say_row(row, shard_columns, ARRAY_LEN(shard_columns));
}

static void say_process(struct span row)
{
	say_row(row, process_columns, ARRAY_LEN(process_columns));
}

static void say_listener(struct span row)
{
	printf("  %-6.*s %-5s %.*s\n", SPAN_ARG(value_of(row, "protocol")),
		span_eq(value_of(row, "tls"), SPAN("true")) ? "TLS" : "", SPAN_ARG(value_of(row, "address")));
}

/* With the escapes of JSON taken out: what super writes has none but \" and \\. */
static void say_problem(struct span row)
{
	struct span text = value_of(row, "text");

	printf("  - ");
	for (size_t i = 0; i < text.n; i++) {
		i += text.p[i] == '\\' && i + 1 < text.n;
		putchar(text.p[i]);
	}
	printf("\n");
}

static void count_only(struct span row)
{
	(void)row;
}

static void say_status(struct span text)
{
	char age[32];

	printf("Barid %.*s, process %.*s, %.*s, up %s\n", SPAN_ARG(value_of(text, "version")),
		SPAN_ARG(value_of(text, "pid")), SPAN_ARG(value_of(text, "state")),
		ago(value_of(text, "since"), age, sizeof age));
	each_of(text, "listeners", say_listener);
	say_titles(shard_columns, ARRAY_LEN(shard_columns));
	each_of(text, "shards", say_shard);
	say_titles(process_columns, ARRAY_LEN(process_columns));
	each_of(text, "processes", say_process);
	if (each_of(text, "problems", count_only) == 0)
		return;
	printf("\nWrong just now:\n");
	each_of(text, "problems", say_problem);
}

static int exit_code_of(struct span text)
{
	if (!span_eq(value_of(text, "state"), SPAN("ready")))
		return NOT_RUNNING;
	return each_of(text, "problems", count_only) ? SOMETHING_WRONG : 0;
}

int cli_status(struct cli *c)
{
	char path[4096];
	struct buf text;
	struct why w;
	enum fail f;
	int code;

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
	code = exit_code_of(buf_span(&text));
	buf_fini(&text);
	return code;
}
