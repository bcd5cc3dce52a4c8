/* Who logged in when, as far as it still counts against the next login (RFC 2449 §6.5, LOGIN-DELAY): in memory, bounded. */
#ifndef AUTH_LOGIN_DELAY_H
#define AUTH_LOGIN_DELAY_H

#include "auth/table.h"
#include "base/list.h"

enum { LOGIN_DELAYS_MAX = 65536 }; /* past it the oldest is forgotten */

struct login_delays {
	struct table table;
	struct list by_age; /* oldest first */
};

void login_delays_init(struct login_delays *d);
void login_delays_fini(struct login_delays *d);
/* Whether `account`, by `device` (POP3; "" = none), may log in at `now`, `delay` ms (0 = at any time) after the last time that this was true; then this time counts. */
bool login_delay_over(struct login_delays *d, uint64_t account, struct span device, int64_t now, int64_t delay);

#endif
