/* Header fields and what they say: RFC 5322 §2.2, 2047, 2231, 6532. Pure functions over spans; nothing here fails on broken
 * input, it gives the best reading of it. */
#ifndef MIME_HEADER_H
#define MIME_HEADER_H

#include "base/buf.h"

struct mime_field {
	struct span whole; /* the field with its folding and line ends, as BODY[HEADER.FIELDS] returns it */
	struct span name;  /* without the colon and blanks before it */
	struct span value; /* from after the colon to before the last line end, still folded */
};

/* Cuts the next field off `*header`. False at the blank line, or at the end. Lines that are no field are passed over. */
bool mime_field_take(struct span *header, struct mime_field *out);

/* The length of the header at the start of `message` including the blank line that ends it (all of it when there is none). */
size_t mime_header_length(struct span message);

/* `value` unfolded, its encoded words decoded, raw 8-bit text understood as UTF-8 or else Latin-1: appends UTF-8 to `out`.
 * Cut when `out` is full. */
void mime_text_decode(struct span value, struct buf *out);

/* A date-time of RFC 5322 §3.3 with the obsolete forms: seconds since 1970 UTC and minutes east of UTC. */
bool mime_date_parse(struct span value, int64_t *seconds_out, int *zone_minutes_out);

/* One address of a list (RFC 5322 §3.4), as the parts of RFC 3501 §7.4.2's address structure. A group's start has host.p NULL and
 * mailbox = its name; its end has both NULL. Raw (encoded words not decoded, quotes and comments removed). */
struct mime_address {
	struct span name, route, mailbox, host;
};
/* Calls `each` for every address of the list, in order; linear time; at most `limit` addresses. Spans live until `each` returns. */
void mime_addresses(
	struct span value, size_t limit, void (*each)(void *context, const struct mime_address *a), void *context);

#endif
