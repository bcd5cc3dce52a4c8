/* Dot-stuffing and cutting. Stored messages have CRLF line ends only, so a line starts after each LF. */
#include "pop3/wire/multiline.h"

void multiline_begin(struct multiline *m, bool whole, uint32_t lines)
{
	*m = (struct multiline){.line_start = true, .line_empty = true, .whole = whole, .lines = lines};
}

/* After a line's end: whether what follows is still wanted. */
static void line_ended(struct multiline *m)
{
	if (!m->whole && m->in_body && m->lines-- == 1)
		m->full = true;
	if (!m->in_body && m->line_empty) {
		m->in_body = true;
		m->full = !m->whole && m->lines == 0;
	}
	m->line_start = m->line_empty = true;
}

void multiline_add(struct multiline *m, struct span bytes, struct buf *out)
{
	while (bytes.n && !m->full) {
		size_t at = span_find_byte(bytes, '\n');
		struct span line = span_first(bytes, at == SIZE_MAX ? bytes.n : at + 1);

		if (m->line_start && line.p[0] == '.')
			buf_add_byte(out, '.');
		buf_add(out, line);
		bytes = span_skip(bytes, line.n);
		m->line_start = false;
		if (!(line.n == 1 && (line.p[0] == '\r' || line.p[0] == '\n')) &&
			!(line.n == 2 && line.p[0] == '\r' && at == 1))
			m->line_empty = false;
		if (at != SIZE_MAX)
			line_ended(m);
	}
}

void multiline_end(struct multiline *m, struct buf *out)
{
	if (m->line_start)
		buf_add_lit(out, ".\r\n");
	else
		buf_add_lit(out, "\r\n.\r\n");
}
