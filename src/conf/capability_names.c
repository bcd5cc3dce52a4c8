/* Lists of capabilities that are not offered: cutting them into names, and what is wrong with one. */
#include "conf/capability_names.h"

#include "conf/nearest.h"

static bool separates(char c)
{
	return c == ' ' || c == ',' || c == '\t';
}

bool capability_names_next(struct span *list, struct span *name_out)
{
	struct span left = *list;
	size_t n = 0;

	while (left.n && separates(left.p[0]))
		left = span_skip(left, 1);
	while (n < left.n && !separates(left.p[n]))
		n++;
	*list = span_skip(left, n);
	if (n)
		*name_out = span_first(left, n);
	return n > 0;
}

struct span capability_names_of(bool tls_listener, const char *clear, const char *tls)
{
	return span_of(tls_listener && strcmp(tls, "same") != 0 ? tls : clear);
}

static enum fail unknown(struct span name, const struct capability_name *names, size_t n, struct why *w)
{
	struct nearest nearest;
	const char *close;

	nearest_begin(&nearest, name);
	for (size_t i = 0; i < n; i++)
		if (!names[i].fixed)
			nearest_offer(&nearest, names[i].text);
	close = nearest_close(&nearest);
	if (close)
		return why(w, FAIL_CONFIG, "'%.*s' is no capability: did you mean '%s'?", SPAN_ARG(name), close);
	return why(w, FAIL_CONFIG,
		"'%.*s' is no capability: write names as CAPABILITY (IMAP) or CAPA (POP3) shows them", SPAN_ARG(name));
}

static enum fail check(
	struct span name, enum capability_scope scope, const struct capability_name *names, size_t n, struct why *w)
{
	for (size_t i = 0; i < n; i++) {
		if (!span_eq_nocase(name, span_of(names[i].text)))
			continue;
		if (names[i].fixed)
			return why(w, FAIL_CONFIG, "'%s' cannot be switched off: clients do not go without it",
				names[i].text);
		if (scope == FOR_ACCOUNT && !names[i].after_login)
			return why(w, FAIL_CONFIG,
				"'%s' counts before login, when nobody knows the account yet: it can only be switched "
				"off for "
				"a listener, by a setting",
				names[i].text);
		return FAIL_NONE;
	}
	return unknown(span_first(name, 64), names, n, w);
}

enum fail capability_names_check(
	struct span list, enum capability_scope scope, const struct capability_name *names, size_t n, struct why *w)
{
	struct span name;

	while (capability_names_next(&list, &name)) {
		enum fail f = check(name, scope, names, n, w);

		if (f)
			return f;
	}
	return FAIL_NONE;
}
