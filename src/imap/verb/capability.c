/* CAPABILITY after login: RFC 3501 §6.1.1. */
#include "imap/verb/session.h"
#include "imap/verb/verb_functions.h"
#include "imap/wire/capability.h"

enum fail verb_capability(struct command *c)
{
	struct capability_view v = session_capabilities(c->session);
	struct buf *out = command_out(c);

	if (!args_end(&c->args))
		return command_syntax(c);
	buf_add_lit(out, "* CAPABILITY ");
	print_capabilities(out, &v);
	buf_add_lit(out, "\r\n");
	return FAIL_NONE;
}
