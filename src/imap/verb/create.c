/* CREATE: RFC 3501 §6.3.3. Missing parents are made as real mailboxes, so that no client meets a name it cannot use. */
#include "imap/verb/verb_functions.h"

enum fail verb_create(struct command *c)
{
	struct span name, normal;
	enum fail f;

	if (!args_mailbox(&c->args, &name) || !args_end(&c->args))
		return command_syntax(c);
	f = command_may(c, NULL, RIGHT_CREATE);
	if (!f)
		f = command_normal_name(c, name, &normal);
	return f ? f : batch_mailbox_create(command_batch(c), normal, USE_NONE, &c->why);
}
