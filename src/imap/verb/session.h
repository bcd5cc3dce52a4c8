/* An IMAP session after login: its states, its selected mailbox, and the face to `mail` (net/session.h).
 * The framework: session.c (life), input.c (bytes to commands), run.c (commands to answers). Verbs read the upper part. */
#ifndef IMAP_VERB_SESSION_H
#define IMAP_VERB_SESSION_H

#include "conf/settings.h"
#include "imap/verb/view.h"
#include "imap/wire/reader.h"
#include "net/session.h"
#include "store/gate.h"

struct command;

enum imap_state { IMAP_AUTH, IMAP_SELECTED, IMAP_LOGOUT };

struct imap_session {
	/* for verbs */
	enum imap_state state;
	struct account *account;
	struct user user;
	const struct settings *settings;
	struct view *view;               /* the selected mailbox; NULL unless IMAP_SELECTED */
	struct session_start start;      /* strings are the session's own copies */
	/* the framework's */
	struct loop *loop;
	struct stream *stream;
	struct reader reader;
	struct buf out;                  /* responses that the stream has not taken yet */
	struct command *command;         /* the one that runs, or NULL */
	struct run *run;                 /* how far it is: run.c */
	struct deferred turn;            /* goes on with the command */
	struct timer deadline;
	struct span early;               /* bytes that came before the stream's own */
	struct buf early_bytes;
	int64_t last_input_ms;
	const char *ended_how;
	unsigned bad_commands;           /* in a row */
	bool deferred, closing, input_ended;
};

extern const struct session_ops imap_session_ops;

/* Leaves the selected mailbox; the session is in IMAP_AUTH. Harmless when none is selected. */
void session_unselect(struct imap_session *s);
/* Takes over `view` as the selected mailbox. */
void session_select(struct imap_session *s, struct view *view);

#endif
