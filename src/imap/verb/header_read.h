/* Reading the header of one message after the other, for SORT and THREAD. */
#ifndef IMAP_VERB_HEADER_READ_H
#define IMAP_VERB_HEADER_READ_H

#include "base/buf.h"
#include "store/store.h"

enum { HEADER_READ_MAX = 1 << 20 }; /* of a header that is looked at */

struct header_read {
	struct account *account;
	struct buf bytes;
	size_t asked, had;
};
void header_read_init(struct header_read *h, struct account *a);
void header_read_fini(struct header_read *h);
/* Reads on. `stored`: what the wait came to, when the call before answered FAIL_BUSY. FAIL_NONE: *header_out is the whole header with its blank
 * line, and stands until the next call, which is for the next message. FAIL_BUSY: `w` waits. Others: it cannot be read. */
FAILS header_read_step(struct header_read *h, const struct message *m, enum fail stored, struct store_wait *w,
	struct span *header_out);

#endif
