/* Which accounts the log has, and which segments hold records of each: noted while a store is opened whose index is to be made anew. It notes
 * places, never what the records say. */
#include "base/memory.h"
#include "store/rebuild_inner.h"
#include "store/snapshot.h"

static struct rebuild_entry *place_of(struct rebuild_entry *table, size_t size, uint64_t account)
{
	size_t at = (size_t)(account * 0x9e3779b97f4a7c15u >> 20) & (size - 1);

	while (table[at].account && table[at].account != account)
		at = (at + 1) & (size - 1);
	return &table[at];
}

static void grow(struct rebuild *r)
{
	size_t size = r->size ? r->size * 2 : 256;
	struct rebuild_entry *table = memory_new(size * sizeof(*table));

	for (size_t i = 0; i < r->size; i++)
		if (r->table[i].account)
			*place_of(table, size, r->table[i].account) = r->table[i];
	free(r->table);
	r->table = table;
	r->size = size;
}

struct rebuild_entry *rebuild_find(const struct rebuild *r, uint64_t account)
{
	struct rebuild_entry *e = r->size ? place_of(r->table, r->size, account) : NULL;

	return e && e->account ? e : NULL;
}

static void note_segment(struct rebuild *r, uint64_t account, uint32_t segment)
{
	struct rebuild_entry *e;

	if (r->count * 2 >= r->size)
		grow(r);
	e = place_of(r->table, r->size, account);
	if (!e->account) {
		e->account = account;
		r->count++;
	}
	if (e->count && e->segments[e->count - 1] == segment)
		return;
	if (e->count == e->cap) {
		e->cap = e->cap ? e->cap * 2 : 2;
		e->segments = memory_resize_array(e->segments, e->cap, sizeof(*e->segments));
	}
	e->segments[e->count++] = segment;
}

uint64_t rebuild_account_of(uint8_t type, struct span payload)
{
	struct batch_head head;
	uint64_t account;
	uint8_t version, part;

	if (type == RECORD_BATCH && batch_head_decode(&payload, &head) == FAIL_NONE)
		return head.account;
	if (type == RECORD_SNAPSHOT && span_take_u8(&payload, &version) && version == SNAPSHOT_VERSION &&
		span_take_u8(&payload, &part) && span_take_varint(&payload, &account))
		return account;
	return 0;
}

static void pass_add(struct rebuild_pass *p, uint32_t segment)
{
	if (p->count && p->segments[p->count - 1] == segment)
		return;
	p->segments = memory_resize_array(p->segments, p->count + 1, sizeof(*p->segments));
	p->segments[p->count++] = segment;
}

enum fail rebuild_note(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w)
{
	struct rebuild *r = context;
	uint64_t account;

	if (type != RECORD_BATCH && type != RECORD_SNAPSHOT)
		return redo_record(&r->all.redo, pos, type, payload, w); /* who the store is */
	account = rebuild_account_of(type, payload);
	r->records++;
	pass_add(&r->all, pos.segment);
	if (account)
		note_segment(r, account, pos.segment);
	return FAIL_NONE;
}

enum fail rebuild_known(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w)
{
	struct rebuild *r = context;

	return redo_known(&r->all.redo, pos, type, payload, w);
}

void rebuild_rot(void *context, struct log_pos pos, const char *what)
{
	struct rebuild *r = context;

	redo_rot(&r->all.redo, pos, what);
}

bool rebuild_empty(const struct rebuild *r)
{
	return r->records == 0;
}

bool rebuild_has(const struct rebuild *r, uint64_t account)
{
	const struct rebuild_entry *e = rebuild_find(r, account);

	return !e || e->there;
}

void rebuild_accounts_fini(struct rebuild *r)
{
	for (size_t i = 0; i < r->size; i++)
		free(r->table[i].segments);
	free(r->table);
}
