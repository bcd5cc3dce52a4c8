/* A block's bytes: which uids of it are there, as bits (their number of bytes, then they, little-endian); then column after column, each as its least value and how far each row lies
 * above it, in as few bytes as the farthest needs; then the imported UIDLs, if there are any. Neighbours are alike, so most columns
 * take none to three bytes a message, and reading them is a walk over plain arrays. */
#include "store/index_block.h"

#include "base/memory.h"

enum {
	COLUMN_FLAGS,
	COLUMN_MODSEQ,
	COLUMN_ID,
	COLUMN_DATE,
	COLUMN_SEGMENT,
	COLUMN_OFFSET,
	COLUMN_PREFIX_SEGMENT,
	COLUMN_PREFIX_OFFSET,
	COLUMN_SIZE,
	COLUMN_SAVE_DATE,
	COLUMN_ZONE,
	COLUMN_PREFIX,
	COLUMNS
};
enum { COLUMN_BYTES_MAX = 1 + 8 + 8 * BLOCK_MESSAGES_MAX };

static void take_apart(const struct row *rows, size_t n, int64_t at[COLUMNS][BLOCK_MESSAGES_MAX])
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];

		at[COLUMN_FLAGS][i] = (int64_t)r->flags;
		at[COLUMN_MODSEQ][i] = (int64_t)r->modseq;
		at[COLUMN_ID][i] = (int64_t)r->id;
		at[COLUMN_DATE][i] = r->internal_date;
		at[COLUMN_SEGMENT][i] = r->body.segment;
		at[COLUMN_OFFSET][i] = r->body.offset;
		at[COLUMN_PREFIX_SEGMENT][i] = r->prefix_pos.segment;
		at[COLUMN_PREFIX_OFFSET][i] = r->prefix_pos.offset;
		at[COLUMN_SIZE][i] = r->size;
		at[COLUMN_SAVE_DATE][i] = r->save_date;
		at[COLUMN_ZONE][i] = r->zone;
		at[COLUMN_PREFIX][i] = r->prefix;
	}
}

/* Numbers that no row can have are cut off here: the log's reader has refused them, so only rot could bring them. */
static void put_together(struct row *rows, size_t n, int64_t at[COLUMNS][BLOCK_MESSAGES_MAX])
{
	for (size_t i = 0; i < n; i++) {
		struct row *r = &rows[i];

		r->flags = (uint64_t)at[COLUMN_FLAGS][i];
		r->modseq = (uint64_t)at[COLUMN_MODSEQ][i];
		r->id = (uint64_t)at[COLUMN_ID][i];
		r->internal_date = at[COLUMN_DATE][i];
		r->body = (struct log_pos){(uint32_t)at[COLUMN_SEGMENT][i], (uint32_t)at[COLUMN_OFFSET][i]};
		r->prefix_pos =
			(struct log_pos){(uint32_t)at[COLUMN_PREFIX_SEGMENT][i], (uint32_t)at[COLUMN_PREFIX_OFFSET][i]};
		r->size = (uint32_t)at[COLUMN_SIZE][i];
		r->save_date = (uint32_t)at[COLUMN_SAVE_DATE][i];
		r->zone = (int16_t)at[COLUMN_ZONE][i];
		r->prefix = (uint16_t)at[COLUMN_PREFIX][i];
	}
}

/* ── A column: width (byte), least value (8 bytes, little-endian, as few as there are), then the differences ── */

static char *put_little(char *p, uint64_t v, unsigned bytes)
{
	for (; bytes; bytes--, v >>= 8)
		*p++ = (char)(v & 0xff);
	return p;
}

static unsigned bytes_of(uint64_t v)
{
	return v ? (unsigned)(64 - __builtin_clzll(v) + 7) / 8 : 0;
}

/* So that small numbers below 0 are short too. */
static uint64_t zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static char *put_column(char *p, const int64_t *at, size_t n)
{
	int64_t least = at[0], most = at[0];
	unsigned width, base;

	for (size_t i = 1; i < n; i++) {
		least = at[i] < least ? at[i] : least;
		most = at[i] > most ? at[i] : most;
	}
	width = bytes_of((uint64_t)most - (uint64_t)least);
	base = bytes_of(zigzag(least));
	*p++ = (char)(width << 4 | base);
	p = put_little(p, zigzag(least), base);
	for (size_t i = 0; width && i < n; i++)
		p = put_little(p, (uint64_t)at[i] - (uint64_t)least, width);
	return p;
}

static uint64_t get_little(const char *p, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)(unsigned char)p[i] << 8 * i;
	return v;
}

static bool take_column(struct span *in, int64_t *at, size_t n)
{
	unsigned width, base;
	uint64_t least;
	const char *p;

	if (!in->n)
		return false;
	width = (unsigned char)in->p[0] >> 4;
	base = (unsigned char)in->p[0] & 15;
	if (width > 8 || base > 8 || in->n < 1 + base + n * width)
		return false;
	least = (uint64_t)unzigzag(get_little(in->p + 1, base));
	p = in->p + 1 + base;
	for (size_t i = 0; i < n; i++, p += width)
		at[i] = (int64_t)(least + get_little(p, width));
	*in = span_skip(*in, 1 + base + n * width);
	return true;
}

/* ── UIDLs: for each, its place among the rows (byte), then the text, counted ── */

static void put_uidls(const struct row *rows, size_t n, const struct uidls *uidls, struct buf *out)
{
	for (size_t i = 0; uidls->n && i < n; i++) {
		const char *text = uidls_find(uidls, rows[i].uid);

		if (!text)
			continue;
		buf_add_u8(out, (uint8_t)i);
		buf_add_counted(out, span_of(text));
	}
}

static bool take_uidls(struct span in, const struct row *rows, size_t n, struct uidls *uidls)
{
	struct span text;
	uint8_t i;

	while (in.n) {
		if (!span_take_u8(&in, &i) || i >= n || !span_take_counted(&in, &text))
			return false;
		if (uidls)
			uidls_keep(uidls, rows[i].uid, text);
	}
	return true;
}

/* ── A block ── */

static char *put_columns(char *p, const struct row *rows, size_t n)
{
	int64_t at[COLUMNS][BLOCK_MESSAGES_MAX];

	take_apart(rows, n, at);
	for (int c = 0; c < COLUMNS; c++)
		p = put_column(p, at[c], n);
	return p;
}

static bool take_columns(struct span *in, struct row *rows, size_t n)
{
	int64_t at[COLUMNS][BLOCK_MESSAGES_MAX];

	for (int c = 0; c < COLUMNS; c++)
		if (!take_column(in, at[c], n))
			return false;
	put_together(rows, n, at);
	return true;
}

void block_encode(const struct row *rows, size_t n, uint32_t base, const struct uidls *uidls, struct buf *out)
{
	char bytes[9 + COLUMNS * COLUMN_BYTES_MAX], *p = bytes;
	uint64_t there = 0;

	for (size_t i = 0; i < n; i++)
		there |= (uint64_t)1 << (rows[i].uid - base);
	*p++ = (char)bytes_of(there);
	p = put_little(p, there, bytes_of(there));
	p = put_columns(p, rows, n);
	buf_add(out, span(bytes, (size_t)(p - bytes)));
	put_uidls(rows, n, uidls, out);
}

bool block_decode(struct span in, uint32_t base, struct rows *rows, struct uidls *uidls)
{
	uint64_t there;
	struct row *first;
	uint8_t width;
	size_t n;

	if (!span_take_u8(&in, &width) || !width || width > 8 || in.n < width)
		return false;
	there = get_little(in.p, width);
	n = (size_t)__builtin_popcountll(there);
	in = span_skip(in, width);
	if (!n || (unsigned)(63 - __builtin_clzll(there)) > UINT32_MAX - base)
		return false;
	first = rows_add_many(rows, n);
	if (!take_columns(&in, first, n)) {
		rows->n -= n;
		return false;
	}
	for (size_t i = 0; i < n; i++, there &= there - 1)
		first[i].uid = base + (uint32_t)__builtin_ctzll(there);
	return take_uidls(in, first, n, uidls);
}

/* ── Rows of whatever uids ── */

void rows_encode(const struct row *rows, size_t n, struct buf *out)
{
	int64_t uids[BLOCK_MESSAGES_MAX];
	char bytes[(1 + COLUMNS) * COLUMN_BYTES_MAX], *p;

	for (size_t i = 0; i < n; i++)
		uids[i] = rows[i].uid;
	p = put_columns(put_column(bytes, uids, n), rows, n);
	buf_add(out, span(bytes, (size_t)(p - bytes)));
}

bool rows_decode(struct span *in, struct row *rows, size_t n)
{
	int64_t uids[BLOCK_MESSAGES_MAX];

	if (!n || n > BLOCK_MESSAGES_MAX || !take_column(in, uids, n) || !take_columns(in, rows, n))
		return false;
	for (size_t i = 0; i < n; i++)
		rows[i].uid = (uint32_t)uids[i];
	return true;
}
