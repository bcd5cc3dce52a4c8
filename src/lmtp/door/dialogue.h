/* Inside of lmtp/door only: the state of one dialogue, and what its files do for each other. */
#ifndef LMTP_DOOR_DIALOGUE_H
#define LMTP_DOOR_DIALOGUE_H

#include "lmtp/door/transaction.h"
#include "lmtp/wire/unstuff.h"

enum { CLIENT_MAX = 255 };

enum phase { COMMAND, RESOLVING, CONTENT, RESULTS, LEFT };
enum state { ANY, GREETED, MAIL, RCPT };
enum content { BY_DATA, BY_BDAT, SWALLOWED /* a chunk that was refused */ };

struct lmtp_door {
	struct door_host *host;
	enum phase phase;
	enum state state;
	bool skipping; /* the rest of a line that was too long */
	unsigned bad;
	char client[CLIENT_MAX + 1];
	struct transaction transaction;
	struct lmtp_path resolving;
	enum content content;
	struct unstuff unstuff;
	uint64_t chunk_left;
	bool chunk_last, chunking, too_big;
	bool stopping; /* the server ends once the results are out */
	struct buf reply;
};

/* ── dialogue.c ── */
const struct door_info *lmtp_info(struct lmtp_door *d);
void lmtp_send_reply(struct lmtp_door *d); /* sends d->reply */
void lmtp_say(struct lmtp_door *d, int code, const char *status, const char *text);
void lmtp_say_fail(struct lmtp_door *d, enum fail f, const char *text);
void lmtp_bad_command(struct lmtp_door *d, enum fail f, const char *text); /* the same; too many end the connection */
void lmtp_no_recipients(struct lmtp_door *d);                              /* not counted as a bad command */
void lmtp_refuse_arguments(struct lmtp_door *d, enum fail f, const char *text);
void lmtp_touch(struct lmtp_door *d); /* sets the deadline of the phase */
void lmtp_reset(struct lmtp_door *d); /* forgets the transaction */
void lmtp_leave(struct lmtp_door *d);
void lmtp_say_stop(struct lmtp_door *d);

/* ── command.c ── */
size_t lmtp_take_line(struct lmtp_door *d, struct span bytes);

/* ── content.c ── */
void lmtp_begin_content(struct lmtp_door *d, enum content how);
size_t lmtp_take_data(struct lmtp_door *d, struct span bytes);
size_t lmtp_take_chunk(struct lmtp_door *d, struct span bytes);
void lmtp_end_chunk(struct lmtp_door *d);
void lmtp_say_results(struct lmtp_door *d);

#endif
