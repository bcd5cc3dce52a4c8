/* What SEARCH and SORT are to return, and the ESEARCH response: RFC 4731, 5182 (SAVE), 5267 §3 (SORT), 9394 (PARTIAL). */
#ifndef IMAP_VERB_ESEARCH_H
#define IMAP_VERB_ESEARCH_H

#include "imap/verb/command.h"

enum {
	RETURN_MIN = 1,
	RETURN_MAX = 2,
	RETURN_ALL = 4,
	RETURN_COUNT = 8,
	RETURN_SAVE = 16,
	RETURN_PARTIAL = 32,
};

struct search_return {
	bool given;        /* RETURN was there: the answer is ESEARCH */
	unsigned what;     /* RETURN_* */
	bool from_end;     /* PARTIAL -1:-100 */
	uint32_t from, to; /* of PARTIAL, from 1, in order */
};
/* [RETURN SP "(" ... ")" SP]. False: a->error says what was expected. */
bool search_return_take(struct args *a, struct search_return *out);

/* The answer under way. The source gives the sequence numbers that were found, one after the other: `*at` is its own, 0 at the start. */
struct esearch {
	const struct search_return *is;
	bool (*next)(const void *source, uint32_t *at, uint32_t *seq_out);
	const void *source;
	enum { ESEARCH_COUNT, ESEARCH_HEAD, ESEARCH_NUMBERS, ESEARCH_END } phase;
	uint32_t at, index;        /* of the walk */
	uint32_t count, min, max;  /* numbers as they are told: UIDs for UID SEARCH */
	uint32_t min_uid, max_uid; /* for SAVE */
	uint32_t first, last;      /* numbers that follow each other and are not told yet; 0 = none */
	bool any;                  /* some are told */
	struct buf saved;          /* struct sequence_range of UIDs */
};
void esearch_init(struct esearch *e, const struct search_return *is,
	bool (*next)(const void *source, uint32_t *at, uint32_t *seq_out), const void *source);
void esearch_fini(struct esearch *e);
/* Writes on, as there is room: what the verb's step returns; STEP_DONE when all is told, and saved. */
enum step esearch_step(struct command *c, struct esearch *e);

#endif
