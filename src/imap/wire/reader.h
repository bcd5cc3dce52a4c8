/* Bytes to commands: collects one command, its line and its literals, across any packet boundary, within a budget.
 * RFC 3501 §2.2, §4.3, §7.5; RFC 7888 (LITERAL+), RFC 3502 (MULTIAPPEND). It says what to do; it does no I/O.
 *
 *   LINE ── CRLF (line_end) ─────────────────────────────► WHOLE: READER_COMMAND
 *     ├──── "{n}" (literal_begin) ─► LITERAL ─► LINE         kept as it came: "a LOGIN {3}\r\nfoo bar"
 *     ├──── "{n}" of APPEND's message ─► ASKED ── accept ─► MESSAGE ─► MORE ─┬─ "{n}": the next message ─► ASKED
 *     │                                    │                                └─ READER_ENDED
 *     │                                    └───── refuse ─► (starts anew), or DROP ─► TAIL ─► READER_ENDED
 *     └──── over budget (refuse_line) ─► SKIP ⇄ SKIP_LITERAL ─► READER_REFUSED
 *
 * A synchronising literal that is over the budget is not asked for; one that comes unasked (LITERAL+) is read and dropped. */
#ifndef IMAP_WIRE_READER_H
#define IMAP_WIRE_READER_H

#include "base/buf.h"

enum {
	READER_LINE_MAX = 64 << 10,      /* a command's line after login, literals not counted */
	READER_LITERALS_MAX = 256 << 10, /* all of a command's literals after login */
	READER_LINE_BEFORE = 8 << 10,    /* the same before login */
	READER_LITERALS_BEFORE = 8 << 10,
	READER_TAIL = 32,
	LITERAL_MINUS_MAX = 4096, /* RFC 7888 §5 */
};

struct reader_budget {
	size_t line, literals;
};

enum reader_event {
	READER_NEED,     /* give more bytes */
	READER_CONTINUE, /* answer "+ OK" and go on: the client waits to send a literal */
	READER_COMMAND,  /* reader_command() is whole, without its last line end. Call reader_next before taking more */
	READER_MESSAGE, /* whole up to "{n}" of APPEND's message at its end, or (after one) reader_more() up to that of the next: call
	                   reader_message_accept or reader_message_refuse */
	READER_BYTES, /* bytes of an accepted message: *piece_out, within *in as it was; NOT taken: call reader_message_took */
	READER_ENDED, /* the line behind the message is over: reader_tail_is(). Call reader_next before taking more */
	READER_REFUSED, /* the command was too big: reader_command() is its beginning, for the tag. Call reader_next before taking more */
};

struct reader {
	struct buf bytes;
	struct reader_budget budget;
	bool messages;        /* may be set: APPEND's message is streamed (after login) */
	uint64_t unasked_max; /* may be set: of a literal that comes unasked (LITERAL-: LITERAL_MINUS_MAX) */
	int phase;
	bool plain;         /* no literals in this line */
	bool sync;          /* the literal at hand is a synchronising one */
	bool after_message; /* skipping ends in READER_ENDED */
	bool tail_used;     /* something stood behind the message */
	struct buf more;    /* the line behind a message */
	size_t line_used, literals_used;
	size_t line_start; /* where in `bytes` the line behind the last literal begins */
	uint64_t left;     /* of the literal that is read, streamed or skipped */
	char tail[READER_TAIL];
	size_t tail_n; /* the last bytes of a line that is skipped */
};

void reader_init(struct reader *r, struct reader_budget budget);
void reader_fini(struct reader *r);
/* Takes bytes off the front of *in until something has happened. */
enum reader_event reader_take(struct reader *r, struct span *in, struct span *piece_out);
struct span reader_command(const struct reader *r);
/* Starts anew; `keep` false gives the memory back (an idle session holds none). */
void reader_next(struct reader *r, bool keep);
/* A command is half read. */
bool reader_busy(const struct reader *r);
/* For the command that begins now: it is one plain line, whatever looks like a literal (IDLE's DONE, a SASL response). */
void reader_expect_line(struct reader *r);

/* After READER_MESSAGE. True: send "+ OK". READER_BYTES follow (unless it is empty), then READER_ENDED. */
bool reader_message_accept(struct reader *r);
/* True: nothing of it will come, call reader_next. False: it is coming and is dropped, then READER_ENDED. */
bool reader_message_refuse(struct reader *r);
void reader_message_took(struct reader *r, struct span *in, size_t n);
uint64_t reader_message_left(const struct reader *r);
/* The line behind the message, without its end. */
struct span reader_more(const struct reader *r);
/* It is just `tail`, or nothing where that is empty. */
bool reader_tail_is(const struct reader *r, struct span tail);

#endif
