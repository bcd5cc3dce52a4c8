/* Printing of strings: the shortest of atom, quoted string and literal that can carry the bytes (RFC 3501 §4.3). */
#ifndef IMAP_WIRE_PRINT_H
#define IMAP_WIRE_PRINT_H

#include "base/buf.h"

/* Quoted when it is 7-bit without CR, LF and NUL and at most 1024 octets, else a literal. NUL cannot be sent: it becomes '?'. */
void print_string(struct buf *out, struct span s);
/* The same, or NIL where s.p is NULL. */
void print_nstring(struct buf *out, struct span s);
/* An atom where possible, else as print_string. "NIL" is never an atom. */
void print_astring(struct buf *out, struct span s);
/* A mailbox name: in modified UTF-7, or (RFC 6855 §3) as it is, in quotes. */
void print_mailbox(struct buf *out, struct span name, bool utf8);
/* Text of a response line: control characters and 8-bit octets become '?', at most 400 octets. */
void print_text(struct buf *out, struct span s);

#endif
