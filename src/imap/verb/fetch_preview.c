/* PREVIEW: RFC 8970. Made anew from the first octets of the message's first text: it costs one read, so LAZY need not be told apart. */
#include "imap/verb/fetch.h"
#include "imap/verb/preview_text.h"
#include "imap/wire/print.h"
#include "mime/decode.h"

enum { PREVIEW_READ_MAX = 16 << 10 };

/* The first part of that type. */
static bool find_part(const struct fetch *f, struct span subtype, struct mime_part *out)
{
	for (size_t i = 0; i < mime_part_count(f->mime); i++) {
		mime_part_at(f->mime, i, out);
		if (!out->is_multipart && !out->is_message && span_eq(out->type, SPAN("text")) &&
			span_eq(out->subtype, subtype))
			return true;
	}
	return false;
}

void fetch_preview_begin(struct command *c, struct fetch *f)
{
	struct mime_part part;
	uint64_t length;

	if (!f->mime) {
		buf_add_lit(command_out(c), "NIL");
		return;
	}
	f->preview_html = false;
	if (!find_part(f, SPAN("plain"), &part)) {
		f->preview_html = find_part(f, SPAN("html"), &part);
		if (!f->preview_html) { /* no text at all: RFC 8970 §3.1 */
			buf_add_lit(command_out(c), "\"\"");
			return;
		}
	}
	length = part.end - part.body;
	f->left = (struct section_extent){
		f->row.prefix + part.body, length < PREVIEW_READ_MAX ? length : PREVIEW_READ_MAX};
	if (f->left.offset > f->row.size || f->left.length > f->row.size - f->left.offset)
		f->left.length = 0;
	buf_reset(&f->piece);
	mime_decoder_free(f->decoder);
	f->decoder = mime_decoder_new(part.encoding, part.charset, true);
	if (f->left.length == 0)
		buf_add_lit(command_out(c), "\"\"");
	else
		f->phase = FETCHING_PREVIEW;
}

enum step fetch_preview_got(struct command *c, struct fetch *f)
{
	struct buf preview;

	buf_init(&preview, PREVIEW_OCTETS);
	buf_reset(&f->decoded);
	mime_decoder_feed(f->decoder, buf_span(&f->piece), &f->decoded);
	preview_text(buf_span(&f->decoded), f->preview_html, &preview);
	print_string(command_out(c), buf_span(&preview));
	buf_fini(&preview);
	buf_reset(&f->piece);
	f->phase = FETCHING_ITEMS;
	return STEP_AGAIN;
}
