/* What POP3 offers, and says of it: capabilities.def (RFC 2449 §5, §6). */
#ifndef POP3_WIRE_CAPABILITY_H
#define POP3_WIRE_CAPABILITY_H

#include "base/buf.h"
#include "conf/capability_names.h"
#include "pop3/wire/language.h"

struct settings;

enum pop3_capability {
#define CAPABILITY(name, ...) POP3_CAN_##name,
#include "pop3/capabilities.def"
#undef CAPABILITY
	POP3_CAN_NONE, /* of a command that is always there */
};

/* Which are offered: all but those that an administrator has switched off. */
struct pop3_capabilities {
	uint32_t off; /* a bit each */
};
_Static_assert(POP3_CAN_NONE < 32, "struct pop3_capabilities has a bit for each");
bool pop3_capability_on(const struct pop3_capabilities *set, enum pop3_capability c);
/* All tags, in the order of the enum. */
size_t pop3_capability_names(const struct capability_name **out);
/* What the settings leave to who came to that listener: pop3_listen's, or pop3s_listen's. */
struct pop3_capabilities pop3_capabilities_of(const struct settings *s, bool tls_listener);
/* Switches off what is named besides, in any case. What is no name of POP3's is passed over: an account's list has IMAP's too. */
void pop3_capabilities_switch_off(struct pop3_capabilities *set, struct span list);

/* What CAPA depends on. */
struct pop3_offer {
	struct pop3_capabilities set;
	bool stls;            /* a handshake may still be started */
	bool login;           /* a password is accepted as the connection stands (or was) */
	char expire[32];      /* argument of EXPIRE, "" = it is not offered */
	uint64_t login_delay; /* seconds; 0 = LOGIN-DELAY is not offered */
};
/* EXPIRE's argument (RFC 2449 §6.7): whole days; `seconds` below 0: never. `user`: it is another for some accounts, and who asks is not known. */
void pop3_offer_expire(struct pop3_offer *o, int64_t seconds, bool user);
/* The multi-line answer to CAPA, in `l`. */
void pop3_capa(struct buf *out, enum pop3_language l, const struct pop3_offer *o);

#endif
