/* Keys of SORT. Each criterion gives a piece that ends by itself, so that the pieces of several compare one after the other: numbers are 8
 * bytes, texts end in a 0 that they do not contain; REVERSE turns all bits of its piece. RFC 5256 §3. */
#include "imap/verb/sort_key.h"

static const struct {
	struct span word;
	enum header_fact fact;
} kinds[] = {
	[SORT_ARRIVAL] = {{"ARRIVAL", 7}, FACT_NONE},
	[SORT_CC] = {{"CC", 2}, FACT_FIRST_CC},
	[SORT_DATE] = {{"DATE", 4}, FACT_SENT},
	[SORT_FROM] = {{"FROM", 4}, FACT_FIRST_FROM},
	[SORT_SIZE] = {{"SIZE", 4}, FACT_NONE},
	[SORT_SUBJECT] = {{"SUBJECT", 7}, FACT_BASE_SUBJECT},
	[SORT_TO] = {{"TO", 2}, FACT_FIRST_TO},
};

static bool take_criterion(struct args *a, struct sort_criteria *out)
{
	bool reverse = args_if_word(a, SPAN("REVERSE"));

	if (reverse && !args_sp(a))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!args_if_word(a, kinds[i].word))
			continue;
		if (out->n == SORT_CRITERIA_MAX)
			return args_wrong(a, "there are too many sort criteria");
		out->at[out->n].by = (enum sort_by)i;
		out->at[out->n++].reverse = reverse;
		out->facts |= kinds[i].fact == FACT_NONE ? 0 : FACT_BIT(kinds[i].fact);
		return true;
	}
	return args_wrong(a, "a sort key is expected: ARRIVAL, CC, DATE, FROM, SIZE, SUBJECT or TO");
}

bool sort_criteria_take(struct args *a, struct sort_criteria *out)
{
	*out = (struct sort_criteria){.n = 0};
	if (!args_open(a))
		return false;
	do {
		if (!take_criterion(a, out))
			return false;
	} while (args_if(a, ' '));
	return args_close(a);
}

int64_t sent_date(const struct header_facts *facts, const struct message *m)
{
	int64_t seconds;
	int16_t zone;

	return header_facts_sent(facts, &seconds, &zone) ? seconds : m->internal_date;
}

static void add_number(int64_t v, struct buf *out)
{
	buf_add_u64(out, (uint64_t)v ^ (uint64_t)1 << 63); /* so that negative ones come first */
}

static void add_text(struct span text, struct buf *out)
{
	text = span_first(text, SORT_TEXT_MAX);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i])
			buf_add_byte(out, text.p[i]);
	buf_add_byte(out, 0);
}

static void add_subject(const struct header_facts *facts, struct buf *out)
{
	struct span base = {NULL, 0};
	bool reply;

	(void)header_facts_base_subject(facts, &base, &reply);
	add_text(base, out);
}

void sort_key_add(
	const struct sort_criteria *s, const struct message *m, const struct header_facts *facts, struct buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		size_t from = out->n;

		switch (s->at[i].by) {
		case SORT_ARRIVAL: add_number(m->internal_date, out); break;
		case SORT_SIZE: add_number((int64_t)m->size, out); break;
		case SORT_DATE: add_number(sent_date(facts, m), out); break;
		case SORT_SUBJECT: add_subject(facts, out); break;
		case SORT_CC:
		case SORT_FROM:
		case SORT_TO: add_text(header_fact(facts, kinds[s->at[i].by].fact), out); break;
		}
		for (; s->at[i].reverse && from < out->n; from++)
			out->p[from] = (char)~out->p[from];
	}
}
