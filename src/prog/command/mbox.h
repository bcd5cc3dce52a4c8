/* The mbox format (RFC 4155), in the mboxrd way: each line of a message that begins with any number of '>' and "From " carries one more '>'. */
#ifndef PROG_COMMAND_MBOX_H
#define PROG_COMMAND_MBOX_H

#include "prog/command/mail_flags.h"

struct mbox_message {
	struct span envelope; /* the "From " line, without its end */
	struct span text;     /* still quoted, with its status fields */
};
/* Cuts the next message off the file's content. A message begins at a line "From " at the start or behind an empty line. False at the end, or where no
 * message begins. */
bool mbox_take(struct span *file, struct mbox_message *out);
/* The date of a From_ line, in UTC unless it has a zone "+hhmm"; 0 when it has none. */
int64_t mbox_date(struct span envelope);
/* The message itself: unquoted, its status fields moved into `flags`. */
void mbox_unquote(struct span text, struct mail_flags *flags, struct buf *out);
/* The whole entry: From_ line, status fields, quoted text, the empty line behind. A last line without an end gets one. */
void mbox_put(struct span message, const struct mail_flags *flags, int64_t date, struct buf *out);

/* One level of a mailbox's name as the name of a file, and back: a dot at its start (hidden files) and that of a ".d" at its end (directories of the
 * mailboxes below) become %2E, '%' becomes %25. */
void mbox_file_name(struct span level, struct buf *out);
void mbox_level_name(struct span file_name, struct buf *out);

#endif
