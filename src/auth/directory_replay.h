/* What the log of the accounts directory tells, gathered so that a record that has gone bad is had from its second copy. Inside the room
 * only. */
#ifndef AUTH_DIRECTORY_REPLAY_H
#define AUTH_DIRECTORY_REPLAY_H

#include "auth/directory_record.h"
#include "log/log.h"

struct change {
	uint64_t number;
	enum directory_record kind;
	unsigned copies;            /* that could be read */
	struct log_pos first, last; /* of them */
	char *record;               /* as directory_record.h has it */
	size_t n;
};

struct directory_replay {
	struct change *at; /* ascending; all from the newest "anew" on, and perhaps some before */
	size_t n, cap;
	struct log_pos *rot; /* ascending */
	size_t rot_n;
};

void directory_replay_fini(struct directory_replay *r);
/* The payload of a RECORD_CHANGE. */
FAILS directory_replay_change(struct directory_replay *r, struct log_pos pos, struct span payload, struct why *w);
void directory_replay_rot(struct directory_replay *r, struct log_pos pos);
/* At the end: the changes that count, in their order (*first_out and on), an "anew" the first of them. FAIL_CORRUPT when one is missing, or when
 * something that cannot be read is no copy of any of them. *rot_out: a place that could not be read and was not needed, or nowhere.
 * Without any changes (a directory of before they were numbered) FAIL_NOT_FOUND. */
FAILS directory_replay_end(const struct directory_replay *r, size_t *first_out, struct log_pos *rot_out, struct why *w);

#endif
