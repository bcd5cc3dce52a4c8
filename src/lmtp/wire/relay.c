/* The frames between door and delivery. */
#include "lmtp/wire/relay.h"

const struct stream_limits relay_stream_limits = {.input_max = RELAY_FRAME_MAX + RELAY_HEAD, .output_max = 1 << 20};

enum fail relay_take(struct span bytes, struct relay_frame *out, size_t *n_out)
{
	uint8_t type;
	uint32_t n;

	*n_out = 0;
	if (bytes.n < RELAY_HEAD)
		return FAIL_NONE;
	if (!span_take_u8(&bytes, &type) || !span_take_be32(&bytes, &n) || n > RELAY_FRAME_MAX)
		return FAIL_SYNTAX;
	if (type != RELAY_BEGIN && type != RELAY_DATA && type != RELAY_END && type != RELAY_ABORT &&
		type != RELAY_RESULT)
		return FAIL_SYNTAX;
	if (bytes.n < n)
		return FAIL_NONE;
	*out = (struct relay_frame){(enum relay_type)type, span_first(bytes, n)};
	*n_out = RELAY_HEAD + n;
	return FAIL_NONE;
}

void relay_head(struct buf *out, enum relay_type type, size_t n)
{
	buf_add_u8(out, (uint8_t)type);
	buf_add_u32(out, (uint32_t)n);
}

void relay_add_envelope(struct buf *out, const struct relay_envelope *e)
{
	buf_add_counted(out, e->sender);
	buf_add_counted(out, e->client);
	buf_add_counted(out, e->peer);
	buf_add_counted(out, e->session);
	buf_add_u8(out, e->utf8);
	buf_add_u32(out, e->recipients);
}

void relay_add_recipient(struct buf *out, const struct relay_recipient *r)
{
	buf_add_u32(out, r->index);
	buf_add_counted(out, r->ticket);
	buf_add_counted(out, r->address);
}

enum fail relay_envelope_take(struct span payload, struct relay_envelope *out)
{
	uint8_t utf8;

	if (!span_take_counted(&payload, &out->sender) || !span_take_counted(&payload, &out->client) ||
		!span_take_counted(&payload, &out->peer) || !span_take_counted(&payload, &out->session) ||
		!span_take_u8(&payload, &utf8) || utf8 > 1 || !span_take_be32(&payload, &out->recipients) ||
		out->recipients > RELAY_RECIPIENTS_MAX)
		return FAIL_SYNTAX;
	out->utf8 = utf8;
	out->rest = payload;
	return FAIL_NONE;
}

enum fail relay_recipient_take(struct relay_envelope *e, struct relay_recipient *out)
{
	if (!span_take_be32(&e->rest, &out->index) || !span_take_counted(&e->rest, &out->ticket) ||
		!span_take_counted(&e->rest, &out->address) || out->ticket.n != 16)
		return FAIL_SYNTAX;
	return FAIL_NONE;
}

void relay_add_result(struct buf *out, const struct relay_result *r)
{
	struct span text = span_first(r->text, 400);

	relay_head(out, RELAY_RESULT, 4 + 1 + text.n);
	buf_add_u32(out, r->index);
	buf_add_u8(out, (uint8_t)r->fail);
	buf_add(out, text);
}

enum fail relay_result_take(struct span payload, struct relay_result *out)
{
	uint8_t fail;

	if (!span_take_be32(&payload, &out->index) || !span_take_u8(&payload, &fail) || fail >= FAIL_COUNT)
		return FAIL_SYNTAX;
	out->fail = (enum fail)fail;
	out->text = payload;
	return FAIL_NONE;
}
