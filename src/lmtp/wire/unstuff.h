/* The content after DATA: dots unstuffed, the end found (RFC 5321 §4.5.2), in any pieces. Only CRLF "." CRLF ends it: a bare
 * LF or CR never does, so nobody can smuggle a second message in. */
#ifndef LMTP_WIRE_UNSTUFF_H
#define LMTP_WIRE_UNSTUFF_H

#include "base/buf.h"

enum unstuff_at { UNSTUFF_LINE_START, UNSTUFF_DOT, UNSTUFF_DOT_CR, UNSTUFF_TEXT, UNSTUFF_CR, UNSTUFF_END };

struct unstuff {
	enum unstuff_at at;
};

/* The first octet begins a line. */
static inline void unstuff_begin(struct unstuff *u)
{
	u->at = UNSTUFF_LINE_START;
}

/* Takes octets up to the end of the content: returns how many; appends the content among them to `out` (room for bytes.n + 2).
 * u->at == UNSTUFF_END when the end was among them. */
size_t unstuff_take(struct unstuff *u, struct span bytes, struct buf *out);

#endif
