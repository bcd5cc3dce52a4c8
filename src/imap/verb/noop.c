/* NOOP and CHECK: RFC 3501 §6.1.2, §6.4.1. What has changed is told after every command, so neither has more to do: all that was
 * answered is durable already. */
#include "imap/verb/verb_functions.h"

enum fail verb_noop(struct command *c)
{
	return args_end(&c->args) ? FAIL_NONE : command_syntax(c);
}

enum fail verb_check(struct command *c)
{
	return args_end(&c->args) ? FAIL_NONE : command_syntax(c);
}
