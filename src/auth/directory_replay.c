/* Every change stands in the log twice, not in the same sector, and the numbers tell whether one is missing altogether: INV-A6. */
#include "auth/directory_replay.h"

#include <openssl/crypto.h>

#include "base/memory.h"

void directory_replay_fini(struct directory_replay *r)
{
	for (size_t i = 0; i < r->n; i++) {
		OPENSSL_cleanse(r->at[i].record, r->at[i].n);
		free(r->at[i].record);
	}
	free(r->at);
	free(r->rot);
	*r = (struct directory_replay){0};
}

/* The first change from `number` on. */
static size_t place_of(const struct directory_replay *r, uint64_t number)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->at[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct change *insert(struct directory_replay *r, size_t i)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 64;
		r->at = memory_resize_array(r->at, r->cap, sizeof *r->at);
	}
	memmove(r->at + i + 1, r->at + i, (r->n - i) * sizeof *r->at);
	r->n++;
	r->at[i] = (struct change){0};
	return &r->at[i];
}

enum fail directory_replay_change(struct directory_replay *r, struct log_pos pos, struct span payload, struct why *w)
{
	enum directory_record kind;
	struct span record;
	struct change *c;
	uint64_t number;
	size_t i;
	enum fail f = change_record_get(payload, &number, &kind, &record, w);

	if (f)
		return f;
	i = place_of(r, number);
	c = i < r->n && r->at[i].number == number ? &r->at[i] : insert(r, i);
	c->last = pos;
	if (c->copies++)
		return FAIL_NONE;
	c->first = pos;
	c->number = number;
	c->kind = kind;
	c->n = record.n;
	c->record = memory_new(record.n + 1);
	memcpy(c->record, record.p, record.n);
	return FAIL_NONE;
}

void directory_replay_rot(struct directory_replay *r, struct log_pos pos)
{
	r->rot = memory_resize_array(r->rot, r->rot_n + 1, sizeof *r->rot);
	r->rot[r->rot_n++] = pos;
}

static enum fail damaged(struct log_pos pos, struct why *w)
{
	return why(w, FAIL_CORRUPT,
		"The accounts directory is damaged (segment %u, byte %u): put 'auth/accounts' back from a backup.",
		pos.segment, pos.offset);
}

/* Where the changes from the `first` on begin: what is bad before does not matter. */
static bool is_before(const struct directory_replay *r, size_t first, struct log_pos rot)
{
	if (first < r->n && r->at[first].copies > 1)
		return log_pos_cmp(rot, r->at[first].first) < 0;
	for (size_t i = 0; i < first; i++)
		if (log_pos_cmp(rot, r->at[i].last) < 0)
			return true;
	return false;
}

/* Only at the end can a change be missing without a gap in the numbers. Then both its copies are bad, and one place after the last change that is
 * known may be the end of its group, or its own second copy. */
static bool hides_one(const struct directory_replay *r)
{
	const struct change *last = &r->at[r->n - 1];
	size_t after = 0;

	for (size_t i = 0; i < r->rot_n; i++)
		after += log_pos_cmp(r->rot[i], last->last) > 0;
	return after > (last->copies < 2 ? 2 : 1);
}

enum fail directory_replay_end(
	const struct directory_replay *r, size_t *first_out, struct log_pos *rot_out, struct why *w)
{
	struct log_pos rot = {0, 0};
	size_t first = r->n;

	if (!r->n)
		return why(w, FAIL_NOT_FOUND, "The accounts directory has no numbered changes.");
	for (size_t i = 0; i < r->n; i++)
		if (r->at[i].kind == RECORD_ANEW)
			first = i;
	for (size_t i = 0; i < r->rot_n && !rot.segment; i++)
		if (!is_before(r, first, r->rot[i]))
			rot = r->rot[i];
	if (first == r->n || r->at[r->n - 1].number - r->at[first].number != r->n - 1 - first || hides_one(r))
		return damaged(rot, w);
	*first_out = first;
	*rot_out = rot;
	return FAIL_NONE;
}
