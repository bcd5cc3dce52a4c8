/* The head of a body record, between who writes it (body.c, reclaim_copy.c) and who reads it (read.c, structure.c, reclaim_chunks.c). Layouts:
 * doc/STORE-FORMAT.md, "Body". */
#ifndef STORE_BODY_H
#define STORE_BODY_H

#include "base/buf.h"
#include "log/log.h"

#include <stdbool.h>

enum { BODY_HEAD = 32, BODY_CHUNK_ENTRY = 12, BODY_PACKED_ENTRY = 16 };
enum body_form {
	BODY_INLINE = 0,         /* version 1: the octets */
	BODY_CHUNKED = 1,        /* version 1: a list of chunks */
	BODY_INLINE_PACKED = 2,  /* version 2: the octets, compressed unless that gained nothing */
	BODY_CHUNKED_PACKED = 3, /* version 2: a list of chunks, compressed but for those where that gained nothing */
};

/* The head is followed by the octets or the list of chunks, then by the structure. All chunks but the last are of LOG_CHUNK_MAX octets. */
struct body_head {
	enum body_form form;
	uint32_t structure; /* octets of it */
	uint64_t octets, sum;
	uint32_t chunks; /* 0: inline */
	uint32_t packed; /* BODY_INLINE_PACKED: octets that stand there; as many as `octets`: they are not compressed */
};
/* FAIL_CORRUPT when it is no such head, or of a form that is not known. */
FAILS body_head_decode(struct span in, struct body_head *out);
void body_head_encode(const struct body_head *h, struct buf *out);
bool body_is_chunked(const struct body_head *h);
bool body_is_packed(const struct body_head *h);        /* inline, and compressed */
uint64_t body_entry_octets(const struct body_head *h); /* of one entry of the list */
/* Of what stands between head and structure: the octets, or the list. */
uint64_t body_stored_octets(const struct body_head *h);

struct body_chunk {
	struct log_pos pos;
	uint32_t octets, stored; /* stored < octets: a record of type RECORD_CHUNK_PACKED, else RECORD_CHUNK */
};
/* Entry `i` of a list; false when it has none or that is no chunk. */
bool body_chunk_at(const struct body_head *h, struct span list, uint64_t i, struct body_chunk *out);
void body_chunk_add(const struct body_head *h, const struct body_chunk *chunk, struct buf *list);

#endif
