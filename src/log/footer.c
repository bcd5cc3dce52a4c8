/* Gathers what a footer holds while its segment is written, and takes apart one that was read: every byte of that is hostile. */
#include "log/footer.h"

enum { FOOTER_VERSION = 1 };

void footer_begin(struct footer *f, uint64_t types, size_t max)
{
	if (f->over || !f->entries.max)
		buf_init(&f->entries, SIZE_MAX); /* footer_add bounds it */
	buf_reset(&f->entries);
	f->types = types;
	f->max = max;
	f->count = 0;
	f->over = false;
}

void footer_fini(struct footer *f)
{
	buf_fini(&f->entries);
}

bool footer_wanted(const struct footer *f)
{
	return f->types && !f->over;
}

uint64_t footer_room(const struct footer *f, uint8_t type, uint32_t length)
{
	size_t bytes = f->entries.n;

	if (footer_holds(f->types, type))
		bytes += FOOTER_ENTRY + (size_t)length;
	if (!footer_wanted(f) || bytes > f->max)
		return 0;
	return record_size((uint32_t)(FOOTER_HEAD + bytes));
}

void footer_add(struct footer *f, uint32_t offset, uint8_t type, const struct span *parts, size_t count)
{
	size_t length = 0;

	if (f->over || !footer_holds(f->types, type))
		return;
	for (size_t i = 0; i < count; i++)
		length += parts[i].n;
	if (FOOTER_ENTRY + length > f->max - f->entries.n) {
		f->over = true;
		buf_fini(&f->entries);
		return;
	}
	buf_add_u32(&f->entries, offset);
	buf_add_u32(&f->entries, (uint32_t)length);
	buf_add_u8(&f->entries, type);
	buf_add(&f->entries, SPAN("\0\0\0"));
	for (size_t i = 0; i < count; i++)
		if (parts[i].n)
			buf_add(&f->entries, parts[i]);
	f->count++;
}

void footer_put(const struct footer *f, char head[FOOTER_HEAD], struct span parts[2])
{
	struct buf b;

	buf_init(&b, FOOTER_HEAD);
	buf_add_u8(&b, FOOTER_VERSION);
	buf_add(&b, SPAN("\0\0\0\0\0\0\0"));
	buf_add_u64(&b, f->types);
	buf_add_u32(&b, f->count);
	buf_add_u32(&b, 0);
	memcpy(head, b.p, FOOTER_HEAD);
	buf_fini(&b);
	parts[0] = span(head, FOOTER_HEAD);
	parts[1] = buf_span(&f->entries);
}

static bool take_entry(struct span *rest, struct footer_entry *out)
{
	uint32_t length;
	struct span zeros;

	return span_take_be32(rest, &out->offset) && span_take_be32(rest, &length) && span_take_u8(rest, &out->type) &&
	       span_take_bytes(rest, 3, &zeros) && span_take_bytes(rest, length, &out->payload);
}

void footer_step(struct footer_reader *r)
{
	r->has = take_entry(&r->rest, &r->at);
}

bool footer_open(struct span payload, uint32_t offset, struct footer_reader *out)
{
	struct footer_reader r = {0};
	struct footer_entry e;
	uint64_t next = SEGMENT_START; /* where the next record may stand */
	uint32_t count, zero;
	struct span zeros, all;
	uint8_t version;

	if (!span_take_u8(&payload, &version) || version != FOOTER_VERSION || !span_take_bytes(&payload, 7, &zeros) ||
		!span_take_be64(&payload, &r.types) || !span_take_be32(&payload, &count) ||
		!span_take_be32(&payload, &zero))
		return false;
	for (all = payload; count; count--) {
		if (!take_entry(&all, &e) || e.offset < next || e.offset % RECORD_ALIGN ||
			!footer_holds(r.types, e.type) || e.type >= RECORD_OWN_TYPES)
			return false;
		next = e.offset + record_size((uint32_t)e.payload.n);
	}
	if (all.n || next > offset)
		return false;
	r.rest = payload;
	footer_step(&r);
	*out = r;
	return true;
}
