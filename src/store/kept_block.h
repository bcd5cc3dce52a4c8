/* Kept messages (kept.h) as the index has them: those that went with one change stand many to a value, in the order of their message ids.
 * Pure: messages in, bytes out. */
#ifndef STORE_KEPT_BLOCK_H
#define STORE_KEPT_BLOCK_H

#include "base/buf.h"
#include "store/row.h"

/* Kept messages of one change whose ids differ in the lowest ten bits only are a *window*. A block has some of a window, so what is read, sorted
 * and written again for one message is never more than that; blocks of one window may lie in between each other, as slices of the
 * change had them. */
enum { KEPT_WINDOW = 1024 };
static inline uint64_t kept_window_of(uint64_t id)
{
	return id & ~(uint64_t)(KEPT_WINDOW - 1);
}

struct kept_item {
	struct row row;
	uint64_t mailbox;
	uint32_t time;            /* when it went */
	uint32_t text_at, text_n; /* its imported UIDL; none: 0 octets */
};
struct kept_list { /* zeroed: empty */
	struct kept_item *at;
	size_t n, cap;
	struct buf texts;
};
/* Its text_at and text_n come from `uidl`. */
void kept_list_add(struct kept_list *l, const struct kept_item *item, struct span uidl);
struct span kept_list_uidl(const struct kept_list *l, const struct kept_item *item);
void kept_list_sort(struct kept_list *l); /* by message id */
/* NULL, when it is not there. The list is sorted. */
struct kept_item *kept_list_find(const struct kept_list *l, uint64_t id);
void kept_list_remove(struct kept_list *l, struct kept_item *item);
void kept_list_reset(struct kept_list *l); /* empties it, keeps its memory */
void kept_list_fini(struct kept_list *l);

/* Appends a block of items from the `from`th on, 1 to BLOCK_MESSAGES_MAX; returns how many. The list is sorted. */
size_t kept_block_encode(const struct kept_list *l, size_t from, struct buf *out);
/* Appends the block's items. False, when malformed. */
bool kept_block_decode(struct span in, struct kept_list *l);

#endif
