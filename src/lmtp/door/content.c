/* The content of a message, by DATA or by BDAT, on its way to the deliveries; and the results. */
#include "base/utf8.h"
#include "conf/settings.h"
#include "lmtp/door/dialogue.h"

enum { PIECE = 16 << 10 };

void lmtp_begin_content(struct lmtp_door *d, enum content how)
{
	d->content = how;
	d->phase = CONTENT;
	if (how != SWALLOWED && !d->transaction.begun)
		transaction_begin(&d->transaction, span_of(d->client), lmtp_info(d));
}

/* Replies are ASCII, also where SMTPUTF8 was said (RFC 6531 §3.7.4): an address beyond that is left out; their order tells who is meant. */
static void add_result(struct buf *reply, const struct recipient *r)
{
	const struct fail_row *row = fail_row(r->fail);

	buf_addf(reply, "%d %s ", row->smtp_reply, row->smtp_status);
	if (span_is_ascii(span_of(r->address)))
		buf_addf(reply, "<%s> ", r->address);
	buf_addf(reply, "%s\r\n", r->text);
}

void lmtp_say_results(struct lmtp_door *d)
{
	for (uint32_t i = 0; i < d->transaction.count; i++)
		add_result(&d->reply, &d->transaction.recipients[i]);
	lmtp_send_reply(d);
	lmtp_reset(d);
	d->phase = COMMAND;
	if (d->stopping)
		lmtp_say_stop(d);
	else
		d->host->ops->poke(d->host);
}

static void end_content(struct lmtp_door *d)
{
	d->phase = RESULTS;
	if (!d->too_big) {
		transaction_end(&d->transaction);
		return;
	}
	transaction_refuse(&d->transaction, FAIL_TOO_BIG, "the message is larger than what is taken here");
	lmtp_say_results(d);
}

static void add_content(struct lmtp_door *d, struct span bytes)
{
	if (d->too_big)
		return;
	if (d->transaction.size + bytes.n > lmtp_info(d)->settings->message_size_max)
		d->too_big = true;
	else
		transaction_content(&d->transaction, bytes);
}

size_t lmtp_take_data(struct lmtp_door *d, struct span bytes)
{
	CLEANUP(buf_fini) struct buf text = {0};
	size_t n;

	buf_init(&text, PIECE + 2);
	n = unstuff_take(&d->unstuff, span_first(bytes, PIECE), &text);
	add_content(d, buf_span(&text));
	if (d->unstuff.at == UNSTUFF_END)
		end_content(d);
	return n;
}

void lmtp_end_chunk(struct lmtp_door *d)
{
	if (d->content == BY_BDAT && d->chunk_last) {
		end_content(d);
		return;
	}
	d->phase = COMMAND;
	if (d->content == SWALLOWED && d->state == MAIL)
		lmtp_no_recipients(d);
	else if (d->content == SWALLOWED)
		lmtp_bad_command(d, FAIL_WRONG_STATE, "MAIL comes first");
	else
		lmtp_say(d, 250, "2.0.0", "chunk taken");
}

size_t lmtp_take_chunk(struct lmtp_door *d, struct span bytes)
{
	struct span piece = span_first(bytes, PIECE);

	if (d->chunk_left < piece.n)
		piece = span_first(piece, (size_t)d->chunk_left);
	if (d->content == BY_BDAT)
		add_content(d, piece);
	d->chunk_left -= piece.n;
	if (d->chunk_left == 0)
		lmtp_end_chunk(d);
	return piece.n;
}
