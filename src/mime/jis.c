/* ISO-2022-JP as mailers write it: with half-width kana (ESC ( I), JIS X 0212 and the vendors' row 13 (①, ㈱), which iconv's
 * own converters refuse but EUC-JP-MS has. Only the escapes are read here, and the octets moved to EUC-JP's places. */
#include "mime/jis.h"

static const struct {
	struct span escape;
	enum mime_jis_set set;
} escapes[] = {
	{SPAN("\x1b(B"), MIME_JIS_ASCII},
	{SPAN("\x1b(J"), MIME_JIS_ASCII},
	{SPAN("\x1b(H"), MIME_JIS_ASCII}, /* a historic mistake for (J */
	{SPAN("\x1b(I"), MIME_JIS_KANA},
	{SPAN("\x1b$@"), MIME_JIS_X0208},
	{SPAN("\x1b$B"), MIME_JIS_X0208},
	{SPAN("\x1b$(@"), MIME_JIS_X0208},
	{SPAN("\x1b$(B"), MIME_JIS_X0208},
	{SPAN("\x1b$(D"), MIME_JIS_X0212},
};

enum { ESCAPES = sizeof escapes / sizeof *escapes };

static void add_octet(struct mime_jis *j, char c, struct buf *out)
{
	enum mime_jis_set set = j->set;
	bool graphic = c >= 0x21 && c <= 0x7e;

	if (c == '\n') /* RFC 1468: lines begin in ASCII */
		j->set = MIME_JIS_ASCII;
	if (!graphic || set == MIME_JIS_ASCII) {
		j->second = false;
		buf_add_byte(out, c);
		return;
	}
	if (set == MIME_JIS_KANA)
		buf_add_byte(out, (char)0x8e);
	else if (set == MIME_JIS_X0212 && !j->second)
		buf_add_byte(out, (char)0x8f);
	j->second = set != MIME_JIS_KANA && !j->second;
	buf_add_byte(out, (char)(c | 0x80));
}

static void release_escape(struct mime_jis *j, struct buf *out)
{
	size_t n = j->escape_n;

	j->escape_n = 0;
	for (size_t i = 0; i < n; i++)
		add_octet(j, j->escape[i], out);
}

/* Whether what is held may still become an escape; when it is one, it is done. */
static bool is_escape(struct mime_jis *j)
{
	struct span held = span(j->escape, j->escape_n);

	for (size_t i = 0; i < ESCAPES; i++) {
		if (!span_starts(escapes[i].escape, held))
			continue;
		if (held.n == escapes[i].escape.n) {
			j->set = escapes[i].set;
			j->second = false;
			j->escape_n = 0;
		}
		return true;
	}
	return false;
}

void mime_jis_feed(struct mime_jis *j, struct span in, struct buf *out)
{
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];

		if (c == 0x1b)
			release_escape(j, out);
		else if (!j->escape_n) {
			add_octet(j, c, out);
			continue;
		}
		j->escape[j->escape_n++] = c;
		if (!is_escape(j))
			release_escape(j, out);
	}
}

void mime_jis_end(struct mime_jis *j, struct buf *out)
{
	release_escape(j, out);
	*j = (struct mime_jis){0};
}
