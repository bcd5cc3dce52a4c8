/* Rows of messages as the index has them: many to a value, as columns (doc/STORE-FORMAT.md, "The rows of the index"). Pure: rows in, bytes out. */
#ifndef STORE_INDEX_BLOCK_H
#define STORE_INDEX_BLOCK_H

#include "store/row.h"
#include "store/uidls.h"

/* Messages a block: a power of two. A block is the messages whose uids differ in the lowest bits only. */
enum { BLOCK_MESSAGES_MAX = 64, BLOCK_VALUE_MAX = 16 << 10 };

/* Appends `n` rows, 1 to BLOCK_MESSAGES_MAX, of one block that begins with uid `base`; ascending uids. `uidls` has those that were imported. */
void block_encode(const struct row *rows, size_t n, uint32_t base, const struct uidls *uidls, struct buf *out);
/* Appends the rows to `rows` and their imported UIDLs to `uidls` (NULL: not wanted). False, when malformed. */
bool block_decode(struct span in, uint32_t base, struct rows *rows, struct uidls *uidls);
/* Rows of whatever uids, 1 to BLOCK_MESSAGES_MAX, without UIDLs: appended to `out`; cut off `in`, false when malformed. */
void rows_encode(const struct row *rows, size_t n, struct buf *out);
bool rows_decode(struct span *in, struct row *rows, size_t n);

#endif
