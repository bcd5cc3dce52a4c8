/* Inside of pop3/verb only: one session, and what its verbs may do with it. */
#ifndef POP3_VERB_SESSION_STATE_H
#define POP3_VERB_SESSION_STATE_H

#include "net/session.h"
#include "pop3/verb/maildrop.h"
#include "pop3/wire/capability.h"
#include "pop3/wire/command.h"
#include "pop3/verb/shown.h"
#include "pop3/wire/multiline.h"

/* What the session is doing; each but COMMAND takes no input.
 *
 *   OPENING ─► COMMAND ─ retr, top ─► SENDING ─► COMMAND      SENDING waits for the store (reading) or for room
 *                 │ ─ list, uidl ──► LISTING ─► COMMAND       LISTING waits for room
 *                 ├ ─ stat, list, retr ─► MEASURING ─► what was asked   MEASURING waits for the store; only where messages are shown as surrogates
 *                 └ ─ quit ────────► UPDATING ─► ENDED        UPDATING waits for the commit */
enum pop3_phase { POP3_OPENING, POP3_COMMAND, POP3_MEASURING, POP3_SENDING, POP3_LISTING, POP3_UPDATING, POP3_ENDED };

struct pop3_session {
	enum pop3_phase phase;
	struct session_start start; /* its borrowed spans are gone after start() */
	char session_id[32];
	struct pop3_note note;            /* language, UTF8 */
	struct pop3_capabilities offered; /* to this account, by this listener */
	struct maildrop drop;
	struct store_wait wait;
	bool waiting; /* a store_wait is under way */
	struct batch *batch;
	struct buf reply; /* built by a verb, then sent */
	bool skipping;    /* the rest of a line that was too long */
	bool peer_ended;
	struct timer idle;
	int64_t last_input_ms;
	struct deferred go_on; /* turns the phase's crank */
	const char *how;       /* the session ended */

	struct pop3_shown *shown; /* NULL: messages are shown as they are */
	struct {                  /* by the command at hand */
		uint32_t number, lines;
		bool whole;
	} asked;

	struct message sending; /* POP3_SENDING */
	uint64_t sent;
	bool announced;      /* +OK is out */
	uint32_t retrieving; /* its number, 0 = it is TOP, which downloads nothing */
	struct buf piece;
	struct multiline multiline;

	uint32_t last; /* the highest number that RETR or DELE named, for LAST */

	uint32_t next; /* POP3_LISTING: the next number */
	bool uidl;
};

typedef void (*pop3_verb)(struct pop3_session *s, const struct pop3_command *c);

void pop3_send(struct pop3_session *s); /* sends s->reply */
void pop3_say_ok(struct pop3_session *s, const char *text);
void pop3_say_err(struct pop3_session *s, enum fail f, const char *text);
/* The message number in `argument`, or 0 after an -ERR. */
uint32_t pop3_number(struct pop3_session *s, struct span argument);

/* For LAST. */
void pop3_accessed(struct pop3_session *s, uint32_t number);

/* Steps of the phases that last: called until they wait or set another phase. */
void pop3_send_step(struct pop3_session *s);
void pop3_list_step(struct pop3_session *s);
void pop3_read_failed(struct pop3_session *s, enum fail f); /* a message_read that was waited for */
void pop3_end(struct pop3_session *s, const char *how, uint64_t linger_ms);

/* One line each in verbs.def. */
#define VERB(word, where, function, ...) PROTOTYPE_##where(function)
#define PROTOTYPE_DOOR(function)
#define PROTOTYPE_MAILDROP(function) void pop3_verb_##function(struct pop3_session *s, const struct pop3_command *c);
#include "pop3/verbs.def"
#undef VERB
#undef PROTOTYPE_DOOR
#undef PROTOTYPE_MAILDROP

#endif
