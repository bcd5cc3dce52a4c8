/* Goes through the records of one segment from front to back, past what is bad. Reads only; takes every byte for hostile:
 * bounded memory, linear time. */
#ifndef LOG_WALK_H
#define LOG_WALK_H

#include "log/format.h"

enum walk_item {
	WALK_RECORD,      /* a whole record: header, payload */
	WALK_BAD_PAYLOAD, /* the header is whole, the payload is not */
	WALK_GAP,         /* bytes up to `next` that hold no record */
	WALK_END,
};

struct walk {
	struct disk_file *file;
	uint32_t segment;
	uint64_t generation;
	uint64_t end;  /* go no further */
	uint64_t at;   /* of the current item */
	uint64_t next; /* of what follows it */
	struct record_header header;
	struct span payload; /* until the next step */
	struct buf window;   /* the file's bytes from window_at on */
	uint64_t window_at;
};

/* From `at` (rounded up to a record's alignment) up to `end`, or the end of the file. */
void walk_begin(
	struct walk *w, struct disk_file *file, uint32_t segment, uint64_t generation, uint64_t at, uint64_t end);
/* FAIL_IO when the disk does not answer; FAIL_CONFIG for a record of a newer version. */
FAILS walk_step(struct walk *w, enum walk_item *item_out, struct why *why);
void walk_end(struct walk *w);

static inline struct log_pos walk_pos(const struct walk *w)
{
	return (struct log_pos){w->segment, (uint32_t)w->at};
}

#endif
