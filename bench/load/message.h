/* The messages of the benchmark: multipart/alternative with the headers that mail has, the same bytes for the same
 * number on every server and in every run, so that what comes back can be compared. */
#ifndef LOAD_MESSAGE_H
#define LOAD_MESSAGE_H

#include "base/buf.h"

/* One message in MESSAGE_RARE has the word "xylophage" in its text (in neither header nor attachment), one in
 * MESSAGE_SUBJECT the word "budget" in its subject. */
enum { MESSAGE_RARE = 500, MESSAGE_SUBJECT = 100, MESSAGE_SIZE_MAX = 64 << 20 };

/* Adds message `number`, of about `size` bytes (1,000 at least), with CRLF; no line starts with a dot. */
void message_add(struct buf *b, uint64_t number, size_t size);
/* Whether `text` is such a message, whichever, with nothing but other headers before it. */
bool message_is_ours(struct span text, size_t size);

#endif
