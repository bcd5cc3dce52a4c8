/* The walk of SORT and THREAD: finds (search_scan), then tells the header's facts of each message that was found, in the order of the sequence
 * numbers; from the columns, or else from the message.
 *
 *   FIND ─► TELL ⇄ READ ─► DONE */
#ifndef IMAP_VERB_HEADER_WALK_H
#define IMAP_VERB_HEADER_WALK_H

#include "imap/verb/header_read.h"
#include "imap/verb/search_scan.h"

struct header_walk {
	struct search_scan scan;
	struct header_read read;
	struct header_columns columns;
	struct header_facts facts;
	uint32_t wanted; /* FACT_BIT */
	uint32_t seq;
	bool found, reading;
	/* A message whose header cannot be read has no facts. A failure ends the command: there are too many. */
	enum fail (*each)(void *context, uint32_t seq, const struct message *m, const struct header_facts *facts);
	void *context;
};

/* What begin of the verb does: search_scan_begin, the charset's name first. `wanted` 0: no header is needed. */
FAILS header_walk_begin(struct command *c, struct header_walk *w, uint32_t wanted);
void header_walk_end(struct header_walk *w);
/* STEP_DONE when all have been told of; else what the verb's step returns. */
enum step header_walk_step(struct command *c, struct header_walk *w);

#endif
