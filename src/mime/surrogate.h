/* The surrogate of a message (RFC 6858): what a client is given that does not speak of UTF-8 in headers. A header field that holds octets beyond
 * ASCII is rewritten (addresses §2.1, MIME parameters §2.2, Subject §2.3) or left out (§2.4), in the header of every part; all other
 * octets stay as they are, and a message without such fields is its own surrogate. Pure and streaming: octets in, octets out, cut anywhere. */
#ifndef MIME_SURROGATE_H
#define MIME_SURROGATE_H

#include "mime/mime.h"

enum {
	MIME_SURROGATE_FIELD_MAX = 32 << 10, /* a longer field that has to be rewritten is left out */
	/* What one feed of MIME_SURROGATE_PIECE octets or the end may give: an address of two letters becomes sixty. */
	MIME_SURROGATE_PIECE = 24 << 10,
	MIME_SURROGATE_OUT_MAX = 2 << 20,
};

struct mime_surrogate {
	struct mime_surrogate_range {
		uint64_t from, to;
	} * ranges; /* the headers, ascending */
	size_t count, next;
	uint64_t at;      /* octets that were fed or passed over */
	struct buf field; /* the beginning of the field at hand */
	enum { SURROGATE_GATHERING, SURROGATE_PASSING, SURROGATE_DROPPING } state; /* what becomes of its rest */
	bool changed; /* some field was rewritten or left out */
};

/* `s` is the structure of the message behind its first `prefix` octets, which are header lines too; it is needed no more afterwards. */
void mime_surrogate_begin(struct mime_surrogate *x, const struct mime_structure *s, uint64_t prefix);
/* How many octets ahead are in no header: they would come out as they are, and may be passed over. UINT64_MAX: all that is left. */
uint64_t mime_surrogate_plain(const struct mime_surrogate *x);
/* How many octets ahead are in the header at hand, at most `most`; where mime_surrogate_plain says 0. */
size_t mime_surrogate_header(const struct mime_surrogate *x, size_t most);
void mime_surrogate_pass(struct mime_surrogate *x, uint64_t n);
/* Appends what the next octets come to. */
void mime_surrogate_feed(struct mime_surrogate *x, struct span bytes, struct buf *out);
/* No more octets. */
void mime_surrogate_end(struct mime_surrogate *x, struct buf *out);
void mime_surrogate_fini(struct mime_surrogate *x); /* accepts a zeroed struct */

#endif
