/* The bytes of a segment file: its header, records, group ends. Tables and reasons: doc/STORE-FORMAT.md. Only encodes and
 * decodes; reads and writes no file. */
#ifndef LOG_FORMAT_H
#define LOG_FORMAT_H

#include "log/log.h"

enum {
	FORMAT_VERSION = 1,
	SEGMENT_HEADER_SIZE = 64,
	SEGMENT_HEADER_COPY = 512, /* where the second copy of the header stands: another sector */
	SEGMENT_START = 1024,      /* of the first record */
	RECORD_HEADER_SIZE = 32,
	RECORD_ALIGN = 8,
	GROUP_END_PAYLOAD = 64,
	GROUP_END_SIZE = RECORD_HEADER_SIZE + GROUP_END_PAYLOAD,
	SEGMENT_END_PAYLOAD = 8, /* or none, where there is no footer */
	SEGMENT_END_SIZE = RECORD_HEADER_SIZE + SEGMENT_END_PAYLOAD,
	FOOTER_HEAD = 24,
	FOOTER_ENTRY = 12,
};

/* Record types from here on are the log's own. */
enum { RECORD_OWN_TYPES = 0xf0, RECORD_FOOTER = 0xfd, RECORD_SEGMENT_END = 0xfe, RECORD_GROUP_END = 0xff };

struct segment_header {
	uint16_t version;
	uint32_t number;
	uint64_t generation;          /* random, one for each time the log is opened */
	uint64_t previous_generation; /* the one that recovery found last, or 0 */
	struct log_pos cut;           /* where the previous generation's live records end */
	struct log_pos durable;       /* end of the newest durable group when the segment was begun */
	uint64_t group;               /* number of that group */
	uint64_t sum; /* its checksum: the link in the chain of the group that goes on into the segment */
};

struct record_header {
	uint8_t version, type;
	uint16_t flags;
	uint32_t length; /* of the payload */
	uint64_t payload_sum;
	uint64_t header_sum; /* the link in the group's chain */
};

struct group_end {
	uint64_t generation, previous_generation;
	uint64_t number;
	struct log_pos start;   /* of the group's first record */
	struct log_pos durable; /* end of the newest group whose sync had returned */
	struct log_pos cut;     /* as in the segment header */
	uint64_t chain;         /* over the header checksums of the group's records */
	uint32_t count;         /* of its records */
};

/* Both copies, with everything up to SEGMENT_START. Fills h->sum. */
void segment_header_put(struct segment_header *h, char dst[SEGMENT_START]);
/* From either copy; false when neither is whole. A newer version is told by h->version: the fields up to there keep their
 * place for ever, and so does the checksum. */
bool segment_header_get(struct span bytes, struct segment_header *out);

/* The checksum depends on where the record stands and on the generation: bytes of a record that stand anywhere else (in a
 * message that somebody sent, in a block that an older file left behind) are no record. Fills h->header_sum. */
void record_header_put(struct record_header *h, uint64_t generation, struct log_pos pos, char dst[RECORD_HEADER_SIZE]);
bool record_header_get(const char *src, uint64_t generation, struct log_pos pos, struct record_header *out);
uint64_t record_payload_sum(const struct span *parts, size_t count);

/* The whole record. */
void group_end_put(const struct group_end *g, struct log_pos pos, struct record_header *h, char dst[GROUP_END_SIZE]);
bool group_end_get(struct span payload, struct group_end *out);

/* The payload of a segment end that names the place of the segment's footer. */
void segment_end_put(uint32_t footer, char dst[SEGMENT_END_PAYLOAD]);
/* False when it names none. */
bool segment_end_get(struct span payload, uint32_t *footer_out);

/* The bytes that a record with `length` bytes of payload takes. */
static inline uint64_t record_size(uint32_t length)
{
	return RECORD_HEADER_SIZE + (((uint64_t)length + RECORD_ALIGN - 1) & ~(uint64_t)(RECORD_ALIGN - 1));
}

uint64_t chain_add(uint64_t chain, uint64_t header_sum);

/* "0000000001.log"; `dst` has room for SEGMENT_NAME_SIZE. */
enum { SEGMENT_NAME_SIZE = 16 };
void segment_name(uint32_t number, char dst[SEGMENT_NAME_SIZE]);
bool segment_name_parse(const char *name, uint32_t *number_out);

/* Whether the four bytes at `p` can begin a record. */
bool record_magic_at(const char *p);

#endif
