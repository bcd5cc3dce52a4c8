/* Text for previews. Reads broken HTML as browsers do where that is easy, and never fails. */
#include "imap/verb/preview_text.h"

#include "base/utf8.h"

struct preview {
	struct buf *out;
	unsigned characters;
	bool space; /* white space has come since the last character */
};

static bool is_full(const struct preview *p)
{
	return p->characters >= PREVIEW_CHARACTERS;
}

/* Joiners and marks of direction belong to the text (Arabic, Persian); other invisible characters fill newsletters' previews. */
static bool is_invisible(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x34f || code == 0x200b ||
	       code == 0x2060 || code == 0xfeff || code == 0xfffd;
}

static bool is_space(uint32_t code)
{
	return code == ' ' || code == '\t' || code == '\r' || code == '\n' || code == 0xa0 ||
	       (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 || code == 0x3000;
}

static void add(struct preview *p, uint32_t code)
{
	if (is_space(code)) {
		p->space = true;
		return;
	}
	if (is_invisible(code) || is_full(p))
		return;
	if (p->space && p->characters) {
		buf_add_byte(p->out, ' ');
		p->characters++;
	}
	p->space = false;
	if (is_full(p))
		return;
	utf8_add(p->out, code);
	p->characters++;
}

/* One code point, or an octet that is none. */
static uint32_t take(struct span *s)
{
	uint32_t code;

	if (utf8_take(s, &code))
		return code;
	*s = span_skip(*s, 1);
	return 0xfffd;
}

/* ── Plain text ── */

static void add_plain(struct preview *p, struct span text)
{
	while (text.n && !is_full(p)) {
		size_t end = span_find_byte(text, '\n');
		struct span line = span_first(text, end == SIZE_MAX ? text.n : end + 1);

		text = span_skip(text, line.n);
		if (line.p[0] == '>')
			continue;
		while (line.n && !is_full(p))
			add(p, take(&line));
		p->space = true;
	}
}

/* ── HTML ── */

static const struct {
	struct span name;
	uint32_t code;
} entities[] = {
	{{"amp", 3}, '&'},
	{{"lt", 2}, '<'},
	{{"gt", 2}, '>'},
	{{"quot", 4}, '"'},
	{{"apos", 4}, '\''},
	{{"nbsp", 4}, ' '},
	{{"zwnj", 4}, 0x200c},
	{{"zwj", 3}, 0x200d},
	{{"shy", 3}, 0xad},
	{{"copy", 4}, 0xa9},
	{{"hellip", 6}, 0x2026},
	{{"mdash", 5}, 0x2014},
	{{"ndash", 5}, 0x2013},
	{{"lsquo", 5}, 0x2018},
	{{"rsquo", 5}, 0x2019},
	{{"ldquo", 5}, 0x201c},
	{{"rdquo", 5}, 0x201d},
	{{"bull", 4}, 0x2022},
};

static uint32_t numbered(struct span digits)
{
	bool hex = digits.n && (digits.p[0] == 'x' || digits.p[0] == 'X');
	uint32_t code = 0;

	for (size_t i = hex; i < digits.n && code < 0x110000; i++) {
		char c = ascii_lower(digits.p[i]);
		bool digit = c >= '0' && c <= '9', letter = hex && c >= 'a' && c <= 'f';

		if (!digit && !letter)
			return 0;
		code = code * (hex ? 16 : 10) + (uint32_t)(digit ? c - '0' : c - 'a' + 10);
	}
	return code < 0x110000 && (code < 0xd800 || code > 0xdfff) ? code : 0;
}

/* "&amp;", "&#1576;": cut off `*s`, which begins with '&'. What is no entity is an ampersand. */
static uint32_t take_entity(struct span *s)
{
	size_t end = span_find_byte(span_first(*s, 12), ';');
	struct span name;
	uint32_t code = 0;

	if (end == SIZE_MAX)
		return take(s);
	name = span(s->p + 1, end - 1);
	if (name.n && name.p[0] == '#')
		code = numbered(span_skip(name, 1));
	for (size_t i = 0; !code && i < sizeof(entities) / sizeof(*entities); i++)
		if (span_eq(entities[i].name, name))
			code = entities[i].code;
	if (!code)
		return take(s);
	*s = span_skip(*s, end + 1);
	return code;
}

/* Cuts a tag off `*s`, which begins with '<'; *name_out: "p", "/p", "!--". */
static void take_tag(struct span *s, struct span *name_out)
{
	size_t n = 1, end;

	while (n < s->n && !memchr(" \t\r\n>", s->p[n], 5))
		n++;
	*name_out = span(s->p + 1, n - 1);
	end = span_starts(*s, SPAN("<!--")) ? span_find(*s, SPAN("-->")) : span_find_byte(*s, '>');
	if (span_starts(*s, SPAN("<!--")) && end != SIZE_MAX)
		end += 2;
	*s = end == SIZE_MAX ? span_skip(*s, s->n) : span_skip(*s, end + 1);
}

/* Past the end tag of what holds no text for people. */
static void skip_element(struct span *s, struct span name)
{
	while (s->n) {
		size_t at = span_find(*s, SPAN("</"));
		struct span end;

		if (at == SIZE_MAX) {
			*s = span_skip(*s, s->n);
			return;
		}
		*s = span_skip(*s, at);
		take_tag(s, &end);
		if (span_eq_nocase(span_skip(end, 1), name))
			return;
	}
}

/* Tags that stand within a word; all others end one. */
static bool is_inline(struct span name)
{
	static const struct span names[] = {
		{"a", 1}, {"b", 1}, {"i", 1}, {"u", 1}, {"em", 2}, {"strong", 6}, {"span", 4}, {"font", 4}, {"wbr", 3}};

	if (name.n && name.p[0] == '/')
		name = span_skip(name, 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (span_eq_nocase(names[i], name))
			return true;
	return false;
}

static void add_html(struct preview *p, struct span text)
{
	while (text.n && !is_full(p)) {
		struct span name;

		if (text.p[0] == '&') {
			add(p, take_entity(&text));
			continue;
		}
		if (text.p[0] != '<') {
			add(p, take(&text));
			continue;
		}
		take_tag(&text, &name);
		if (span_eq_nocase(name, SPAN("style")) || span_eq_nocase(name, SPAN("script")) ||
			span_eq_nocase(name, SPAN("title")) || span_eq_nocase(name, SPAN("blockquote")))
			skip_element(&text, name);
		if (!is_inline(name))
			p->space = true;
	}
}

void preview_text(struct span text, bool html, struct buf *out)
{
	struct preview p = {.out = out};

	if (html)
		add_html(&p, text);
	else
		add_plain(&p, text);
}
