/* An IMAP session after login: its states, its selected mailbox, and the face to `mail` (net/session.h).
 * The framework: session.c (its life), pump.c (bytes in and out) and run.c (one command from its first byte to its reply). Verbs read the upper part.
 *
 *            SELECT, EXAMINE              LOGOUT, or ended by the server
 *   IMAP_AUTH ◄────────────► IMAP_SELECTED ────────────────► IMAP_LOGOUT ─► session_end ─► stream closed ─► freed
 *            CLOSE, UNSELECT */
#ifndef IMAP_VERB_SESSION_H
#define IMAP_VERB_SESSION_H

#include "conf/settings.h"
#include "imap/verb/compression.h"
#include "imap/verb/view.h"
#include "imap/wire/capability.h"
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
	struct capabilities capabilities;
	bool utf8;         /* ENABLE UTF8=ACCEPT: RFC 6855 */
	struct view *view; /* the selected mailbox; NULL unless IMAP_SELECTED */
	/* the framework's own */
	struct loop *loop;
	struct stream *stream;
	struct reader reader;
	struct buf out; /* responses that the stream has not taken yet */
	struct buf
		early; /* plain bytes that come before the stream's own: sent before this session began, or decompressed */
	struct compression *compression; /* NULL: none */
	struct command *command;         /* the one that runs, or NULL */
	struct deferred turn;            /* goes on with it */
	struct timer deadline;
	int64_t last_input_ms, last_output_ms;
	void (*ended)(void *ctx, struct session *s, const char *how);
	void *ended_ctx;
	const char *ended_how;
	char *stop_text;       /* the session is to end once the command is over, with these words */
	unsigned bad_commands; /* in a row */
	unsigned closing_parts;
	bool pumping, closing, input_ended, view_gone;
	bool compress_next; /* behind the reply to the command at hand */
};

extern const struct session_ops imap_session_ops;

/* Leaves the selected mailbox; the session is in IMAP_AUTH. Harmless when none is selected. */
void session_unselect(struct imap_session *s);
/* For CAPABILITY. */
struct capability_view session_capabilities(const struct imap_session *s);
/* Takes over `view` as the selected mailbox. */
void session_select(struct imap_session *s, struct view *view);
/* For view_new: wakes the session that waits for an event. `ctx` is the session. */
void session_wake(void *ctx);

/* ── Of the framework ── */
/* Goes on from the loop, soon. */
void session_again(struct imap_session *s);
/* "* BYE text" unless it is NULL, then the end. `how` for the log line; static text. */
void session_end(struct imap_session *s, const char *how, const char *text);
/* How long one call of session_pump may work, so that one busy client does not hold up the others; it does one thing in any case. Tests set it. */
extern int64_t session_pump_us;
/* Goes on until it waits for something; takes bytes off the front of *in. */
void session_pump(struct imap_session *s, struct span *in);
/* The next bytes are for it, not for later. */
bool session_wants_input(const struct imap_session *s);
/* Gives the stream what it has room for. True: all is out of `out`. */
bool session_flush(struct imap_session *s);
/* What is in `out` is the last that goes out plain; what comes from here on is compressed, too. */
void session_compress(struct imap_session *s);

/* How often each command was given in this process. */
uint64_t verb_count(size_t verb);

#endif
