/* Reads what a server answers, from any packet boundary: lines, literals, multi-line answers; counts what it sees in
 * them. Must not do I/O. */
#ifndef LOAD_ANSWER_H
#define LOAD_ANSWER_H

#include <xxhash.h>

#include "script.h"

enum answer_state { ANSWER_MORE, ANSWER_DONE, ANSWER_WRONG };

struct answer {
	enum protocol protocol;
	struct buf in;      /* bytes that came, from `at` on not yet looked at */
	size_t at, scanned; /* no LF before in.p + scanned */
	uint64_t literal;   /* bytes of the literal that are still to come */
	bool continued;     /* the next line goes on with one that had a literal */
	bool lines;         /* inside a multi-line answer */
	uint64_t seen[SEEN_COUNT];
	XXH3_state_t *hash; /* of the literal or the lines being read */
	size_t genuine;     /* size of the messages that are looked for; 0 = nobody wants to know */
	struct buf bytes;   /* of the literal or the lines being read, if so */
};

enum { ANSWER_BYTES_MAX = 64 << 20, ANSWER_READ = 256 << 10 };

void answer_init(struct answer *a, enum protocol protocol);
void answer_fini(struct answer *a);
/* A new connection: nothing has come yet. */
void answer_reset(struct answer *a);
/* Forgets what was seen. */
void answer_forget(struct answer *a);
/* Goes through what is in `in` until the answer is whole: ANSWER_DONE when its last line begins with `prefix`, ANSWER_WRONG
 * (`line_out` set) when it does not. `multi`: POP3 lines up to a dot follow. With an empty prefix (nothing is awaited) every
 * untagged line is taken and anything else is wrong. */
enum answer_state answer_read(struct answer *a, struct span prefix, bool multi, struct span *line_out);

#endif
