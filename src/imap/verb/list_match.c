/* Matching without backtracking: the set of places in the pattern that the name so far can have led to. */
#include "imap/verb/list_match.h"

struct span list_pattern(struct span reference, struct span pattern, struct arena *arena)
{
	char *dst;
	size_t n = 0;

	if (reference.n + pattern.n > LIST_PATTERN_MAX)
		return span(NULL, 0);
	dst = arena_alloc(arena, reference.n + pattern.n + 1);
	if (!dst)
		return span(NULL, 0);
	for (size_t i = 0; i < reference.n + pattern.n; i++) {
		char c = i < reference.n ? reference.p[i] : pattern.p[i - reference.n];

		if (n && (c == '*' || c == '%') && (dst[n - 1] == '*' || dst[n - 1] == '%')) {
			if (c == '*')
				dst[n - 1] = '*';
			continue;
		}
		dst[n++] = c;
	}
	return span(dst, n);
}

/* Places reached without taking an octet: past wildcards. */
static void pass_wildcards(struct span pattern, bool *at)
{
	for (size_t p = 0; p < pattern.n; p++)
		if (at[p] && (pattern.p[p] == '*' || pattern.p[p] == '%'))
			at[p + 1] = true;
}

static bool same(char pattern, char name, bool inbox)
{
	return inbox ? ascii_lower(pattern) == ascii_lower(name) : pattern == name;
}

bool list_match(struct span pattern, struct span name)
{
	bool at[LIST_PATTERN_MAX + 1] = {true}, next[LIST_PATTERN_MAX + 1];
	size_t inbox = span_eq(name, SPAN("INBOX")) || span_starts(name, SPAN("INBOX/")) ? 5 : 0;

	if (pattern.n > LIST_PATTERN_MAX)
		return false;
	pass_wildcards(pattern, at);
	for (size_t i = 0; i < name.n; i++) {
		memset(next, 0, pattern.n + 1);
		for (size_t p = 0; p < pattern.n; p++) {
			if (!at[p])
				continue;
			if (pattern.p[p] == '*' || pattern.p[p] == '%')
				next[p] |= pattern.p[p] == '*' || name.p[i] != '/';
			else if (same(pattern.p[p], name.p[i], i < inbox))
				next[p + 1] = true;
		}
		pass_wildcards(pattern, next);
		memcpy(at, next, pattern.n + 1);
	}
	return at[pattern.n];
}
