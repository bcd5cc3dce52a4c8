/* One message's answer to a FETCH: RFC 3501 §7.4.2. Items of the row and the structure are appended at once or in pieces, octets are read and
 * sent at most FETCH_PIECE_MAX at a time. What cannot be read is answered with NIL as long as its literal has not begun; after that only
 * the end of the connection tells the truth. A broken message never fails here: its structure says how it is to be read. */
#include "imap/verb/fetch.h"

#include "imap/verb/session.h"
#include "imap/wire/date.h"

void fetch_message_begin(struct command *c, struct fetch *f)
{
	struct buf *out = command_out(c);

	f->item = 0;
	f->mime = NULL;
	f->opened = false;
	f->phase = f->items.structure ? FETCHING_STRUCTURE : FETCHING_ITEMS;
	buf_add_lit(out, "* ");
	buf_add_number(out, f->seq);
	buf_add_lit(out, " FETCH (");
}

static enum fail read_octets(struct command *c, struct fetch *f)
{
	return message_read(mailbox_account(view_mailbox(c->session->view)), &f->row, f->left.offset, f->asked,
		&f->piece, &c->wait);
}

/* ── Structure ──────────────────────────────────────────────────────────────────────────────────────────── */

static enum step ask_structure(struct command *c, struct fetch *f)
{
	struct account *account = mailbox_account(view_mailbox(c->session->view));

	if (!f->structures)
		f->structures = structures_begin(account);
	arena_reset(&f->arena);
	f->phase = FETCHING_STRUCTURE_GOT;
	return fetch_asked(c, structures_get(f->structures, &f->row, &f->structure, &c->wait));
}

static enum step take_structure(struct command *c, struct fetch *f)
{
	enum fail failed = c->stored;

	if (!failed)
		failed = mime_structure_open(f->structure, &f->arena, &f->mime);
	if (failed) {
		f->mime = NULL;
		fetch_lost(f, failed);
	}
	f->phase = FETCHING_ITEMS;
	return STEP_AGAIN;
}

/* ── Items ──────────────────────────────────────────────────────────────────────────────────────────────── */

static void item_begin(struct command *c, const struct fetch *f, struct span name)
{
	struct buf *out = command_out(c);

	if (f->item > 0)
		buf_add_byte(out, ' ');
	buf_add(out, name);
	buf_add_byte(out, ' ');
}

static void add_flags(struct command *c, struct fetch *f)
{
	view_print_flags(c->session->view, command_out(c), &f->row);
}

/* ENVELOPE, BODY, BODYSTRUCTURE; where the structure is lost, the least that the grammar allows. */
static struct span structure_text(const struct fetch *f, enum fetch_kind kind)
{
	if (!f->mime && kind == FETCH_ENVELOPE)
		return SPAN("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
	if (!f->mime)
		return SPAN("(\"application\" \"octet-stream\" NIL NIL NIL \"7bit\" 0)");
	if (kind == FETCH_ENVELOPE)
		return mime_envelope_text(f->mime);
	return kind == FETCH_BODY ? mime_body_text(f->mime) : mime_bodystructure_text(f->mime);
}

static void begin_section(struct command *c, struct fetch *f, const struct fetch_item *item)
{
	const struct section *s = &item->section;
	bool lost = section_needs_structure(s) && !f->mime;
	struct section_extent whole = {0, 0};

	item_begin(c, f, item->name);
	if (lost) {
		buf_add_lit(command_out(c), "NIL");
		return;
	}
	if (!section_extent(s, f->mime, f->row.prefix, f->row.size, &whole))
		whole = (struct section_extent){0, 0};
	f->opened = false;
	buf_reset(&f->piece);
	if ((s->part == SECTION_FIELDS || s->part == SECTION_FIELDS_NOT) && whole.length > 0) {
		if (whole.length > FETCH_HEADER_MAX)
			whole.length = FETCH_HEADER_MAX;
		f->left = whole;
		f->phase = FETCHING_HEADER;
		return;
	}
	f->left = section_cut(s, whole);
	if (f->left.length == 0)
		buf_add_lit(command_out(c), "\"\"");
	else
		f->phase = FETCHING_OCTETS;
}

static void begin_item(struct command *c, struct fetch *f, const struct fetch_item *item)
{
	struct buf *out = command_out(c);

	if (item->kind == FETCH_SECTION) {
		begin_section(c, f, item);
		return;
	}
	item_begin(c, f, item->name);
	switch (item->kind) {
	case FETCH_BINARY:
	case FETCH_BINARY_SIZE: fetch_binary_begin(c, f, item); break;
	case FETCH_PREVIEW: fetch_preview_begin(c, f); break;
	case FETCH_FLAGS: add_flags(c, f); break;
	case FETCH_DATE: print_date_time(out, f->row.internal_date, f->row.internal_zone); break;
	case FETCH_SIZE: buf_add_number(out, f->row.size); break;
	case FETCH_UID: buf_add_number(out, f->row.uid); break;
	default:
		f->text = structure_text(f, item->kind);
		f->phase = FETCHING_TEXT;
		break;
	}
}

static bool was_set_seen(const struct fetch *f)
{
	for (size_t i = 0; i < f->seen_n; i++) {
		if (f->seen[i] == f->seq)
			return true;
	}
	return false;
}

static void message_end(struct command *c, struct fetch *f)
{
	if (f->sees && !f->items.flags && was_set_seen(f)) {
		item_begin(c, f, SPAN("FLAGS"));
		add_flags(c, f);
	}
	buf_add_lit(command_out(c), ")\r\n");
	f->phase = FETCHING_NEXT;
}

static enum step next_items(struct command *c, struct fetch *f)
{
	while (f->phase == FETCHING_ITEMS && f->item < f->items.n) {
		const struct fetch_item *item = &f->items.at[f->item];

		begin_item(c, f, item);
		f->item++;
	}
	if (f->phase == FETCHING_ITEMS)
		message_end(c, f);
	return STEP_AGAIN;
}

/* ── Text in memory ─────────────────────────────────────────────────────────────────────────────────────── */

static enum step send_text(struct command *c, struct fetch *f)
{
	struct span piece = span_first(f->text, FETCH_PIECE_MAX);

	buf_add(command_out(c), piece);
	f->text = span_skip(f->text, piece.n);
	if (f->text.n == 0)
		f->phase = FETCHING_ITEMS;
	return STEP_AGAIN;
}

/* A literal8 for BINARY: the octets of a part may be any (RFC 3516 §5). */
void fetch_open_literal(struct command *c, struct fetch *f, uint64_t octets)
{
	struct buf *out = command_out(c);

	if (f->items.at[f->item - 1].kind == FETCH_BINARY)
		buf_add_byte(out, '~');
	buf_add_byte(out, '{');
	buf_add_number(out, octets);
	buf_add_lit(out, "}\r\n");
	f->opened = true;
}

/* ── Octets of the message ──────────────────────────────────────────────────────────────────────────────── */

static enum step ask_octets(struct command *c, struct fetch *f, enum fetch_phase got)
{
	f->asked = f->left.length < FETCH_PIECE_MAX ? (size_t)f->left.length : FETCH_PIECE_MAX;
	f->had = f->piece.n;
	f->phase = got;
	return fetch_asked(c, read_octets(c, f));
}

/* The octets cannot be had. */
static enum step lost_octets(struct command *c, struct fetch *f)
{
	fetch_lost(f, c->stored ? c->stored : FAIL_CORRUPT);
	if (f->opened)
		return step_fail(c, FAIL_UNKNOWN); /* ends the session: there are no true octets to go on with */
	buf_add_lit(command_out(c), "NIL");
	f->phase = FETCHING_ITEMS;
	return STEP_AGAIN;
}

static void advance(struct fetch *f)
{
	f->left.offset += f->asked;
	f->left.length -= f->asked;
}

/* A header comes whole, since the length of what is left of it must be known before its literal begins. */
static enum step take_header(struct command *c, struct fetch *f)
{
	const struct section *s = &f->items.at[f->item - 1].section;
	struct section_extent cut;

	if (c->stored || f->piece.n - f->had != f->asked)
		return lost_octets(c, f);
	advance(f);
	if (f->left.length > 0) {
		f->phase = FETCHING_HEADER;
		return STEP_AGAIN;
	}
	section_filter(s, &f->piece);
	cut = section_cut(s, (struct section_extent){0, f->piece.n});
	f->text = span_first(span_skip(buf_span(&f->piece), (size_t)cut.offset), (size_t)cut.length);
	if (f->text.n == 0)
		buf_add_lit(command_out(c), "\"\"");
	else
		fetch_open_literal(c, f, f->text.n);
	f->phase = f->text.n == 0 ? FETCHING_ITEMS : FETCHING_TEXT;
	return STEP_AGAIN;
}

static enum step take_octets(struct command *c, struct fetch *f)
{
	if (c->stored || f->piece.n - f->had != f->asked)
		return lost_octets(c, f);
	if (!f->opened)
		fetch_open_literal(c, f, f->left.length);
	buf_add(command_out(c), buf_span(&f->piece));
	buf_reset(&f->piece);
	advance(f);
	f->phase = f->left.length > 0 ? FETCHING_OCTETS : FETCHING_ITEMS;
	return STEP_AGAIN;
}

static enum step got_octets(struct command *c, struct fetch *f, enum step (*then)(struct command *c, struct fetch *f))
{
	if (c->stored || f->piece.n - f->had != f->asked)
		return lost_octets(c, f);
	advance(f);
	return then(c, f);
}

enum step fetch_message_step(struct command *c, struct fetch *f)
{
	switch (f->phase) {
	case FETCHING_STRUCTURE: return ask_structure(c, f);
	case FETCHING_STRUCTURE_GOT: return take_structure(c, f);
	case FETCHING_TEXT: return send_text(c, f);
	case FETCHING_HEADER: return ask_octets(c, f, FETCHING_HEADER_GOT);
	case FETCHING_HEADER_GOT: return take_header(c, f);
	case FETCHING_OCTETS: return ask_octets(c, f, FETCHING_OCTETS_GOT);
	case FETCHING_OCTETS_GOT: return take_octets(c, f);
	case FETCHING_BINARY: return ask_octets(c, f, FETCHING_BINARY_GOT);
	case FETCHING_BINARY_GOT: return got_octets(c, f, fetch_binary_got);
	case FETCHING_PREVIEW: return ask_octets(c, f, FETCHING_PREVIEW_GOT);
	case FETCHING_PREVIEW_GOT: return got_octets(c, f, fetch_preview_got);
	default: return next_items(c, f);
	}
}
