/* The sockets that super binds and the fronts accept from. */
#ifndef PROG_SUPER_LISTENERS_H
#define PROG_SUPER_LISTENERS_H

#include "base/why.h"
#include "conf/settings.h"

enum { LISTENERS_MAX = 192 };

struct listener {
	int fd;
	char address
		[128]; /* "127.0.0.1:1143", "[::]:143", or the path of a unix socket: its name in messages and in the status */
	const char *protocol;
	bool tls; /* from the first byte */
	bool old; /* during a reload: has not been asked for again yet */
};

struct listeners {
	struct listener at[LISTENERS_MAX];
	size_t n;
};

/* Binds what the settings ask for and `l` does not have yet; what is asked for no more stays, marked `old`. On failure `l` is as before and the
 * sentence names the address, the setting and the remedy: FAIL_BUSY (in use), FAIL_NO_PERMISSION, FAIL_CONFIG. */
FAILS listeners_open(struct listeners *l, const struct settings *s, struct why *w);
/* Closes and forgets one. */
void listeners_close(struct listeners *l, size_t i);

#endif
