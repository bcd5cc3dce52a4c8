/* ISO-2022-JP (RFC 1468) into EUC-JP, streaming. Inside the room. */
#ifndef MIME_JIS_H
#define MIME_JIS_H

#include "base/buf.h"

enum mime_jis_set { MIME_JIS_ASCII, MIME_JIS_KANA, MIME_JIS_X0208, MIME_JIS_X0212 };

struct mime_jis {
	enum mime_jis_set set;
	bool second;    /* half of a two-octet character was read */
	char escape[4]; /* an escape sequence that is not whole yet */
	size_t escape_n;
};

enum {
	MIME_JIS_GROWTH = 3, /* octets out for each octet in at most, and for those held back */
};

/* Appends at most MIME_JIS_GROWTH * (in.n + 4) octets. */
void mime_jis_feed(struct mime_jis *j, struct span in, struct buf *out);
/* Appends what is left of a broken escape sequence; back to ASCII. */
void mime_jis_end(struct mime_jis *j, struct buf *out);

#endif
