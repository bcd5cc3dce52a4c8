/* The criteria of SORT, and the key that they make of a message: a string of bytes, so that messages are in order when their keys are, by
 * memcmp. RFC 5256 §2, §3 (BASE.6.4.SORT). Pure. */
#ifndef IMAP_VERB_SORT_KEY_H
#define IMAP_VERB_SORT_KEY_H

#include "imap/verb/header_facts.h"
#include "imap/wire/args.h"
#include "store/store.h"

enum { SORT_CRITERIA_MAX = 32, SORT_TEXT_MAX = 1024 /* octets of a folded text that are compared */ };

enum sort_by { SORT_ARRIVAL, SORT_CC, SORT_DATE, SORT_FROM, SORT_SIZE, SORT_SUBJECT, SORT_TO };

struct sort_criteria {
	struct {
		enum sort_by by;
		bool reverse;
	} at[SORT_CRITERIA_MAX];
	size_t n;
	uint32_t facts; /* FACT_BIT of those that are needed */
};

/* "(REVERSE DATE SUBJECT)". False: a->error says what was expected. */
bool sort_criteria_take(struct args *a, struct sort_criteria *out);
/* Appends the key. What is not known counts as not there. */
void sort_key_add(
	const struct sort_criteria *s, const struct message *m, const struct header_facts *facts, struct buf *out);

/* The sent date (§2.2): of the Date field, else the internal date. Seconds since 1970 UTC. */
int64_t sent_date(const struct header_facts *facts, const struct message *m);

#endif
