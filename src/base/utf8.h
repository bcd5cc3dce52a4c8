/* UTF-8 (RFC 3629): strict reading and writing of single code points. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"

/* Cuts one code point off `*s`: false, nothing changed, at the end or on an invalid sequence
 * (overlong, surrogate, past U+10FFFF, cut short). */
bool utf8_take(struct span *s, uint32_t *out);
bool utf8_valid(struct span s);
bool span_is_ascii(struct span s); /* every byte below 0x80 */
/* Appends; an invalid code point becomes U+FFFD. */
enum fail utf8_add(struct buf *b, uint32_t code);

#endif
