/* The rows of verbs.def as data, and the head of a command: tag, UID, word. Both doors and sessions read it. RFC 3501 §2.2.1, §9. */
#ifndef IMAP_WIRE_VERBS_H
#define IMAP_WIRE_VERBS_H

#include "imap/wire/args.h"
#include "imap/wire/capability.h"

enum verb_state { BEFORE = 1, AUTH = 2, SELECTED = 4, LOGGED_IN = AUTH | SELECTED, ANY = BEFORE | LOGGED_IN };
enum verb_trait { UID_FORM = 1, WRITES = 2, NO_EXPUNGE = 4, NO_SYNC = 8, MESSAGE = 16, ADMIN = 32 };
enum verb_shape { RUN, STEP, HOLD, DOOR };

enum verb_id {
#define VERB(word, ...) VERB_##word,
#include "imap/verbs.def"
#undef VERB
	VERB_COUNT
};

struct verb_row {
	struct span word;
	enum verb_shape shape;
	unsigned states, traits;
	enum capability capability;
	const char *rfc;
};
const struct verb_row *verb_row(enum verb_id id);

enum { TAG_MAX = 256 };

struct head {
	struct span tag;  /* as it came; {NULL, 0} when there was none that could be answered */
	struct span word; /* as it came */
	bool uid;
	enum verb_id verb; /* VERB_COUNT: unknown, or its capability is switched off, or has no UID form */
};
/* Takes tag and word; then the space before arguments, if there are any. False: not even that (a->error). */
bool head_take(struct args *a, struct head *out);

#endif
