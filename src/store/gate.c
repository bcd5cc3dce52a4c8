/* The gate: until mailboxes can be shared, an account's owner may do everything to it and nobody else anything (RFC 4314 §4). */
#include "store/gate.h"

/* The rights that change nothing. */
static bool only_looks(enum right right)
{
	return right == RIGHT_LOOKUP || right == RIGHT_READ;
}

enum fail can(
	const struct user *user, const struct account *owner, const struct mailbox_info *mailbox, enum right right)
{
	if (user->account != account_id(owner))
		return FAIL_NOT_FOUND;
	if (user->read_only && !only_looks(right))
		return FAIL_NO_PERMISSION;
	(void)mailbox; /* rights per mailbox come with sharing */
	return FAIL_NONE;
}
