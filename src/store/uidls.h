/* UIDLs that were imported with their messages (RFC 1939 §7), by uid: other messages' are made from their ids. */
#ifndef STORE_UIDLS_H
#define STORE_UIDLS_H

#include "base/span.h"

struct kept_uidl {
	uint32_t uid;
	char *text;
};
struct uidls {                /* zeroed: empty */
	struct kept_uidl *at; /* ascending uid */
	size_t n, cap;
};
/* The text, or NULL. */
const char *uidls_find(const struct uidls *u, uint32_t uid);
/* Copies the text; what was there for that uid goes. */
void uidls_keep(struct uidls *u, uint32_t uid, struct span text);
void uidls_forget(struct uidls *u, uint32_t uid);
void uidls_fini(struct uidls *u); /* leaves it empty */

#endif
