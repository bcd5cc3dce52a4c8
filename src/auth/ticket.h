/* One-use tickets: what `front` gets after a login or for a recipient, in the place of an account. It means nothing by itself;
 * `mail` redeems it here, once, before it expires, for the very connection that it was made for. */
#ifndef AUTH_TICKET_H
#define AUTH_TICKET_H

#include "auth/name.h"
#include "auth/table.h"
#include "base/list.h"

enum { TICKET_OCTETS = 16, TICKETS_MAX = 32768 };

struct ticket {
	uint8_t kind;        /* login or delivery */
	uint32_t front;      /* which process asked, */
	uint64_t connection; /* and for which of its connections */
	uint64_t account;
	uint32_t shard;
	char detail[DETAIL_MAX + 1];
};

enum { TICKET_KINDS = 4 };
struct tickets {
	struct table table;
	struct list by_age[TICKET_KINDS]; /* oldest first; all of a kind live equally long */
};

void tickets_init(struct tickets *t);
void tickets_fini(struct tickets *t);
/* `now` and `lifetime` in ms of one clock. FAIL_LIMIT when TICKETS_MAX live ones are out. */
FAILS ticket_issue(
	struct tickets *t, const struct ticket *what, int64_t now, int64_t lifetime, uint8_t code_out[TICKET_OCTETS]);
/* What it stands for. FAIL_AUTH: unknown, used, expired, or made for another kind, front or connection; in each case it is used up. */
FAILS ticket_redeem(struct tickets *t, const uint8_t code[TICKET_OCTETS], uint8_t kind, uint32_t front,
	uint64_t connection, int64_t now, struct ticket *out);
/* The account is gone: so are its tickets. */
void tickets_drop_account(struct tickets *t, uint64_t account);
size_t tickets_count(const struct tickets *t);

#endif
