/* What a log's files hold: which records are live, where the log ends. Writes nothing but bytes that were there already. */
#ifndef LOG_RECOVER_H
#define LOG_RECOVER_H

#include "log/segment.h"

/* One segment as recovery sees it. */
struct recover_segment {
	struct segment *segment;
	bool known;      /* its header, or a group end in its place, could be read */
	bool header_bad; /* neither copy of the header is whole */
	struct segment_header header;
};

struct recovery {
	struct segments *segments;
	struct recover_segment *each; /* those that the survey found, in order */
	size_t count;
	struct log_pos end;    /* just past the last live group; {0, 0}: none */
	struct log_pos proven; /* up to here a sync is known to have returned */
	struct log_cut cut;    /* see log_settings */
	uint64_t generation;   /* the last one found, or 0 */
	uint64_t group;        /* the highest group number found */
};

/* Reads the headers and finds the ends. FAIL_CORRUPT: no log; FAIL_CONFIG: a newer version's. */
FAILS recover_survey(struct recovery *r, struct segments *segments, struct log_cut cut, struct why *w);
/* Makes durable what is live but not proven to be: the bytes are written once more and synced, because after a sync that
 * failed the kernel may show bytes that the disk never got. */
FAILS recover_secure(struct recovery *r, struct why *w);
/* FAIL_CORRUPT when the log ends before `from`: whoever knows that place knows more than the log does. */
FAILS recover_replay_possible(const struct recovery *r, struct log_pos from, struct why *w);
/* Tells the live records from `from` on, and rot; by footers where the settings allow it. */
FAILS recover_replay(struct recovery *r, const struct log_settings *settings, struct log_pos from,
	const struct log_replay *replay, struct why *w);
void recover_fini(struct recovery *r);

#endif
