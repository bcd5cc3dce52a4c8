/* The one gate: may this user do this to this mailbox? Every verb of every protocol asks here, before it looks. Rights are RFC 4314's. */
#ifndef STORE_GATE_H
#define STORE_GATE_H

#include "store/store.h"

enum right {
	RIGHT_LOOKUP = 'l',
	RIGHT_READ = 'r',
	RIGHT_SEEN = 's',
	RIGHT_WRITE = 'w',
	RIGHT_INSERT = 'i',
	RIGHT_POST = 'p',
	RIGHT_CREATE = 'k',
	RIGHT_DELETE_MAILBOX = 'x',
	RIGHT_DELETE = 't',
	RIGHT_EXPUNGE = 'e',
	RIGHT_ADMIN = 'a',
};

struct user {
	uint64_t account; /* as who the session logged in */
	bool admin;       /* an administrator's own connection */
	bool read_only;   /* an administrator's look, an EXAMINE-only token */
};

/* FAIL_NONE, or FAIL_NO_PERMISSION; FAIL_NOT_FOUND where the user may not even know that it exists. `mailbox` NULL = the account's tree itself. */
FAILS can(const struct user *user, const struct account *owner, const struct mailbox_info *mailbox, enum right right);

#endif
