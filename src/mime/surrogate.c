/* The stream: which octets are header, and where their fields begin and end.
 *
 *   GATHERING ─ the field has ended ──────────────► out, as it is or rewritten
 *       ├─ it is longer than can be rewritten, all ASCII so far ─► PASSING: out as it comes, what is not ASCII as '?'
 *       └─ the same, not ASCII ─► DROPPING: left out */
#include "mime/surrogate.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "mime/downgrade.h"

void mime_surrogate_begin(struct mime_surrogate *x, const struct mime_structure *s, uint64_t prefix)
{
	size_t n = mime_part_count(s);
	uint64_t end = 0;

	*x = (struct mime_surrogate){.ranges = memory_resize_array(NULL, n, sizeof *x->ranges)};
	buf_init(&x->field, MIME_SURROGATE_FIELD_MAX);
	for (size_t i = 0; i < n; i++) {
		struct mime_part p;

		mime_part_at(s, i, &p);
		if (i && p.header + prefix < end)
			continue;
		x->ranges[x->count++] = (struct mime_surrogate_range){i ? p.header + prefix : 0, p.body + prefix};
		end = p.body + prefix;
	}
}

void mime_surrogate_fini(struct mime_surrogate *x)
{
	free(x->ranges);
	x->ranges = NULL;
	buf_fini(&x->field);
}

uint64_t mime_surrogate_plain(const struct mime_surrogate *x)
{
	if (x->next == x->count)
		return UINT64_MAX;
	return x->ranges[x->next].from > x->at ? x->ranges[x->next].from - x->at : 0;
}

size_t mime_surrogate_header(const struct mime_surrogate *x, size_t most)
{
	uint64_t n = x->ranges[x->next].to - x->at;

	return n && n < most ? (size_t)n : most;
}

void mime_surrogate_pass(struct mime_surrogate *x, uint64_t n)
{
	x->at += n;
}

static void end_field(struct mime_surrogate *x, struct buf *out)
{
	struct span field = buf_span(&x->field);

	if (x->state == SURROGATE_GATHERING && span_is_ascii(field)) {
		buf_add(out, field);
	} else if (x->state == SURROGATE_GATHERING) {
		x->changed = true;
		mime_downgrade_field(field, out);
	}
	buf_reset(&x->field);
	x->state = SURROGATE_GATHERING;
}

static void add_ascii(struct mime_surrogate *x, struct span s, struct buf *out)
{
	char *to = buf_reserve(out, s.n);

	if (!to)
		return;
	for (size_t i = 0; i < s.n; i++) {
		to[i] = (unsigned char)s.p[i] < 0x80 ? s.p[i] : '?';
		x->changed |= to[i] != s.p[i];
	}
	buf_commit(out, s.n);
}

static void too_long(struct mime_surrogate *x, struct buf *out)
{
	x->state = span_is_ascii(buf_span(&x->field)) ? SURROGATE_PASSING : SURROGATE_DROPPING;
	x->changed |= x->state == SURROGATE_DROPPING;
	if (x->state == SURROGATE_PASSING)
		buf_add(out, buf_span(&x->field));
}

/* Octets of one line of a header. */
static void add_to_field(struct mime_surrogate *x, struct span s, struct buf *out)
{
	if (x->state == SURROGATE_GATHERING && x->field.n + s.n > MIME_SURROGATE_FIELD_MAX)
		too_long(x, out);
	if (x->state == SURROGATE_GATHERING)
		buf_add(&x->field, s);
	else if (x->state == SURROGATE_PASSING)
		add_ascii(x, s, out);
	if (x->state != SURROGATE_GATHERING) { /* only its last octet is needed: whether a line has ended */
		buf_reset(&x->field);
		buf_add(&x->field, span(s.p + s.n - 1, 1));
	}
}

static void feed_header(struct mime_surrogate *x, struct span bytes, struct buf *out)
{
	while (bytes.n) {
		bool line_begins = x->field.n && x->field.p[x->field.n - 1] == '\n';
		size_t lf = span_find_byte(bytes, '\n');
		struct span piece = span_first(bytes, lf == SIZE_MAX ? bytes.n : lf + 1);

		if (line_begins && piece.p[0] != ' ' && piece.p[0] != '\t')
			end_field(x, out);
		add_to_field(x, piece, out);
		bytes = span_skip(bytes, piece.n);
	}
}

void mime_surrogate_feed(struct mime_surrogate *x, struct span bytes, struct buf *out)
{
	while (bytes.n) {
		uint64_t plain = mime_surrogate_plain(x);
		struct span piece = span_first(bytes, plain < bytes.n ? (size_t)plain : bytes.n);

		if (plain) {
			buf_add(out, piece);
		} else {
			uint64_t left = x->ranges[x->next].to - x->at;

			piece = span_first(bytes, left < bytes.n ? (size_t)left : bytes.n);
			if (piece.n)
				feed_header(x, piece, out);
			if (piece.n == left) {
				end_field(x, out);
				x->next++;
			}
		}
		x->at += piece.n;
		bytes = span_skip(bytes, piece.n);
	}
}

void mime_surrogate_end(struct mime_surrogate *x, struct buf *out)
{
	end_field(x, out);
}
