/* What SEARCH, SORT and THREAD ask of a message's header, made once: each fact a text of its own, so that it can be kept (header_columns.h)
 * and the header need not be read again. RFC 3501 §6.4.4; RFC 5256 §2, §3. Pure. */
#ifndef IMAP_VERB_HEADER_FACTS_H
#define IMAP_VERB_HEADER_FACTS_H

#include "base/buf.h"

enum header_fact {
	/* for SEARCH: all fields of that name as they are compared, each ended by FACT_FIELD_END, which no text contains */
	FACT_SUBJECT,
	FACT_FROM,
	FACT_TO,
	FACT_CC,
	FACT_BCC,
	FACT_MESSAGE_ID,
	FACT_SENT, /* see header_facts_sent */
	/* for SORT and THREAD: of the first field of that name */
	FACT_BASE_SUBJECT, /* FACT_REPLY or FACT_FIRST, then base_subject.h's; nothing: there is no such field */
	FACT_FIRST_FROM,   /* the mailbox of the first address, folded */
	FACT_FIRST_TO,
	FACT_FIRST_CC,
	FACT_OWN_ID, /* as it stands */
	FACT_REFERENCES,
	FACT_IN_REPLY_TO,
	FACTS,
	FACT_NONE = FACTS
};
enum { FACT_FIELD_END = 0xff, FACT_REPLY = 'r', FACT_FIRST = '-' };

enum {
	HEADER_FACTS_MAX = 1 << 20,  /* octets of a header; of a longer one `whole` is false */
	HEADER_FACT_TEXTS = 4 << 20, /* octets of all that is made of it */
	HEADER_FACT_FIELDS = 100,    /* fields that SEARCH asks for; of more of one name nothing is known */
	HEADER_TEXT_MAX = 1 << 20,   /* decoded text of one field that is looked at */
};
#define FACT_BIT(fact) (1u << (fact))

struct header_facts {
	uint32_t known; /* FACT_BIT */
	bool whole;     /* made of the whole header */
	struct span of[FACTS];
	struct buf texts, decoded, folded;
};

void header_facts_init(struct header_facts *f);
void header_facts_fini(struct header_facts *f);
/* Nothing is known. */
void header_facts_clear(struct header_facts *f);
/* Makes those of `wanted`, besides those that are known. What cannot be made exactly stays unknown. They stand until the next call. */
void header_facts_make(struct header_facts *f, struct span header, uint32_t wanted);
/* A field's value as SEARCH compares it: into f->folded, which stands until the next call. */
struct span header_facts_fold(struct header_facts *f, struct span value);

/* The fact's text; of one that is not known, nothing. */
static inline struct span header_fact(const struct header_facts *f, enum header_fact fact)
{
	return f->known & FACT_BIT(fact) ? f->of[fact] : span(NULL, 0);
}

/* The fact that tells all of what SEARCH may ask of the field; FACT_NONE. */
enum header_fact header_fact_of_field(struct span name);
/* The date of the first Date field: false when there is none, or it cannot be read. */
bool header_facts_sent(const struct header_facts *f, int64_t *seconds_out, int16_t *zone_out);
/* The base subject; *reply_out: base_subject.h. False: no Subject field. */
bool header_facts_base_subject(const struct header_facts *f, struct span *out, bool *reply_out);

#endif
