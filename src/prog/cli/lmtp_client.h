/* A small blocking LMTP client (RFC 2033) of this server's own socket. */
#ifndef PROG_CLI_LMTP_CLIENT_H
#define PROG_CLI_LMTP_CLIENT_H

#include "base/why.h"
#include "conf/settings.h"

struct lmtp_client;

struct lmtp_reply {
	unsigned code;
	char text[256]; /* of the last line, printable */
};

/* FAIL_UNAVAILABLE: no server listens there. Any failure of these calls ends the connection's use. */
FAILS lmtp_open(const struct settings *s, struct lmtp_client **out, struct why *w);
void lmtp_close(struct lmtp_client *l); /* NULL is fine */
FAILS lmtp_hello(struct lmtp_client *l, struct why *w);
FAILS lmtp_mail(struct lmtp_client *l, const char *sender, struct why *w);
FAILS lmtp_rcpt(struct lmtp_client *l, const char *recipient, struct lmtp_reply *out, struct why *w);
/* DATA and all that `fd` has to give: bare LF becomes CR LF, dots are stuffed. The replies follow: one for each accepted recipient. */
FAILS lmtp_message(struct lmtp_client *l, int fd, struct why *w);
FAILS lmtp_reply(struct lmtp_client *l, struct lmtp_reply *out, struct why *w);

/* What DATA makes of a piece of a message; `*last` holds the last octet of the one before ('\n' at the start). For lmtp_message, and
 * its test. `out` has room for three octets for each of `in`. */
void lmtp_stuff(struct span in, char *last, struct buf *out);

#endif
