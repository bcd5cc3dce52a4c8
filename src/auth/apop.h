/* APOP (RFC 1939 §7): its digest can only be checked by who has the secret itself. So the secret is a thing of its own, not the account's
 * password; it is there only for accounts that chose it, and stands in the accounts directory sealed (AES-256-GCM, bound to the account)
 * under a key in data_dir/auth/apop.key: the records alone, in a log or a backup of it, tell nothing. */
#ifndef AUTH_APOP_H
#define AUTH_APOP_H

#include "log/disk.h"

enum {
	APOP_SECRET_MAX = 255,
	APOP_SEALED_MAX = APOP_SECRET_MAX + 28, /* nonce and tag */
	APOP_DIGEST_OCTETS = 32,                /* MD5 in lower-case hex */
};

struct apop_key {
	uint8_t octets[32];
	bool known;
};

/* The key below `disk` (data_dir/auth), once: `key` keeps it. `make`: it is made, and durable, when there is none. May block.
 * FAIL_NOT_FOUND, FAIL_CORRUPT (of another length), FAIL_IO, FAIL_DISK_FULL. */
FAILS apop_key_load(struct disk *disk, bool make, struct apop_key *key, struct why *w);
/* Appends `secret`, prepared by SASLprep as a stored string (RFC 6856 §2.2), sealed for `account`. FAIL_CANNOT: empty, too long, or
 * what SASLprep refuses. */
FAILS apop_seal(const struct apop_key *key, uint64_t account, struct span secret, struct buf *out, struct why *w);
/* Whether `digest` is that of `timestamp` and the secret that was sealed for `account`. */
bool apop_matches(
	const struct apop_key *key, uint64_t account, struct span sealed, struct span timestamp, struct span digest);

#endif
