/* Bytes to commands: collects one command, its line and its literals, across any packet boundary, within a budget.
 * RFC 3501 §2.2, §4.3, §7.5; RFC 7888 (LITERAL+). It says what to do; it does no I/O.
 *
 *   LINE ─ "{n}" ─► LITERAL ─► LINE ─ CRLF ─► command           kept as it came: "a LOGIN {3}\r\nfoo bar"
 *     │ over budget      └─ of APPEND's message: READER_MESSAGE, then MESSAGE ─► LINE of its end
 *     └─► SKIP (line and non-synchronising literals are read and dropped) ─► READER_REFUSED */
#ifndef IMAP_WIRE_READER_H
#define IMAP_WIRE_READER_H

#include "base/buf.h"

enum {
	READER_LINE_MAX = 64 << 10,       /* all of a command's line, literals not counted */
	READER_LITERALS_MAX = 256 << 10,  /* all of a command's literals, after login */
	READER_LITERALS_BEFORE = 8 << 10, /* the same before login */
	READER_LINE_BEFORE = 8 << 10,
};

struct reader_budget {
	size_t line, literals;
};

enum reader_event {
	READER_NEED,     /* give more bytes */
	READER_CONTINUE, /* answer "+ OK" and go on: the client waits to send a literal */
	READER_COMMAND,  /* reader_command() is whole (without its last CRLF) */
	READER_MESSAGE,  /* whole up to the message literal "{n}" at its end: call reader_message_accept or reader_message_refuse */
	READER_BYTES,    /* the bytes of an accepted message: *piece_out */
	READER_ENDED,    /* the line after the message is whole: reader_command() is that rest ("" as it should be) */
	READER_REFUSED,  /* a command was too big: reader_command() is its beginning, for the tag; reader_fail() says why */
};

struct reader {
	struct buf bytes;
	struct reader_budget budget;
	int phase;
	bool cr, message_wanted, sync;
	size_t line_used, literal_used, line_start;
	uint64_t left;        /* of the literal that is being read or skipped */
	enum fail fail;
};

void reader_init(struct reader *r, struct reader_budget budget);
void reader_fini(struct reader *r);
/* Takes bytes off the front of *in until something happened. */
enum reader_event reader_take(struct reader *r, struct span *in, struct span *piece_out);
struct span reader_command(const struct reader *r);
enum fail reader_fail(const struct reader *r);
/* Starts anew; `keep` false gives the memory back (an idle session holds none). */
void reader_next(struct reader *r, bool keep);
/* A command is half read. */
bool reader_busy(const struct reader *r);

/* After READER_MESSAGE. Accept: send "+ " when it answers true; READER_BYTES follow. Refuse: a synchronising literal will not come, the next
 * thing is a new command (true); else the literal and its line are dropped first, then READER_ENDED (false). */
bool reader_message_accept(struct reader *r);
bool reader_message_refuse(struct reader *r);
uint64_t reader_message_left(const struct reader *r);

/* The next thing is one plain line (IDLE's DONE, a SASL response): READER_COMMAND without looking for literals. */
void reader_expect_line(struct reader *r);

#endif
