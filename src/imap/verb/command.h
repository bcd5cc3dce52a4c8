/* One command on its way, and what the framework (session.c, pump.c, run.c) and a verb owe each other.
 *
 *   collected ─► state gate ─► RUN: verb_x ───────────────────────────────► [batch committed] ─► committed ─► sync ─► tagged reply
 *                            └► STEP, HOLD: begin ─► step ⟲ ... ─► DONE ──┘                                      end
 *
 * A verb writes untagged responses to command_out, stages changes in command_batch, sets the reply's code and text, and never waits by
 * itself: the framework commits the batch, sends what the view has to tell (view.h), then the tagged reply. Everything a command allocates
 * comes from its arena. A verb is free to look at c->session (session.h) and its view. */
#ifndef IMAP_VERB_COMMAND_H
#define IMAP_VERB_COMMAND_H

#include "base/arena.h"
#include "base/why.h"
#include "imap/wire/args.h"
#include "imap/wire/verbs.h"
#include "store/batch.h"
#include "store/gate.h"

struct imap_session;
struct command;
struct view;

/* What a step answers. Each WAIT has a deadline in the framework. */
enum step {
	STEP_DONE,        /* commit what is staged, answer OK */
	STEP_AGAIN,       /* more to do: go on (other sessions get a turn between) */
	STEP_WAIT_INPUT,  /* more of the message (MESSAGE), or a line (HOLD) */
	STEP_WAIT_OUTPUT, /* the output has no room (command_has_room) */
	STEP_WAIT_STORE, /* a call with &c->wait answered FAIL_BUSY; `c->stored` is its result when the step is called again */
	STEP_WAIT_EVENT, /* the feed has something, or input came (HOLD) */
	STEP_FAIL,       /* command_fail was called */
};

struct verb_steps {
	enum fail (*begin)(struct command *c); /* parses all arguments; a failure is answered at once */
	enum step (*step)(struct command *c);
	void (*end)(struct command *
			c); /* frees what the verb holds; called once, whatever happened after begin was called; may be NULL */
};

enum { COMMAND_ARENA_MAX = 4 << 20 };

struct command {
	struct imap_session *session;
	struct span tag, word; /* word: as in verbs.def, for the reply */
	bool uid;              /* UID form */
	struct args args; /* after the command's word and the space behind it; args_end at once when there are none */
	struct arena arena;
	void *state;            /* the verb's own, from the arena */
	struct batch *batch;    /* see command_batch */
	struct store_wait wait; /* for calls of the store in a step */
	enum fail stored;       /* result of the last such call */
	bool bears_failure; /* the verb looks at `stored` itself; else a failure ends the command before its step is called again */
	enum fail failed; /* what the command ends with */
	struct why why;
	struct buf code;  /* "APPENDUID 38505 3955": set by command_code */
	struct span text; /* of the OK; empty = "FETCH completed" */
	/* After the framework's commit of `batch`, before the reply. Its FAIL is the command's. May be NULL. */
	enum fail (*committed)(struct command *c);
	/* the framework's own (run.c) */
	const struct verb_row *row;
	struct span message_tail; /* MESSAGE: what is to stand behind it on its line, set by begin; static text */
	struct span message;      /* MESSAGE: bytes that have come and were not taken */
	struct span line;         /* HOLD: a line that has come */
	uint64_t message_left;    /* of the message: not yet taken */
	int64_t slice_began;      /* us */
	int phase;
	enum command_wait { WAIT_NOTHING, WAIT_INPUT, WAIT_OUTPUT, WAIT_STORE, WAIT_EVENT } waits;
	bool begun, message_asked, message_answered, message_next, message_over, line_here, committing, batch_done;
	struct command_work *work; /* under way on a worker thread */
	char tag_bytes[];
};

/* ── Failing ── each returns what the caller returns. */
/* `text` is what the client sees after the code of fail.def; a verb that wants another code calls command_code too. */
enum fail command_fail(struct command *c, enum fail f, const char *fmt, ...) PRINTF(3, 4);
/* FAIL_SYNTAX with what args.error says (BAD). */
enum fail command_syntax(struct command *c);
/* `f` with the words of c->why, when the store has filled it. */
enum step step_fail(struct command *c, enum fail f);

/* ── Answering ── */
/* The response code of the tagged reply without brackets, OK or not. */
void command_code(struct command *c, const char *fmt, ...) PRINTF(2, 3);
/* The session's output: append whole response lines, ending in CRLF. */
struct buf *command_out(struct command *c);
/* Ask before producing; overshoot by one bounded item (an ENVELOPE, 64 KB of a body). False: answer STEP_WAIT_OUTPUT. */
bool command_has_room(const struct command *c);
/* In long loops without output: true once a millisecond has passed since the step began: answer STEP_AGAIN. */
bool command_slice_over(const struct command *c);

/* ── The store ── */
/* The batch of this command, begun at the first call, its author set so that the session's view does not echo flag changes. The framework
 * commits it after DONE (or RUN's FAIL_NONE) and frees it. */
struct batch *command_batch(struct command *c);
/* Commits it in the midst of a STEP: STEP_WAIT_STORE, or STEP_AGAIN when that was done at once, or STEP_FAIL. Afterwards `stored` tells; the batch
 * stays readable (batch_uids) until the next command_batch, which begins a new one, or the end. */
enum step command_commit(struct command *c);
/* For a call of the store with &c->wait that answered `f`: sets `stored`; STEP_AGAIN (done), STEP_WAIT_STORE (FAIL_BUSY) or STEP_FAIL. */
enum step command_stored(struct command *c, enum fail f);
/* The gate (store/gate.h): FAIL_NONE, or a failure with its text set. `mailbox` NULL = the tree. */
enum fail command_may(struct command *c, const struct mailbox_info *mailbox, enum right right);
/* The same for the selected mailbox. */
enum fail command_may_selected(struct command *c, enum right right);
/* A mailbox by the name that args_mailbox gave; `missing` is what FAIL_NOT_FOUND becomes (FAIL_TRY_CREATE for APPEND, COPY, MOVE).
 * A name that is no valid name is missing too. Includes RIGHT_LOOKUP. */
enum fail command_find_mailbox(struct command *c, struct span name, enum fail missing, struct mailbox_info *out);
/* Normal form of a name for CREATE and the like, in the arena; the failure has its text set. */
enum fail command_normal_name(struct command *c, struct span name, struct span *out);

/* ── Long calculations ── Runs `run(data)` on a worker thread: answer STEP_WAIT_STORE; the step is called again when it is over. `data` must
 * not be touched meanwhile, and belongs to the work while command_works(c): when the command ends before, `drop(data)` frees it afterwards, and
 * the verb's `end` must leave it alone. */
enum step command_work(struct command *c, void (*run)(void *data), void (*drop)(void *data), void *data);
bool command_works(const struct command *c);

/* ── MESSAGE ── begin reads its arguments up to args_message_literal and may refuse; when it returns FAIL_NONE the client is asked for
 * the bytes. The steps take them. When all `message_left` are taken the framework reads the end of the line, then calls step once more with
 * command_message_ended true; a syntax error there ends the command (BAD) without that call, only `end`. Or another message follows (RFC
 * 3502): then command_message_next is true once, `args` stand behind the message before, and the step reads them up to args_message_literal
 * and may refuse, as begin did. */
struct span command_message_take(struct command *c); /* what is there now; empty: answer STEP_WAIT_INPUT */
bool command_message_ended(const struct command *c);
bool command_message_next(struct command *c);

/* ── HOLD ── */
/* A whole line of input without CRLF, if one has come: taken. */
bool command_line_take(struct command *c, struct span *out);
/* Sends the news of the selected mailbox: STEP_AGAIN (all told, or none is selected) or STEP_WAIT_OUTPUT. When the mailbox is gone the
 * session ends by itself. `expunges`: EXPUNGE responses are allowed. The framework does this after each command; only HOLD needs it. */
enum step command_tell(struct command *c, bool expunges);
/* Sends "+ text". */
void command_continue(struct command *c, const char *text);

#endif
