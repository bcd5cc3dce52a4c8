/* The block of bytes that a structure is, written and read. Reading trusts nothing: every length, offset and link is
 * checked in mime_structure_open, so that what comes after cannot fail.
 *
 *   offset  size  what (numbers big-endian; "varint" is LEB128, "counted" is a varint length and the bytes)
 *        0     4  "MST1"
 *        4   3*4  bytes of the three texts
 *       16     .  ENVELOPE, BODY, BODYSTRUCTURE
 *        .     .  varint: rows; then each row, in document order, parents first:
 *                 u8      kind (enum mime_kind)
 *                 varint  distance back to the parent's row (0: the message itself, only the first row)
 *                 varint  bytes from the parent's body to the header; of the header; of the body; lines of the body
 *                 counted type, subtype, charset, encoding */
#include "mime/mime.h"

#include "mime/render.h"

struct row {
	struct mime_part part;
	uint32_t parent, first_child, last_child, next;
	uint8_t kind;
};

struct mime_structure {
	struct span envelope, body, bodystructure;
	size_t count;
	struct row *rows;
};

enum { HEAD_BYTES = 16, ROW_BYTES_MIN = 10 };

static void put_be32(char *p, size_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(v >> (24 - 8 * i));
}

static void write_row(struct buf *out, const struct mime_drafts *drafts, uint32_t index)
{
	const struct mime_draft *d = &drafts->list[index];
	uint64_t base = d->parent == MIME_NO_PART ? 0 : drafts->list[d->parent].body;

	buf_add_u8(out, (uint8_t)d->kind);
	buf_add_varint(out, d->parent == MIME_NO_PART ? 0 : index - d->parent);
	buf_add_varint(out, d->header - base);
	buf_add_varint(out, d->body - d->header);
	buf_add_varint(out, d->end - d->body);
	buf_add_varint(out, d->lines);
	buf_add_counted(out, mime_text_span(&drafts->texts, d->type));
	buf_add_counted(out, mime_text_span(&drafts->texts, d->subtype));
	buf_add_counted(out, mime_text_span(&drafts->texts, d->charset));
	buf_add_counted(out, mime_text_span(&drafts->texts, d->encoding));
}

enum fail mime_structure_write(struct buf *out, const struct mime_drafts *drafts)
{
	size_t start = out->n, envelope, body, bodystructure;
	bool was_over = out->over;
	char head[HEAD_BYTES] = "MST1";

	out->over = false;
	buf_add(out, span(head, HEAD_BYTES));
	buf_add(out, mime_text_span(&drafts->texts, drafts->list[0].envelope));
	envelope = out->n - start - HEAD_BYTES;
	mime_render_body(out, drafts, 0, MIME_BODY);
	body = out->n - start - HEAD_BYTES - envelope;
	mime_render_body(out, drafts, 0, MIME_BODYSTRUCTURE);
	bodystructure = out->n - start - HEAD_BYTES - envelope - body;
	buf_add_varint(out, drafts->count);
	for (uint32_t i = 0; i < drafts->count; i++)
		write_row(out, drafts, i);
	if (out->over || out->n - start > MIME_STRUCTURE_MAX) {
		buf_truncate(out, start);
		return FAIL_TOO_BIG;
	}
	out->over = was_over;
	put_be32(out->p + start + 4, envelope);
	put_be32(out->p + start + 8, body);
	put_be32(out->p + start + 12, bodystructure);
	return FAIL_NONE;
}

static bool take_texts(struct span *s, struct mime_structure *m)
{
	uint32_t envelope, body, bodystructure;

	return span_take(s, SPAN("MST1")) && span_take_be32(s, &envelope) && span_take_be32(s, &body) &&
	       span_take_be32(s, &bodystructure) && span_take_bytes(s, envelope, &m->envelope) &&
	       span_take_bytes(s, body, &m->body) && span_take_bytes(s, bodystructure, &m->bodystructure);
}

/* `*at` plus the next number, at most `limit`. */
static bool take_offset(struct span *s, uint64_t *at, uint64_t limit)
{
	uint64_t n;

	if (!span_take_varint(s, &n) || n > limit - *at)
		return false;
	*at += n;
	return true;
}

static bool take_kind(struct span *s, struct row *r)
{
	if (!span_take_u8(s, &r->kind) || r->kind > MIME_MESSAGE)
		return false;
	r->part.is_multipart = r->kind == MIME_MULTIPART;
	r->part.is_message = r->kind == MIME_MESSAGE;
	return true;
}

/* The row's place in the tree: under an earlier row that can hold it, after the sibling before it. */
static bool take_place(struct span *s, struct mime_structure *m, uint32_t index, uint64_t *from, uint64_t *limit)
{
	struct row *r = &m->rows[index], *parent;
	uint64_t back;

	r->first_child = r->last_child = r->next = r->parent = MIME_NO_PART;
	if (!span_take_varint(s, &back) || back > index || (back == 0) != (index == 0))
		return false;
	*from = 0;
	*limit = INT64_MAX;
	if (!index)
		return true;
	r->parent = index - (uint32_t)back;
	parent = &m->rows[r->parent];
	*from = parent->part.body;
	*limit = parent->part.end;
	if (parent->first_child == MIME_NO_PART)
		parent->first_child = index;
	else if (parent->kind == MIME_MESSAGE)
		return false;
	else
		m->rows[parent->last_child].next = index;
	parent->last_child = index;
	return parent->kind == MIME_MULTIPART || parent->kind == MIME_MESSAGE;
}

static bool take_row(struct span *s, struct mime_structure *m, uint32_t index)
{
	struct row *r = &m->rows[index];
	struct mime_part *part = &r->part;
	uint64_t limit;

	if (!take_kind(s, r) || !take_place(s, m, index, &part->header, &limit) ||
		!take_offset(s, &part->header, limit))
		return false;
	part->body = part->header;
	if (!take_offset(s, &part->body, limit))
		return false;
	part->end = part->body;
	return take_offset(s, &part->end, limit) && span_take_varint(s, &part->lines) &&
	       part->lines <= part->end - part->body && span_take_counted(s, &part->type) &&
	       span_take_counted(s, &part->subtype) && span_take_counted(s, &part->charset) &&
	       span_take_counted(s, &part->encoding);
}

static bool holds_what_it_must(const struct mime_structure *m)
{
	for (size_t i = 0; i < m->count; i++) {
		bool has_child = m->rows[i].first_child != MIME_NO_PART;

		if (has_child != (m->rows[i].part.is_multipart || m->rows[i].part.is_message))
			return false;
	}
	return true;
}

enum fail mime_structure_open(struct span bytes, struct arena *arena, const struct mime_structure **out)
{
	struct mime_structure m = {0}, *kept;
	struct span s = bytes;
	uint64_t count;

	if (!take_texts(&s, &m) || !span_take_varint(&s, &count) || count < 1 || count > MIME_PARTS_MAX ||
		count > s.n / ROW_BYTES_MIN)
		return FAIL_CORRUPT;
	m.count = (size_t)count;
	m.rows = arena_alloc(arena, m.count * sizeof *m.rows);
	kept = arena_alloc(arena, sizeof *kept);
	if (!m.rows || !kept)
		return FAIL_MEMORY;
	for (uint32_t i = 0; i < m.count; i++)
		if (!take_row(&s, &m, i))
			return FAIL_CORRUPT;
	if (s.n || !holds_what_it_must(&m))
		return FAIL_CORRUPT;
	*kept = m;
	*out = kept;
	return FAIL_NONE;
}

struct span mime_envelope_text(const struct mime_structure *s)
{
	return s->envelope;
}

struct span mime_body_text(const struct mime_structure *s)
{
	return s->body;
}

struct span mime_bodystructure_text(const struct mime_structure *s)
{
	return s->bodystructure;
}

size_t mime_part_count(const struct mime_structure *s)
{
	return s->count;
}

void mime_part_at(const struct mime_structure *s, size_t row, struct mime_part *out)
{
	*out = s->rows[row].part;
}

/* Row of the `n`th child, or MIME_NO_PART. */
static uint32_t child_row(const struct mime_structure *s, uint32_t row, uint32_t n)
{
	uint32_t child = n ? s->rows[row].first_child : MIME_NO_PART;

	while (child != MIME_NO_PART && --n)
		child = s->rows[child].next;
	return child;
}

/* A message has numbers for its multipart's parts, or the one number 1 for its only body; a part has numbers when it is
 * a multipart, or by the message in it (RFC 3501 §6.4.5). */
static uint32_t find_row(const struct mime_structure *s, const uint32_t *numbers, size_t depth)
{
	uint32_t row = 0;
	bool as_message = true;

	for (size_t i = 0; i < depth && row != MIME_NO_PART; i++) {
		if (!as_message && s->rows[row].part.is_message) {
			row = s->rows[row].first_child;
			as_message = true;
		}
		if (s->rows[row].part.is_multipart)
			row = child_row(s, row, numbers[i]);
		else if (!as_message || numbers[i] != 1)
			row = MIME_NO_PART;
		as_message = false;
	}
	return row;
}

bool mime_part_find(const struct mime_structure *s, const uint32_t *numbers, size_t depth, struct mime_part *out)
{
	uint32_t row = find_row(s, numbers, depth);

	if (row == MIME_NO_PART)
		return false;
	*out = s->rows[row].part;
	return true;
}

bool mime_part_message(const struct mime_structure *s, const uint32_t *numbers, size_t depth, struct mime_part *out)
{
	uint32_t row = find_row(s, numbers, depth);

	if (row != MIME_NO_PART && depth)
		row = s->rows[row].part.is_message ? s->rows[row].first_child : MIME_NO_PART;
	if (row == MIME_NO_PART)
		return false;
	*out = s->rows[row].part;
	return true;
}
