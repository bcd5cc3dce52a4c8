/* ENABLE: RFC 5161. Names that need no enabling, or are unknown, are passed over (§3.1); the list is sent even when it is empty, as clients wait
 * for it. */
#include "imap/verb/session.h"
#include "imap/verb/verb_functions.h"

static bool enable_utf8(struct imap_session *s)
{
	s->utf8 = true;
	return true;
}

/* What can be enabled. False: it cannot be, as things stand. */
static const struct enabling {
	struct span name;
	enum capability capability;
	bool (*enable)(struct imap_session *s);
} enablings[] = {
	{{"UTF8=ACCEPT", 11}, CAPABILITY_UTF8_ACCEPT, enable_utf8},
};

static const struct enabling *find(const struct command *c, struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(enablings); i++)
		if (span_eq_nocase(enablings[i].name, name) &&
			capability_on(&c->session->capabilities, enablings[i].capability))
			return &enablings[i];
	return NULL;
}

enum fail verb_enable(struct command *c)
{
	bool wanted[ARRAY_LEN(enablings)] = {false};
	struct buf *out = command_out(c);
	const struct enabling *e;
	struct span name;

	do {
		if (!args_atom(&c->args, &name))
			return command_syntax(c);
		e = find(c, name);
		if (e)
			wanted[e - enablings] = true;
	} while (args_if(&c->args, ' ') && c->args.rest.n);
	if (!args_end(&c->args))
		return command_syntax(c);
	buf_add_lit(out, "* ENABLED");
	for (size_t i = 0; i < ARRAY_LEN(enablings); i++)
		if (wanted[i] && enablings[i].enable(c->session))
			buf_addf(out, " %.*s", SPAN_ARG(enablings[i].name));
	buf_add_lit(out, "\r\n");
	return FAIL_NONE;
}
