/* The patterns of LIST and LSUB: RFC 3501 §6.3.8. Pure. */
#ifndef IMAP_VERB_LIST_MATCH_H
#define IMAP_VERB_LIST_MATCH_H

#include "base/arena.h"
#include "base/span.h"

enum { LIST_PATTERN_MAX = 1024 };

/* Reference and pattern put together, runs of wildcards shortened. {NULL, 0}: too long. */
struct span list_pattern(struct span reference, struct span pattern, struct arena *arena);
/* '*' is any octets, '%' any but '/'. INBOX compares without case. Time: at most name times pattern. */
bool list_match(struct span pattern, struct span name);

#endif
