/* SUBSCRIBE and UNSUBSCRIBE: RFC 3501 §6.3.6, §6.3.7. A name need not exist: §6.3.6 leaves that to the server, and a client that
 * subscribes before it creates is common. */
#include "imap/verb/verb_functions.h"

static enum fail set_subscribed(struct command *c, bool subscribed)
{
	struct span name, normal;
	enum fail f;

	if (!args_mailbox(&c->args, &name) || !args_end(&c->args))
		return command_syntax(c);
	f = command_may(c, NULL, RIGHT_WRITE);
	if (!f)
		f = command_normal_name(c, name, &normal);
	return f ? f : batch_subscribe(command_batch(c), normal, subscribed, &c->why);
}

enum fail verb_subscribe(struct command *c)
{
	return set_subscribed(c, true);
}

enum fail verb_unsubscribe(struct command *c)
{
	return set_subscribed(c, false);
}
