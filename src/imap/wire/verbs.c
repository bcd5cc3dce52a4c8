/* Table of verbs, and the head of a command. */
#include "imap/wire/verbs.h"

#include "imap/wire/chars.h"

static const struct verb_row rows[] = {
#define VERB(word, shape, function, states, traits, capability, rfc)                                                   \
	{{#word, sizeof(#word) - 1}, shape, states, traits, CAPABILITY_##capability, rfc},
#include "imap/verbs.def"
#undef VERB
};

const struct verb_row *verb_row(enum verb_id id)
{
	return &rows[id];
}

static enum verb_id find_verb(const struct capabilities *set, struct span word, bool uid)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (span_eq_nocase(word, rows[i].word))
			return capability_on(set, rows[i].capability) && (!uid || rows[i].traits & UID_FORM)
				       ? (enum verb_id)i
				       : VERB_COUNT;
	return VERB_COUNT;
}

static bool take_tag(struct args *a, struct span *out)
{
	size_t n = 0;

	while (n < a->rest.n && is_tag_char(a->rest.p[n]))
		n++;
	if (n == 0 || n > TAG_MAX || (n < a->rest.n && a->rest.p[n] != ' '))
		return args_wrong(a, "a command begins with a tag");
	*out = span_first(a->rest, n);
	a->rest = span_skip(a->rest, n);
	return true;
}

bool head_take(struct args *a, struct head *out)
{
	*out = (struct head){.verb = VERB_COUNT};
	if (!take_tag(a, &out->tag))
		return false;
	if (!args_sp(a) || !args_atom(a, &out->word))
		return args_wrong(a, "a command is expected");
	if (span_eq_nocase(out->word, SPAN("UID"))) {
		out->uid = true;
		if (!args_sp(a) || !args_atom(a, &out->word))
			return args_wrong(a, "a command is expected after UID");
	}
	out->verb = find_verb(a->capabilities, out->word, out->uid);
	if (a->rest.n)
		return args_sp(a);
	return true;
}
