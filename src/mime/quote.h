/* Writing the strings of RFC 3501 §4.3 and unfolding what goes into them. Inside the room. */
#ifndef MIME_QUOTE_H
#define MIME_QUOTE_H

#include "base/buf.h"

enum {
	MIME_QUOTED_MAX = 1000, /* longer strings go as literals: clients' line buffers are small */
	MIME_QUOTE_OVERHEAD = 24,
};

/* Appends `s` quoted, or as a literal when it holds CR, LF or 8-bit octets or is long. NUL, which neither form may hold,
 * becomes '?'. At most 2 * s.n + MIME_QUOTE_OVERHEAD bytes. */
void mime_quote(struct buf *out, struct span s);
/* The same, NIL for s.p == NULL. */
void mime_quote_nil(struct buf *out, struct span s);

/* `value` without the line ends of its folding and without blanks at both ends: itself when it has none, else a copy
 * in `scratch`, whose old content goes. Never NULL. */
struct span mime_unfold(struct span value, struct buf *scratch);

#endif
