/* Settings that renew themselves while sessions go on with theirs. */
#ifndef PROG_KEPT_SETTINGS_H
#define PROG_KEPT_SETTINGS_H

#include "conf/settings.h"

/* One settings object, alive while somebody holds it: sessions keep theirs across a reload. */
struct kept_settings {
	struct settings *s;
	unsigned refs;
};
/* Takes `s` over; held once. */
struct kept_settings *kept_settings_new(struct settings *s);
struct kept_settings *kept_settings_ref(struct kept_settings *k);
void kept_settings_unref(struct kept_settings *k); /* NULL is fine */

/* A file's text, then `key=value` lines that are stronger. NULL: all problems are in `problems`. */
struct settings *settings_from(struct span text, struct span overrides, struct settings_problems *problems);
/* The setting, or the machine's own name. */
void settings_hostname(const struct settings *s, char *dst, size_t size);

#endif
