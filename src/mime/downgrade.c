/* Rewriting fields. RFC 6858 leaves the display name of an address that cannot be shown to us: it is all of the address, so that a person can
 * read it; the address itself is one that is nobody's (RFC 2606 §2). */
#include "mime/downgrade.h"

#include "base/ascii_code.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "mime/header.h"

enum {
	WORD_OCTETS = 36, /* of text in one encoded word: with "Resent-Reply-To: " before it a line still has 78 */
	ADDRESSES_MAX = 2000,
};

static const struct span nobody = SPAN("invalid@internationalized-address.invalid");

/* ── Encoded words ── */

void mime_encoded_words_add(struct span text, struct buf *out)
{
	for (bool first = true; text.n || first; first = false) {
		struct span rest = text, word;
		uint32_t code;

		while (rest.n && text.n - rest.n < WORD_OCTETS - 3)
			if (!utf8_take(&rest, &code))
				rest = span_skip(rest, 1);
		word = span_first(text, text.n - rest.n);
		text = rest;
		buf_add(out, first ? SPAN("=?utf-8?b?") : SPAN("\r\n =?utf-8?b?"));
		(void)!base64_encode(word, out);
		buf_add_lit(out, "?=");
	}
}

/* As people read it, which is valid UTF-8. */
static void decoded(struct span value, struct buf *out)
{
	buf_init(out, 4 * value.n + 64);
	mime_text_decode(value, out);
}

/* ── Addresses ── */

struct address_list {
	struct buf *out;
	bool is_return_path, any, in_group;
};

static bool is_in(char c, const char *set)
{
	return c && strchr(set, c);
}

static void add_quoted(struct span s, struct buf *out)
{
	buf_add_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (is_in(s.p[i], "\"\\"))
			buf_add_byte(out, '\\');
		buf_add_byte(out, (unsigned char)s.p[i] < ' ' ? ' ' : s.p[i]);
	}
	buf_add_byte(out, '"');
}

/* A phrase of RFC 5322 §3.2.5: as it is where it needs no quotes (encoded words must have none), else quoted. */
static void add_phrase(struct span s, struct buf *out)
{
	bool quote = s.n == 0;

	for (size_t i = 0; i < s.n; i++)
		quote |= is_in(s.p[i], "\"<>()[]:;,\\@") || (unsigned char)s.p[i] < ' ';
	if (quote)
		add_quoted(s, out);
	else
		buf_add(out, s);
}

static void add_name(struct span name, struct buf *out)
{
	struct buf text;

	if (span_is_ascii(name)) {
		add_phrase(name, out);
		return;
	}
	decoded(name, &text);
	mime_encoded_words_add(buf_span(&text), out);
	buf_fini(&text);
}

/* "Name <local@host>" as one text, in front of nobody's address. */
static void add_unshown(const struct mime_address *a, struct buf *out)
{
	struct buf whole, text;
	size_t n = a->name.n + a->mailbox.n + a->host.n + 8;

	buf_init(&whole, n);
	if (a->name.n)
		buf_addf(&whole, "%.*s <", SPAN_ARG(a->name));
	buf_add(&whole, a->mailbox);
	if (a->host.n)
		buf_addf(&whole, "@%.*s", SPAN_ARG(a->host));
	if (a->name.n)
		buf_add_byte(&whole, '>');
	decoded(buf_span(&whole), &text);
	mime_encoded_words_add(buf_span(&text), out);
	buf_addf(out, " <%.*s>", SPAN_ARG(nobody));
	buf_fini(&whole);
	buf_fini(&text);
}

static bool is_dot_atom(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_in(s.p[i], "\"<>()[]:;,\\@") || (unsigned char)s.p[i] <= ' ')
			return false;
	return s.n > 0;
}

static void add_shown(const struct mime_address *a, struct buf *out)
{
	if (a->name.n) {
		add_name(a->name, out);
		buf_add_lit(out, " <");
	}
	if (is_dot_atom(a->mailbox))
		buf_add(out, a->mailbox);
	else
		add_quoted(a->mailbox, out);
	if (a->host.n)
		buf_addf(out, "@%.*s", SPAN_ARG(a->host));
	if (a->name.n)
		buf_add_byte(out, '>');
}

static void add_address(void *context, const struct mime_address *a)
{
	struct address_list *l = context;
	bool shown = span_is_ascii(a->mailbox) && span_is_ascii(a->host);

	if (l->is_return_path) { /* RFC 5322 §3.6.7: no name stands there */
		if (!l->any)
			buf_addf(l->out, "<%.*s%s%.*s>", SPAN_ARG(shown ? a->mailbox : nobody), shown ? "@" : "",
				SPAN_ARG(shown ? a->host : SPAN("")));
		l->any = true;
		return;
	}
	if (!a->host.p && !a->mailbox.p) { /* a group ends */
		buf_add_byte(l->out, ';');
		l->in_group = false;
		l->any = true;
		return;
	}
	if (l->any)
		buf_add_lit(l->out, ",\r\n ");
	l->any = a->host.p != NULL;
	if (!a->host.p) {
		add_name(a->mailbox, l->out);
		buf_add_lit(l->out, ": ");
	} else if (shown) {
		add_shown(a, l->out);
	} else {
		add_unshown(a, l->out);
	}
}

static void add_addresses(const struct mime_field *f, struct buf *out)
{
	struct address_list l = {.out = out, .is_return_path = span_eq_nocase(f->name, SPAN("Return-Path"))};
	size_t before = out->n;

	buf_addf(out, "%.*s: ", SPAN_ARG(f->name));
	mime_addresses(f->value, ADDRESSES_MAX, add_address, &l);
	buf_add_lit(out, "\r\n");
	if (!l.any)
		buf_truncate(out, before);
}

/* ── Parameters ── */

/* Up to the next ';' that stands in no quoted string and no comment. */
static struct span take_segment(struct span *rest)
{
	bool quoted = false;
	size_t i, depth = 0;
	struct span segment;

	for (i = 0; i < rest->n; i++) {
		char c = rest->p[i];

		if (c == '\\' && (quoted || depth))
			i++;
		else if (c == '"' && !depth)
			quoted = !quoted;
		else if (!quoted && c == '(')
			depth++;
		else if (!quoted && c == ')' && depth)
			depth--;
		else if (c == ';' && !quoted && !depth)
			break;
	}
	i = i < rest->n ? i : rest->n;
	segment = span_first(*rest, i);
	*rest = span_skip(*rest, i + 1);
	return segment;
}

/* What cannot be shown is left out; the others stay as they are. */
static void add_parameters(const struct mime_field *f, struct buf *out)
{
	struct span rest = f->value, segment = take_segment(&rest);

	if (!span_is_ascii(segment))
		return;
	buf_addf(out, "%.*s:%.*s", SPAN_ARG(f->name), SPAN_ARG(segment));
	while (rest.n) {
		segment = take_segment(&rest);
		if (span_is_ascii(segment))
			buf_addf(out, ";%.*s", SPAN_ARG(segment));
	}
	buf_add_lit(out, "\r\n");
}

static void add_text(const struct mime_field *f, struct buf *out)
{
	struct buf text;

	decoded(f->value, &text);
	buf_addf(out, "%.*s: ", SPAN_ARG(f->name));
	mime_encoded_words_add(buf_span(&text), out);
	buf_add_lit(out, "\r\n");
	buf_fini(&text);
}

/* ── Fields ── */

static const struct {
	const char *name;
	void (*add)(const struct mime_field *f, struct buf *out);
} shown[] = {
	{"Subject", add_text},
	{"Content-Type", add_parameters},
	{"Content-Disposition", add_parameters},
	/* RFC 6858 §2.1 */
	{"Bcc", add_addresses},
	{"Cc", add_addresses},
	{"From", add_addresses},
	{"Reply-To", add_addresses},
	{"Resent-Bcc", add_addresses},
	{"Resent-Cc", add_addresses},
	{"Resent-From", add_addresses},
	{"Resent-Sender", add_addresses},
	{"Resent-To", add_addresses},
	{"Return-Path", add_addresses},
	{"Sender", add_addresses},
	{"To", add_addresses},
};

void mime_downgrade_field(struct span field, struct buf *out)
{
	struct mime_field f;

	if (!mime_field_take(&field, &f))
		return;
	for (size_t i = 0; i < ARRAY_LEN(shown); i++)
		if (span_eq_nocase(f.name, span_of(shown[i].name)))
			shown[i].add(&f, out);
}
