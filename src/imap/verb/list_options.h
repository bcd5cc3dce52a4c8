/* The arguments of LIST: RFC 3501 §6.3.8, LIST-EXTENDED (RFC 5258), LIST-STATUS (RFC 5819), SPECIAL-USE (RFC 6154). */
#ifndef IMAP_VERB_LIST_OPTIONS_H
#define IMAP_VERB_LIST_OPTIONS_H

#include "imap/wire/args.h"

enum {
	LIST_SELECT_SUBSCRIBED = 1,
	LIST_SELECT_SPECIAL_USE = 2,
	LIST_RECURSIVE = 4, /* RECURSIVEMATCH */
	LIST_RETURN_SUBSCRIBED = 8,
	LIST_RETURN_STATUS = 16,
	LIST_EXTENDED = 32, /* the command has some part of the extended syntax */
	LIST_SELECTS = LIST_SELECT_SUBSCRIBED | LIST_SELECT_SPECIAL_USE,
};
enum { LIST_PATTERNS_MAX = 64 };

struct list_arguments {
	unsigned options;      /* LIST_* */
	unsigned status_items; /* status_items.h */
	bool root;             /* an empty pattern: the delimiter is asked for */
	size_t pattern_count;
	struct span *patterns; /* with the reference before them (list_pattern); of the arguments' arena */
};
/* To the end. False: a->error says what was expected. */
bool list_arguments_take(struct args *a, struct list_arguments *out);

#endif
