/* Sections of a message: their octets and their names. RFC 3501 §6.4.5, §7.4.2, §9.
 * Never reads a message, never fails on a broken one: what is not there is not found, and the caller sends the empty string. */
#include "imap/verb/section.h"

#include "imap/wire/print.h"
#include "mime/header.h"

/* ── Grammar ────────────────────────────────────────────────────────────────────────────────────────────── */

/* "1.2", and whether a '.' and a word follow. */
static bool args_section_numbers(struct args *a, struct section *s, bool *word_follows)
{
	uint32_t numbers[MIME_DEPTH_MAX + 1], *kept;

	*word_follows = true;
	while (args_peek(a) >= '0' && args_peek(a) <= '9') {
		if (s->depth == ARRAY_LEN(numbers))
			return args_wrong(a, "a section number of fewer levels is expected");
		if (!args_nz_number(a, &numbers[s->depth]))
			return false;
		s->depth++;
		*word_follows = args_if(a, '.');
		if (!*word_follows)
			break;
	}
	if (s->depth == 0)
		return true;
	kept = arena_alloc(a->arena, s->depth * sizeof(*kept));
	if (!kept)
		return args_wrong(a, "the command is too long");
	memcpy(kept, numbers, s->depth * sizeof(*kept));
	s->numbers = kept;
	return true;
}

static bool args_section_fields(struct args *a, struct section *s)
{
	struct span names[64], *all = names;
	size_t room = ARRAY_LEN(names);

	if (!args_sp(a) || !args_open(a))
		return false;
	do {
		if (s->field_count == room) {
			struct span *more = room < SECTION_FIELDS_MAX
						    ? arena_alloc(a->arena, SECTION_FIELDS_MAX * sizeof(*more))
						    : NULL;

			if (!more)
				return args_wrong(a, "fewer header fields are expected");
			memcpy(more, all, room * sizeof(*more));
			all = more;
			room = SECTION_FIELDS_MAX;
		}
		if (!args_astring(a, &all[s->field_count]))
			return false;
		s->field_count++;
	} while (args_peek(a) == ' ' && args_sp(a) && args_peek(a) != ')');
	if (all == names) {
		all = arena_alloc(a->arena, s->field_count * sizeof(*all));
		if (!all)
			return args_wrong(a, "the command is too long");
		memcpy(all, names, s->field_count * sizeof(*all));
	}
	s->fields = all;
	return args_close(a);
}

static bool args_section_word(struct args *a, struct section *s)
{
	static const struct {
		struct span word;
		enum section_part part;
	} words[] = {/* longer ones before their beginnings */
		{SPAN("HEADER.FIELDS.NOT"), SECTION_FIELDS_NOT}, {SPAN("HEADER.FIELDS"), SECTION_FIELDS},
		{SPAN("HEADER"), SECTION_HEADER}, {SPAN("TEXT"), SECTION_TEXT}, {SPAN("MIME"), SECTION_MIME}};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!span_take_nocase(&a->rest, words[i].word))
			continue;
		s->part = words[i].part;
		if (s->part == SECTION_MIME && s->depth == 0)
			return args_wrong(a, "MIME needs a part number");
		if (s->part == SECTION_FIELDS || s->part == SECTION_FIELDS_NOT)
			return args_section_fields(a, s);
		return true;
	}
	return args_wrong(a, "a section is expected");
}

bool args_section(struct args *a, struct section *out)
{
	struct section s = {.part = SECTION_WHOLE};
	bool word_follows;

	if (!args_char(a, '[') || !args_section_numbers(a, &s, &word_follows))
		return false;
	if (word_follows && (s.depth > 0 || args_peek(a) != ']') && !args_section_word(a, &s))
		return false;
	if (!args_char(a, ']'))
		return false;
	if (args_if(a, '<')) {
		s.partial = true;
		if (!args_number(a, &s.first) || !args_char(a, '.') || !args_number(a, &s.count) || !args_char(a, '>'))
			return false;
	}
	*out = s;
	return true;
}

/* ── Octets ─────────────────────────────────────────────────────────────────────────────────────────────── */

bool section_needs_structure(const struct section *s)
{
	return s->part != SECTION_WHOLE || s->depth > 0;
}

/* Octets of the structure's counting, `from` up to `to`, in the store's. */
static struct section_extent extent_of(uint64_t from, uint64_t to, uint32_t prefix)
{
	return (struct section_extent){prefix + from, to > from ? to - from : 0};
}

static bool part_extent(
	const struct section *s, const struct mime_structure *structure, uint32_t prefix, struct section_extent *out)
{
	struct mime_part part;

	if (!mime_part_find(structure, s->numbers, s->depth, &part))
		return false;
	*out = s->part == SECTION_MIME ? extent_of(part.header, part.body, prefix)
				       : extent_of(part.body, part.end, prefix);
	return true;
}

/* HEADER (and its filters) and TEXT: of the message itself, or of one inside a message/rfc822 part. */
static bool message_extent(
	const struct section *s, const struct mime_structure *structure, uint32_t prefix, struct section_extent *out)
{
	struct mime_part part;

	if (!mime_part_message(structure, s->numbers, s->depth, &part))
		return false;
	if (s->part == SECTION_TEXT) {
		*out = extent_of(part.body, part.end, prefix);
		return true;
	}
	*out = extent_of(part.header, part.body, prefix);
	if (s->depth == 0) {
		out->length += out->offset; /* the prefix is the header's first lines */
		out->offset = 0;
	}
	return true;
}

bool section_extent(const struct section *s, const struct mime_structure *structure, uint32_t prefix, uint64_t size,
	struct section_extent *out)
{
	struct section_extent found;

	if (!section_needs_structure(s)) {
		*out = (struct section_extent){0, size};
		return true;
	}
	if (s->part == SECTION_WHOLE || s->part == SECTION_MIME) {
		if (!part_extent(s, structure, prefix, &found))
			return false;
	} else if (!message_extent(s, structure, prefix, &found)) {
		return false;
	}
	if (found.offset > size)
		found.offset = size;
	if (found.length > size - found.offset)
		found.length = size - found.offset;
	*out = found;
	return true;
}

struct section_extent section_cut(const struct section *s, struct section_extent whole)
{
	if (!s->partial)
		return whole;
	if (s->first >= whole.length)
		return (struct section_extent){whole.offset + whole.length, 0};
	whole.offset += s->first;
	whole.length -= s->first;
	if (whole.length > s->count)
		whole.length = s->count;
	return whole;
}

static bool names_field(const struct section *s, struct span name)
{
	for (size_t i = 0; i < s->field_count; i++) {
		if (span_eq_nocase(s->fields[i], name))
			return true;
	}
	return false;
}

void section_filter(const struct section *s, struct buf *header)
{
	struct span rest = buf_span(header);
	struct mime_field field;
	size_t kept = 0;
	bool blank =
		mime_header_length(rest) > 0 && (span_ends(rest, SPAN("\r\n\r\n")) || span_ends(rest, SPAN("\n\n")) ||
							span_eq(rest, SPAN("\r\n")) || span_eq(rest, SPAN("\n")));

	while (mime_field_take(&rest, &field)) {
		if (names_field(s, field.name) != (s->part == SECTION_FIELDS))
			continue;
		/* fields only move towards the front: what is still to be read is not overwritten */
		memmove(header->p + kept, field.whole.p, field.whole.n);
		kept += field.whole.n;
	}
	buf_truncate(header, kept);
	if (blank)
		buf_add_lit(header, "\r\n");
}

/* ── Name ───────────────────────────────────────────────────────────────────────────────────────────────── */

enum fail section_name(struct span word, const struct section *s, struct buf *out)
{
	static const char *const words[] = {[SECTION_WHOLE] = "",
		[SECTION_HEADER] = "HEADER",
		[SECTION_FIELDS] = "HEADER.FIELDS",
		[SECTION_FIELDS_NOT] = "HEADER.FIELDS.NOT",
		[SECTION_TEXT] = "TEXT",
		[SECTION_MIME] = "MIME"};

	buf_add(out, word);
	buf_add_byte(out, '[');
	for (size_t i = 0; i < s->depth; i++)
		buf_addf(out, "%s%u", i > 0 ? "." : "", s->numbers[i]);
	if (s->depth > 0 && s->part != SECTION_WHOLE)
		buf_add_byte(out, '.');
	buf_add(out, span_of(words[s->part]));
	if (s->part == SECTION_FIELDS || s->part == SECTION_FIELDS_NOT) {
		buf_add_lit(out, " (");
		for (size_t i = 0; i < s->field_count; i++) {
			if (i > 0)
				buf_add_byte(out, ' ');
			print_astring(out, s->fields[i]);
		}
		buf_add_byte(out, ')');
	}
	buf_add_byte(out, ']');
	if (s->partial)
		buf_addf(out, "<%u>", s->first);
	return out->over ? FAIL_TOO_BIG : FAIL_NONE;
}
