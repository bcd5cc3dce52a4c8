/* Where import finds messages: Maildirs (with their Maildir++ folders), mbox files, and directories of either. Looking comes first, so that how much
 * there is is known before the first message is sent. */
#ifndef PROG_COMMAND_SOURCE_H
#define PROG_COMMAND_SOURCE_H

#include "base/buf.h"
#include "base/why.h"
#include "prog/command/mail_flags.h"

struct source_message {
	char *path;
	uint64_t offset, size;   /* within an mbox file; a Maildir's message is its whole file: offset 0 */
	size_t folder;           /* in struct source */
	int64_t date;            /* seconds since 1970 UTC */
	struct mail_flags flags; /* mbox: known only once it is read */
	bool in_mbox;
};

struct source {
	char **folders; /* mailbox names below the target, UTF-8, "" = the target itself */
	size_t folder_count;
	struct source_message *messages;
	size_t count, cap;
	uint64_t bytes;
};

enum source_format { SOURCE_AUTO, SOURCE_MAILDIR, SOURCE_MBOX };

void source_init(struct source *s);
void source_fini(struct source *s);
/* Adds what stands at `path`. FAIL_NOT_FOUND, FAIL_NO_PERMISSION, FAIL_CANNOT (it is neither). */
FAILS source_add(struct source *s, const char *path, enum source_format format, struct why *w);
/* The bytes of a message, as they are to be stored (lines end as in the file). mbox: flags are read on the way. */
FAILS source_read(struct source_message *m, struct buf *out, struct why *w);

#endif
