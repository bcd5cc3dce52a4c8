/* Properties: content is the same however it is cut; frames and paths are read without a wrong step. */
#include "base/utf8.h"
#include "lmtp/wire/path.h"
#include "lmtp/wire/relay.h"
#include "lmtp/wire/unstuff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t content(struct span in, size_t piece, struct buf *out)
{
	struct unstuff u;
	struct span left = in;

	unstuff_begin(&u);
	while (left.n && u.at != UNSTUFF_END)
		left = span_skip(left, unstuff_take(&u, span_first(left, piece), out));
	return left.n;
}

/* What was read returns when it is written with quotes, and what may stand in an envelope is what RFC 6531 §3.5 says. */
static void path_returns(const struct lmtp_path *path)
{
	struct span address = span(path->address, path->n), args;
	struct lmtp_path again;
	struct buf text;

	buf_init(&text, 2 * LMTP_ADDRESS_MAX + 4);
	buf_add_lit(&text, "<\"");
	for (size_t i = 0; i < address.n; i++) {
		if (address.p[i] == '"' || address.p[i] == '\\')
			buf_add_byte(&text, '\\');
		buf_add_byte(&text, address.p[i]);
	}
	buf_add_lit(&text, "\">");
	args = buf_span(&text);
	if (lmtp_path_take(&args, &again, NULL) || args.n || !span_eq(span(again.address, again.n), address))
		abort();
	if ((lmtp_path_check(path, false, NULL) == FAIL_NONE) != span_is_ascii(address) ||
		(lmtp_path_check(path, true, NULL) == FAIL_NONE) != utf8_valid(address))
		abort();
	buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span(data, size), args = in;
	struct relay_envelope e;
	struct relay_recipient r;
	struct relay_frame frame;
	struct lmtp_path path;
	struct buf whole, pieces;
	size_t n;

	buf_init(&whole, size + 2);
	buf_init(&pieces, size + 2);
	if (content(in, size + 1, &whole) != content(in, 1, &pieces) || !span_eq(buf_span(&whole), buf_span(&pieces)))
		abort();
	if (lmtp_path_take(&args, &path, NULL) == FAIL_NONE) {
		if (path.n > size || args.n > size)
			abort();
		path_returns(&path);
	}
	if (relay_take(in, &frame, &n) == FAIL_NONE && n > size)
		abort();
	if (relay_envelope_take(in, &e) == FAIL_NONE)
		while (relay_recipient_take(&e, &r) == FAIL_NONE)
			;
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
