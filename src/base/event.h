/* One line per event on standard error, for people on a terminal and for programs as JSON.
 *
 *     struct event e;
 *     event_begin(&e, LOG_INFO, "login");
 *     event_text(&e, "session", sid);
 *     event_number(&e, "port", 143);
 *     event_end(&e);
 *
 * A line is `TIME LEVEL ROLE NAME key=value ...`, one write(2), at most EVENT_MAX bytes: longer values are cut.
 * Control characters in values are escaped, so a peer cannot forge a line. Only programs and the layer that
 * decides log; libraries return struct why. */
#ifndef BASE_EVENT_H
#define BASE_EVENT_H

#include "base/fail.h"
#include "base/span.h"

enum { EVENT_MAX = 2048 };

struct event {
	char line[EVENT_MAX];
	size_t n;
	bool off; /* below the level that is wanted */
};

enum event_form { EVENT_PLAIN, EVENT_JSON };

/* For the whole process: form, least level, and the role named in each line ("front.1"). */
void event_set(enum event_form form, enum log_level least, const char *role);

void event_begin(struct event *e, enum log_level level, const char *name);
void event_text(struct event *e, const char *key, const char *value);
void event_span(struct event *e, const char *key, struct span value);
void event_number(struct event *e, const char *key, int64_t value);
void event_end(struct event *e);

/* name + message="..." at once. */
void event_say(enum log_level level, const char *name, const char *fmt, ...) PRINTF(3, 4);

#endif
