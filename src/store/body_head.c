/* The head of a body record and its list of chunks (body.h): doc/STORE-FORMAT.md, "Body". */
#include "store/body.h"

#include "mime/mime.h"

enum { VERSION_PLAIN = 1, VERSION_PACKED = 2 };

static uint8_t version_of(enum body_form form)
{
	return form >= BODY_INLINE_PACKED ? VERSION_PACKED : VERSION_PLAIN;
}

bool body_is_chunked(const struct body_head *h)
{
	return h->form == BODY_CHUNKED || h->form == BODY_CHUNKED_PACKED;
}

bool body_is_packed(const struct body_head *h)
{
	return h->form == BODY_INLINE_PACKED && h->packed < h->octets;
}

static bool sound(const struct body_head *h, uint8_t version)
{
	if (h->form > BODY_CHUNKED_PACKED || version != version_of(h->form) || h->structure > MIME_STRUCTURE_MAX ||
		h->octets > INT32_MAX)
		return false;
	if (body_is_chunked(h))
		return h->chunks == (h->octets + LOG_CHUNK_MAX - 1) / LOG_CHUNK_MAX;
	return h->octets <= LOG_CHUNK_MAX && h->packed <= h->octets;
}

enum fail body_head_decode(struct span in, struct body_head *out)
{
	uint8_t version, form;
	uint16_t zero;

	if (!span_take_u8(&in, &version) || !span_take_u8(&in, &form) || !span_take_be16(&in, &zero) ||
		!span_take_be32(&in, &out->structure) || !span_take_be64(&in, &out->octets) ||
		!span_take_be64(&in, &out->sum) || !span_take_be32(&in, &out->chunks) ||
		!span_take_be32(&in, &out->packed))
		return FAIL_CORRUPT;
	out->form = (enum body_form)form;
	return sound(out, version) ? FAIL_NONE : FAIL_CORRUPT;
}

void body_head_encode(const struct body_head *h, struct buf *out)
{
	buf_add_u8(out, version_of(h->form));
	buf_add_u8(out, (uint8_t)h->form);
	buf_add_u16(out, 0);
	buf_add_u32(out, h->structure);
	buf_add_u64(out, h->octets);
	buf_add_u64(out, h->sum);
	buf_add_u32(out, h->chunks);
	buf_add_u32(out, h->packed);
}

uint64_t body_entry_octets(const struct body_head *h)
{
	return h->form == BODY_CHUNKED_PACKED ? BODY_PACKED_ENTRY : BODY_CHUNK_ENTRY;
}

uint64_t body_stored_octets(const struct body_head *h)
{
	if (body_is_chunked(h))
		return h->chunks * body_entry_octets(h);
	return h->form == BODY_INLINE_PACKED ? h->packed : h->octets;
}

bool body_chunk_at(const struct body_head *h, struct span list, uint64_t i, struct body_chunk *out)
{
	list = span_skip(list, (size_t)(i * body_entry_octets(h)));
	if (!span_take_be32(&list, &out->pos.segment) || !span_take_be32(&list, &out->pos.offset) ||
		!span_take_be32(&list, &out->octets))
		return false;
	out->stored = out->octets;
	if (h->form == BODY_CHUNKED_PACKED && !span_take_be32(&list, &out->stored))
		return false;
	return out->octets <= LOG_CHUNK_MAX && out->stored <= out->octets;
}

void body_chunk_add(const struct body_head *h, const struct body_chunk *chunk, struct buf *list)
{
	buf_add_u32(list, chunk->pos.segment);
	buf_add_u32(list, chunk->pos.offset);
	buf_add_u32(list, chunk->octets);
	if (h->form == BODY_CHUNKED_PACKED)
		buf_add_u32(list, chunk->stored);
}
