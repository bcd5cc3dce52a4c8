/* Cutting header fields (RFC 5322 §2.2, §3.6.8, with the blanks before the colon of §4.5.8). Looks at line ends and
 * the first colon only; must never look further back or ahead than one field. */
#include "mime/header.h"

/* The length of the line at the start of `s` with its line end. */
static size_t line_length(struct span s)
{
	size_t lf = span_find_byte(s, '\n');

	return lf == SIZE_MAX ? s.n : lf + 1;
}

static bool is_blank_line(struct span s)
{
	return (s.n >= 1 && s.p[0] == '\n') || (s.n >= 2 && s.p[0] == '\r' && s.p[1] == '\n');
}

static size_t field_length(struct span s)
{
	size_t n = line_length(s);

	while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
		n += line_length(span_skip(s, n));
	return n;
}

static bool name_is_plain(struct span name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || name.p[i] == 0x7f)
			return false;
	return name.n > 0;
}

static struct span without_line_end(struct span s)
{
	if (s.n && s.p[s.n - 1] == '\n')
		s.n--;
	if (s.n && s.p[s.n - 1] == '\r')
		s.n--;
	return s;
}

bool mime_field_take(struct span *header, struct mime_field *out)
{
	while (header->n && !is_blank_line(*header)) {
		struct span whole = span_first(*header, field_length(*header));
		struct span name = whole;
		size_t colon = span_find_byte(span_first(whole, line_length(whole)), ':');

		*header = span_skip(*header, whole.n);
		if (colon == SIZE_MAX)
			continue;
		name.n = colon;
		while (name.n && (name.p[name.n - 1] == ' ' || name.p[name.n - 1] == '\t'))
			name.n--;
		if (!name_is_plain(name))
			continue;
		*out = (struct mime_field){whole, name, without_line_end(span_skip(whole, colon + 1))};
		return true;
	}
	return false;
}

size_t mime_header_length(struct span message)
{
	struct span rest = message;

	while (rest.n) {
		bool blank = is_blank_line(rest);

		rest = span_skip(rest, line_length(rest));
		if (blank)
			break;
	}
	return message.n - rest.n;
}
