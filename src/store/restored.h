/* A store that came from a backup is older than what clients remember of it. */
#ifndef STORE_RESTORED_H
#define STORE_RESTORED_H

#include "store/store.h"

/* Every mailbox of every account gets a higher UIDVALIDITY, so that no client takes a UID for another message's; ids of messages go on from
 * now, so that no POP3 client takes a UIDL for another's. Before the store serves; waits for the disk. Doing it twice does no harm. *left_out: accounts that are set
 * aside, and stay as they were: to be done once more. */
FAILS store_restored(struct store *s, uint64_t *mailboxes_out, uint64_t *left_out, struct why *w);

#endif
