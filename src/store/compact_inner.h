/* Between compact.c and compact_move.c. */
#ifndef STORE_COMPACT_INNER_H
#define STORE_COMPACT_INNER_H

#include "store/compact.h"
#include "store/inside.h"

struct segment_use {
	uint32_t number;
	uint64_t bytes, live;
	bool victim;
};

struct moved {
	struct log_pos from, to;
};

struct compacting {
	struct store *s;
	struct segment_use *segments;
	size_t segment_count;
	struct moved *moved; /* bodies that several messages name are written once */
	size_t moved_count, moved_cap;
	struct buf bytes;
	struct store_compaction *out;
	struct why *why;
};

struct segment_use *compact_segment(struct compacting *c, uint32_t number);
/* 0: the body is inline. */
uint64_t compact_chunk_count(const struct row *r);
FAILS compact_read_list(struct compacting *c, const struct row *r, struct buf *out);
bool compact_take_entry(struct span *list, struct log_pos *pos, uint32_t *n);
FAILS compact_move_mailbox(struct compacting *c, struct mailbox *m);
FAILS compact_move_kept(struct compacting *c, struct account *a);

#endif
