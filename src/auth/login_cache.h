/* Passwords that were verified a while ago, as keyed digests in memory: so that a client that logs in every minute costs a digest
 * and no yescrypt. A key holds the account, its stored hash and the password: none of them can change without missing. */
#ifndef AUTH_LOGIN_CACHE_H
#define AUTH_LOGIN_CACHE_H

#include "auth/directory.h"
#include "base/list.h"

enum { LOGIN_CACHE_MAX = 16384 };

struct login_cache {
	struct table table;
	struct list by_age; /* oldest first */
	int64_t lifetime;   /* ms; 0 = off */
};

void login_cache_init(struct login_cache *c, int64_t lifetime);
void login_cache_fini(struct login_cache *c);
/* Another lifetime; what is there is forgotten. */
void login_cache_set_lifetime(struct login_cache *c, int64_t lifetime);
bool login_cache_has(struct login_cache *c, const struct account_row *row, struct span password, int64_t now);
void login_cache_add(struct login_cache *c, const struct account_row *row, struct span password, int64_t now);
/* The account's password has changed, or it is gone or locked. */
void login_cache_drop_account(struct login_cache *c, uint64_t account);

#endif
