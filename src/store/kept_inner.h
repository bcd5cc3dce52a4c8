/* Between the files that deal with kept messages: where they stand in the index, and how they come there and go. */
#ifndef STORE_KEPT_INNER_H
#define STORE_KEPT_INNER_H

#include "store/index_key.h"
#include "store/kept_block.h"

enum { KEPT_KEY_SIZE = 25 };

/* A block stands under the place of its first message; a mailbox that is gone under the batch that deleted it, and its id. */
static inline struct key kept_key(uint64_t account, enum key_kind kind, struct kept_place at)
{
	struct key k = key_begin(account, kind);

	key_add(&k, at.sequence, 8);
	key_add(&k, at.id, 8);
	return k;
}

static inline struct kept_place kept_key_place(struct span key)
{
	return (struct kept_place){get_be(key.p + 9, 8), get_be(key.p + 17, 8)};
}

static inline int kept_place_cmp(struct kept_place a, struct kept_place b)
{
	if (a.sequence != b.sequence)
		return a.sequence < b.sequence ? -1 : 1;
	return (a.id > b.id) - (a.id < b.id);
}

/* Where the place's window begins. */
static inline struct kept_place kept_window_begin(struct kept_place at)
{
	return (struct kept_place){at.sequence, kept_window_of(at.id)};
}

/* What stands under one key, appended. False: it cannot be what was written there. */
bool kept_take_block(struct span key, struct span value, struct kept_list *l);

#endif
