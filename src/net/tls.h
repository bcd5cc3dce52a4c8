/* TLS: the server's certificate and rules, shared by the streams that use them. OpenSSL 3, TLS 1.2 or newer. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/span.h"
#include "base/why.h"

struct tls_context;

struct tls_tickets { /* what session tickets are sealed with */
	uint8_t key[80];
};

/* From PEM bytes: a certificate chain (leaf first) and its private key. `min` is "1.2" or "1.3". FAIL_CONFIG with a sentence for people: no
 * certificate in it, key does not fit, expired. */
FAILS tls_context_new(struct span chain, struct span key, const char *min, struct tls_context **out, struct why *w);
struct tls_context *tls_context_ref(struct tls_context *t);
void tls_context_unref(struct tls_context *t); /* NULL is fine */

/* Tickets that one process gave can then be redeemed with another that has the same; without it each context has a secret of its own. */
void tls_context_use_tickets(struct tls_context *t, const struct tls_tickets *tickets);

/* What the certificate says of itself, for `barid check` and the log: seconds since 1970 when it expires. */
int64_t tls_context_expires(const struct tls_context *t);

#endif
