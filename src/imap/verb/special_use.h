/* The names of special uses: RFC 6154 §2. */
#ifndef IMAP_VERB_SPECIAL_USE_H
#define IMAP_VERB_SPECIAL_USE_H

#include "base/span.h"
#include "store/store.h"

/* "\\Sent"; "" for USE_NONE. */
const char *special_use_name(enum special_use use);
/* In any case. False: there is no such use. */
bool special_use_find(struct span name, enum special_use *out);

#endif
