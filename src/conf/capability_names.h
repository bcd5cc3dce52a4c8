/* Lists of capabilities that are not offered, as settings and accounts have them: "SORT, THREAD=REFERENCES". Which names there are, and what
 * is switched off with one, is the protocol's to say. */
#ifndef CONF_CAPABILITY_NAMES_H
#define CONF_CAPABILITY_NAMES_H

#include "base/fail.h"
#include "base/span.h"
#include "base/why.h"

struct capability_name {
	const char *text;
	bool fixed;       /* the protocol does not go without */
	bool after_login; /* it counts (also) once the account is known */
};

/* Cuts the next name off `list`: they are separated by blanks and commas. False at the end. */
bool capability_names_next(struct span *list, struct span *name_out);
/* What is not offered to who came to the listener without TLS (`clear`), or to the one inside TLS: that is what its own setting says (`tls`),
 * where "same" stands for `clear`. Borrowed. */
struct span capability_names_of(bool tls_listener, const char *clear, const char *tls);

/* Whom a list is for: capabilities that are only said before login cannot be switched off for an account. */
enum capability_scope { FOR_LISTENER, FOR_ACCOUNT };
/* FAIL_CONFIG: the first name of `list` that is none of `names`, or cannot be switched off, with the remedy. */
FAILS capability_names_check(
	struct span list, enum capability_scope scope, const struct capability_name *names, size_t n, struct why *w);

#endif
