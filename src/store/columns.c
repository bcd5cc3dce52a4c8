/* Columns: blocks by UID, each with its texts in one piece of memory. Never reads the disk, never holds more than the bound.
 *
 * The texts of messages that are gone stay in their block; once they outnumber those that are there, the column begins anew. */
#include "store/columns.h"

#include "base/memory.h"
#include "store/inside.h"

enum {
	TEXTS_FIRST = 512, /* octets that a block begins with */
	DEAD_SPARED = 4 * COLUMN_BLOCK,
};

struct block {
	uint32_t number;
	uint32_t n, cap; /* of `texts` */
	uint64_t there;
	uint32_t at[COLUMN_BLOCK];
	uint16_t length[COLUMN_BLOCK];
	char *texts;
};

struct column {
	struct store *store;
	unsigned kind, open;
	struct list of_mailbox; /* in mailbox->columns */
	struct list by_age;     /* in store->columns.by_age, the one opened last at its end */
	struct block **blocks;  /* ascending number */
	size_t n, cap, last;    /* last: the block that was looked for last */
	size_t texts, bytes;
};

/* ── The bound ── */

static void take_bytes(struct column *c, size_t more, size_t less)
{
	c->bytes = c->bytes + more - less;
	c->store->columns.bytes = c->store->columns.bytes + more - less;
}

static void clear(struct column *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->blocks[i]->texts);
		free(c->blocks[i]);
	}
	free(c->blocks);
	take_bytes(c, 0, c->bytes);
	c->blocks = NULL;
	c->n = c->cap = c->last = c->texts = 0;
}

static void column_free(struct column *c)
{
	clear(c);
	list_remove(&c->of_mailbox);
	list_remove(&c->by_age);
	free(c);
}

/* Throws out what is oldest until `more` octets fit. False: they do not. */
static bool make_room(struct store *s, size_t more)
{
	LIST_EACH(it, &s->columns.by_age)
	{
		struct column *c = CONTAINER_OF(it, struct column, by_age);

		if (s->columns.bytes + more <= s->columns.most)
			return true;
		if (!c->open)
			column_free(c);
	}
	return s->columns.bytes + more <= s->columns.most;
}

void columns_init(struct store *s)
{
	list_init(&s->columns.by_age);
	s->columns.most = COLUMNS_DEFAULT;
}

void store_set_columns(struct store *s, uint64_t bytes)
{
	s->columns.most = bytes;
	(void)make_room(s, 0);
}

uint64_t store_columns_bytes(const struct store *s)
{
	return s->columns.bytes;
}

/* ── Opening ── */

struct column *column_open(struct mailbox *m, unsigned kind)
{
	struct store *s = m->account->store;
	struct column *c = NULL;

	LIST_EACH(it, &m->columns)
	{
		struct column *other = CONTAINER_OF(it, struct column, of_mailbox);

		if (other->kind == kind)
			c = other;
	}
	if (!c) {
		c = NEW(struct column);
		c->store = s;
		c->kind = kind;
		list_append(&m->columns, &c->of_mailbox);
		list_init(&c->by_age);
	}
	list_remove(&c->by_age);
	list_append(&s->columns.by_age, &c->by_age);
	if (!c->open && c->texts > 2 * m->rows.n + DEAD_SPARED)
		clear(c);
	c->open++;
	return c;
}

void column_close(struct column *c)
{
	if (!c)
		return;
	c->open--;
	if (!c->open && !c->n)
		column_free(c);
}

void columns_forget(struct mailbox *m)
{
	LIST_EACH(it, &m->columns)
	column_free(CONTAINER_OF(it, struct column, of_mailbox));
}

/* ── Blocks ── */

/* Index of the first block whose number is not below. Walks mostly go forward. */
static size_t lower_bound(struct column *c, uint32_t number)
{
	size_t lo = 0, hi = c->n;

	for (size_t i = c->last; i < c->n && i < c->last + 2; i++)
		if (c->blocks[i]->number == number)
			return c->last = i;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->blocks[mid]->number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return c->last = lo;
}

static struct block *find(struct column *c, uint32_t uid)
{
	uint32_t number = uid / COLUMN_BLOCK;
	size_t i = lower_bound(c, number);

	return i < c->n && c->blocks[i]->number == number ? c->blocks[i] : NULL;
}

/* NULL: there is no room. */
static struct block *add_block(struct column *c, uint32_t uid)
{
	size_t cap = c->n < c->cap ? c->cap : c->cap ? c->cap * 2 : 4;
	size_t more = sizeof(struct block) + TEXTS_FIRST + (cap - c->cap) * sizeof(*c->blocks), i;
	struct block *b;

	if (!make_room(c->store, more))
		return NULL;
	if (cap > c->cap)
		c->blocks = memory_resize_array(c->blocks, cap, sizeof(struct block *));
	c->cap = cap;
	b = NEW(struct block);
	b->number = uid / COLUMN_BLOCK;
	b->cap = TEXTS_FIRST;
	b->texts = memory_resize(NULL, TEXTS_FIRST);
	i = lower_bound(c, b->number);
	memmove(&c->blocks[i + 1], &c->blocks[i], (c->n - i) * sizeof(struct block *));
	c->blocks[i] = b;
	c->n++;
	take_bytes(c, more, 0);
	return b;
}

static bool grow(struct column *c, struct block *b, size_t n)
{
	size_t cap = b->cap;

	while (cap - b->n < n)
		cap *= 2;
	if (cap == b->cap)
		return true;
	if (!make_room(c->store, cap - b->cap))
		return false;
	b->texts = memory_resize(b->texts, cap);
	take_bytes(c, cap - b->cap, 0);
	b->cap = (uint32_t)cap;
	return true;
}

/* Nothing more comes. */
static void fit(struct column *c, struct block *b)
{
	b->texts = memory_resize(b->texts, b->n + 1);
	take_bytes(c, b->n + 1, b->cap);
	b->cap = b->n + 1;
}

void column_put(struct column *c, uint32_t uid, struct span text)
{
	struct block *b = find(c, uid);
	unsigned i = uid % COLUMN_BLOCK;

	if (text.n > COLUMN_TEXT_MAX || (b && b->there >> i & 1))
		return;
	if (!b)
		b = add_block(c, uid);
	if (!b || !grow(c, b, text.n))
		return;
	if (text.n)
		memcpy(b->texts + b->n, text.p, text.n);
	b->at[i] = b->n;
	b->length[i] = (uint16_t)text.n;
	b->n += (uint32_t)text.n;
	b->there |= (uint64_t)1 << i;
	c->texts++;
	if (b->there == UINT64_MAX)
		fit(c, b);
}

bool column_get(struct column *c, uint32_t uid, struct span *text_out)
{
	const struct block *b = find(c, uid);
	unsigned i = uid % COLUMN_BLOCK;

	if (!b || !(b->there >> i & 1))
		return false;
	*text_out = span(b->texts + b->at[i], b->length[i]);
	return true;
}

struct column_block column_block(struct column *c, uint32_t uid)
{
	const struct block *b = find(c, uid);

	return b ? (struct column_block){b->there, span(b->texts, b->n)} : (struct column_block){0};
}
