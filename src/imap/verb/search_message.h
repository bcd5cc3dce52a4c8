/* One message under a SEARCH: reads of it only what the criteria still leave open, and never holds more than its header and a piece.
 *
 *   ROW ─► COLUMNS ─► HEADER ─► STRUCTURE ─► PART ⇄ OCTETS ─► DONE      any arrow may end at DONE: the answer is known
 *
 * Searched are the header; the headers of all parts; and the text of parts of the types text and message (RFC 3501 §6.4.4 lets a server
 * pass over others), transfer encoding and charset decoded. */
#ifndef IMAP_VERB_SEARCH_MESSAGE_H
#define IMAP_VERB_SEARCH_MESSAGE_H

#include "imap/verb/header_columns.h"
#include "imap/verb/search_key.h"
#include "store/structures.h"
#include "mime/decode.h"
#include "mime/mime.h"

enum {
	SEARCH_READ_MAX = 64 << 10,
	SEARCH_HEADER_READ = 4 << 10, /* the first read, where only the header is wanted */
	SEARCH_HEADER_MAX = 1 << 20,  /* of a message's header that is looked at */
	SEARCH_DECODE_MAX = 16 << 10, /* octets that are decoded at once */
};

enum search_phase {
	SEARCHING_HEADER,
	SEARCHING_HEADER_GOT,
	SEARCHING_STRUCTURE,
	SEARCHING_STRUCTURE_GOT,
	SEARCHING_PART,
	SEARCHING_OCTETS,
	SEARCHING_OCTETS_GOT,
	SEARCHING_DONE,
};

struct search_message {
	struct account *account;
	struct search_criteria *criteria;
	struct message message;
	struct search_row row; /* of `message` */
	struct header_columns columns;
	struct header_facts facts; /* of its header */
	enum search_phase phase;
	bool unreadable;  /* some of it could not be read */
	struct buf piece; /* octets of the message from `piece_at` */
	uint64_t piece_at;
	size_t asked, had;
	struct structures *structures; /* reads ahead; NULL until one is needed */
	struct span structure;
	struct arena arena;
	const struct mime_structure *mime;
	size_t part;      /* row of the section map that is next */
	bool in_header;   /* of that part */
	uint64_t at, end; /* octets of the part that are still to be searched */
	bool begun;       /* some of it has been shown */
	struct mime_decoder *decoder;
	struct buf text; /* decoded */
	struct search_stream stream;
};

/* Of messages of the mailbox, which stays open; after search_begin. */
void search_message_init(struct search_message *m, struct mailbox *mailbox, struct search_criteria *criteria);
void search_message_fini(struct search_message *m);

/* The block of messages around `uid`: those whose bits are set in the result (columns.h) do not match, whatever their rows say. */
uint64_t search_message_rule_out(struct search_message *m, uint32_t uid);
/* Starts with `m->message` and `m->row` set by the caller. True: row and columns alone tell, `phase` is SEARCHING_DONE. */
bool search_message_begin(struct search_message *m);
/* Goes on by about one piece. `stored` is the result of the step before (after FAIL_BUSY: what the wait came to). FAIL_BUSY: `w` waits;
 * anything else: call again with it until `phase` is SEARCHING_DONE. What cannot be read is not found, see `unreadable`. */
FAILS search_message_step(struct search_message *m, enum fail stored, struct store_wait *w);
/* When done. */
bool search_message_matches(const struct search_message *m);

#endif
