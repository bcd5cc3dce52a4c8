/* Properties of the room under any bytes: the structure is the same however the input is cut, it opens, its texts are
 * what RFC 3501's grammar allows, every part lies inside its parent; a damaged structure does no harm; decoding is the
 * same however it is cut, and header text comes out as UTF-8. The first byte chooses the cuts. */
#include "base/utf8.h"
#include "mime/decode.h"
#include "mime/header.h"
#include "mime/mime.h"
#include "mime/surrogate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void parse(struct span message, size_t piece, struct buf *out)
{
	struct mime_parser *p = mime_parser_new();

	while (message.n) {
		mime_parser_feed(p, span_first(message, piece));
		message = span_skip(message, piece);
	}
	must(mime_parser_end(p, out) == FAIL_NONE);
	mime_parser_free(p);
}

/* One quoted string or literal at the start of `s`. */
static void take_string(struct span *s)
{
	uint32_t n;
	struct span literal = {0};

	if (span_take(s, SPAN("{"))) {
		must(span_take_u32(s, &n) && span_take(s, SPAN("}\r\n")) && span_take_bytes(s, n, &literal));
		must(span_find_byte(literal, 0) == SIZE_MAX);
		return;
	}
	must(span_take(s, SPAN("\"")));
	while (s->n && *s->p != '"') {
		must((unsigned char)*s->p < 0x80 && *s->p && *s->p != '\r' && *s->p != '\n');
		if (*s->p == '\\')
			must(s->n > 1 && (s->p[1] == '"' || s->p[1] == '\\'));
		*s = span_skip(*s, *s->p == '\\' ? 2 : 1);
	}
	must(span_take(s, SPAN("\"")));
}

/* Balanced, never empty lists of strings, numbers and NIL. */
static void check_list(struct span s)
{
	size_t depth = 0;
	bool just_opened = false;

	do {
		bool opens = s.n && *s.p == '(';
		uint32_t n;

		must(s.n > 0);
		if (opens) {
			s = span_skip(s, 1);
			depth++;
		} else if (span_take(&s, SPAN(")"))) {
			must(!just_opened && depth-- > 0);
		} else if (!span_take(&s, SPAN("NIL")) && !span_take_u32(&s, &n)) {
			take_string(&s);
		}
		if (!opens && depth)
			span_take(&s, SPAN(" "));
		just_opened = opens;
	} while (depth);
	must(!s.n);
}

static void check_parts(const struct mime_structure *s, struct span message)
{
	struct mime_part whole, part, inner;

	mime_part_at(s, 0, &whole);
	must(whole.header == 0 && whole.end == message.n);
	for (size_t i = 0; i < mime_part_count(s); i++) {
		const uint32_t numbers[] = {(uint32_t)i, 1, 1};

		mime_part_at(s, i, &part);
		must(part.header <= part.body && part.body <= part.end && part.end <= message.n);
		must(part.lines <= part.end - part.body);
		for (size_t depth = 0; depth <= 3; depth++)
			if (mime_part_find(s, numbers, depth, &part) && mime_part_message(s, numbers, depth, &inner))
				must(inner.header >= part.header && inner.end <= part.end);
	}
}

static void check_structure(struct span message, size_t piece)
{
	struct buf whole, cut;
	struct arena arena;
	const struct mime_structure *s;

	buf_init(&whole, MIME_STRUCTURE_MAX);
	buf_init(&cut, MIME_STRUCTURE_MAX);
	arena_init(&arena, 1 << 20);
	parse(message, SIZE_MAX, &whole);
	parse(message, piece, &cut);
	must(span_eq(buf_span(&whole), buf_span(&cut)));
	must(mime_structure_open(buf_span(&whole), &arena, &s) == FAIL_NONE);
	check_list(mime_envelope_text(s));
	check_list(mime_body_text(s));
	check_list(mime_bodystructure_text(s));
	check_parts(s, message);
	arena_fini(&arena);
	buf_fini(&whole);
	buf_fini(&cut);
}

static void check_damaged(struct span bytes)
{
	struct arena arena;
	const struct mime_structure *s;
	struct mime_part part;

	arena_init(&arena, 1 << 20);
	if (mime_structure_open(bytes, &arena, &s) == FAIL_NONE)
		for (size_t i = 0; i < mime_part_count(s); i++)
			mime_part_at(s, i, &part);
	arena_fini(&arena);
}

static void decode(struct span encoding, struct span charset, struct span in, size_t piece, struct buf *out)
{
	struct mime_decoder *d = mime_decoder_new(encoding, charset, charset.n > 0);

	while (in.n) {
		mime_decoder_feed(d, span_first(in, piece), out);
		in = span_skip(in, piece);
	}
	mime_decoder_end(d, out);
	mime_decoder_free(d);
}

static void check_decoder(struct span in, size_t piece, unsigned choice)
{
	static const char *encodings[] = {"base64", "quoted-printable", "8bit"};
	static const char *charsets[] = {"", "utf-8", "x-none", "windows-1256", "gb18030", "big5", "shift_jis",
		"iso-2022-jp", "euc-kr", "utf-7", "utf-16", "windows-1258", "iso-2022-kr", "windows-1255", "euc-tw",
		"iso-2022-cn"};
	struct span encoding = span_of(encodings[choice % 3]), charset = span_of(charsets[choice / 3 % 16]);
	struct buf whole, cut;

	buf_init(&whole, 16 * in.n + 64);
	buf_init(&cut, 16 * in.n + 64);
	decode(encoding, charset, in, SIZE_MAX, &whole);
	decode(encoding, charset, in, piece, &cut);
	/* what glibc makes of broken UTF-7 depends on how much of it is shown to it at once */
	must(!whole.over && (span_eq(buf_span(&whole), buf_span(&cut)) || span_eq(charset, SPAN("utf-7"))));
	must(!charset.n || utf8_valid(buf_span(&whole)));
	buf_fini(&whole);
	buf_fini(&cut);
}

static void check_fields(struct span message)
{
	struct span header = span_first(message, mime_header_length(message));
	struct mime_field f;
	size_t fields = 0;

	while (mime_field_take(&header, &f) && fields++ < 50) {
		struct buf text;
		int64_t seconds;
		int zone;

		must(f.whole.p <= f.name.p && f.value.p + f.value.n <= f.whole.p + f.whole.n);
		buf_init(&text, 8 * f.value.n + 16);
		mime_text_decode(f.value, &text);
		must(utf8_valid(buf_span(&text)));
		if (mime_date_parse(f.value, &seconds, &zone))
			must(zone > -24 * 60 && zone < 24 * 60);
		buf_fini(&text);
	}
}

/* A surrogate is the same whatever the cuts, its headers are ASCII, and one of ASCII is the message itself. */
static void check_surrogate(struct span message, size_t piece)
{
	struct mime_parser *parser = mime_parser_new();
	const struct mime_structure *structure;
	struct mime_surrogate x, y;
	struct arena arena;
	struct buf bytes, whole, cut;

	buf_init(&bytes, MIME_STRUCTURE_MAX);
	buf_init(&whole, MIME_SURROGATE_OUT_MAX);
	buf_init(&cut, MIME_SURROGATE_OUT_MAX);
	arena_init(&arena, 1 << 20);
	mime_parser_feed(parser, message);
	must(!mime_parser_end(parser, &bytes) && !mime_structure_open(buf_span(&bytes), &arena, &structure));
	mime_parser_free(parser);
	mime_surrogate_begin(&x, structure, 0);
	mime_surrogate_begin(&y, structure, 0);
	mime_surrogate_feed(&x, span_first(message, MIME_SURROGATE_PIECE), &whole);
	mime_surrogate_end(&x, &whole);
	for (struct span left = span_first(message, MIME_SURROGATE_PIECE); left.n; left = span_skip(left, piece))
		mime_surrogate_feed(&y, span_first(left, piece), &cut);
	mime_surrogate_end(&y, &cut);
	must(!whole.over && span_eq(buf_span(&whole), buf_span(&cut)) && x.changed == y.changed);
	must(x.changed || span_eq(buf_span(&whole), span_first(message, MIME_SURROGATE_PIECE)));
	must(span_is_ascii(span_first(buf_span(&whole), mime_header_length(buf_span(&whole)))));
	mime_surrogate_fini(&x);
	mime_surrogate_fini(&y);
	arena_fini(&arena);
	buf_fini(&bytes);
	buf_fini(&whole);
	buf_fini(&cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span message = span(data, size);
	unsigned choice = size ? data[0] : 0;
	size_t piece = 1 + choice % 13;

	message = span_skip(message, 1);
	check_structure(message, piece);
	check_damaged(message);
	check_decoder(message, piece, choice);
	check_fields(message);
	check_surrogate(message, piece);
	return 0;
}
