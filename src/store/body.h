/* The head of a body record, between who writes it (body.c, reclaim_move.c) and who reads it (read.c, structure.c, reclaim_chunks.c). */
#ifndef STORE_BODY_H
#define STORE_BODY_H

#include "base/buf.h"
#include "log/log.h"

#include <stdbool.h>

enum { BODY_VERSION = 1, BODY_HEAD = 32, BODY_CHUNK_ENTRY = 12 };
enum body_form { BODY_INLINE = 0, BODY_CHUNKED = 1 };

/* The head is followed by the bytes (inline) or the list of chunks (segment, offset, length: 4 octets each), then by the structure. All chunks
 * but the last have LOG_CHUNK_MAX octets. */
struct body_head {
	uint8_t version, form;
	uint32_t structure; /* octets of it */
	uint64_t octets, sum;
	uint32_t chunks; /* 0: inline */
};
/* FAIL_CORRUPT when it is no such head, or of a form that is not known. */
FAILS body_head_decode(struct span in, struct body_head *out);
static inline bool body_is_chunked(const struct body_head *h)
{
	return h->form == BODY_CHUNKED;
}
uint64_t body_list_octets(const struct body_head *h);
/* Of what stands between head and structure. */
uint64_t body_stored_octets(const struct body_head *h);

struct body_chunk {
	struct log_pos pos;
	uint32_t octets;
};
/* Entry `i` of the list; false when it has none or that is no chunk. */
bool body_chunk_at(const struct body_head *h, struct span list, uint32_t i, struct body_chunk *out);
/* Changes entry `i` of the list: that chunk stands at `pos`. */
void body_chunk_put(const struct body_head *h, char *list, uint32_t i, struct log_pos pos);

#endif
