/* POP3's command lines and replies (RFC 1939 §3, RFC 2449 §4). Pure: bytes in, spans out. */
#ifndef POP3_WIRE_COMMAND_H
#define POP3_WIRE_COMMAND_H

#include "base/buf.h"
#include "base/fail.h"
#include "pop3/wire/language.h"

enum {
	POP3_LINE_MAX = 512,        /* RFC 2449 §4 says 255 octets; longer ones are answered, not obeyed */
	POP3_AUTH_LINE_MAX = 12288, /* RFC 5034 §4 */
	POP3_ARGUMENTS_MAX = 2,
};

/* Cuts one line off the front of `bytes`. Returns how many octets it takes with its line end (CRLF, or a bare LF), 0 when
 * there is no line end yet. */
size_t pop3_line(struct span bytes, struct span *line_out);

struct pop3_command {
	struct span word;
	struct span rest; /* behind the word and one blank, as it came */
	struct span arguments[POP3_ARGUMENTS_MAX];
	size_t count; /* may exceed POP3_ARGUMENTS_MAX: the surplus is not kept */
};
/* FAIL_SYNTAX for an empty line or octets that are not printable (RFC 2449 §4 allows UTF-8 beyond). */
FAILS pop3_command_parse(struct span line, struct pop3_command *out);

enum { POP3_REST = -1 };
/* Whether a command has as many arguments as its row in verbs.def wants. */
bool pop3_arguments_fit(const struct pop3_command *c, int least, int most);

/* "+OK text CRLF", "-ERR [CODE] text CRLF": the code by the failure's row (RFC 3206, RFC 2449 §8), the text in `l` (language.h). */
void pop3_ok(struct buf *out, enum pop3_language l, const char *text);
void pop3_err(struct buf *out, enum pop3_language l, enum fail f, const char *text);
/* The same with %1 and %2 of the text replaced. */
void pop3_ok_numbers(struct buf *out, enum pop3_language l, const char *text, uint64_t one, uint64_t two);

/* LANG (RFC 6856 §3): without an argument the list, with one the choice: an answer in the language that is then *l.
 * `preferred` is what "*" means. */
void pop3_lang(struct buf *out, enum pop3_language *l, const struct pop3_command *c, enum pop3_language preferred);

/* What a session needs to know of the dialogue before login: door_ops.handover's note. */
struct pop3_note {
	enum pop3_language language;
	bool utf8; /* UTF8 was said (RFC 6856 §2.1) */
};
void pop3_note_put(const struct pop3_note *n, struct buf *out);
void pop3_note_get(struct span note, struct pop3_note *out); /* anything else is an empty note */

#endif
