/* ID: RFC 2971. What the client says of itself is checked and passed over; the answer is always there, since some clients fail without. */
#include "imap/verb/verb_functions.h"
#include "imap/wire/id.h"

enum fail verb_id(struct command *c)
{
	if (!args_id(&c->args) || !args_end(&c->args))
		return command_syntax(c);
	print_id(command_out(c), true);
	return FAIL_NONE;
}
