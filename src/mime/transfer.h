/* The transfer encodings of RFC 2045 §6, streaming, tolerant. Inside the room. */
#ifndef MIME_TRANSFER_H
#define MIME_TRANSFER_H

#include "base/buf.h"

enum mime_transfer_kind { MIME_IDENTITY, MIME_BASE64, MIME_QUOTED_PRINTABLE };

enum {
	/* Output bytes for each input byte at most, and what is held back at most. */
	MIME_TRANSFER_HELD = 80,
};

struct mime_transfer {
	enum mime_transfer_kind kind;
	uint32_t bits; /* base64: sextets that are no whole octets yet */
	unsigned sextets;
	char held[MIME_TRANSFER_HELD]; /* quoted-printable: "=" and what follows, or blanks that may end a line */
	size_t held_n;
};

/* `name` in any case of letters; unknown ones are the identity. */
void mime_transfer_init(struct mime_transfer *t, struct span name);
/* Appends at most in.n + MIME_TRANSFER_HELD bytes. */
void mime_transfer_feed(struct mime_transfer *t, struct span in, struct buf *out);
void mime_transfer_end(struct mime_transfer *t, struct buf *out);
/* The value of a hexadecimal digit, or -1. */
int mime_hex_value(char c);

#endif
