/* Paths and parameters of MAIL and RCPT (RFC 5321 §4.1.2, RFC 1870, RFC 6152, RFC 3030, RFC 6531 §3.3). Pure. */
#ifndef LMTP_WIRE_PATH_H
#define LMTP_WIRE_PATH_H

#include "base/buf.h"
#include "base/why.h"

enum { LMTP_LINE_MAX = 4096, LMTP_ADDRESS_MAX = 512, LMTP_PARAMETERS_MAX = 16 };

struct lmtp_path {
	char address[LMTP_ADDRESS_MAX]; /* local part unquoted, '@', domain; "" for the null path */
	size_t n;
};

struct lmtp_mail_parameters {
	uint64_t size;  /* 0 = not given */
	bool eight_bit; /* BODY=8BITMIME */
	bool utf8;      /* SMTPUTF8 */
};

/* Cuts "<path>" off `*args`: source routes are dropped, quotes of the local part undone. FAIL_SYNTAX with the reason. What octets it has beyond
 * ASCII is not looked at here: that takes the parameters that come behind it. */
FAILS lmtp_path_take(struct span *args, struct lmtp_path *out, struct why *w);
/* Whether such an address may stand in this transaction (RFC 6531 §3.5). FAIL_UTF8: it is not ASCII, and SMTPUTF8 was not said; FAIL_SYNTAX:
 * it is not UTF-8. */
FAILS lmtp_path_check(const struct lmtp_path *p, bool smtputf8, struct why *w);
/* The parameters behind MAIL's path. FAIL_SYNTAX; FAIL_CANNOT for one that was not offered. */
FAILS lmtp_mail_parameters(struct span args, struct lmtp_mail_parameters *out, struct why *w);
/* RCPT takes none. */
FAILS lmtp_rcpt_parameters(struct span args, struct why *w);

#endif
