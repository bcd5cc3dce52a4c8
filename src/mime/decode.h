/* Content decoding, streaming: transfer encodings (RFC 2045 §6) and charsets to UTF-8 (iconv). For SEARCH BODY and TEXT,
 * and for what shows text to people. Broken input gives replacement characters, never a failure. */
#ifndef MIME_DECODE_H
#define MIME_DECODE_H

#include "base/buf.h"

struct mime_decoder;

/* `encoding` as in struct mime_part ("base64", "quoted-printable", others = identity). `charset` "" or unknown: UTF-8 where
 * valid, else Latin-1. `to_utf8` false leaves the octets of the transfer decoding as they are. */
struct mime_decoder *mime_decoder_new(struct span encoding, struct span charset, bool to_utf8);
void mime_decoder_free(struct mime_decoder *d);
/* A text of nothing but ASCII comes out as it went in. */
bool mime_decoder_keeps_ascii(const struct mime_decoder *d);
/* Decodes the next bytes, cut anywhere, and appends to `out` (cut when full; `out.over` tells). */
void mime_decoder_feed(struct mime_decoder *d, struct span in, struct buf *out);
/* No more: what was held back is appended. */
void mime_decoder_end(struct mime_decoder *d, struct buf *out);

/* Loads the tables of every charset for good, since a confined process cannot load them later (iconv opens files). Call
 * once before confinement; without it decoding works where files can be opened. Returns how many are not installed. */
size_t mime_charsets_preload(void);

#endif
