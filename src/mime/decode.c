/* The decoder of a body: transfer encoding, then charset, a kilobyte at a time. Must never hold more than that. */
#include "mime/decode.h"

#include "base/memory.h"
#include "mime/charset.h"
#include "mime/transfer.h"

enum { PIECE = 4096 };

struct mime_decoder {
	struct mime_transfer transfer;
	struct mime_charset charset;
	struct buf piece;
	bool to_utf8;
};

struct mime_decoder *mime_decoder_new(struct span encoding, struct span charset, bool to_utf8)
{
	struct mime_decoder *d = NEW(struct mime_decoder);

	mime_transfer_init(&d->transfer, encoding);
	d->to_utf8 = to_utf8;
	if (to_utf8)
		mime_charset_open(&d->charset, charset);
	buf_init(&d->piece, PIECE + MIME_TRANSFER_HELD);
	return d;
}

void mime_decoder_free(struct mime_decoder *d)
{
	if (!d)
		return;
	if (d->to_utf8)
		mime_charset_close(&d->charset);
	buf_fini(&d->piece);
	free(d);
}

bool mime_decoder_keeps_ascii(const struct mime_decoder *d)
{
	return d->transfer.kind == MIME_IDENTITY && (!d->to_utf8 || mime_charset_keeps_ascii(&d->charset));
}

static void add_octets(struct buf *out, struct span s)
{
	size_t room = out->max - out->n;

	if (out->over)
		return;
	buf_add(out, span_first(s, room));
	out->over = s.n > room;
}

static void pass_on(struct mime_decoder *d, struct span s, struct buf *out)
{
	if (d->to_utf8)
		mime_charset_feed(&d->charset, s, out);
	else
		add_octets(out, s);
}

void mime_decoder_feed(struct mime_decoder *d, struct span in, struct buf *out)
{
	if (d->transfer.kind == MIME_IDENTITY) {
		pass_on(d, in, out);
		return;
	}
	while (in.n && !out->over) {
		buf_reset(&d->piece);
		mime_transfer_feed(&d->transfer, span_first(in, PIECE), &d->piece);
		in = span_skip(in, PIECE);
		pass_on(d, buf_span(&d->piece), out);
	}
}

void mime_decoder_end(struct mime_decoder *d, struct buf *out)
{
	buf_reset(&d->piece);
	mime_transfer_end(&d->transfer, &d->piece);
	pass_on(d, buf_span(&d->piece), out);
	if (d->to_utf8)
		mime_charset_end(&d->charset, out);
}
