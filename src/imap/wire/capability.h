/* What the server says that it can do: capabilities.def. */
#ifndef IMAP_WIRE_CAPABILITY_H
#define IMAP_WIRE_CAPABILITY_H

#include "base/buf.h"
#include "conf/capability_names.h"

struct settings;

enum capability {
#define CAPABILITY(name, ...) CAPABILITY_##name,
#include "imap/capabilities.def"
#undef CAPABILITY
	CAPABILITY_COUNT
};

/* Which are offered: all but those that an administrator has switched off, for clients that stumble over one. */
struct capabilities {
	uint64_t off; /* a bit each */
};
_Static_assert(CAPABILITY_COUNT <= 64, "struct capabilities has a bit for each");
/* NULL: all. */
bool capability_on(const struct capabilities *set, enum capability c);
/* All names, as CAPABILITY shows them, without a number behind ("APPENDLIMIT"), in the order of the enum. */
size_t capability_names(const struct capability_name **out);
/* What the settings leave to who came to that listener: imap_listen's, or imaps_listen's. */
struct capabilities capabilities_of(const struct settings *s, bool tls_listener);
/* Switches off what is named besides, in any case. What is no name of IMAP's is passed over: an account's list has POP3's too. */
void capabilities_switch_off(struct capabilities *set, struct span list);
/* The longest literal that is taken without being asked for: by LITERAL+, or LITERAL- where it is offered instead (`minus`: imap_literal_minus). */
uint64_t capabilities_unasked_max(const struct capabilities *set, bool minus);

/* How things stand, for what is shown. */
struct capability_view {
	bool logged_in;
	bool tls_startable;    /* not secured, and STARTTLS would work */
	bool secret_ok;        /* a password is accepted as the connection stands */
	bool literal_minus;    /* of RFC 7888's two the lesser is offered */
	uint64_t append_limit; /* octets; once logged in */
	const struct capabilities *set;
};
/* "IMAP4rev1 CHILDREN ..." */
void print_capabilities(struct buf *out, const struct capability_view *v);

#endif
