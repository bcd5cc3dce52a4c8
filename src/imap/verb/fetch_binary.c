/* BINARY[section], BINARY.PEEK and BINARY.SIZE: a part with its transfer encoding taken away. RFC 3516 §4.2, §4.3. A literal's length must be
 * known before it begins: a part that does not fit one piece is decoded twice, once to count, once to send. Never holds more than a piece. */
#include "imap/verb/fetch.h"

#include "imap/verb/session.h"
#include "mime/decode.h"

static bool is_coded(struct span encoding)
{
	return span_eq(encoding, SPAN("base64")) || span_eq(encoding, SPAN("quoted-printable"));
}

static bool is_known(struct span encoding)
{
	return is_coded(encoding) || span_eq(encoding, SPAN("7bit")) || span_eq(encoding, SPAN("8bit")) ||
	       span_eq(encoding, SPAN("binary"));
}

static struct span encoding_of(const struct fetch *f, const struct section *s)
{
	struct mime_part part;

	/* Of a message or multipart nothing is encoded: RFC 2045 §6.4. */
	if (!s->depth || !mime_part_find(f->mime, s->numbers, s->depth, &part) || part.is_multipart || part.is_message)
		return SPAN("binary");
	return part.encoding;
}

static void restart(struct fetch *f)
{
	mime_decoder_free(f->decoder);
	f->decoder = mime_decoder_new(f->encoding, SPAN(""), false);
	f->left = f->coded;
	buf_reset(&f->decoded);
	f->phase = FETCHING_BINARY;
}

void fetch_binary_begin(struct command *c, struct fetch *f, const struct fetch_item *item)
{
	struct section_extent whole = {0, 0};

	if (item->section.depth && !f->mime) { /* it has been told that the message is lost */
		buf_add_lit(command_out(c), "NIL");
		return;
	}
	f->encoding = encoding_of(f, &item->section);
	if (!is_known(f->encoding)) {
		f->unknown_encoding = true;
		buf_add_lit(command_out(c), "NIL");
		return;
	}
	if (!section_extent(&item->section, f->mime, f->row.prefix, f->row.size, &whole))
		whole = (struct section_extent){0, 0};
	f->opened = false;
	buf_reset(&f->piece);
	if (is_coded(f->encoding) && whole.length) {
		f->coded = whole;
		f->counting = true;
		f->total = 0;
		restart(f);
		return;
	}
	if (item->kind == FETCH_BINARY_SIZE) {
		buf_add_number(command_out(c), whole.length);
		return;
	}
	f->left = section_cut(&item->section, whole);
	if (f->left.length == 0)
		buf_add_lit(command_out(c), "\"\"");
	else
		f->phase = FETCHING_OCTETS;
}

static enum step counted(struct command *c, struct fetch *f)
{
	const struct fetch_item *item = &f->items.at[f->item - 1];
	bool in_memory = f->total == f->decoded.n;
	struct section_extent cut;

	f->counting = false;
	f->phase = FETCHING_ITEMS;
	if (item->kind == FETCH_BINARY_SIZE) {
		buf_add_number(command_out(c), f->total);
		return STEP_AGAIN;
	}
	cut = section_cut(&item->section, (struct section_extent){0, f->total});
	if (cut.length == 0) {
		buf_add_lit(command_out(c), "\"\"");
		return STEP_AGAIN;
	}
	fetch_open_literal(c, f, cut.length);
	if (in_memory) {
		f->text = span_first(span_skip(buf_span(&f->decoded), (size_t)cut.offset), (size_t)cut.length);
		f->phase = FETCHING_TEXT;
		return STEP_AGAIN;
	}
	f->skip = cut.offset;
	f->want = cut.length;
	restart(f);
	return STEP_AGAIN;
}

static void send_decoded(struct command *c, struct fetch *f)
{
	struct span bytes = buf_span(&f->decoded);
	size_t skip = f->skip < bytes.n ? (size_t)f->skip : bytes.n;

	bytes = span_skip(bytes, skip);
	f->skip -= skip;
	bytes = span_first(bytes, f->want < bytes.n ? (size_t)f->want : bytes.n);
	f->want -= bytes.n;
	buf_add(command_out(c), bytes);
	buf_reset(&f->decoded);
}

/* What is decoded is kept as long as it is little: then it need not be decoded again. */
static void count_decoded(struct fetch *f, size_t before)
{
	f->total += f->decoded.n - before;
	if (f->decoded.n > FETCH_PIECE_MAX)
		buf_reset(&f->decoded);
}

enum step fetch_binary_got(struct command *c, struct fetch *f)
{
	size_t before = f->decoded.n;
	bool last = f->left.length == 0;

	mime_decoder_feed(f->decoder, buf_span(&f->piece), &f->decoded);
	buf_reset(&f->piece);
	if (last)
		mime_decoder_end(f->decoder, &f->decoded);
	f->phase = FETCHING_BINARY;
	if (f->counting) {
		count_decoded(f, before);
		return last ? counted(c, f) : STEP_AGAIN;
	}
	send_decoded(c, f);
	if (!f->want || last)
		f->phase = FETCHING_ITEMS;
	return STEP_AGAIN;
}
