/* POP3's command lines and replies (RFC 1939 §3, RFC 2449 §4). Pure: bytes in, spans out. */
#ifndef POP3_WIRE_COMMAND_H
#define POP3_WIRE_COMMAND_H

#include "base/buf.h"
#include "base/fail.h"

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

/* "+OK text CRLF", "-ERR [CODE] text CRLF": the code by the failure's row (RFC 3206, RFC 2449 §8). */
void pop3_ok(struct buf *out, const char *text);
void pop3_err(struct buf *out, enum fail f, const char *text);

/* The multi-line answer to CAPA, from capabilities.def. */
void pop3_capabilities(struct buf *out, bool stls, bool login);

#endif
