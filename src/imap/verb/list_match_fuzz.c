/* Patterns of LIST: the same answer as a matcher that tries every way (names and patterns are short here, so that it ends). */
#include "imap/verb/list_match.h"

#include <stdlib.h>

enum { TRIED_MAX = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool tried(struct span pattern, struct span name)
{
	if (pattern.n == 0)
		return name.n == 0;
	if (pattern.p[0] == '*' || pattern.p[0] == '%')
		return tried(span_skip(pattern, 1), name) ||
		       (name.n && (pattern.p[0] == '*' || name.p[0] != '/') && tried(pattern, span_skip(name, 1)));
	return name.n && pattern.p[0] == name.p[0] && tried(span_skip(pattern, 1), span_skip(name, 1));
}

/* Pattern, NUL, name. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span name = span(data, size), pattern = name, whole;
	struct arena arena;

	if (!span_take_until(&name, '\0', &pattern))
		name = SPAN("a/b/c");
	arena_init(&arena, 1 << 20);
	whole = list_pattern(SPAN(""), pattern, &arena);
	if (whole.p) {
		bool matches = list_match(whole, name);

		if (whole.n <= TRIED_MAX && name.n <= TRIED_MAX && !span_starts(name, SPAN("INBOX")) &&
			matches != tried(whole, name))
			abort();
	}
	arena_fini(&arena);
	return 0;
}
