/* The first words of a message, for a list of messages: RFC 8970. Pure. */
#ifndef IMAP_VERB_PREVIEW_TEXT_H
#define IMAP_VERB_PREVIEW_TEXT_H

#include "base/buf.h"

enum { PREVIEW_CHARACTERS = 200, PREVIEW_OCTETS = PREVIEW_CHARACTERS * 4 };

/* Appends at most PREVIEW_CHARACTERS characters of the UTF-8 `text`: white space drawn together, no control characters, lines that quote another message
 * ("> ") left out; of HTML its text, without scripts and styles. */
void preview_text(struct span text, bool html, struct buf *out);

#endif
