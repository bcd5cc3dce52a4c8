/* Paths and parameters of MAIL and RCPT (RFC 5321 §4.1.2, RFC 1870, RFC 6152, RFC 3030). Pure. */
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
};

/* Cuts "<path>" off `*args`: source routes are dropped, quotes of the local part undone. FAIL_SYNTAX with the reason. */
FAILS lmtp_path_take(struct span *args, struct lmtp_path *out, struct why *w);
/* The parameters behind MAIL's path. FAIL_SYNTAX; FAIL_CANNOT for one that was not offered. */
FAILS lmtp_mail_parameters(struct span args, struct lmtp_mail_parameters *out, struct why *w);
/* RCPT takes none. */
FAILS lmtp_rcpt_parameters(struct span args, struct why *w);

#endif
