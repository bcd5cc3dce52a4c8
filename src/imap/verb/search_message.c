/* Reading one message for SEARCH: RFC 3501 §6.4.4. Never holds a message, only its header and one piece; never fails on a broken one. */
#include "imap/verb/search_message.h"

#include "mime/header.h"

void search_message_init(struct search_message *m, struct mailbox *mailbox, struct search_criteria *criteria)
{
	*m = (struct search_message){
		.account = mailbox_account(mailbox), .criteria = criteria, .phase = SEARCHING_DONE};
	header_columns_open(&m->columns, mailbox, criteria->facts);
	header_facts_init(&m->facts);
	m->row.message = &m->message;
	buf_init(&m->piece, SEARCH_HEADER_MAX + SEARCH_READ_MAX);
	buf_init(&m->text, SEARCH_PIECE_MAX);
	arena_init(&m->arena, MIME_STRUCTURE_MAX);
	search_stream_init(&m->stream, criteria->longest);
}

void search_message_fini(struct search_message *m)
{
	header_columns_close(&m->columns);
	header_facts_fini(&m->facts);
	buf_fini(&m->piece);
	structures_end(m->structures);
	buf_fini(&m->text);
	arena_fini(&m->arena);
	search_stream_fini(&m->stream);
	mime_decoder_free(m->decoder);
	m->decoder = NULL;
}

static bool settled(struct search_message *m)
{
	if (search_truth(m->criteria, &m->row) == SEARCH_OPEN)
		return false;
	m->phase = SEARCHING_DONE;
	return true;
}

uint64_t search_message_rule_out(struct search_message *m, uint32_t uid)
{
	uint64_t there = UINT64_MAX;

	search_next(m->criteria);
	for (uint32_t bits = m->criteria->facts; bits; bits &= bits - 1) {
		enum header_fact fact = (enum header_fact)__builtin_ctz(bits);
		struct column_block block = column_block(m->columns.of[fact], uid);

		if (block.there && search_no_text(m->criteria, fact, block.texts))
			there &= block.there;
	}
	return search_truth(m->criteria, NULL) == SEARCH_FALSE ? there : 0;
}

static bool settled_by_columns(struct search_message *m)
{
	if (!m->criteria->facts)
		return false;
	header_columns_get(&m->columns, m->message.uid, m->criteria->facts, &m->facts);
	search_facts(m->criteria, &m->facts);
	return m->facts.known && settled(m);
}

bool search_message_begin(struct search_message *m)
{
	search_next(m->criteria);
	m->unreadable = false;
	if (settled(m) || settled_by_columns(m))
		return true;
	buf_reset(&m->piece);
	m->piece_at = 0;
	m->mime = NULL;
	m->phase = SEARCHING_HEADER;
	return false;
}

bool search_message_matches(const struct search_message *m)
{
	return search_truth(m->criteria, &m->row) == SEARCH_TRUE;
}

/* Nothing more can be learned: what is open is false. */
static enum fail finish(struct search_message *m)
{
	mime_decoder_free(m->decoder);
	m->decoder = NULL;
	search_no_more(m->criteria);
	m->phase = SEARCHING_DONE;
	return FAIL_NONE;
}

static enum fail give_up(struct search_message *m)
{
	m->unreadable = true;
	return finish(m);
}

/* Reads on behind what `piece` holds. */
static enum fail read_on(struct search_message *m, size_t n, uint64_t end, enum search_phase got, struct store_wait *w)
{
	uint64_t from = m->piece_at + m->piece.n, left = end > from ? end - from : 0;

	m->asked = left < n ? (size_t)left : n;
	m->had = m->piece.n;
	m->phase = got;
	return message_read(m->account, &m->message, from, m->asked, &m->piece, w);
}

static bool came(const struct search_message *m, enum fail stored)
{
	return stored == FAIL_NONE && m->piece.n - m->had == m->asked;
}

/* ── Header ─────────────────────────────────────────────────────────────────────────────────────────────── */

/* Its facts, which are kept; what they do not tell the header does. */
static void show_message_header(struct search_message *m, struct span header)
{
	if (m->criteria->facts & ~m->facts.known) {
		header_facts_make(&m->facts, header, m->columns.wanted);
		header_columns_put(&m->columns, m->message.uid, &m->facts);
		search_facts(m->criteria, &m->facts);
	}
	if (search_wants_header(m->criteria))
		search_header(m->criteria, header);
}

static enum fail header_got(struct search_message *m, enum fail stored)
{
	struct span bytes = buf_span(&m->piece);
	size_t length;

	if (!came(m, stored))
		return give_up(m);
	length = mime_header_length(bytes);
	if (length == bytes.n && bytes.n < m->message.size && bytes.n < SEARCH_HEADER_MAX) {
		m->phase = SEARCHING_HEADER; /* its end has not come */
		return FAIL_NONE;
	}
	show_message_header(m, span_first(bytes, length));
	if (!settled(m))
		m->phase = SEARCHING_STRUCTURE;
	return FAIL_NONE;
}

/* ── Parts ──────────────────────────────────────────────────────────────────────────────────────────────── */

static enum fail structure_got(struct search_message *m, enum fail stored)
{
	if (stored || mime_structure_open(m->structure, &m->arena, &m->mime))
		return give_up(m);
	m->part = 0;
	m->in_header = false; /* the message's own has been searched */
	m->phase = SEARCHING_PART;
	return FAIL_NONE;
}

static bool searched_type(const struct mime_part *part)
{
	return !part->is_multipart && !part->is_message &&
	       (span_eq(part->type, SPAN("text")) || span_eq(part->type, SPAN("message")));
}

static void begin_run(struct search_message *m, uint64_t from, uint64_t to)
{
	m->at = m->message.prefix + from;
	m->end = m->message.prefix + to;
	if (m->end > m->message.size)
		m->end = m->message.size;
	if (m->at < m->piece_at || m->at > m->piece_at + m->piece.n) {
		buf_reset(&m->piece);
		m->piece_at = m->at;
	}
	m->begun = false;
	search_stream_break(&m->stream);
	m->phase = SEARCHING_OCTETS;
}

/* Each part's header, then its text; then the next part. */
static enum fail next_run(struct search_message *m)
{
	struct mime_part part;

	mime_decoder_free(m->decoder);
	m->decoder = NULL;
	if (m->part >= mime_part_count(m->mime))
		return finish(m);
	mime_part_at(m->mime, m->part, &part);
	if (m->in_header) {
		m->in_header = false;
		begin_run(m, part.header,
			part.body - part.header > SEARCH_READ_MAX ? part.header + SEARCH_READ_MAX : part.body);
		return FAIL_NONE;
	}
	m->part++;
	m->in_header = true;
	if (!searched_type(&part))
		return FAIL_NONE;
	m->decoder = mime_decoder_new(part.encoding, part.charset, true);
	begin_run(m, part.body, part.end);
	return FAIL_NONE;
}

/* ── Octets ─────────────────────────────────────────────────────────────────────────────────────────────── */

/* Shows decoded text. True: the answer is known. */
static bool show_text(struct search_message *m)
{
	search_stream_feed(&m->stream, buf_span(&m->text));
	buf_reset(&m->text);
	return search_body(m->criteria, buf_span(&m->stream.window)) && settled(m);
}

static bool show_header(struct search_message *m, struct span header)
{
	struct mime_field field;

	while (mime_field_take(&header, &field)) {
		search_stream_break(&m->stream);
		buf_add(&m->text, span_first(field.name, SEARCH_PIECE_MAX / 2));
		buf_add_lit(&m->text, ": ");
		mime_text_decode(field.value, &m->text);
		if (show_text(m))
			return true;
	}
	search_stream_break(&m->stream);
	return false;
}

static bool show_body(struct search_message *m, struct span bytes, bool last)
{
	while (bytes.n > 0) {
		struct span some = span_first(bytes, SEARCH_DECODE_MAX);

		mime_decoder_feed(m->decoder, some, &m->text);
		bytes = span_skip(bytes, some.n);
		if (show_text(m))
			return true;
	}
	if (!last)
		return false;
	mime_decoder_end(m->decoder, &m->text);
	return show_text(m);
}

/* Shows what `piece` holds of the run; reads more when that is nothing. A part's header is shown at once. */
static enum fail run_octets(struct search_message *m, struct store_wait *w)
{
	struct span here = span_skip(buf_span(&m->piece), (size_t)(m->at - m->piece_at));
	uint64_t left = m->end > m->at ? m->end - m->at : 0;
	bool whole = here.n >= left;

	if (!whole && (here.n == 0 || !m->decoder)) {
		buf_consume(&m->piece, m->piece.n - here.n);
		m->piece_at = m->at;
		return read_on(m, SEARCH_READ_MAX, m->decoder ? m->message.size : m->end, SEARCHING_OCTETS_GOT, w);
	}
	here = span_first(here, whole ? (size_t)left : here.n);
	if (whole && !m->begun && m->decoder && mime_decoder_keeps_ascii(m->decoder) && search_is_ascii(here)) {
		m->phase = SEARCHING_PART;
		(void)(search_body_ascii(m->criteria, here) && settled(m));
		return FAIL_NONE;
	}
	m->begun = true;
	if (m->decoder ? show_body(m, here, whole) : show_header(m, here))
		return FAIL_NONE;
	m->at += here.n;
	if (whole)
		m->phase = SEARCHING_PART;
	return FAIL_NONE;
}

enum fail search_message_step(struct search_message *m, enum fail stored, struct store_wait *w)
{
	switch (m->phase) {
	case SEARCHING_HEADER:
		return read_on(m,
			m->criteria->cost == COST_BODY || m->piece.n > 0 ? SEARCH_READ_MAX : SEARCH_HEADER_READ,
			m->message.size, SEARCHING_HEADER_GOT, w);
	case SEARCHING_HEADER_GOT: return header_got(m, stored);
	case SEARCHING_STRUCTURE:
		if (!m->structures)
			m->structures = structures_begin(m->account);
		arena_reset(&m->arena);
		m->phase = SEARCHING_STRUCTURE_GOT;
		return structures_get(m->structures, &m->message, &m->structure, w);
	case SEARCHING_STRUCTURE_GOT: return structure_got(m, stored);
	case SEARCHING_PART: return next_run(m);
	case SEARCHING_OCTETS: return run_octets(m, w);
	case SEARCHING_OCTETS_GOT:
		m->phase = SEARCHING_OCTETS;
		return came(m, stored) && m->asked > 0 ? FAIL_NONE : give_up(m);
	case SEARCHING_DONE: break;
	}
	return FAIL_NONE;
}
