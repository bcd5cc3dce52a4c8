/* The table of failure classes. */
#include "base/fail.h"

static const struct fail_row rows[FAIL_COUNT] = {
#define FAIL(name, imap, cond, pop3, reply, status, code, level)                                                       \
	[FAIL_##name] = {#name, imap, cond, pop3, reply, status, code, LOG_##level},
#include "base/fail.def"
#undef FAIL
};

const struct fail_row *fail_row(enum fail f)
{
	return &rows[(unsigned)f < FAIL_COUNT ? f : FAIL_CORRUPT];
}
