/* The criteria of a SEARCH as a tree, and their truth for one message (RFC 3501 §6.4.4; WITHIN: RFC 5032).
 *
 * A key's truth may be open: its row says nothing, and header or body have not been looked at. So the caller asks first with the row alone,
 * reads the header only when the answer is open then, and the body only when it still is; it stops as soon as the answer is known.
 * Nothing here reads or waits. */
#ifndef IMAP_VERB_SEARCH_KEY_H
#define IMAP_VERB_SEARCH_KEY_H

#include "imap/verb/header_facts.h"
#include "imap/verb/search_text.h"
#include "imap/wire/args.h"
#include "store/store.h"

enum {
	SEARCH_KEYS_MAX = 1000, /* keys of one command, lists counted too */
	SEARCH_DEPTH_MAX = 256, /* NOT, OR and lists within each other */
	SEARCH_TEXT_MAX = 2048, /* octets of one string to be found, as given */
};

enum search_test {
	TEST_ALL,
	TEST_FLAGS_SET,
	TEST_FLAGS_CLEAR,
	TEST_KEYWORD,
	TEST_UNKEYWORD,
	TEST_RECENT,
	TEST_OLD,
	TEST_NEW,
	TEST_LARGER,
	TEST_SMALLER,
	TEST_BEFORE,
	TEST_ON,
	TEST_SINCE,
	TEST_OLDER,
	TEST_YOUNGER,
	TEST_UIDS,
	TEST_SEQUENCE,
	TEST_SENT_BEFORE,
	TEST_SENT_ON,
	TEST_SENT_SINCE,
	TEST_FIELD,
	TEST_BODY,
	TEST_TEXT,
	TEST_AND,
	TEST_OR,
	TEST_NOT,
};
enum search_cost { COST_ROW, COST_HEADER, COST_BODY };
enum search_truth { SEARCH_FALSE, SEARCH_TRUE, SEARCH_OPEN };

struct search_key {
	enum search_test test;
	enum search_cost cost;           /* of a group: its dearest child */
	struct search_key *child, *next; /* the keys of AND, OR, NOT: cheapest first */
	struct search_key *next_leaf;    /* all keys that look into the message */
	uint64_t flags; /* FLAGS_SET, FLAGS_CLEAR; KEYWORD and UNKEYWORD: the bit, once known (0 = no message has it) */
	uint64_t number;
	int64_t day; /* OLDER, YOUNGER: seconds since 1970 */
	struct sequence_set set;
	struct span field;       /* header field, or the keyword */
	struct span text;        /* folded */
	enum header_fact fact;   /* that tells whether it is found, without the header; FACT_NONE */
	enum search_truth found; /* of a leaf, for the message at hand */
};

struct search_criteria {
	struct search_key *root;   /* TEST_AND */
	struct search_key *leaves; /* by next_leaf */
	enum search_cost cost;
	uint32_t facts; /* FACT_BIT of all keys */
	size_t longest; /* octets of the longest text of a BODY or TEXT key */
	size_t keys;
};

/* [CHARSET name SP] key *(SP key), to the end; with `charset` the name alone stands first (RFC 5256 §5, search-criteria). FAIL_SYNTAX (a->error
 * says what), FAIL_CHARSET, FAIL_LIMIT (`w` says which). The tree lives in the arguments' arena. */
FAILS search_parse(struct args *a, bool charset, struct search_criteria *out, struct why *w);

/* Before the first message: finds the mailbox's bits for keywords, puts the largest numbers in the place of '*', `saved` in that of "$", and a time in that of
 * OLDER's and YOUNGER's intervals. */
void search_begin(struct search_criteria *s, const struct mailbox *m, uint32_t max_sequence, uint32_t max_uid,
	struct sequence_set saved);

struct search_row {
	const struct message *message;
	uint32_t sequence;
	bool recent;
};

/* Forgets what the leaves found in the message before. */
void search_next(struct search_criteria *s);
/* What is known of the message so far. Without a row (NULL) what rows tell is open. */
enum search_truth search_truth(const struct search_criteria *s, const struct search_row *row);
/* Shows facts of its header: keys that those tell are known afterwards. */
void search_facts(struct search_criteria *s, const struct header_facts *facts);
/* Only the header itself tells more. */
bool search_wants_header(const struct search_criteria *s);
/* Shows the texts of the fact of many messages, one after the other: a key that finds nothing in them is false for each. True: there is one. */
bool search_no_text(struct search_criteria *s, enum header_fact fact, struct span texts);
/* Shows the message's whole header. Keys about the header are known afterwards. */
void search_header(struct search_criteria *s, struct span header);
/* Shows folded text of its body (search_stream.window). True when a key became known. */
bool search_body(struct search_criteria *s, struct span folded);
/* The same for all the text of a part, when it is nothing but ASCII: as it stands. */
bool search_body_ascii(struct search_criteria *s, struct span text);
/* Nothing more of the message will be shown: what is open is false. */
void search_no_more(struct search_criteria *s);

#endif
