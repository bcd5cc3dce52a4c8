/* The accounts directory: who has mail here, which password opens it, which shard keeps it. A small store of its own: a log below
 * data_dir/auth/accounts, replayed into memory at opening (doc/ACCOUNTS-FORMAT.md). It knows hashes, never passwords.
 *
 * A change is durable before the call returns: it waits for one sync in the caller's thread. Changes are an administrator's, rare;
 * look-ups never wait. One process at a time has it open for writing (the lock on data_dir is the caller's). */
#ifndef AUTH_DIRECTORY_H
#define AUTH_DIRECTORY_H

#include "auth/apop.h"
#include "auth/name.h"
#include "auth/table.h"
#include "log/disk.h"

struct directory;

enum { PASSWORD_HASH_MAX = 383, DIRECTORY_SHARDS_MAX = 64, CAPABILITIES_OFF_MAX = 255 };

struct account_row {
	uint64_t id; /* from 1; never used again, also not after a removal */
	struct name name;
	char *hash; /* crypt(5) */
	uint32_t shard;
	int64_t created;  /* seconds since 1970 */
	bool disabled;    /* no login and no delivery */
	struct span apop; /* its secret for APOP, sealed (apop.h); empty = it has none. The row's own */
	/* Names of what IMAP and POP3 do not offer it: printable ASCII, empty = none. The row's own. */
	struct span capabilities_off;

	/* the directory's own */
	struct table_link by_name, by_local;
};

/* `disk` is data_dir/auth, and outlives the directory. Below it, "accounts" is made when missing (unless read_only). FAIL_IO,
 * FAIL_CONFIG as log_open; FAIL_CORRUPT also when anything in it that still counts cannot be read in
 * either of its copies. */
FAILS directory_open(struct disk *disk, bool read_only, struct directory **out, struct why *w);
void directory_close(struct directory *d);
/* Something in the log could not be read, and was there once more: nothing is missing, and it has been written anew (unless read_only). */
bool directory_was_damaged(const struct directory *d, uint32_t *segment_out, uint32_t *offset_out);

/* Rows live until the next change of the directory. NULL: nobody of that name or number. */
const struct account_row *directory_by_id(const struct directory *d, uint64_t id);
/* Exactly that name; else its composed form (name_compose), as everywhere below. */
const struct account_row *directory_by_name(const struct directory *d, struct span name);
/* Whom a login name means: the account of exactly that name; else for `alice@domain` the account `alice`; else for `alice` the
 * account `alice@domain`, when there is only one such domain. */
const struct account_row *directory_by_login(const struct directory *d, struct span login);
/* Whom an address delivers to: as a login name; then without its detail. `detail` has DETAIL_MAX + 1 octets, "" when there is none. */
const struct account_row *directory_resolve(
	const struct directory *d, struct span address, const char *delimiter, char *detail);
/* The i-th account in order of ids, or NULL past the end. */
const struct account_row *directory_at(const struct directory *d, size_t i);
size_t directory_count(const struct directory *d);

/* The changes. All may fail with FAIL_IO or FAIL_DISK_FULL: nothing is changed, and the next one finds a log that was opened anew; or, when that fails
 * too, with FAIL_UNKNOWN: nothing is changed for this process, but whoever opens the directory next may find the change or not. */

/* Under the composed form of its name, on the shard, of the first `shards`, that has the fewest accounts. FAIL_EXISTS, FAIL_CANNOT (name, hash). */
FAILS directory_add(
	struct directory *d, struct span name, const char *hash, uint32_t shards, uint64_t *id_out, struct why *w);
/* FAIL_NOT_FOUND. */
FAILS directory_set_hash(struct directory *d, uint64_t id, const char *hash, struct why *w);
FAILS directory_set_disabled(struct directory *d, uint64_t id, bool disabled, struct why *w);
/* A sealed secret for APOP, or "" = none. FAIL_NOT_FOUND, FAIL_CANNOT (too long). */
FAILS directory_set_apop(struct directory *d, uint64_t id, struct span sealed, struct why *w);
/* Names as conf/capability_names.h has them, or "" = none: which names there are is the protocols' to say. FAIL_NOT_FOUND, FAIL_CANNOT (too long, or no
 * printable ASCII). */
FAILS directory_set_capabilities_off(struct directory *d, uint64_t id, struct span names, struct why *w);
/* The row goes at once; that its mail is still there is remembered until directory_erased. `purge`: it is to go at once, too. FAIL_NOT_FOUND. */
FAILS directory_remove(struct directory *d, uint64_t id, bool purge, struct why *w);

/* Accounts that were removed and whose mail is still on the disk. */
struct departed_account {
	uint64_t id;
	uint32_t shard;
	int64_t removed; /* seconds since 1970 */
	bool purge;
};
/* The i-th of them in the order of their removals, or NULL past the end; lives until the next change. */
const struct departed_account *directory_departed(const struct directory *d, size_t i);
/* Its mail is gone. FAIL_NOT_FOUND. */
FAILS directory_erased(struct directory *d, uint64_t id, struct why *w);

#endif
