/* Owned, growable bytes with a cap that is given at birth. Growing past the cap is an ordinary failure
 * (FAIL_TOO_BIG, sticky until buf_reset), never an abort: the peer decides how much comes, we decide how much we keep.
 * When the machine itself has no memory, the process aborts: the supervisor starts it again. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/fail.h"
#include "base/span.h"

struct buf {
	char *p;
	size_t n;   /* bytes in use, from p */
	size_t cap; /* bytes allocated */
	size_t max; /* the most it may ever hold */
	bool over;  /* something did not fit: the content is cut */
};

/* An empty buffer that will hold at most `max` bytes; allocates nothing yet. */
void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b); /* frees; leaves an empty usable buffer; accepts a zeroed struct */
/* Empties, keeps the memory. */
static inline void buf_reset(struct buf *b)
{
	b->n = 0;
	b->over = false;
}

/* Room for `n` more bytes at the end: writable memory, or NULL when past the cap. Followed by buf_commit of what was used. */
char *buf_grow(struct buf *b, size_t n); /* buf_reserve when there is not enough yet */
static inline char *buf_reserve(struct buf *b, size_t n)
{
	return b->p && n <= b->cap - b->n ? b->p + b->n : buf_grow(b, n);
}
static inline void buf_commit(struct buf *b, size_t n)
{
	b->n += n;
}

/* Appends; FAIL_TOO_BIG and nothing added when it does not fit. The result may be ignored where `over` is looked at later. */
static inline enum fail buf_add(struct buf *b, struct span s)
{
	char *to = buf_reserve(b, s.n);

	if (!to)
		return FAIL_TOO_BIG;
	if (s.n)
		memcpy(to, s.p, s.n);
	b->n += s.n;
	return FAIL_NONE;
}
static inline enum fail buf_add_byte(struct buf *b, char c)
{
	return buf_add(b, span(&c, 1));
}
/* In decimal; in hexadecimal, lower case. */
enum fail buf_add_number(struct buf *b, uint64_t number);
enum fail buf_add_hex(struct buf *b, uint64_t number);
enum fail buf_addf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
#define buf_add_lit(b, literal) buf_add((b), SPAN(literal))
/* Big-endian and varint (LEB128) numbers, for formats on disk and between processes. */
enum fail buf_add_u8(struct buf *b, uint8_t v);
enum fail buf_add_u16(struct buf *b, uint16_t v);
enum fail buf_add_u32(struct buf *b, uint32_t v);
enum fail buf_add_u64(struct buf *b, uint64_t v);
enum fail buf_add_varint(struct buf *b, uint64_t v);
/* varint length, then the bytes */
enum fail buf_add_counted(struct buf *b, struct span s);

/* Drops `n` bytes from the front (moves the rest down). */
void buf_consume(struct buf *b, size_t n);
/* Cuts the content to its first `n` bytes. */
void buf_truncate(struct buf *b, size_t n);

static inline struct span buf_span(const struct buf *b)
{
	return span(b->p, b->n);
}

/* Reading back what buf_add_* wrote: cut from the front; false, nothing changed, when short or malformed. */
bool span_take_u8(struct span *s, uint8_t *out);
bool span_take_be16(struct span *s, uint16_t *out);
bool span_take_be32(struct span *s, uint32_t *out);
bool span_take_be64(struct span *s, uint64_t *out);
bool span_take_long_varint(struct span *s, uint64_t *out); /* of any length */
static inline bool span_take_varint(struct span *s, uint64_t *out)
{
	if (s->n == 0 || (unsigned char)s->p[0] >= 0x80)
		return span_take_long_varint(s, out);
	*out = (unsigned char)s->p[0];
	*s = span_skip(*s, 1);
	return true;
}
bool span_take_counted(struct span *s, struct span *out);
static inline bool span_take_bytes(struct span *s, size_t n, struct span *out)
{
	if (s->n < n)
		return false;
	*out = span_first(*s, n);
	*s = span_skip(*s, n);
	return true;
}

#endif
