/* Dot-unstuffing.
 *
 *   LINE_START ─ '.' ─► DOT ─ CR ─► DOT_CR ─ LF ─► END
 *       │ other            │ other: the dot was stuffing   │ other: the dot and nothing else was dropped
 *       ▼                  ▼                               ▼
 *      TEXT ─ CR ─► CR ─ LF ─► LINE_START                 TEXT */
#include "lmtp/wire/unstuff.h"

/* The run up to the next CR, which needs no look at each octet. */
static size_t take_text(struct span bytes, struct buf *out)
{
	size_t cr = span_find_byte(bytes, '\r');
	struct span run = span_first(bytes, cr == SIZE_MAX ? bytes.n : cr);

	buf_add(out, run);
	return run.n;
}

static enum unstuff_at after(enum unstuff_at at, char c, struct buf *out)
{
	switch (at) {
	case UNSTUFF_LINE_START:
		if (c == '.')
			return UNSTUFF_DOT;
		break;
	case UNSTUFF_DOT:
		if (c == '\r')
			return UNSTUFF_DOT_CR;
		break;
	case UNSTUFF_DOT_CR:
		if (c == '\n')
			return UNSTUFF_END;
		buf_add_byte(out, '\r');
		break;
	case UNSTUFF_CR:
		if (c == '\n') {
			buf_add_byte(out, c);
			return UNSTUFF_LINE_START;
		}
		break;
	case UNSTUFF_TEXT:
	case UNSTUFF_END: break;
	}
	buf_add_byte(out, c);
	return c == '\r' ? UNSTUFF_CR : UNSTUFF_TEXT;
}

size_t unstuff_take(struct unstuff *u, struct span bytes, struct buf *out)
{
	size_t n = 0;

	while (n < bytes.n && u->at != UNSTUFF_END) {
		if (u->at == UNSTUFF_TEXT)
			n += take_text(span_skip(bytes, n), out);
		if (n < bytes.n)
			u->at = after(u->at, bytes.p[n++], out);
	}
	return n;
}
