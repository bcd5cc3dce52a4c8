/* Flags of messages outside of the server: in Maildir's file names, in mbox's header fields, in IMAP's lists. */
#ifndef PROG_COMMAND_MAIL_FLAGS_H
#define PROG_COMMAND_MAIL_FLAGS_H

#include "base/buf.h"

enum { FLAG_SEEN = 1, FLAG_ANSWERED = 2, FLAG_FLAGGED = 4, FLAG_DELETED = 8, FLAG_DRAFT = 16 };
enum { KEYWORDS_OCTETS_MAX = 2048, KEYWORD_LETTERS = 26 };

struct mail_flags {
	unsigned system;
	struct buf keywords; /* names, separated by blanks */
};
void mail_flags_init(struct mail_flags *f);
void mail_flags_fini(struct mail_flags *f);
/* Octets that no keyword may have in IMAP become '_'. */
void mail_flags_add_keyword(struct mail_flags *f, struct span name);

/* Maildir keeps keywords as letters a-z, whose names stand in a file `dovecot-keywords` beside: "0 name". */
struct keyword_letters {
	char *names[KEYWORD_LETTERS];
};
void keyword_letters_read(struct keyword_letters *k, struct span file);
void keyword_letters_write(const struct keyword_letters *k, struct buf *out);
void keyword_letters_fini(struct keyword_letters *k);

/* From a Maildir file's name: what follows ":2,". */
void mail_flags_from_name(struct mail_flags *f, const char *name, const struct keyword_letters *k);
/* ":2,FRS" with letters in order; names new to `k` get a letter while there are any, others are left out. */
void mail_flags_to_name(const struct mail_flags *f, struct keyword_letters *k, struct buf *out);
/* From IMAP's "\Seen \Flagged name". \Recent is nobody's. */
void mail_flags_from_list(struct mail_flags *f, struct span list);
/* As IMAP's list, without parentheses. */
void mail_flags_to_list(const struct mail_flags *f, struct buf *out);
/* mbox: "Status: RO", "X-Status: AF", "X-Keywords: a b": true when the field was one of these. */
bool mail_flags_from_field(struct mail_flags *f, struct span line);
void mail_flags_to_fields(const struct mail_flags *f, struct buf *out);

#endif
