/* What the server says that it can do: capabilities.def. */
#ifndef IMAP_WIRE_CAPABILITY_H
#define IMAP_WIRE_CAPABILITY_H

#include "base/buf.h"

enum capability {
#define CAPABILITY(name, ...) CAPABILITY_##name,
#include "imap/capabilities.def"
#undef CAPABILITY
	CAPABILITY_COUNT
};

/* How things stand, for what is shown. */
struct capability_view {
	bool logged_in;
	bool tls_startable;    /* not secured, and STARTTLS would work */
	bool secret_ok;        /* a password is accepted as the connection stands */
	uint64_t append_limit; /* octets; once logged in */
};
/* "IMAP4rev1 CHILDREN ..." */
void print_capabilities(struct buf *out, const struct capability_view *v);

/* Switches one on or off in this process (all are on at first): for clients that stumble over one. */
void capability_set(enum capability c, bool on);
bool capability_on(enum capability c);

#endif
