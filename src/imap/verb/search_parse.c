/* The grammar of SEARCH: RFC 3501 §6.4.4, §9 `search`, `search-key`. Bounded in depth, in keys and in the length of each text.
 * Never looks at a mailbox. */
#include "imap/verb/search_key.h"

#include "base/utf8.h"
#include "imap/wire/capability.h"

enum argument {
	ARG_NONE,
	ARG_TEXT,
	ARG_DATE,
	ARG_NUMBER,
	ARG_SECONDS,
	ARG_KEYWORD,
	ARG_UIDS,
	ARG_FIELD_TEXT,
	ARG_KEY,
	ARG_KEYS
};

static const struct key_row {
	struct span word;
	enum search_test test;
	enum argument argument;
	enum search_cost cost;
	uint64_t flags;
	struct span field;
	enum capability capability;
} key_rows[] = {
#define SEARCH_KEY(word, test, argument, cost, flags, field, capability)                                               \
	{SPAN(#word), TEST_##test, ARG_##argument, COST_##cost, flags, SPAN(field), CAPABILITY_##capability},
#include "imap/verb/search_keys.def"
#undef SEARCH_KEY
};

struct parse {
	struct args *a;
	struct search_criteria *s;
	struct why *why;
	unsigned depth;
};

static enum fail parse_key(struct parse *p, struct search_key **out);

static enum fail over_budget(struct parse *p, const char *what)
{
	args_wrong(p->a, what);
	return why(p->why, FAIL_LIMIT, "%s", what);
}

static enum fail syntax(struct parse *p, bool fine)
{
	(void)p;
	return fine ? FAIL_NONE : FAIL_SYNTAX;
}

static enum fail new_key(struct parse *p, enum search_test test, enum search_cost cost, struct search_key **out)
{
	struct search_key *k = ++p->s->keys > SEARCH_KEYS_MAX ? NULL : arena_alloc(p->a->arena, sizeof(*k));

	if (!k)
		return over_budget(p, "too many search keys");
	k->test = test;
	k->cost = cost;
	if (cost != COST_ROW) {
		k->next_leaf = p->s->leaves;
		p->s->leaves = k;
	}
	*out = k;
	return FAIL_NONE;
}

/* Cheap keys stand before dear ones, equal ones in the order given. */
static void add_child(struct search_key *group, struct search_key *k)
{
	struct search_key **at = &group->child;

	while (*at && (*at)->cost <= k->cost)
		at = &(*at)->next;
	k->next = *at;
	*at = k;
	if (k->cost > group->cost)
		group->cost = k->cost;
}

static enum fail parse_text(struct parse *p, struct search_key *k)
{
	struct buf folded;
	struct span given;
	enum fail f = FAIL_NONE;

	if (!args_sp(p->a) || !args_astring(p->a, &given))
		return FAIL_SYNTAX;
	if (given.n > SEARCH_TEXT_MAX)
		return over_budget(p, "the text to search for is too long");
	if (!utf8_valid(given))
		return syntax(p, args_wrong(p->a, "the text to search for is not UTF-8"));
	buf_init(&folded, SEARCH_TEXT_MAX * 12);
	search_fold(given, &folded);
	k->text = arena_dup(p->a->arena, buf_span(&folded));
	if (!k->text.p)
		f = over_budget(p, "too much text to search for");
	buf_fini(&folded);
	if (k->cost == COST_BODY && k->text.n > p->s->longest)
		p->s->longest = k->text.n;
	return f;
}

static enum fail parse_child(struct parse *p, struct search_key *group)
{
	struct search_key *k;
	enum fail f;

	if (!args_sp(p->a))
		return FAIL_SYNTAX;
	f = parse_key(p, &k);
	if (!f)
		add_child(group, k);
	return f;
}

static enum fail parse_argument(struct parse *p, enum argument argument, struct search_key *k)
{
	struct args *a = p->a;
	uint32_t seconds;
	enum fail f;

	switch (argument) {
	case ARG_NONE: return FAIL_NONE;
	case ARG_TEXT: return parse_text(p, k);
	case ARG_DATE: return syntax(p, args_sp(a) && args_date(a, &k->day));
	case ARG_NUMBER: return syntax(p, args_sp(a) && args_number64(a, &k->number));
	case ARG_SECONDS:
		if (!args_sp(a) || !args_nz_number(a, &seconds))
			return FAIL_SYNTAX;
		k->number = seconds;
		return FAIL_NONE;
	case ARG_KEYWORD: return syntax(p, args_sp(a) && args_atom(a, &k->field));
	case ARG_UIDS: return syntax(p, args_sp(a) && args_sequence_set(a, &k->set));
	case ARG_FIELD_TEXT:
		if (!args_sp(a) || !args_astring(a, &k->field))
			return FAIL_SYNTAX;
		return parse_text(p, k);
	case ARG_KEY: return parse_child(p, k);
	case ARG_KEYS: f = parse_child(p, k); return f ? f : parse_child(p, k);
	}
	return FAIL_SYNTAX;
}

static enum fail parse_word(struct parse *p, struct search_key **out)
{
	struct span word;
	enum fail f;

	if (!args_atom(p->a, &word))
		return FAIL_SYNTAX;
	for (size_t i = 0; i < ARRAY_LEN(key_rows); i++) {
		const struct key_row *row = &key_rows[i];

		if (!span_eq_nocase(row->word, word) || !capability_on(p->a->capabilities, row->capability))
			continue;
		f = new_key(p, row->test, row->cost, out);
		if (f)
			return f;
		(*out)->flags = row->flags;
		(*out)->field = row->field;
		return parse_argument(p, row->argument, *out);
	}
	return syntax(p, args_wrong(p->a, "an unknown search key"));
}

static enum fail parse_set(struct parse *p, struct search_key **out)
{
	enum fail f = new_key(p, TEST_SEQUENCE, COST_ROW, out);

	return f ? f : syntax(p, args_sequence_set(p->a, &(*out)->set));
}

/* key *(SP key), up to ')' or the end. */
static enum fail parse_keys(struct parse *p, struct search_key **out)
{
	struct search_key *group = NULL, *k;
	enum fail f = new_key(p, TEST_AND, COST_ROW, &group);

	while (!f) {
		f = parse_key(p, &k);
		if (f)
			break;
		add_child(group, k);
		if (args_peek(p->a) != ' ' || !args_sp(p->a))
			break;
		if (args_peek(p->a) == '\0') /* spaces at the end, which some clients send */
			break;
	}
	*out = group;
	return f;
}

static enum fail parse_list(struct parse *p, struct search_key **out)
{
	enum fail f;

	if (!args_open(p->a))
		return FAIL_SYNTAX;
	f = parse_keys(p, out);
	return f ? f : syntax(p, args_close(p->a));
}

static enum fail parse_key(struct parse *p, struct search_key **out)
{
	char c = args_peek(p->a);
	enum fail f;

	if (p->depth >= SEARCH_DEPTH_MAX)
		return over_budget(p, "search keys are nested too deeply");
	p->depth++;
	if (c == '(')
		f = parse_list(p, out);
	else if (c == '*' || c == '$' || (c >= '0' && c <= '9'))
		f = parse_set(p, out);
	else
		f = parse_word(p, out);
	p->depth--;
	return f;
}

static enum fail parse_charset(struct parse *p, bool alone)
{
	struct span name;

	if (!alone && !args_if_word(p->a, SPAN("CHARSET")))
		return FAIL_NONE;
	/* "it MUST NOT issue a SEARCH command that contains a charset specification": RFC 6855 §3. */
	if (!alone && p->a->utf8)
		return syntax(p, args_wrong(p->a, "CHARSET is not for a session that has enabled UTF8=ACCEPT"));
	if ((!alone && !args_sp(p->a)) || !args_astring(p->a, &name) || !args_sp(p->a))
		return FAIL_SYNTAX;
	if (span_eq_nocase(name, SPAN("UTF-8")) || span_eq_nocase(name, SPAN("US-ASCII")) ||
		span_eq_nocase(name, SPAN("UTF8")) || span_eq_nocase(name, SPAN("ASCII")))
		return FAIL_NONE;
	return why(p->why, FAIL_CHARSET, "charsets of searches: US-ASCII, UTF-8");
}

enum fail search_parse(struct args *a, bool charset, struct search_criteria *out, struct why *w)
{
	struct parse p = {a, out, w, 0};
	enum fail f;

	*out = (struct search_criteria){0};
	f = parse_charset(&p, charset);
	if (!f)
		f = parse_keys(&p, &out->root);
	if (!f && !args_end(a))
		f = FAIL_SYNTAX;
	if (!f)
		out->cost = out->root->cost;
	return f;
}
