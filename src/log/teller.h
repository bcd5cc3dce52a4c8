/* Tells the live records of one segment that recovery has looked at, in order: by the footer where that is allowed and possible, else by going
 * through all of it, with what is bad told from the footer. Used by recovery, and afterwards by log_cursor. */
#ifndef LOG_TELLER_H
#define LOG_TELLER_H

#include "log/footer.h"
#include "log/segment.h"
#include "log/walk.h"

struct told {
	bool is; /* false: that was all */
	struct log_pos pos;
	uint8_t type;
	struct span payload; /* until the next one is asked for */
};

struct teller {
	struct segment *segment;
	const struct log_replay *replay; /* for rot; may be NULL */
	uint64_t from;
	bool walking;                /* else the footer is all that is asked for */
	bool ended;                  /* the segment's end was seen */
	bool footer_named;           /* and it names a footer: */
	struct buf footer;           /* its payload, when it is whole */
	struct footer_reader copies; /* nothing, or what is left of the footer */
	uint64_t bad_to;             /* copies before this are told: what they copy is bad in its place */
	struct walk walk;
};

/* From offset `from` on. The segment must be in use until teller_end, which is to be called after a failure too. */
FAILS teller_begin(struct teller *t, struct segment *segment, uint64_t from, uint64_t footer_types, bool every_byte,
	const struct log_replay *replay, struct why *why);
FAILS teller_next(struct teller *t, struct told *out, struct why *why);
void teller_end(struct teller *t);

void teller_rot(const struct log_replay *replay, struct log_pos pos, const char *what);

#endif
