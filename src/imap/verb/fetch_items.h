/* What a FETCH was asked for: the items in their order, and what they need. RFC 3501 §6.4.5. */
#ifndef IMAP_VERB_FETCH_ITEMS_H
#define IMAP_VERB_FETCH_ITEMS_H

#include "imap/verb/section.h"

enum { FETCH_ITEMS_MAX = 500 };

enum fetch_kind {
	FETCH_FLAGS,
	FETCH_DATE,
	FETCH_SIZE,
	FETCH_UID,
	FETCH_ENVELOPE,
	FETCH_BODY,
	FETCH_STRUCTURE,
	FETCH_SECTION,
	FETCH_BINARY,
	FETCH_BINARY_SIZE,
	FETCH_PREVIEW,
};

struct fetch_item {
	enum fetch_kind kind;
	struct span name;       /* with which the response answers: "RFC822.SIZE", `BODY[1]<0>` */
	struct section section; /* of FETCH_SECTION */
};

struct fetch_items {
	struct fetch_item *at;
	size_t n;
	bool structure; /* some item needs the message's structure */
	bool sees;      /* some item sets \Seen */
	bool flags;     /* FLAGS is among them */
};

/* A macro, an item, or a parenthesised list of items. `uid`: the answer has the UID in any case (RFC 3501 §6.4.8). Lives in the arguments'
 * arena. False: a->error says what was expected. */
bool args_fetch_items(struct args *a, bool uid, struct fetch_items *out);

#endif
