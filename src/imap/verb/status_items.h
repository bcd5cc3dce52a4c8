/* The items of STATUS, and of LIST's RETURN (STATUS (...)): RFC 3501 §6.3.10, RFC 8438 (SIZE), RFC 7889 §5 (APPENDLIMIT),
 * RFC 5819. */
#ifndef IMAP_VERB_STATUS_ITEMS_H
#define IMAP_VERB_STATUS_ITEMS_H

#include "imap/verb/command.h"

/* "(MESSAGES UNSEEN)": a bit an item, an item named twice is answered once. False: a->error says what was expected. */
bool status_items_take(struct args *a, unsigned *items_out);
/* "* STATUS name (MESSAGES 3 UNSEEN 1)". Never opens the mailbox. */
void status_items_print(struct command *c, const struct mailbox_info *m, unsigned items);

#endif
