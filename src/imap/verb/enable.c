/* ENABLE: RFC 5161. No capability of the table needs enabling yet, so unknown names are passed over (§3.1) and the list is empty; it is
 * sent all the same, as clients wait for it. */
#include "imap/verb/verb_functions.h"

enum fail verb_enable(struct command *c)
{
	struct span name;

	do {
		if (!args_atom(&c->args, &name))
			return command_syntax(c);
	} while (args_if(&c->args, ' ') && c->args.rest.n);
	if (!args_end(&c->args))
		return command_syntax(c);
	buf_add_lit(command_out(c), "* ENABLED\r\n");
	return FAIL_NONE;
}
