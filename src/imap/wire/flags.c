/* Flags and keywords: RFC 3501 §2.3.2. */
#include "imap/wire/flags.h"

#include "imap/wire/chars.h"

static const struct {
	struct span name;
	uint64_t bit;
} system_flags[] = {
	{{"\\Answered", 9}, MESSAGE_ANSWERED},
	{{"\\Flagged", 8}, MESSAGE_FLAGGED},
	{{"\\Deleted", 8}, MESSAGE_DELETED},
	{{"\\Seen", 5}, MESSAGE_SEEN},
	{{"\\Draft", 6}, MESSAGE_DRAFT},
};

uint64_t flag_system_bit(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(system_flags); i++)
		if (span_eq_nocase(name, system_flags[i].name))
			return system_flags[i].bit;
	return 0;
}

void print_system_flags(struct buf *out, uint64_t flags, bool *first)
{
	for (size_t i = 0; i < ARRAY_LEN(system_flags); i++) {
		if (!(flags & system_flags[i].bit))
			continue;
		if (!*first)
			buf_add_byte(out, ' ');
		buf_add(out, system_flags[i].name);
		*first = false;
	}
}

/* The keywords gathered so far, in the arena. */
struct keywords {
	struct span *at;
	size_t n;
};

static bool add_keyword(struct args *a, struct keywords *k, struct span name)
{
	for (size_t i = 0; i < k->n; i++)
		if (span_eq_nocase(k->at[i], name))
			return true;
	if (name.n > KEYWORD_NAME_MAX)
		return args_wrong(a, "a keyword is too long");
	if (k->n == ARGS_KEYWORDS_MAX)
		return args_wrong(a, "too many keywords");
	if (!k->at)
		k->at = arena_alloc(a->arena, ARGS_KEYWORDS_MAX * sizeof(*k->at));
	if (!k->at)
		return args_wrong(a, "the command is too long");
	k->at[k->n++] = name;
	return true;
}

static bool take_flag(struct args *a, struct flag_set *set, struct keywords *k)
{
	struct span at = a->rest, name;
	uint64_t bit;

	if (!args_if(a, '\\'))
		return args_atom(a, &name) && add_keyword(a, k, name);
	if (!args_atom(a, &name))
		return args_wrong(a, "a flag is expected");
	bit = flag_system_bit(span_first(at, name.n + 1));
	if (!bit)
		return args_wrong(a, span_eq_nocase(name, SPAN("Recent")) ? "\\Recent cannot be set by a client"
									  : "there is no such system flag");
	set->system |= bit;
	return true;
}

bool args_flag_list(struct args *a, bool bare, struct flag_set *out)
{
	struct flag_set set = {0};
	struct keywords k = {0};
	bool parens = args_peek(a) == '(';

	if (!parens && !bare)
		return args_wrong(a, "a list of flags is expected");
	if (parens && !args_open(a))
		return false;
	if (!parens || args_peek(a) != ')') {
		do {
			if (!take_flag(a, &set, &k))
				return false;
		} while (args_if(a, ' '));
	}
	if (parens && !args_close(a))
		return false;
	set.keywords = k.at;
	set.keyword_count = k.n;
	*out = set;
	return true;
}
