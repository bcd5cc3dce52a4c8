/* STATUS: RFC 3501 §6.3.10. What it can say: status_items.c. */
#include "imap/verb/status_items.h"
#include "imap/verb/verb_functions.h"

enum fail verb_status(struct command *c)
{
	struct mailbox_info info;
	struct span name;
	unsigned items;
	enum fail f;

	if (!args_mailbox(&c->args, &name) || !args_sp(&c->args) || !status_items_take(&c->args, &items) ||
		!args_end(&c->args))
		return command_syntax(c);
	f = command_find_mailbox(c, name, FAIL_NOT_FOUND, &info);
	if (!f)
		f = command_may(c, &info, RIGHT_READ);
	if (!f)
		status_items_print(c, &info, items);
	return f;
}
