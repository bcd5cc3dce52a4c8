/* What a function that can fail returns. The classes and their meaning for each protocol stand in fail.def. */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#include "base/attr.h"

enum fail {
#define FAIL(name, ...) FAIL_##name,
#include "base/fail.def"
#undef FAIL
	FAIL_COUNT
};

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct fail_row {
	const char *name;           /* "NOT_FOUND" */
	const char *imap_code;      /* RFC 5530 response code without brackets, or "" */
	const char *imap_condition; /* OK, NO, BAD, BYE */
	const char *pop3_code;      /* RFC 3206 response code without brackets, or "" */
	int smtp_reply;             /* RFC 5321 reply code for LMTP */
	const char *smtp_status;    /* RFC 3463 enhanced status */
	int exit_code;              /* sysexits(3) */
	enum log_level level;
};

/* The row of `f`; never NULL. */
const struct fail_row *fail_row(enum fail f);

/* A function whose result must be looked at. */
#define FAILS MUST_USE enum fail

#endif
