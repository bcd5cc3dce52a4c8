/* An index that is damaged is thrown away at the next opening: see condemn.c. */
#ifndef STORE_CONDEMN_H
#define STORE_CONDEMN_H

#include "store/store.h"

struct disk;

/* From here until condemn_end the store breaks when its index engine finds what it keeps unreadable. */
void condemn_watch(struct store *s);
void condemn_end(struct store *s); /* before the index is closed; also without condemn_watch */
/* While the store is being opened: whether that has happened. Then the mark has been left. */
bool condemn_if_rung(struct store *s);

/* What whoever asks is told when the index was damaged: it is there again in a moment. */
static inline enum fail condemn_answer(enum fail f)
{
	return f == FAIL_CORRUPT ? FAIL_UNAVAILABLE : f;
}

/* Whether the store below `disk` has a mark; takes it away, once the index has gone. */
bool condemned(struct disk *disk);
FAILS condemned_no_more(struct disk *disk, struct why *w);

#endif
