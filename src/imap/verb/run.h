/* One command from its collected bytes to its tagged reply: what pump.c drives. */
#ifndef IMAP_VERB_RUN_H
#define IMAP_VERB_RUN_H

#include "imap/verb/command.h"
#include "imap/wire/verbs.h"

enum run_progress {
	RUN_MOVED, /* call again */
	RUN_AGAIN, /* the same, after others have had their turn */
	RUN_WAITS, /* c->waits says for what */
	RUN_OVER,  /* the reply is written: command_free */
};

/* A new command of `bytes`, whose head has been taken. */
struct command *command_new(struct imap_session *s, const struct head *head, struct span bytes_after_head);
enum run_progress command_advance(struct command *c);
/* Wants bytes from the client: a message, or a line. */
bool command_wants_input(const struct command *c);
/* What `waits` waits for has come, or may have. */
bool command_ready(const struct command *c);
/* Its verb has looked at the arguments. */
bool command_has_begun(const struct command *c);
/* It has failed while its message is on the way: what comes of that is of no use. */
bool command_dropping(const struct command *c);
/* The message is over, and another one of `size` octets follows; `args` are what stands between. */
void command_message_follows(struct command *c, struct span args, uint64_t size);
/* The message is over, and with `clean` the command's line too, as it should be. */
void command_message_ends(struct command *c, bool clean);
/* Nobody waits for its work any more. */
void command_forget_work(struct command *c);
/* Everything it holds is given up, whatever is under way. NULL is fine. */
void command_free(struct command *c);

/* A response that no command's verb makes: "tag BAD text". */
void reply_bad(struct imap_session *s, struct span tag, const char *code, const char *text);

#endif
