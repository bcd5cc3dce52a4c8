/* The structure of a message, computed once when it arrives and kept beside its body, so that no command parses it again.
 *
 * Serves RFC 5322, 2045-2047, 2183, 2231, 6532 and the texts of RFC 3501 §7.4.2. Streaming, linear time, no I/O.
 * Broken mail never fails: what cannot be understood is treated as RFC 2045 §5.2 and 2046 say (text/plain, octets),
 * and what is past a limit of mime_limits is left inside the part that holds it.
 *
 * Decided where the RFCs leave it open or clients are strict: a multipart without a usable boundary is text/plain, so that
 * its content is shown; a multipart without parts gets one empty text/plain; a multipart or message past a limit is
 * application/octet-stream; message/global has the plain form in BODY and BODYSTRUCTURE (RFC 3501 has no other) but can be
 * looked into by section; an address without a host has the host "", never NIL; parameters cut by RFC 2231 come joined, as
 * `name`, or as `name*` (charset'language'%XX) when any piece was extended; NUL is sent as '?'.
 *
 * A *structure* is one block of bytes (versioned, position independent, MIME_STRUCTURE_MAX at most) with: the texts of
 * ENVELOPE, BODY and BODYSTRUCTURE as IMAP sends them; and the section map, a row a part. Offsets count from the
 * first byte that was fed. */
#ifndef MIME_MIME_H
#define MIME_MIME_H

#include "base/arena.h"
#include "base/buf.h"

enum {
	MIME_STRUCTURE_MAX = 4 << 20, /* bytes of one structure */
	MIME_PARTS_MAX = 1000,        /* parts of one message */
	MIME_DEPTH_MAX = 50,          /* multiparts and message/rfc822 within each other */
	MIME_HEADER_MAX = 1 << 20,    /* bytes of header that are looked at, each part */
};

struct mime_parser;

/* A parser for one message. */
struct mime_parser *mime_parser_new(void);
void mime_parser_free(struct mime_parser *p);
/* The next bytes, cut anywhere. The message's lines end in CRLF (bare LF is accepted as a line end too). */
void mime_parser_feed(struct mime_parser *p, struct span bytes);
/* No more bytes: appends the structure to `structure_out`. FAIL_TOO_BIG when the buffer's cap is below MIME_STRUCTURE_MAX and
 * the structure does not fit. */
FAILS mime_parser_end(struct mime_parser *p, struct buf *structure_out);

/* One part, or the whole message (section "" = the row with depth 0). All offsets and sizes in octets. */
struct mime_part {
	uint64_t header; /* offset of its header's first byte (for the message: 0) */
	uint64_t body;   /* offset of its body = end of its header, past the blank line */
	uint64_t end;    /* offset past its last byte (the CRLF before a boundary belongs to the boundary) */
	uint64_t lines;  /* lines of the body */
	bool is_message; /* message/rfc822 or message/global: its body is a message with a header of its own */
	bool is_multipart;
	struct span type, subtype; /* lower case: "text", "plain" */
	struct span charset;       /* as given, or "" */
	struct span encoding;      /* lower case Content-Transfer-Encoding, "7bit" when absent */
};

struct mime_structure; /* borrowed view into the bytes of a structure; nothing to free */

/* Opens the bytes that mime_parser_end wrote. FAIL_CORRUPT when they are not such bytes: every later read is then safe because
 * all offsets and lengths were checked here. The view lives in `arena` (about 150 bytes a part; FAIL_MEMORY when it has no
 * room) and refers to `bytes`. */
FAILS mime_structure_open(struct span bytes, struct arena *arena, const struct mime_structure **out);

/* The three texts of RFC 3501 §7.4.2 without the item's name: "(\"Wed, ...\" NIL ...)". May hold literals. */
struct span mime_envelope_text(const struct mime_structure *s);
struct span mime_body_text(const struct mime_structure *s);
struct span mime_bodystructure_text(const struct mime_structure *s);

/* Number of rows of the section map; row 0 is the whole message, others in document order. The message inside a
 * message/rfc822 is a row of its own after that part's row: what is to be read once is in the rows that are neither
 * multipart nor message. */
size_t mime_part_count(const struct mime_structure *s);
void mime_part_at(const struct mime_structure *s, size_t row, struct mime_part *out);

/* The part with the numbers of RFC 3501 §6.4.5 ({1,2} for "1.2"; depth 0 = the message). False when there is none.
 * "1" of a message that is not a multipart is its body. */
bool mime_part_find(const struct mime_structure *s, const uint32_t *numbers, size_t depth, struct mime_part *out);
/* For BODY[n.HEADER], [n.TEXT]: the header and body of the message inside a message/rfc822 part (or the message itself at
 * depth 0). False when that part is not a message. */
bool mime_part_message(const struct mime_structure *s, const uint32_t *numbers, size_t depth, struct mime_part *out);

#endif
