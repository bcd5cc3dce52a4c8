/* LOGOUT: RFC 3501 §6.1.3. */
#include "imap/verb/session.h"
#include "imap/verb/verb_functions.h"

enum fail verb_logout(struct command *c)
{
	if (!args_end(&c->args))
		return command_syntax(c);
	buf_add_lit(command_out(c), "* BYE Until next time\r\n");
	c->session->state = IMAP_LOGOUT;
	return FAIL_NONE;
}
