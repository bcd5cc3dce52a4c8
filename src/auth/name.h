/* Account names and delivery addresses as names: `alice` or `alice@example.org`. Compared in ASCII lower case, other characters
 * as they are or composed (NFC, RFC 6532 §3.1): the same letters come as one code point or as several, by the system they were typed on. The
 * labels of a domain are compared as they are written: a U-label and its A-label are two. */
#ifndef AUTH_NAME_H
#define AUTH_NAME_H

#include "base/buf.h"
#include "base/why.h"

enum { NAME_MAX_OCTETS = 255, DETAIL_MAX = 200 };

struct name {
	char text[NAME_MAX_OCTETS + 1]; /* lower-cased, NUL-terminated */
	size_t n;
	size_t local; /* octets before the last '@'; n when there is none */
};

/* What a new account may be called. FAIL_CANNOT with the rule that it breaks. */
FAILS name_check(struct span text, struct why *w);
/* A name to look for; false when no account can have it (empty, too long, a NUL). */
MUST_USE bool name_fold(struct span text, struct name *out);
/* The composed form (NFC) of a name, NUL-terminated. False when that is no other than `text`, when `text` is not UTF-8, or when there is no room. */
MUST_USE bool name_compose(struct span text, char *dst, size_t size);
/* Splits the detail off the local part at the first `delimiter` (text "" = never): `user+detail@domain` becomes `user@domain`.
 * False when there is none. `detail` (as written) has DETAIL_MAX + 1 octets; a longer one is cut to nothing. */
MUST_USE bool name_split_detail(struct span address, const char *delimiter, struct name *out, char *detail);

/* Splits a login name that names its device: `account/device`, where the account may be `user@domain`; no account's name has a slash. False when it
 * names none, or one that is longer than DETAIL_MAX or not UTF-8. `device` (as written) has DETAIL_MAX + 1 octets. */
MUST_USE bool name_split_device(struct span login, struct span *account_out, char *device);

static inline struct span name_span(const struct name *n)
{
	return span(n->text, n->n);
}
static inline struct span name_local(const struct name *n)
{
	return span(n->text, n->local);
}

#endif
