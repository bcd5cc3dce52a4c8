/* NAMESPACE: RFC 2342 §5. One personal namespace without a prefix; none of other users, none shared. */
#include "imap/verb/verb_functions.h"

enum fail verb_namespace(struct command *c)
{
	if (!args_end(&c->args))
		return command_syntax(c);
	buf_add_lit(command_out(c), "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
	return FAIL_NONE;
}
