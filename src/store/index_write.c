/* Rows on their way into the index. Most stand many to a value, a block of uids together, so that a million open fast. But a delivery to a
 * mailbox that nobody has open must not read before it writes: its row goes under a key of its own. Such *singles* are put into their block when
 * the block is written anyway, when it is full, or once the mailbox is loaded; then they are deleted.
 *
 *   index_add_row ─► store->fresh (one block's) ─(the next block's, or the end of the batch)─► singles, or a block
 *   index_put_row, index_delete_row ─► mailbox->unwritten.changed ─(the end of the batch)─► blocks
 *
 * A block is written whole from the rows in memory, once a batch. Never reads the index. */
#include "base/memory.h"
#include "store/index_key.h"

enum {
	WORTH_A_BLOCK = 8,   /* new rows of one batch that are written as a block at once */
	PACKED_AT_ONCE = 16, /* blocks, in one turn of the loop */
	KEEP_CHANGED = 64,
};

static uint32_t base_of(const struct mailbox *m, uint32_t uid)
{
	return uid & ~(m->account->store->block - 1);
}

/* ── Which rows stand one by one ── */

void singles_note(struct singles *s, uint32_t uid, uint32_t block)
{
	uint32_t base = uid & ~(block - 1);
	size_t i = s->n;

	while (i && s->at[i - 1].base > base)
		i--;
	if (!i || s->at[i - 1].base != base) {
		if (s->n == s->cap) {
			s->cap = s->cap ? s->cap * 2 : 4;
			s->at = memory_resize_array(s->at, s->cap, sizeof(*s->at));
		}
		memmove(&s->at[i + 1], &s->at[i], (s->n - i) * sizeof(*s->at));
		s->at[i++] = (struct single_rows){base, 0};
		s->n++;
	}
	s->at[i - 1].bits |= (uint64_t)1 << (uid - base);
}

void singles_fini(struct singles *s)
{
	free(s->at);
	*s = (struct singles){0};
}

/* Those of one block, which are no more. */
static uint64_t singles_take(struct singles *s, uint32_t base)
{
	size_t lo = 0, hi = s->n;
	uint64_t bits;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->at[mid].base < base)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == s->n || s->at[lo].base != base)
		return 0;
	bits = s->at[lo].bits;
	s->n--;
	memmove(&s->at[lo], &s->at[lo + 1], (s->n - lo) * sizeof(*s->at));
	return bits;
}

/* ── Writing ── */

static void put_rows(struct mailbox *m, struct key k, const struct row *rows, size_t n, uint32_t base)
{
	char room[BLOCK_VALUE_MAX];
	struct buf value = {room, 0, sizeof(room), sizeof(room), false};

	block_encode(rows, n, base, &m->uidls, &value);
	kv_batch_put(&m->account->store->index, key_span(&k), buf_span(&value));
}

/* The block as it is in memory takes the place of whatever the index has of it. */
static void write_block(struct mailbox *m, uint32_t base)
{
	struct store *s = m->account->store;
	size_t first = rows_lower_bound(&m->rows, base), n = 0;
	struct key k = block_key(m, base);
	uint64_t singles = singles_take(&m->singles, base);

	while (first + n < m->rows.n && m->rows.p[first + n].uid - base < s->block)
		n++;
	if (n)
		put_rows(m, k, &m->rows.p[first], n, base);
	else
		kv_batch_delete(&s->index, key_span(&k));
	for (; singles; singles &= singles - 1) {
		k = single_key(m, base + (uint32_t)__builtin_ctzll(singles));
		kv_batch_delete(&s->index, key_span(&k));
	}
}

static void note_changed(struct mailbox *m, uint32_t base)
{
	struct unwritten *u = &m->unwritten;

	if (u->count && u->changed[u->count - 1] == base)
		return;
	if (u->count == u->cap) {
		u->cap = u->cap ? u->cap * 2 : 8;
		u->changed = memory_resize_array(u->changed, u->cap, sizeof(*u->changed));
	}
	u->changed[u->count++] = base;
}

static void put_singles(struct mailbox *m, const struct fresh_rows *f)
{
	for (size_t i = 0; i < f->n; i++) {
		uint32_t uid = f->rows[i].uid;

		put_rows(m, single_key(m, uid), &f->rows[i], 1, uid);
		if (m->state != ROWS_ABSENT)
			singles_note(&m->singles, uid, m->account->store->block);
	}
}

static void settle_fresh(struct store *s)
{
	struct fresh_rows *f = &s->fresh;
	struct mailbox *m = f->mailbox;
	bool many = f->n >= WORTH_A_BLOCK || f->n == s->block;

	f->mailbox = NULL;
	if (!m)
		return;
	if (m->state == ROWS_LOADED && (many || f->rows[f->n - 1].uid == f->base + (s->block - 1)))
		note_changed(m, f->base);
	else if (many && f->whole)
		put_rows(m, block_key(m, f->base), f->rows, f->n, f->base);
	else
		put_singles(m, f);
}

static void begin_fresh(struct mailbox *m, uint32_t base)
{
	struct store *s = m->account->store;
	struct singles *singles = &m->singles;

	settle_fresh(s);
	s->fresh.mailbox = m;
	s->fresh.base = base;
	s->fresh.n = 0;
	s->fresh.whole = m->unwritten.next <= base;
	/* The block before will get no more rows. */
	if (m->state == ROWS_LOADED && singles->n && singles->at[singles->n - 1].base < base)
		note_changed(m, singles->at[singles->n - 1].base);
}

void index_add_row(struct mailbox *m, const struct row *r)
{
	struct fresh_rows *f = &m->account->store->fresh;
	uint32_t base = base_of(m, r->uid);

	if (f->mailbox != m || f->base != base)
		begin_fresh(m, base);
	f->rows[f->n++] = *r;
	m->unwritten.next = r->uid + 1;
}

void index_put_row(struct mailbox *m, const struct row *r)
{
	note_changed(m, base_of(m, r->uid));
}

void index_delete_row(struct mailbox *m, const struct row *r, bool structure_too)
{
	note_changed(m, base_of(m, r->uid));
	if (structure_too)
		index_delete_structure(m->account, r->body);
}

static void free_changed(struct unwritten *u)
{
	free(u->changed);
	u->changed = NULL;
	u->count = u->cap = 0;
}

static int base_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void index_settle_rows(struct mailbox *m)
{
	struct unwritten *u = &m->unwritten;
	bool sorted = true;

	if (m->account->store->fresh.mailbox == m)
		settle_fresh(m->account->store);
	for (size_t i = 1; i < u->count && sorted; i++)
		sorted = u->changed[i - 1] <= u->changed[i];
	if (!sorted)
		qsort(u->changed, u->count, sizeof(*u->changed), base_cmp);
	for (size_t i = 0; i < u->count; i++)
		if (!i || u->changed[i] != u->changed[i - 1])
			write_block(m, u->changed[i]);
	u->count = 0;
	if (u->cap > KEEP_CHANGED)
		free_changed(u);
	if (m->state == ROWS_ABSENT)
		uidls_fini(&m->uidls);
}

void index_forget_rows(struct mailbox *m)
{
	struct store *s = m->account->store;

	if (s->fresh.mailbox == m)
		s->fresh.mailbox = NULL;
	list_remove(&m->packing);
	free_changed(&m->unwritten);
}

/* ── Packing what stands one by one ── */

void index_pack_if_due(struct mailbox *m)
{
	struct store *s = m->account->store;

	if (m->gone || m->singles.n < 2 || s->broken || s->read_only || s->opening)
		return;
	list_append(&s->packing, &m->packing);
	loop_defer(s->loop, &s->pack);
}

/* All blocks but the last, which gets more rows yet. */
static void pack_mailbox(struct mailbox *m)
{
	for (int i = 0; i < PACKED_AT_ONCE && m->singles.n > 1; i++)
		write_block(m, m->singles.at[m->singles.n - 2].base);
	if (m->singles.n < 2)
		list_remove(&m->packing);
}

void index_pack_some(struct deferred *d)
{
	struct store *s = CONTAINER_OF(d, struct store, pack);
	struct why w = {0};

	if (s->broken || list_empty(&s->packing))
		return;
	pack_mailbox(CONTAINER_OF(s->packing.next, struct mailbox, packing));
	if (index_write(s, &w))
		store_break(s, &w);
	else if (!list_empty(&s->packing))
		loop_defer(s->loop, &s->pack);
}
