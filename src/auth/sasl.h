/* The server's side of SASL (RFC 4422) by GNU SASL: mechanisms that end in a name and a password, which the caller then verifies.
 * Steps take and give decoded bytes; nothing here waits. */
#ifndef AUTH_SASL_H
#define AUTH_SASL_H

#include "base/buf.h"
#include "base/why.h"

struct sasl;

enum sasl_result { SASL_CHALLENGE, SASL_CREDENTIALS, SASL_FAILED };

/* What a finished exchange claims; wiped by sasl_free. */
struct sasl_credentials {
	struct span user, password;
};

/* FAIL_CANNOT: no such mechanism here. Names in any case. */
FAILS sasl_new(struct span mechanism, struct sasl **out, struct why *w);
void sasl_free(struct sasl *s); /* at any point; NULL is fine */

/* The first step: `initial` {NULL, 0} = none came. Then one step a response. SASL_CHALLENGE: appended to `out`.
 * SASL_CREDENTIALS: sasl_credentials tells. SASL_FAILED: malformed, or another identity was asked for than the one that logs in. */
enum sasl_result sasl_begin(struct sasl *s, struct span initial, struct buf *out);
enum sasl_result sasl_step(struct sasl *s, struct span response, struct buf *out);
struct sasl_credentials sasl_credentials(const struct sasl *s);

/* A name in the form in which it is looked for (SASLprep, RFC 4013): "é" is one letter however a keyboard made it. False, nothing
 * written: it is ASCII, or no such form exists or fits. */
bool sasl_prepared_name(struct span name, char *dst, size_t size);

#endif
