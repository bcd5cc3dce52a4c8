/* The head of a body record and its list of chunks (body.h): doc/STORE-FORMAT.md, "Body". */
#include "store/body.h"

#include "mime/mime.h"

enum fail body_head_decode(struct span in, struct body_head *out)
{
	uint16_t zero;

	if (!span_take_u8(&in, &out->version) || !span_take_u8(&in, &out->form) || !span_take_be16(&in, &zero) ||
		!span_take_be32(&in, &out->structure) || !span_take_be64(&in, &out->octets) ||
		!span_take_be64(&in, &out->sum) || !span_take_be32(&in, &out->chunks))
		return FAIL_CORRUPT;
	if (out->version != BODY_VERSION || out->form > BODY_CHUNKED || out->structure > MIME_STRUCTURE_MAX ||
		out->octets > INT32_MAX || out->chunks > LOG_RECORD_MAX / BODY_CHUNK_ENTRY)
		return FAIL_CORRUPT;
	return FAIL_NONE;
}

uint64_t body_list_octets(const struct body_head *h)
{
	return (uint64_t)h->chunks * BODY_CHUNK_ENTRY;
}

uint64_t body_stored_octets(const struct body_head *h)
{
	return body_is_chunked(h) ? body_list_octets(h) : h->octets;
}

bool body_chunk_at(const struct body_head *h, struct span list, uint32_t i, struct body_chunk *out)
{
	(void)h;
	list = span_skip(list, (size_t)i * BODY_CHUNK_ENTRY);
	return span_take_be32(&list, &out->pos.segment) && span_take_be32(&list, &out->pos.offset) &&
	       span_take_be32(&list, &out->octets) && out->octets <= LOG_CHUNK_MAX;
}

static void put_be32(char *dst, uint32_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		dst[i] = (char)(v & 0xff);
}

void body_chunk_put(const struct body_head *h, char *list, uint32_t i, struct log_pos pos)
{
	(void)h;
	put_be32(list + (size_t)i * BODY_CHUNK_ENTRY, pos.segment);
	put_be32(list + (size_t)i * BODY_CHUNK_ENTRY + 4, pos.offset);
}
