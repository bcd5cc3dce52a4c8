/* Keys of SORT. Each criterion gives a piece that ends by itself, so that the pieces of several compare one after the other: numbers are 8
 * bytes, texts end in a 0 that they do not contain; REVERSE turns all bits of its piece. RFC 5256 §3. */
#include "imap/verb/sort_key.h"

#include "imap/verb/base_subject.h"
#include "imap/verb/search_text.h"
#include "mime/header.h"

static const struct {
	struct span word;
	bool header;
	struct span field;
} kinds[] = {
	[SORT_ARRIVAL] = {{"ARRIVAL", 7}, false, {NULL, 0}},
	[SORT_CC] = {{"CC", 2}, true, {"Cc", 2}},
	[SORT_DATE] = {{"DATE", 4}, true, {"Date", 4}},
	[SORT_FROM] = {{"FROM", 4}, true, {"From", 4}},
	[SORT_SIZE] = {{"SIZE", 4}, false, {NULL, 0}},
	[SORT_SUBJECT] = {{"SUBJECT", 7}, true, {"Subject", 7}},
	[SORT_TO] = {{"TO", 2}, true, {"To", 2}},
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
		out->header |= kinds[i].header;
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

/* The first field of that name. */
static bool find_field(struct span header, struct span name, struct span *value_out)
{
	struct mime_field field;

	while (mime_field_take(&header, &field)) {
		if (!span_eq_nocase(field.name, name))
			continue;
		*value_out = field.value;
		return true;
	}
	return false;
}

int64_t sent_date(struct span header, const struct message *m)
{
	struct span value;
	int64_t seconds;
	int zone;

	return find_field(header, SPAN("Date"), &value) && mime_date_parse(value, &seconds, &zone) ? seconds
												   : m->internal_date;
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

static void take_mailbox(void *context, const struct mime_address *a)
{
	search_fold(a->mailbox, context);
}

/* "the mailbox of the first address" */
static void add_address(struct span header, struct span name, struct buf *out)
{
	struct span value;
	struct buf folded;

	buf_init(&folded, SORT_TEXT_MAX * 3);
	if (find_field(header, name, &value))
		mime_addresses(value, 1, take_mailbox, &folded);
	add_text(buf_span(&folded), out);
	buf_fini(&folded);
}

static void add_subject(struct span header, struct buf *out)
{
	struct span value;
	struct buf base;
	bool reply;

	buf_init(&base, SUBJECT_MAX * 3);
	if (find_field(header, SPAN("Subject"), &value))
		base_subject(value, &base, &reply);
	add_text(buf_span(&base), out);
	buf_fini(&base);
}

void sort_key_add(const struct sort_criteria *s, const struct message *m, struct span header, struct buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		size_t from = out->n;

		switch (s->at[i].by) {
		case SORT_ARRIVAL: add_number(m->internal_date, out); break;
		case SORT_SIZE: add_number((int64_t)m->size, out); break;
		case SORT_DATE: add_number(sent_date(header, m), out); break;
		case SORT_SUBJECT: add_subject(header, out); break;
		case SORT_CC:
		case SORT_FROM:
		case SORT_TO: add_address(header, kinds[s->at[i].by].field, out); break;
		}
		for (; s->at[i].reverse && from < out->n; from++)
			out->p[from] = (char)~out->p[from];
	}
}
