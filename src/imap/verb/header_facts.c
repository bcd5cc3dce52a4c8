/* Facts of a header. Never fails on broken mail: what it cannot tell exactly it leaves unknown, and the header itself is asked. */
#include "imap/verb/header_facts.h"

#include "imap/verb/base_subject.h"
#include "imap/verb/search_text.h"
#include "mime/header.h"

enum { ADDRESS_MAX = 4096 }; /* octets of the first mailbox, folded, that are kept */

enum how { ALL_TEXTS, SENT, BASE_SUBJECT, FIRST_MAILBOX, AS_IT_STANDS };

static const struct {
	struct span field;
	enum how how;
} facts[FACTS] = {
	[FACT_SUBJECT] = {{"Subject", 7}, ALL_TEXTS},
	[FACT_FROM] = {{"From", 4}, ALL_TEXTS},
	[FACT_TO] = {{"To", 2}, ALL_TEXTS},
	[FACT_CC] = {{"Cc", 2}, ALL_TEXTS},
	[FACT_BCC] = {{"Bcc", 3}, ALL_TEXTS},
	[FACT_MESSAGE_ID] = {{"Message-ID", 10}, ALL_TEXTS},
	[FACT_SENT] = {{"Date", 4}, SENT},
	[FACT_BASE_SUBJECT] = {{"Subject", 7}, BASE_SUBJECT},
	[FACT_FIRST_FROM] = {{"From", 4}, FIRST_MAILBOX},
	[FACT_FIRST_TO] = {{"To", 2}, FIRST_MAILBOX},
	[FACT_FIRST_CC] = {{"Cc", 2}, FIRST_MAILBOX},
	[FACT_OWN_ID] = {{"Message-ID", 10}, AS_IT_STANDS},
	[FACT_REFERENCES] = {{"References", 10}, AS_IT_STANDS},
	[FACT_IN_REPLY_TO] = {{"In-Reply-To", 11}, AS_IT_STANDS},
};

void header_facts_init(struct header_facts *f)
{
	*f = (struct header_facts){0};
	buf_init(&f->texts, HEADER_FACT_TEXTS);
	buf_init(&f->decoded, HEADER_TEXT_MAX);
	buf_init(&f->folded, HEADER_TEXT_MAX * 3);
}

void header_facts_fini(struct header_facts *f)
{
	buf_fini(&f->texts);
	buf_fini(&f->decoded);
	buf_fini(&f->folded);
}

void header_facts_clear(struct header_facts *f)
{
	f->known = 0;
}

/* ── The fields that matter ── */

struct fields {
	struct {
		struct span value;
		uint32_t facts; /* that are made of it */
	} at[HEADER_FACT_FIELDS + FACTS];
	size_t n;
	uint32_t skipped; /* facts of which there are more fields than fit */
};

static uint32_t facts_of(struct span name, uint32_t wanted)
{
	uint32_t of = 0;

	for (uint32_t bits = wanted; bits; bits &= bits - 1) {
		int fact = __builtin_ctz(bits);

		if (facts[fact].field.n == name.n && span_eq_nocase(facts[fact].field, name))
			of |= FACT_BIT(fact);
	}
	return of;
}

static void gather(struct span header, uint32_t wanted, struct fields *fields)
{
	const uint32_t of_all = (FACT_BIT(FACT_SENT) - 1) & wanted; /* the others are of the first field only */
	uint32_t left = wanted;
	struct mime_field field;

	fields->n = 0;
	fields->skipped = 0;
	while (left && mime_field_take(&header, &field)) {
		uint32_t of = facts_of(field.name, left);

		if (of && fields->n >= HEADER_FACT_FIELDS) {
			fields->skipped |= of & of_all;
			of &= ~of_all;
		}
		if (!of)
			continue;
		fields->at[fields->n].value = field.value;
		fields->at[fields->n++].facts = of;
		left &= ~of | of_all;
	}
}

/* ── Making ── */

struct span header_facts_fold(struct header_facts *f, struct span value)
{
	buf_reset(&f->decoded);
	buf_reset(&f->folded);
	mime_text_decode(value, &f->decoded);
	search_fold(buf_span(&f->decoded), &f->folded);
	return buf_span(&f->folded);
}

static void add_text(struct header_facts *f, struct span value)
{
	buf_add(&f->texts, header_facts_fold(f, value));
	buf_add_byte(&f->texts, (char)FACT_FIELD_END);
}

static void add_sent(struct header_facts *f, struct span value)
{
	int64_t seconds;
	int zone;

	if (!mime_date_parse(value, &seconds, &zone))
		return;
	buf_add_u64(&f->texts, (uint64_t)seconds);
	buf_add_u16(&f->texts, (uint16_t)zone);
}

static void add_base_subject(struct header_facts *f, struct span value)
{
	size_t at = f->texts.n;
	bool reply;

	buf_add_byte(&f->texts, FACT_FIRST);
	base_subject(value, &f->texts, &reply);
	if (reply && f->texts.n > at)
		f->texts.p[at] = FACT_REPLY;
}

static void take_mailbox(void *context, const struct mime_address *a)
{
	search_fold(a->mailbox, context);
}

static void add_first_mailbox(struct header_facts *f, struct span value)
{
	struct buf folded;

	buf_init(&folded, ADDRESS_MAX);
	mime_addresses(value, 1, take_mailbox, &folded);
	buf_add(&f->texts, buf_span(&folded));
	buf_fini(&folded);
}

static void make(struct header_facts *f, const struct fields *fields, int fact)
{
	for (size_t i = 0; i < fields->n; i++) {
		struct span value = fields->at[i].value;

		if (!(fields->at[i].facts & FACT_BIT(fact)))
			continue;
		switch (facts[fact].how) {
		case ALL_TEXTS: add_text(f, value); break;
		case SENT: add_sent(f, value); break;
		case BASE_SUBJECT: add_base_subject(f, value); break;
		case FIRST_MAILBOX: add_first_mailbox(f, value); break;
		case AS_IT_STANDS: buf_add(&f->texts, value); break;
		}
	}
}

void header_facts_make(struct header_facts *f, struct span header, uint32_t wanted)
{
	size_t ends[FACTS];
	struct fields fields;
	uint32_t made = 0;
	size_t at = 0;

	wanted &= ~f->known;
	f->whole = header.n < HEADER_FACTS_MAX;
	buf_reset(&f->texts);
	gather(header, wanted, &fields);
	for (uint32_t bits = wanted & ~fields.skipped; bits && !f->texts.over; bits &= bits - 1) {
		int fact = __builtin_ctz(bits);

		make(f, &fields, fact);
		ends[fact] = f->texts.n;
		made |= f->texts.over ? 0 : FACT_BIT(fact);
	}
	for (uint32_t bits = made; bits; bits &= bits - 1) { /* now the texts do not move any more */
		int fact = __builtin_ctz(bits);

		f->of[fact] = span_first(span_skip(buf_span(&f->texts), at), ends[fact] - at);
		at = ends[fact];
	}
	f->known |= made;
}

/* ── Asking ── */

enum header_fact header_fact_of_field(struct span name)
{
	uint32_t texts = FACT_BIT(FACT_SENT) - 1; /* those before it */
	uint32_t of = facts_of(name, texts);

	return of ? (enum header_fact)__builtin_ctz(of) : FACT_NONE;
}

bool header_facts_sent(const struct header_facts *f, int64_t *seconds_out, int16_t *zone_out)
{
	struct span text = header_fact(f, FACT_SENT);
	uint64_t seconds;
	uint16_t zone;

	if (!span_take_be64(&text, &seconds) || !span_take_be16(&text, &zone))
		return false;
	*seconds_out = (int64_t)seconds;
	*zone_out = (int16_t)zone;
	return true;
}

bool header_facts_base_subject(const struct header_facts *f, struct span *out, bool *reply_out)
{
	struct span text = header_fact(f, FACT_BASE_SUBJECT);

	if (!text.n)
		return false;
	*reply_out = text.p[0] == FACT_REPLY;
	*out = span_skip(text, 1);
	return true;
}
