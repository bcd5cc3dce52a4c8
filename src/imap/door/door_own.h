/* The inside of the door, shared by door.c (the face to `front`, SASL) and command.c (one command). */
#ifndef IMAP_DOOR_DOOR_OWN_H
#define IMAP_DOOR_DOOR_OWN_H

#include "imap/door/door.h"
#include "imap/wire/capability.h"
#include "imap/wire/reader.h"

enum {
	BAD_COMMANDS_MAX = 10, /* in all: nobody who means well needs more */
	DOOR_OUT_MAX = 16 << 10,
};

enum door_state { OPEN, AUTHENTICATING, CHALLENGED, SECURING, HANDED_OVER, LEAVING };

struct door {
	struct door_host *host;
	enum door_state state;
	struct reader reader;
	struct buf tag; /* of the command that waits for an answer */
	unsigned bad_commands, failed_logins;
};

const struct door_info *door_facts(const struct door *d);
/* Writes `out` and empties it. */
void door_say(struct door *d, struct buf *out);
/* That are offered to this client. */
struct capabilities door_capabilities(const struct door *d);
void door_add_capabilities(const struct door *d, struct buf *out);
/* "tag CONDITION [code] text" */
void door_add_reply(struct buf *out, struct span tag, const char *condition, const char *code, struct span text);
/* "* BYE text" unless it is NULL, then the end. */
void door_leave(struct door *d, const char *text);
/* A command has been collected; or, not `whole`, the beginning of one that is too long. */
void door_command(struct door *d, bool whole);

#endif
