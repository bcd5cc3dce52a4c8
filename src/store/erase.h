/* The end of an account's mail, for good: all mailboxes and all that was kept, in one change of the log. Its id is never used again. */
#ifndef STORE_ERASE_H
#define STORE_ERASE_H

#include "store/store.h"

/* FAIL_NONE: there is no mail of that account (any more). FAIL_BUSY: done follows. Whoever has it open sees its mailboxes deleted, and can
 * open it no more (FAIL_NOT_FOUND). */
FAILS account_erase(struct store *s, uint64_t id, struct store_wait *w);

#endif
