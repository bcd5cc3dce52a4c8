/* Mailbox names on the wire: modified UTF-7 (RFC 3501 §5.1.3) outside, UTF-8 inside. */
#ifndef IMAP_WIRE_MAILBOX_NAME_H
#define IMAP_WIRE_MAILBOX_NAME_H

#include "base/buf.h"

/* Appends UTF-8. Bytes that are UTF-8 already are taken as they are (clients send them), and so is an '&' that begins nothing that can be
 * decoded ("R&D" of careless clients). FAIL_SYNTAX only where the bytes are neither: invalid UTF-8. FAIL_TOO_BIG: cap. */
FAILS mailbox_name_decode(struct span wire, struct buf *out);
/* Appends the canonical modified UTF-7 of valid UTF-8. */
FAILS mailbox_name_encode(struct span utf8, struct buf *out);

#endif
