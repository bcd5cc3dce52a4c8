/* What was made of the messages of a mailbox, kept in memory so that it need not be made again: a text for a message, column by column; what a
 * column's texts are only its maker knows. For whoever asks the same of all messages again and again (SEARCH, SORT, THREAD).
 *
 * A message never changes, so a text is never too old. All columns of a store together stay within a bound; past it those go that were not
 * opened for the longest time. They are lost with the process. Nothing here waits. */
#ifndef STORE_COLUMNS_H
#define STORE_COLUMNS_H

#include "store/store.h"

enum {
	COLUMN_KINDS = 32,
	COLUMN_BLOCK = 64, /* UIDs: n * 64 to n * 64 + 63 lie together */
	COLUMN_TEXT_MAX = 8 << 10,
	COLUMNS_DEFAULT = 16 << 20,
};

/* The bound in octets, bookkeeping counted; at first COLUMNS_DEFAULT. 0: nothing is kept. */
void store_set_columns(struct store *s, uint64_t bytes);
uint64_t store_columns_bytes(const struct store *s);

struct column;
/* The column `kind` (< COLUMN_KINDS) of the mailbox, which stays open as long as it is; until column_close it is not thrown out. */
struct column *column_open(struct mailbox *m, unsigned kind);
void column_close(struct column *c); /* NULL is fine */

/* Keeps the text of `uid`, unless it is too long, or there is no room, or one is there. */
void column_put(struct column *c, uint32_t uid, struct span text);
/* False: it is not there. The text stands until the next put. */
bool column_get(struct column *c, uint32_t uid, struct span *text_out);

/* A block at once: which of its UIDs are there (bit 0: the first), and their texts one after the other, in any order. */
struct column_block {
	uint64_t there;
	struct span texts;
};
/* The block that `uid` is in; an empty one when nothing of it is there. Stands until the next put. */
struct column_block column_block(struct column *c, uint32_t uid);

#endif
