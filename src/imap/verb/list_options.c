/* The grammar of LIST's arguments. RFC 5258 §6. What is sent without being announced by older clients, such as
 * RETURN (SPECIAL-USE CHILDREN), is the same grammar. */
#include "imap/verb/list_options.h"

#include "imap/verb/list_match.h"
#include "imap/verb/status_items.h"
#include "imap/wire/capability.h"

enum { SELECTS = 1, RETURNS = 2 };

/* SPECIAL-USE and CHILDREN are always returned; REMOTE adds mailboxes that this server has none of. */
static const struct list_option {
	struct span word;
	unsigned where, bits;
	enum capability capability;
} list_options[] = {
	{{"SUBSCRIBED", 10}, SELECTS, LIST_SELECT_SUBSCRIBED | LIST_RETURN_SUBSCRIBED, CAPABILITY_IMAP4rev1},
	{{"SUBSCRIBED", 10}, RETURNS, LIST_RETURN_SUBSCRIBED, CAPABILITY_IMAP4rev1},
	{{"SPECIAL-USE", 11}, SELECTS, LIST_SELECT_SPECIAL_USE, CAPABILITY_SPECIAL_USE},
	{{"SPECIAL-USE", 11}, RETURNS, 0, CAPABILITY_SPECIAL_USE},
	{{"CHILDREN", 8}, RETURNS, 0, CAPABILITY_CHILDREN},
	{{"REMOTE", 6}, SELECTS, 0, CAPABILITY_LIST_EXTENDED},
	{{"RECURSIVEMATCH", 14}, SELECTS, LIST_RECURSIVE, CAPABILITY_LIST_EXTENDED},
	{{"STATUS", 6}, RETURNS, LIST_RETURN_STATUS, CAPABILITY_LIST_STATUS},
};

static bool take_option(struct args *a, unsigned where, struct list_arguments *out)
{
	for (size_t i = 0; i < ARRAY_LEN(list_options); i++) {
		const struct list_option *o = &list_options[i];

		if (!(where & o->where) || !capability_on(a->capabilities, o->capability) || !args_if_word(a, o->word))
			continue;
		out->options |= o->bits;
		if (o->bits & LIST_RETURN_STATUS)
			return args_sp(a) && status_items_take(a, &out->status_items);
		return true;
	}
	return args_wrong(a, "there is no such option");
}

static bool take_options(struct args *a, unsigned where, struct list_arguments *out)
{
	out->options |= LIST_EXTENDED;
	if (!args_open(a))
		return false;
	while (args_peek(a) != ')') {
		if (!take_option(a, where, out))
			return false;
		(void)args_if(a, ' ');
	}
	return args_close(a);
}

static bool add_pattern(struct args *a, struct span reference, struct list_arguments *out)
{
	struct span pattern;

	if (!args_list_mailbox(a, &pattern))
		return false;
	if (out->pattern_count == LIST_PATTERNS_MAX)
		return args_wrong(a, "there are too many patterns");
	out->root |= pattern.n == 0;
	out->patterns[out->pattern_count] = list_pattern(reference, pattern, a->arena);
	return out->patterns[out->pattern_count++].p || args_wrong(a, "the pattern is too long");
}

static bool take_patterns(struct args *a, struct span reference, struct list_arguments *out)
{
	out->patterns = arena_alloc(a->arena, LIST_PATTERNS_MAX * sizeof(*out->patterns));
	if (!out->patterns)
		return args_wrong(a, "the command is too long");
	if (args_peek(a) != '(' || !capability_on(a->capabilities, CAPABILITY_LIST_EXTENDED))
		return add_pattern(a, reference, out);
	out->options |= LIST_EXTENDED;
	if (!args_open(a))
		return false;
	do {
		if (!add_pattern(a, reference, out))
			return false;
	} while (args_if(a, ' '));
	return args_close(a);
}

bool list_arguments_take(struct args *a, struct list_arguments *out)
{
	struct span reference;

	*out = (struct list_arguments){0};
	if (args_peek(a) == '(' && (!take_options(a, SELECTS, out) || !args_sp(a)))
		return false;
	/* "The RECURSIVEMATCH option MUST NOT occur as the only selection option (or only with REMOTE)." */
	if (out->options & LIST_RECURSIVE && !(out->options & LIST_SELECTS))
		return args_wrong(a, "RECURSIVEMATCH needs another selection option, such as SUBSCRIBED");
	if (!args_mailbox(a, &reference) || !args_sp(a) || !take_patterns(a, reference, out))
		return false;
	if (args_if(a, ' ') && a->rest.n) {
		if (!args_if_word(a, SPAN("RETURN")))
			return args_wrong(a, "there is more than LIST takes");
		if (!args_sp(a) || !take_options(a, RETURNS, out))
			return false;
	}
	out->root &= !(out->options & LIST_EXTENDED);
	return args_end(a);
}
