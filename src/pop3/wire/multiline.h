/* A message as the body of a multi-line answer: dot-stuffed (RFC 1939 §3), cut for TOP (§7), in any pieces. */
#ifndef POP3_WIRE_MULTILINE_H
#define POP3_WIRE_MULTILINE_H

#include "base/buf.h"

struct multiline {
	bool line_start; /* the next octet begins a line */
	bool line_empty; /* nothing but CR has come since the line's start */
	bool in_body;
	bool whole;     /* RETR: no cut */
	uint32_t lines; /* of the body that may still be sent */
	bool full;      /* TOP: enough has been sent */
};

/* RETR: whole. TOP: the header, the blank line, and `lines` lines of the body. */
void multiline_begin(struct multiline *m, bool whole, uint32_t lines);
/* Appends `bytes` in their transmitted form: at most twice as long. */
void multiline_add(struct multiline *m, struct span bytes, struct buf *out);
/* Appends what ends the answer: CRLF where the last line has none, and ".CRLF". */
void multiline_end(struct multiline *m, struct buf *out);

#endif
