/* The first octets of a message up to its blank line. Most headers are in the first read. */
#include "imap/verb/header_read.h"

#include "mime/header.h"

enum { FIRST_READ = 4 << 10, NEXT_READ = 64 << 10 };

void header_read_init(struct header_read *h, struct account *a)
{
	*h = (struct header_read){.account = a};
	buf_init(&h->bytes, HEADER_READ_MAX + NEXT_READ);
}

void header_read_fini(struct header_read *h)
{
	buf_fini(&h->bytes);
}

static enum fail ask(struct header_read *h, const struct message *m, struct store_wait *w)
{
	uint64_t left = m->size - h->bytes.n, most = h->bytes.n ? NEXT_READ : FIRST_READ;

	h->asked = left < most ? (size_t)left : (size_t)most;
	h->had = h->bytes.n;
	return message_read(h->account, m, h->had, h->asked, &h->bytes, w);
}

enum fail header_read_step(
	struct header_read *h, const struct message *m, enum fail stored, struct store_wait *w, struct span *header_out)
{
	enum fail f = stored;

	if (!h->asked) {
		buf_reset(&h->bytes);
		f = ask(h, m, w);
	}
	while (!f) {
		size_t length = mime_header_length(buf_span(&h->bytes));

		if (h->bytes.n - h->had != h->asked || !h->asked)
			f = FAIL_CORRUPT;
		else if (length < h->bytes.n || h->bytes.n >= m->size || h->bytes.n >= HEADER_READ_MAX)
			break;
		else
			f = ask(h, m, w);
	}
	if (f == FAIL_BUSY)
		return f;
	h->asked = 0;
	if (!f)
		*header_out = span_first(buf_span(&h->bytes), mime_header_length(buf_span(&h->bytes)));
	return f;
}
