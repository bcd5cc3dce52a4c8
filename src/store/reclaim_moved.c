/* Bodies that were moved in this round: several messages may name one, which is written once. */
#include "base/memory.h"
#include "store/reclaim_inner.h"

static size_t moved_place(const struct reclaimer *r, struct log_pos from)
{
	uint64_t h = ((uint64_t)from.segment << 32 | from.offset) * 0x9e3779b97f4a7c15u;
	size_t at = (size_t)(h >> 20) & (r->moved_cap - 1);

	while (r->moved[at].from.segment && log_pos_cmp(r->moved[at].from, from))
		at = (at + 1) & (r->moved_cap - 1);
	return at;
}

bool reclaim_find_moved(const struct reclaimer *r, struct log_pos from, struct log_pos *to_out)
{
	size_t at = r->moved_cap ? moved_place(r, from) : 0;

	if (!r->moved_cap || !r->moved[at].from.segment)
		return false;
	*to_out = r->moved[at].to;
	return true;
}

void reclaim_remember_moved(struct reclaimer *r, struct log_pos from, struct log_pos to)
{
	if (r->moved_count * 2 >= r->moved_cap) {
		struct moved *old = r->moved;
		size_t cap = r->moved_cap;

		r->moved_cap = cap ? cap * 2 : 256;
		r->moved = memory_new(r->moved_cap * sizeof(*r->moved));
		for (size_t i = 0; i < cap; i++)
			if (old[i].from.segment)
				r->moved[moved_place(r, old[i].from)] = old[i];
		free(old);
	}
	r->moved[moved_place(r, from)] = (struct moved){from, to};
	r->moved_count++;
}
