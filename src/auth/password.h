/* Passwords against crypt(5) hashes. Every call here takes milliseconds by design: on a worker thread only (auth/verifier.h), or in
 * a program that has nothing else to do. Thread-safe; what it copies of a password is wiped. */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include "base/span.h"
#include "base/why.h"

enum { PASSWORD_MAX = 511 }; /* octets that crypt(3) takes */

/* A yescrypt hash with a fresh salt; `dst` has PASSWORD_HASH_MAX + 1 octets. FAIL_CANNOT: empty, too long or with a NUL. */
FAILS password_hash(struct span password, char *dst, size_t size, struct why *w);
/* Whether `password` is the one that `hash` was made of. `hash` NULL = no such account: takes as long as a yescrypt hash, and is
 * false. */
bool password_verify(struct span password, const char *hash);
/* Whether crypt(3) can verify it: yescrypt, bcrypt, sha512 and the others that it knows and calls safe enough. */
bool password_hash_valid(const char *hash);

#endif
