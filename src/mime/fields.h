/* The header fields that a structure is made of, found in one pass. Inside the room. */
#ifndef MIME_FIELDS_H
#define MIME_FIELDS_H

#include "base/buf.h"

/* In the order of the envelope, then the fields of RFC 2045 and its extensions. */
enum mime_field_id {
	MIME_DATE,
	MIME_SUBJECT,
	MIME_FROM,
	MIME_SENDER,
	MIME_REPLY_TO,
	MIME_TO,
	MIME_CC,
	MIME_BCC,
	MIME_IN_REPLY_TO,
	MIME_MESSAGE_ID,
	MIME_CONTENT_TYPE,
	MIME_CONTENT_ID,
	MIME_CONTENT_DESCRIPTION,
	MIME_CONTENT_ENCODING,
	MIME_CONTENT_MD5,
	MIME_CONTENT_DISPOSITION,
	MIME_CONTENT_LANGUAGE,
	MIME_CONTENT_LOCATION,
	MIME_FIELD_COUNT
};

struct mime_fields {
	struct span value[MIME_FIELD_COUNT]; /* of the first such field; {NULL, 0} when absent */
	struct span header;                  /* for address fields that stand more than once */
	uint32_t repeated;                   /* bits 1 << id */
};

void mime_fields_find(struct span header, struct mime_fields *out);

/* Appends "(date subject from ...)". Nothing past `soft` bytes of `out` but NILs. */
void mime_envelope_add(struct buf *out, size_t soft, const struct mime_fields *f, struct buf *scratch);
/* Appends `value` unfolded, or NIL when absent or past `soft`. */
void mime_field_add(struct buf *out, size_t soft, struct span value, struct buf *scratch);

#endif
