/* The arguments of one collected command: a cursor over its bytes, literals included as they came ("{3}\r\nabc").
 *
 * Each args_* takes one thing of the grammar (RFC 3501 §9) off the front: true, or false with the cursor's `error` saying what was
 * expected (a later success does not clear it). Spaces are taken by args_sp alone. Spans refer to the command's bytes, or to the arena
 * where something had to be decoded; both live as long as the command. Nothing here waits, nothing is unbounded: the arena has a budget
 * (past it: false), nesting stops at ARGS_DEPTH_MAX. */
#ifndef IMAP_WIRE_ARGS_H
#define IMAP_WIRE_ARGS_H

#include "base/arena.h"
#include "imap/wire/date.h"
#include "imap/wire/sequence.h"

struct capabilities;

enum { ARGS_DEPTH_MAX = 16, ARGS_KEYWORDS_MAX = 64 };

struct args {
	struct span rest;
	struct arena *arena;
	unsigned depth;
	const struct capabilities *capabilities; /* that are offered; NULL: all */
	bool utf8;                               /* mailbox names are UTF-8 as they stand: RFC 6855 §3 */
	const char *error;                       /* "an atom is expected"; static text, safe to send */
};

void args_init(struct args *a, struct span bytes, struct arena *arena);
/* Sets `error` and answers false: for grammar that lives in a verb. */
bool args_wrong(struct args *a, const char *error);

/* Exactly one space. Some clients send more: further ones are taken too. */
bool args_sp(struct args *a);
/* Nothing is left (trailing spaces are taken). */
bool args_end(struct args *a);
/* The next byte is `c`: taken. No error is set: for optional things. */
bool args_if(struct args *a, char c);
/* The same, with the error when it is not. */
bool args_char(struct args *a, char c);
char args_peek(const struct args *a); /* the next byte, or '\0' at the end */
/* Takes `word` in any case when a whole atom equals it (what follows is no atom character). No error is set. */
bool args_if_word(struct args *a, struct span word);

/* "(" and ")" with the depth counted. */
bool args_open(struct args *a);
bool args_close(struct args *a);

bool args_atom(struct args *a, struct span *out);    /* 1*ATOM-CHAR */
bool args_astring(struct args *a, struct span *out); /* atom with ']' allowed, or string */
bool args_string(struct args *a, struct span *out);  /* quoted or literal */
bool args_nstring(struct args *a, struct span *out); /* NIL gives {NULL, 0} */
bool args_number(struct args *a, uint32_t *out);
bool args_nz_number(struct args *a, uint32_t *out);
bool args_number64(struct args *a, uint64_t *out);

/* sequence-set (sequence.h). */
bool args_sequence_set(struct args *a, struct sequence_set *out);
/* date: 1-Feb-1994 or quoted. Days since 1970-01-01. */
bool args_date(struct args *a, int64_t *day_out);
/* date-time: "01-Feb-1994 12:34:56 +0100", the day's first digit may be a space. */
bool args_date_time(struct args *a, struct date_time *out);

/* A mailbox name, decoded from modified UTF-7 to UTF-8 (mailbox_name.h; not with `utf8`), as it came otherwise: pass it to
 * mailbox_name_normal. */
bool args_mailbox(struct args *a, struct span *out);
/* list-mailbox: also '%' and '*' in atoms; decoded the same way. */
bool args_list_mailbox(struct args *a, struct span *out);

/* At the message of APPEND: "{123}" or "{123+}" as the very end of the collected bytes (reader.h streams what follows); also a literal8, "~{123}"
 * (RFC 4466). */
bool args_message_literal(struct args *a, uint64_t *size_out);

#endif
