/* FETCH at work: the cursor over the messages, and the state of the one answer that is being written.
 *
 *            ┌──────────────────────────── next message ─────────────────────────────┐
 *   NEXT ─► SEEN ─► STRUCTURE ─► ITEMS ─┬─► TEXT (from memory) ───────────► ITEMS ... ┘
 *                                       ├─► HEADER (read whole, filtered) ─► TEXT
 *                                       ├─► OCTETS (read piece by piece) ──► ITEMS
 *                                       ├─► BINARY (read and decoded, perhaps twice) ─► ITEMS
 *                                       └─► PREVIEW (the first text of it) ─► TEXT
 *
 * SEEN, STRUCTURE, HEADER, OCTETS, BINARY and PREVIEW ask the store; each has a phase of its own for what came of it (*_GOT). */
#ifndef IMAP_VERB_FETCH_H
#define IMAP_VERB_FETCH_H

#include "imap/verb/command.h"
#include "imap/verb/fetch_items.h"
#include "imap/verb/view.h"
#include "store/structures.h"

enum {
	FETCH_PIECE_MAX = 64 << 10,  /* octets that are read and sent at once */
	FETCH_HEADER_MAX = 1 << 20,  /* of a header that HEADER.FIELDS looks at */
	FETCH_SEEN_MESSAGES = 64,    /* messages whose \Seen is set in one batch, ahead of their answers */
	FETCH_SEEN_OCTETS = 1 << 20, /* no more than about so many octets ahead */
};

enum fetch_phase {
	FETCHING_NEXT,
	FETCHING_SEEN_GOT,
	FETCHING_STRUCTURE,
	FETCHING_STRUCTURE_GOT,
	FETCHING_ITEMS,
	FETCHING_TEXT,
	FETCHING_HEADER,
	FETCHING_HEADER_GOT,
	FETCHING_OCTETS,
	FETCHING_OCTETS_GOT,
	FETCHING_BINARY,
	FETCHING_BINARY_GOT,
	FETCHING_PREVIEW,
	FETCHING_PREVIEW_GOT,
};

struct fetch_cursor {
	size_t range;
	uint32_t seq; /* 0 = the range's first */
};

struct fetch {
	struct fetch_items items;
	struct seq_range *ranges;
	size_t range_n;
	struct fetch_cursor at;
	enum fetch_phase phase;
	enum fail trouble; /* a message could not be read: the answer to the whole command */
	uint32_t lost;     /* the first such message's UID; 0: none, the trouble is another one */
	uint32_t lost_now; /* the last one's */
	size_t lost_n;
	/* \Seen */
	bool sees;                          /* the items set it, and this user may */
	struct fetch_cursor seen_until;     /* messages before have been looked at for it */
	uint32_t seen[FETCH_SEEN_MESSAGES]; /* sequence numbers, ascending, of those that it was set for */
	size_t seen_n;
	/* the message at hand */
	uint32_t seq;
	struct message row;
	size_t item;
	struct structures *structures; /* reads ahead; NULL until one is needed */
	struct span structure;
	struct arena arena;                /* of `mime` */
	const struct mime_structure *mime; /* NULL: none, or it could not be read */
	/* the item at hand */
	struct span text;           /* still to be sent from memory */
	struct section_extent left; /* still to be read */
	size_t asked, had;          /* octets of the read under way, and of `piece` before it */
	bool opened;                /* its literal has begun */
	/* BINARY: the part as it stands, and the decoding of it */
	struct span encoding;
	struct section_extent coded;
	struct mime_decoder *decoder;
	struct buf decoded;
	uint64_t total, skip, want; /* octets when decoded; to be passed over and to be sent of them */
	bool counting;
	bool unknown_encoding; /* some part has one: RFC 3516 §4.3 */
	bool preview_html;
	struct buf piece;
};

/* fetch_message.c: one message's answer. The step of each phase from STRUCTURE on; STEP_AGAIN = see `phase`. */
enum step fetch_message_step(struct command *c, struct fetch *f);
/* Begins the answer for message `f->seq`, whose row is `f->row`. */
void fetch_message_begin(struct command *c, struct fetch *f);

/* fetch_binary.c, fetch_preview.c: an item's beginning, after its name; and what came of reading. */
void fetch_binary_begin(struct command *c, struct fetch *f, const struct fetch_item *item);
enum step fetch_binary_got(struct command *c, struct fetch *f);
void fetch_preview_begin(struct command *c, struct fetch *f);
enum step fetch_preview_got(struct command *c, struct fetch *f);
/* fetch_message.c, for them. */
void fetch_open_literal(struct command *c, struct fetch *f, uint64_t octets);

/* The message at hand cannot be read, or not all of it. */
void fetch_lost(struct fetch *f, enum fail why);
/* A call of the store with &c->wait answered `f`; its failure is looked at in the next phase. */
enum step fetch_asked(struct command *c, enum fail f);

#endif
