/* One header field that holds octets beyond ASCII, for who cannot read them: RFC 6858 §2. Inside the room. */
#ifndef MIME_DOWNGRADE_H
#define MIME_DOWNGRADE_H

#include "base/buf.h"

/* Appends what `field` (whole, with its folding and line end) is shown as: ASCII, and nothing when it is left out. */
void mime_downgrade_field(struct span field, struct buf *out);
/* Appends UTF-8 text as encoded words (RFC 2047 §2), folded between them. */
void mime_encoded_words_add(struct span text, struct buf *out);

#endif
