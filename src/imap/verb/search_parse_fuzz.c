/* Search keys: what is known stays known as more is shown; NOT turns the answer round; nothing stays open at the end. */
#include "imap/verb/search_key.h"

static void must(bool b)
{
	if (!b)
		abort();
}

static const struct message message = {.uid = 7, .flags = MESSAGE_SEEN, .size = 100, .internal_date = 1000000000};

static void shown(const struct search_criteria *s, const struct search_row *row, enum search_truth *truth)
{
	enum search_truth now = search_truth(s, row);

	must(*truth == SEARCH_OPEN || now == *truth);
	*truth = now;
}

static void resolve(struct search_key *k)
{
	for (struct search_key *c = k->child; c; c = c->next)
		resolve(c);
	sequence_set_resolve(&k->set, 9);
}

/* The answer for the message, as far as it can be had. FAIL_NONE only with `out` set. */
static enum fail ask(struct span keys, struct span text, enum search_truth *out)
{
	struct arena arena;
	struct args args;
	struct search_criteria s;
	struct search_row row = {&message, 3, true};
	struct why why;
	enum search_truth truth = SEARCH_OPEN;
	enum fail f;

	arena_init(&arena, 4 << 20);
	args_init(&args, keys, &arena);
	f = search_parse(&args, false, &s, &why);
	if (!f) {
		resolve(s.root);
		search_next(&s);
		shown(&s, &row, &truth);
		search_header(&s, text);
		shown(&s, &row, &truth);
		search_body(&s, text);
		shown(&s, &row, &truth);
		search_no_more(&s);
		shown(&s, &row, &truth);
		must(truth != SEARCH_OPEN);
		*out = truth;
	}
	arena_fini(&arena);
	return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The keys, then a header. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span(data, size), keys = text;
	enum search_truth truth, turned;
	struct buf negated;

	if (!span_take_until(&text, '\0', &keys))
		text = SPAN("From: a\r\nSubject: b\r\n\r\n");
	if (ask(keys, text, &truth))
		return 0;
	buf_init(&negated, size + 16);
	buf_add_lit(&negated, "NOT (");
	buf_add(&negated, keys);
	buf_add_byte(&negated, ')');
	if (ask(buf_span(&negated), text, &turned) == FAIL_NONE) /* refused: CHARSET, or past a budget now */
		must(truth != turned);
	buf_fini(&negated);
	return 0;
}
