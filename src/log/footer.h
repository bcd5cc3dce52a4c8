/* A segment's footer: copies of the records of some types that stand in the segment, with their places, in one record near its end. Whoever
 * wants only those need not read the segment, and one that has gone bad in its place is still to be had. Gathers and takes apart;
 * reads and writes no file. Table: doc/STORE-FORMAT.md, "Footer". */
#ifndef LOG_FOOTER_H
#define LOG_FOOTER_H

#include "log/format.h"

/* What the footer of the segment that is being written will hold. */
struct footer {
	uint64_t types; /* bit t: records of type t; 0: no footers */
	size_t max;     /* of the entries' bytes: a segment with more gets no footer */
	struct buf entries;
	uint32_t count;
	bool over; /* there was more */
};

/* The start of a segment; a zeroed struct is fine, memory is kept. */
void footer_begin(struct footer *f, uint64_t types, size_t max);
void footer_fini(struct footer *f);
/* The bytes that the footer's record will take when a record of `type` with `length` bytes of payload is added; 0: there will be none. */
uint64_t footer_room(const struct footer *f, uint8_t type, uint32_t length);
void footer_add(struct footer *f, uint32_t offset, uint8_t type, const struct span *parts, size_t count);
/* Whether the segment gets one. */
bool footer_wanted(const struct footer *f);
/* Its payload: `head` and the entries. */
void footer_put(const struct footer *f, char head[FOOTER_HEAD], struct span parts[2]);

struct footer_entry {
	uint32_t offset; /* of the record in the segment */
	uint8_t type;
	struct span payload; /* borrowed from the footer's */
};

/* A footer that was read. */
struct footer_reader {
	uint64_t types;
	struct span rest; /* entries not taken yet */
	bool has;         /* there is an entry: */
	struct footer_entry at;
};

/* `offset`: where the footer itself stands. False when it is of a newer version, or not what footer_put makes. */
bool footer_open(struct span payload, uint32_t offset, struct footer_reader *out);
/* On to the next entry. */
void footer_step(struct footer_reader *r);

static inline bool footer_holds(uint64_t types, uint8_t type)
{
	return type < 64 && types >> type & 1;
}

#endif
