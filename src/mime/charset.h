/* Charsets to UTF-8, streaming. Inside the room. */
#ifndef MIME_CHARSET_H
#define MIME_CHARSET_H

#include <iconv.h>

#include "base/buf.h"
#include "mime/jis.h"

enum { MIME_CHARSET_HELD = 16 };

struct mime_charset {
	iconv_t iconv;
	bool uses_iconv;
	bool is_jis;                  /* octets go through `jis` before iconv */
	bool is_utf8;                 /* it says so: then invalid octets are U+FFFD, not Latin-1 */
	char held[MIME_CHARSET_HELD]; /* the start of a character whose rest is to come */
	size_t held_n;
	struct mime_jis jis;
};

/* `name` in any case of letters, with or without RFC 2231's "*language". "" and unknown names: UTF-8 where valid, else
 * Latin-1. */
void mime_charset_open(struct mime_charset *c, struct span name);
/* A text of nothing but ASCII stays as it is. */
static inline bool mime_charset_keeps_ascii(const struct mime_charset *c)
{
	return !c->uses_iconv && !c->is_jis;
}
void mime_charset_close(struct mime_charset *c);
/* Appends UTF-8; cut between characters when `out` is full. */
void mime_charset_feed(struct mime_charset *c, struct span in, struct buf *out);
/* Ends the text: what was held back is appended, the state is that of the beginning. */
void mime_charset_end(struct mime_charset *c, struct buf *out);

#endif
