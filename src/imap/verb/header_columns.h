/* The facts of the headers of a mailbox (header_facts.h) in the store's columns: from there when they are there, and into them when they have
 * been made. Opened by a command for its length. */
#ifndef IMAP_VERB_HEADER_COLUMNS_H
#define IMAP_VERB_HEADER_COLUMNS_H

#include "imap/verb/header_facts.h"
#include "store/columns.h"

struct header_columns {
	struct column *of[FACTS]; /* NULL: not wanted */
	uint32_t wanted;
};

/* The mailbox stays open meanwhile. `asked`: FACT_BIT; `wanted` may have more than that. */
void header_columns_open(struct header_columns *h, struct mailbox *m, uint32_t asked);
void header_columns_close(struct header_columns *h);

/* What of `wanted` is there becomes known, the rest unknown. Stands until the next put. */
void header_columns_get(const struct header_columns *h, uint32_t uid, uint32_t wanted, struct header_facts *f);
/* Keeps what is known and wanted, when it was made of the whole header. */
void header_columns_put(const struct header_columns *h, uint32_t uid, const struct header_facts *f);

#endif
