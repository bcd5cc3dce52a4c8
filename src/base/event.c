/* Event lines. The time is UTC with milliseconds. */
#include "base/event.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/clock.h"

static enum event_form form;
static enum log_level least = LOG_INFO;
static char role[32] = "barid";

enum { TAIL = 4 }; /* what event_end adds */

void event_set(enum event_form f, enum log_level l, const char *r)
{
	form = f;
	least = l;
	snprintf(role, sizeof role, "%s", r);
}

static void put(struct event *e, char c)
{
	if (e->n < sizeof e->line - TAIL)
		e->line[e->n++] = c;
}

static void put_all(struct event *e, const char *s)
{
	while (*s)
		put(e, *s++);
}

static void put_escaped(struct event *e, struct span v)
{
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];
		char esc[8];

		if (c == '"' || c == '\\') {
			put(e, '\\');
			put(e, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			snprintf(esc, sizeof esc, "\\u%04x", c);
			put_all(e, esc);
		} else {
			put(e, (char)c);
		}
	}
}

static bool is_bare(struct span v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] <= ' ' || v.p[i] == '"' || v.p[i] == '\\' || v.p[i] == '=' || v.p[i] == 0x7f)
			return false;
	return v.n > 0;
}

static void put_key(struct event *e, const char *key)
{
	if (form == EVENT_JSON) {
		put_all(e, e->n > 1 ? ",\"" : "\"");
		put_all(e, key);
		put_all(e, "\":");
	} else {
		put(e, ' ');
		put_all(e, key);
		put(e, '=');
	}
}

static void put_time(struct event *e)
{
	int64_t ms = clock_wall_ms();
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	char text[40], whole[48];

	gmtime_r(&t, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(whole, sizeof whole, "%s.%03dZ", text, (int)(ms % 1000));
	if (form == EVENT_JSON)
		event_text(e, "time", whole);
	else
		put_all(e, whole);
}

void event_begin(struct event *e, enum log_level level, const char *name)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};

	e->n = 0;
	e->off = level < least;
	if (e->off)
		return;
	if (form == EVENT_JSON) {
		put(e, '{');
		put_time(e);
		event_text(e, "level", names[level]);
		event_text(e, "role", role);
		event_text(e, "event", name);
		return;
	}
	put_time(e);
	for (const char *const word[] = {names[level], role, name, NULL}, *const *w = word; *w; w++) {
		put(e, ' ');
		put_all(e, *w);
	}
}

void event_span(struct event *e, const char *key, struct span value)
{
	if (e->off)
		return;
	put_key(e, key);
	if (form == EVENT_PLAIN && is_bare(value)) {
		put_escaped(e, value);
		return;
	}
	put(e, '"');
	put_escaped(e, value);
	put(e, '"');
}

void event_text(struct event *e, const char *key, const char *value)
{
	event_span(e, key, span_of(value));
}

void event_number(struct event *e, const char *key, int64_t value)
{
	char text[24];

	if (e->off)
		return;
	snprintf(text, sizeof text, "%lld", (long long)value);
	put_key(e, key);
	put_all(e, text);
}

/* A line that was cut inside a quoted value is closed, so that it stays one readable line. */
void event_end(struct event *e)
{
	ssize_t done;

	if (e->off)
		return;
	if (e->n >= sizeof e->line - TAIL)
		e->line[e->n++] = '"';
	if (form == EVENT_JSON)
		e->line[e->n++] = '}';
	e->line[e->n++] = '\n';
	done = write(STDERR_FILENO, e->line, e->n);
	(void)done; /* nobody is left to tell */
}

void event_say(enum log_level level, const char *name, const char *fmt, ...)
{
	struct event e;
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	event_begin(&e, level, name);
	event_text(&e, "message", text);
	event_end(&e);
}
