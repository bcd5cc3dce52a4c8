/* A small blocking IMAP client for import and export: over a connection that is logged in already. Holds one response at a time in memory,
 * the largest of which is one message. */
#ifndef PROG_COMMAND_IMAP_CLIENT_H
#define PROG_COMMAND_IMAP_CLIENT_H

#include "base/buf.h"
#include "base/why.h"
#include "conf/settings.h"

struct imap_client;

/* A session of `account` through the running server's admin socket. FAIL_BUSY (no server runs), FAIL_NOT_FOUND (no such account),
 * FAIL_NO_PERMISSION, FAIL_UNAVAILABLE. */
FAILS imap_client_log_in(const struct settings *s, const char *account, struct imap_client **out, struct why *w);
void imap_client_close(struct imap_client *c); /* says LOGOUT; NULL is fine */

/* Begins a command: "xN " is queued, its rest follows by imap_put. The number N. */
unsigned imap_begin(struct imap_client *c);
/* Queues bytes, and sends them when there are many. */
FAILS imap_put(struct imap_client *c, struct span bytes, struct why *w);

struct imap_response {
	struct span
		text; /* without "* " or "xN ", and without the last CRLF; literals stand in it as "{n}CRLF bytes". Until the next call */
	unsigned tag; /* N of a tagged one, 0 = untagged */
};
/* Sends what is queued and reads the next response. FAIL_CLOSED: the server said BYE, its words in `w`. */
FAILS imap_next(struct imap_client *c, struct imap_response *out, struct why *w);
/* Reads on until command `tag` is answered; untagged responses go to `each` (or nowhere). FAIL_CANNOT: NO or BAD, its text in `w`. */
FAILS imap_finish(
	struct imap_client *c, unsigned tag, void (*each)(void *ctx, struct span text), void *ctx, struct why *w);

/* Queues a mailbox name (UTF-8) as it goes over the wire. */
FAILS imap_put_mailbox(struct imap_client *c, struct span name, struct why *w);
/* Cuts a string or atom off the front of a response's text: quoted (backslashes undone, appended to `space`), literal or atom. */
bool imap_take_string(struct span *text, struct buf *space, struct span *out);

#endif
