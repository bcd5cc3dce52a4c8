/* Accounts that are set aside: a mail process died on them again and again, so that until an administrator clears them no mail process opens their
 * mail, and their neighbours live. Kept in data_dir/set-aside, so that a restart of the server does not forget them. */
#ifndef PROG_SUPER_SET_ASIDE_H
#define PROG_SUPER_SET_ASIDE_H

#include "base/why.h"
#include "conf/settings.h"

enum {
	SET_ASIDE_CRASHES = 3,         /* so many, of one account, */
	SET_ASIDE_WINDOW_MS = 3600000, /* within so long */
	SET_ASIDE_MAX = 1000,          /* accounts of one server; a fault that hits more is not theirs */
	SET_ASIDE_NAME = 256,
	CRASHES_KEPT = 256
};

struct set_aside_row {
	uint64_t account;
	uint32_t shard;
	int64_t since;             /* seconds since 1970 */
	char name[SET_ASIDE_NAME]; /* once auth has told it; not in the file */
};

struct set_aside {
	struct set_aside_row rows[SET_ASIDE_MAX];
	size_t n;
	struct crash {
		uint64_t account;
		uint32_t shard;
		int64_t at_ms;   /* monotonic */
	} crashes[CRASHES_KEPT]; /* a ring */
	size_t crash_count;
};

/* No file = none. FAIL_CORRUPT: the file says something else; what was read of it stands. */
FAILS set_aside_load(struct set_aside *a, const struct settings *s, struct why *w);
FAILS set_aside_save(const struct set_aside *a, const struct settings *s, struct why *w);

/* "#7": an account by its number, as one is named that was removed meanwhile. */
bool set_aside_number(struct span word, uint64_t *account_out);
/* NULL: it is not. */
struct set_aside_row *set_aside_find(struct set_aside *a, uint64_t account);
/* A process died on it: the new row when that was once too often, else NULL. */
struct set_aside_row *set_aside_crashed(
	struct set_aside *a, uint64_t account, uint32_t shard, int64_t now_ms, int64_t now);
/* Its crashes are forgotten too. False: it was not set aside. */
bool set_aside_clear(struct set_aside *a, uint64_t account);
/* The accounts of a shard; returns how many. */
size_t set_aside_of_shard(const struct set_aside *a, uint32_t shard, uint64_t out[SET_ASIDE_MAX]);

#endif
