/* The line machine: finds where headers end and where boundaries stand (RFC 2046 §5.1), and keeps the stack of the parts
 * that are open. Must never look at a byte twice, never keep more of a line than a boundary needs.
 *
 *   feed -> take_line (a line is whole) -> [a boundary] at_boundary -> close_above, open_part | close_multipart
 *                                       -> [blank, in a header] end_header -> open_part for message/rfc822
 *   end  -> take_line (what is left) -> close_above(everything) -> mime_structure_write
 *
 * Of the open boundaries the longest that a line begins with is meant, of equal ones the innermost. A boundary ends
 * whatever is open inside its multipart, in the middle of a header too. */
#include "mime/mime.h"

#include "base/memory.h"
#include "mime/render.h"

enum {
	LINE_HELD_MAX = MIME_BOUNDARY_MAX + 8,
	STACK_MAX = MIME_DEPTH_MAX + 2, /* each multipart or message holds one open part */
};

/* A part that is open. */
struct level {
	uint32_t part;
	uint64_t lines_before; /* line ends before its body */
	size_t boundary_at;    /* of a multipart: its boundary in `boundaries` */
	size_t boundary_n;     /* 0: none, or closed already */
	bool is_digest;
};

struct mime_parser {
	struct mime_drafts drafts;
	struct level stack[STACK_MAX];
	size_t depth;           /* levels in use */
	size_t nested;          /* multiparts and messages among them, but the outermost message */
	size_t owed;            /* open multiparts without a part: each gets one, so the limit counts it */
	size_t live_boundaries; /* levels with boundary_n */
	struct buf boundaries;
	struct buf header; /* of the innermost part, while it is read */
	struct buf scratch;
	bool in_header;

	uint64_t at;      /* offset of the current line */
	uint64_t line_n;  /* bytes of it that were taken already */
	struct span line; /* its beginning, whole in the input, or `held` */
	char held[LINE_HELD_MAX];
	size_t held_n;
	char last;          /* the last byte before the current piece of the line */
	size_t header_line; /* where the current line begins in `header` */
	uint64_t lines;     /* line ends before the current line */
	unsigned before;    /* bytes of the line end before the current line: 0, 1 or 2 */
};

static struct mime_draft *draft_at(struct mime_parser *p, uint32_t part)
{
	return &p->drafts.list[part];
}

static struct level *top(struct mime_parser *p)
{
	return &p->stack[p->depth - 1];
}

static uint32_t new_draft(struct mime_parser *p, uint32_t parent)
{
	struct mime_drafts *d = &p->drafts;
	uint32_t part = (uint32_t)d->count;

	if (d->count == d->room) {
		d->room = d->room ? 4 * d->room : 4;
		d->list = memory_resize_array(d->list, d->room, sizeof *d->list);
	}
	d->list[d->count++] = (struct mime_draft){
		.parent = parent, .first_child = MIME_NO_PART, .last_child = MIME_NO_PART, .next = MIME_NO_PART};
	if (parent == MIME_NO_PART)
		return part;
	if (d->list[parent].last_child == MIME_NO_PART)
		d->list[parent].first_child = part;
	else
		d->list[d->list[parent].last_child].next = part;
	d->list[parent].last_child = part;
	return part;
}

/* A part whose header begins at `offset`, inside the innermost open one. */
static void open_part(struct mime_parser *p, uint64_t offset)
{
	uint32_t parent = p->depth ? top(p)->part : MIME_NO_PART;
	bool in_multipart = p->depth && draft_at(p, parent)->kind == MIME_MULTIPART;
	struct mime_draft *d;

	if (in_multipart && draft_at(p, parent)->first_child == MIME_NO_PART)
		p->owed--;
	p->stack[p->depth++] = (struct level){.part = new_draft(p, parent)};
	d = draft_at(p, top(p)->part);
	d->header = offset;
	d->has_envelope = !in_multipart;
	buf_reset(&p->header);
	p->header_line = 0;
	p->in_header = true;
}

static bool may_nest(const struct mime_parser *p)
{
	return p->nested < MIME_DEPTH_MAX && p->drafts.count + p->owed < MIME_PARTS_MAX;
}

static void begin_multipart(struct mime_parser *p, struct span boundary, bool is_digest)
{
	struct level *l = top(p);

	l->boundary_at = p->boundaries.n - boundary.n;
	l->boundary_n = boundary.n;
	l->is_digest = is_digest;
	p->live_boundaries++;
	p->nested++;
	p->owed++;
}

/* The header of the innermost part is whole; its body begins at `offset`, after `lines` line ends. */
static void end_header(struct mime_parser *p, uint64_t offset, uint64_t lines)
{
	struct level *l = top(p);
	struct mime_draft *d = draft_at(p, l->part);
	struct mime_draft_limits limits = {
		.in_digest = p->depth > 1 && p->stack[p->depth - 2].is_digest && !d->has_envelope,
		.may_nest = may_nest(p),
	};
	struct buf boundary;

	buf_init(&boundary, MIME_BOUNDARY_MAX);
	mime_draft_describe(d, buf_span(&p->header), limits, &p->drafts.texts, &boundary, &p->scratch);
	d->body = offset;
	l->lines_before = lines;
	p->in_header = false;
	if (d->kind == MIME_MULTIPART) {
		buf_add(&p->boundaries, buf_span(&boundary));
		begin_multipart(
			p, buf_span(&boundary), span_eq(mime_text_span(&p->drafts.texts, d->subtype), SPAN("digest")));
	} else if (d->kind == MIME_MESSAGE) {
		p->nested++;
		open_part(p, offset);
	}
	buf_fini(&boundary);
}

static void close_multipart(struct mime_parser *p, struct level *l)
{
	p->live_boundaries -= l->boundary_n > 0;
	l->boundary_n = 0;
}

/* A multipart must not be empty in any BODYSTRUCTURE: it gets an empty text. */
static void add_missing_part(struct mime_parser *p, uint64_t offset, uint64_t lines)
{
	top(p)->is_digest = false;
	open_part(p, offset);
	end_header(p, offset, lines);
	draft_at(p, top(p)->part)->end = offset;
	p->depth--;
}

/* Where the parts end that a line end closes: before `offset` when a boundary owns that line end. */
struct ending {
	uint64_t offset, lines;
};

static void close_top(struct mime_parser *p, struct ending e)
{
	struct level *l = top(p);
	uint32_t part = l->part, child = draft_at(p, part)->last_child;
	struct mime_draft *d = draft_at(p, part);
	uint64_t least = child == MIME_NO_PART ? d->body : draft_at(p, child)->end;

	/* A boundary right after a header, or after a part that ends with its header: nothing is left to take away. */
	d->end = e.offset > least ? e.offset : least;
	d->lines = e.lines > l->lines_before && d->end > d->body ? e.lines - l->lines_before : 0;
	if (d->kind == MIME_MULTIPART && child == MIME_NO_PART)
		add_missing_part(p, d->end, e.lines);
	if (draft_at(p, part)->kind == MIME_MULTIPART) {
		close_multipart(p, l);
		buf_truncate(&p->boundaries, l->boundary_at);
	}
	p->nested -= draft_at(p, part)->kind == MIME_MULTIPART || draft_at(p, part)->kind == MIME_MESSAGE;
	p->depth--;
}

/* Closes all levels from `keep` on. */
static void close_above(struct mime_parser *p, size_t keep, struct ending e)
{
	while (p->in_header) {
		uint64_t header = draft_at(p, top(p)->part)->header;

		end_header(p, e.offset > header ? e.offset : header, e.lines);
	}
	while (p->depth > keep)
		close_top(p, e);
}

/* The level whose boundary `line` begins with, or SIZE_MAX. */
static size_t find_boundary(const struct mime_parser *p, struct span line)
{
	size_t best = SIZE_MAX, best_n = 0;

	if (!p->live_boundaries || line.n < 3 || line.p[0] != '-' || line.p[1] != '-')
		return SIZE_MAX;
	line = span_skip(line, 2);
	for (size_t i = p->depth; i-- > 0;) {
		const struct level *l = &p->stack[i];

		if (l->boundary_n > best_n &&
			span_starts(line, span(p->boundaries.p + l->boundary_at, l->boundary_n))) {
			best = i;
			best_n = l->boundary_n;
		}
	}
	return best;
}

static void at_boundary(struct mime_parser *p, size_t level, bool is_last)
{
	struct ending e = {p->at - p->before, p->lines - (p->before > 0)};

	if (p->in_header)
		buf_truncate(&p->header, p->header_line);
	close_above(p, level + 1, e);
	if (is_last)
		close_multipart(p, &p->stack[level]);
	else
		open_part(p, p->at + p->line_n);
}

/* Past the limit a delimiter is text like any other. The header that it cuts may need one part more. */
static bool may_add_part(struct mime_parser *p, size_t level)
{
	if (draft_at(p, p->stack[level].part)->first_child == MIME_NO_PART)
		return true; /* counted in `owed` */
	return p->drafts.count + p->owed + p->in_header < MIME_PARTS_MAX;
}

static bool is_blank_line(struct span line)
{
	return span_eq(line, SPAN("\r\n")) || span_eq(line, SPAN("\n"));
}

/* The current line is whole (or the last): p->line holds its beginning, p->line_n its length. */
static void take_line(struct mime_parser *p, unsigned line_end)
{
	size_t level = find_boundary(p, p->line);
	uint64_t past = p->at + p->line_n;
	bool is_last;

	if (level != SIZE_MAX) {
		is_last = span_starts(span_skip(p->line, 2 + p->stack[level].boundary_n), SPAN("--"));
		if (is_last || may_add_part(p, level))
			at_boundary(p, level, is_last);
	} else if (p->in_header && is_blank_line(p->line)) {
		end_header(p, past, p->lines + 1);
	}
	p->lines += line_end > 0;
	p->before = line_end;
	p->at = past;
	p->line_n = 0;
	p->held_n = 0;
	p->header_line = p->header.n;
}

static void hold(struct mime_parser *p, struct span piece)
{
	size_t n = piece.n < LINE_HELD_MAX - p->held_n ? piece.n : LINE_HELD_MAX - p->held_n;

	memcpy(p->held + p->held_n, piece.p, n);
	p->held_n += n;
}

static void keep_header(struct mime_parser *p, struct span piece)
{
	size_t room = MIME_HEADER_MAX - p->header.n;

	buf_add(&p->header, span_first(piece, room));
}

/* Bytes up to and with a line end, or as far as the input goes. */
static void take_piece(struct mime_parser *p, struct span piece, bool ends)
{
	bool whole = ends && p->line_n == 0;
	char before_lf = piece.n > 1 ? piece.p[piece.n - 2] : p->line_n ? p->last : 0;

	if (p->in_header)
		keep_header(p, piece);
	if (!whole)
		hold(p, piece);
	p->line = whole ? piece : span(p->held, p->held_n);
	p->line_n += piece.n;
	p->last = piece.p[piece.n - 1];
	if (ends)
		take_line(p, before_lf == '\r' ? 2 : 1);
}

/* Whole lines of a body that can be no boundary: the way nearly all bytes go. Returns how many bytes were taken. */
static size_t pass_body_lines(struct mime_parser *p, struct span in)
{
	const char *at = in.p, *end = in.p + in.n, *lf = NULL, *line = at;
	uint64_t lines = 0;

	while (at < end && !(*at == '-' && p->live_boundaries)) {
		lf = memchr(at, '\n', (size_t)(end - at));
		if (!lf)
			break;
		lines++;
		line = at;
		at = lf + 1;
	}
	if (!lines)
		return 0;
	p->lines += lines;
	p->before = at - line > 1 && at[-2] == '\r' ? 2 : 1;
	p->at += (uint64_t)(at - in.p);
	return (size_t)(at - in.p);
}

struct mime_parser *mime_parser_new(void)
{
	struct mime_parser *p = NEW(struct mime_parser);

	buf_init(&p->drafts.texts, MIME_TEXTS_MAX);
	buf_init(&p->boundaries, MIME_DEPTH_MAX * MIME_BOUNDARY_MAX);
	buf_init(&p->header, MIME_HEADER_MAX);
	buf_init(&p->scratch, MIME_HEADER_MAX);
	open_part(p, 0);
	return p;
}

void mime_parser_free(struct mime_parser *p)
{
	if (!p)
		return;
	free(p->drafts.list);
	buf_fini(&p->drafts.texts);
	buf_fini(&p->boundaries);
	buf_fini(&p->header);
	buf_fini(&p->scratch);
	free(p);
}

void mime_parser_feed(struct mime_parser *p, struct span bytes)
{
	while (bytes.n) {
		const char *lf;
		size_t n;

		if (!p->in_header && p->line_n == 0) {
			bytes = span_skip(bytes, pass_body_lines(p, bytes));
			if (!bytes.n)
				break;
		}
		lf = memchr(bytes.p, '\n', bytes.n);
		n = lf ? (size_t)(lf - bytes.p) + 1 : bytes.n;
		take_piece(p, span_first(bytes, n), lf != NULL);
		bytes = span_skip(bytes, n);
	}
}

enum fail mime_parser_end(struct mime_parser *p, struct buf *structure_out)
{
	if (p->line_n)
		take_line(p, 0);
	close_above(p, 0, (struct ending){p->at, p->lines});
	return mime_structure_write(structure_out, &p->drafts);
}
