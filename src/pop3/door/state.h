/* Inside of pop3/door only: one connection before login, and its verbs. */
#ifndef POP3_DOOR_STATE_H
#define POP3_DOOR_STATE_H

#include "net/door.h"
#include "pop3/wire/capability.h"
#include "pop3/wire/command.h"

enum { POP3_DOOR_NAME_MAX = 320, POP3_DOOR_TIMESTAMP_MAX = 160 };

enum pop3_door_phase { DOOR_COMMAND, DOOR_WAITING, DOOR_RESPONDING, DOOR_SECURING, DOOR_HANDED_OVER, DOOR_LEFT };

struct pop3_door {
	struct door_host *host;
	enum pop3_door_phase phase;
	bool skipping; /* the rest of a line that was too long */
	unsigned bad;
	char user[POP3_DOOR_NAME_MAX];
	size_t user_n;
	struct pop3_note note;                   /* what was agreed so far */
	char timestamp[POP3_DOOR_TIMESTAMP_MAX]; /* of the greeting, for APOP; "" = it is not offered here */
	struct buf reply;
};

void pop3_door_send(struct pop3_door *d); /* sends d->reply */
void pop3_door_ok(struct pop3_door *d, const char *text);
void pop3_door_err(struct pop3_door *d, enum fail f, const char *text);
void pop3_door_leave(struct pop3_door *d);
const struct door_info *pop3_door_info(struct pop3_door *d);
struct pop3_capabilities pop3_door_offers(struct pop3_door *d); /* to this client */

/* One line each in verbs.def. */
#define VERB(word, where, function, ...) PROTOTYPE_##where(function)
#define PROTOTYPE_DOOR(function)         void pop3_door_##function(struct pop3_door *d, const struct pop3_command *c);
#define PROTOTYPE_MAILDROP(function)
#include "pop3/verbs.def"
#undef VERB
#undef PROTOTYPE_DOOR
#undef PROTOTYPE_MAILDROP

#endif
