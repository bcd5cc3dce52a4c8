/* DELETE: RFC 3501 §6.3.4. Children stay. The session that deletes the mailbox it has selected has none selected afterwards;
 * others are disconnected (session.c). */
#include "imap/verb/session.h"
#include "imap/verb/verb_functions.h"

static enum fail leave_if_selected(struct command *c)
{
	struct imap_session *s = c->session;

	if (s->view && mailbox_deleted(view_mailbox(s->view)))
		session_unselect(s);
	return FAIL_NONE;
}

enum fail verb_delete(struct command *c)
{
	struct mailbox_info info;
	struct span name;
	enum fail f;

	if (!args_mailbox(&c->args, &name) || !args_end(&c->args))
		return command_syntax(c);
	f = command_find_mailbox(c, name, FAIL_NOT_FOUND, &info);
	if (!f)
		f = command_may(c, &info, RIGHT_DELETE_MAILBOX);
	if (f)
		return f;
	c->committed = leave_if_selected;
	return batch_mailbox_delete(command_batch(c), info.id, &c->why);
}
