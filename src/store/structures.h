/* The structures of many messages, one after the other: what lies ahead is read in pages, since neighbours in a mailbox are mostly neighbours in the
 * index. For whoever walks a mailbox (FETCH, SEARCH); one message's is message_structure. */
#ifndef STORE_STRUCTURES_H
#define STORE_STRUCTURES_H

#include "store/store.h"

struct structures;

/* Keeps the account open. Holds no more than a page (STRUCTURES_PAGE_MAX) and the largest structure that was asked for. */
enum { STRUCTURES_PAGE_MAX = 512 << 10 };
struct structures *structures_begin(struct account *a);
void structures_end(struct structures *x); /* also while an answer is due, which then never comes; NULL is fine */
/* The structure (mime_structure_open), which stays until the next call. May wait (store.h); one at a time. */
FAILS structures_get(struct structures *x, const struct message *msg, struct span *out, struct store_wait *w);

#endif
