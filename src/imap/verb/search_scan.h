/* The walk of SEARCH, SORT and THREAD over a mailbox: which messages match. In slices; a bit for each, no more. */
#ifndef IMAP_VERB_SEARCH_SCAN_H
#define IMAP_VERB_SEARCH_SCAN_H

#include "imap/verb/command.h"
#include "imap/verb/search_message.h"

struct search_scan {
	struct search_criteria criteria;
	struct search_message message;
	bool reading;
	bool unreadable;     /* some message could not be read: it was passed over */
	uint8_t *found;      /* a bit for each sequence number; of the command's arena */
	uint32_t seq, count; /* the message at hand; those that there are */
	uint32_t block;      /* of columns, that it is in */
	uint64_t out;        /* messages of that block that do not match */
};

/* What begin of the verb does: the search keys, from here to the end of the arguments, and the right to read. `charset`: the name stands
 * first, as SORT and THREAD have it; else "CHARSET name" may. A failure has its answer set. */
FAILS search_scan_begin(struct command *c, struct search_scan *s, bool charset);
void search_scan_end(struct search_scan *s);
/* STEP_DONE when all have been looked at; else what the verb's step returns. */
enum step search_scan_step(struct command *c, struct search_scan *s);
bool search_scan_found(const struct search_scan *s, uint32_t seq);
/* For the OK, when some could not be read. */
void search_scan_say_unreadable(struct command *c, const struct search_scan *s);

#endif
