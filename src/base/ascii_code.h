/* Bytes as text: base64 (RFC 4648 §4) and lower-case hex. Strict: no blanks, no missing padding. */
#ifndef BASE_ASCII_CODE_H
#define BASE_ASCII_CODE_H

#include "base/buf.h"

/* Appends; FAIL_TOO_BIG past the buffer's cap. */
FAILS base64_encode(struct span in, struct buf *out);
/* Appends the bytes; FAIL_SYNTAX on anything that is not canonical base64. */
FAILS base64_decode(struct span in, struct buf *out);

FAILS hex_encode(struct span in, struct buf *out);
FAILS hex_decode(struct span in, struct buf *out);

#endif
