/* RENAME: RFC 3501 §6.3.5. */
#include "imap/verb/verb_functions.h"

enum fail verb_rename(struct command *c)
{
	struct mailbox_info info;
	struct span from, to, normal;
	enum fail f;

	if (!args_mailbox(&c->args, &from) || !args_sp(&c->args) || !args_mailbox(&c->args, &to) || !args_end(&c->args))
		return command_syntax(c);
	f = command_find_mailbox(c, from, FAIL_NOT_FOUND, &info);
	if (!f)
		f = command_may(c, &info, RIGHT_DELETE_MAILBOX);
	if (!f)
		f = command_may(c, NULL, RIGHT_CREATE);
	if (!f)
		f = command_normal_name(c, to, &normal);
	return f ? f : batch_mailbox_rename(command_batch(c), info.id, normal, &c->why);
}
