/* mbox. */
#include "prog/command/mbox.h"

static struct span take_line(struct span *s)
{
	size_t at = span_find_byte(*s, '\n');
	struct span line = span_first(*s, at == SIZE_MAX ? s->n : at + 1);

	*s = span_skip(*s, line.n);
	return line;
}

static bool is_empty(struct span line)
{
	return span_eq(line, SPAN("\n")) || span_eq(line, SPAN("\r\n"));
}

bool mbox_take(struct span *file, struct mbox_message *out)
{
	struct span rest = *file, envelope = take_line(&rest), before = {NULL, 0};
	const char *start = rest.p;
	size_t end = 0, n = 0;

	if (!span_starts(envelope, SPAN("From ")))
		return false;
	for (;;) {
		struct span line;

		if (before.n && is_empty(before) && span_starts(rest, SPAN("From "))) {
			end = n - before.n; /* the empty line belongs to the format */
			break;
		}
		if (!rest.n) {
			end = before.n && is_empty(before) ? n - before.n : n;
			break;
		}
		line = take_line(&rest);
		n += line.n;
		before = line;
	}
	out->envelope = span_trim(envelope);
	out->text = span(start, end);
	*file = rest;
	return true;
}

/* "+0130": seconds east of UTC. Zones by name are taken as UTC, since nobody agrees on them. */
static int64_t zone_seconds(struct span word)
{
	bool west = span_starts(word, SPAN("-"));
	uint32_t hhmm;

	if (word.n != 5 || (!west && word.p[0] != '+') || !span_u32(span_skip(word, 1), &hhmm))
		return 0;
	return (west ? -1 : 1) * ((int64_t)(hhmm / 100) * 3600 + hhmm % 100 * 60);
}

/* "Thu Jan  1 00:00:00 1970", where seconds may be missing, and a zone may stand before or behind the year. */
static bool parse_date(const char *p, int64_t *out)
{
	struct span rest, word, zone = {NULL, 0};
	struct tm tm = {0};
	uint32_t year = 0;
	const char *seconds, *end = strptime(p, "%a %b %d %H:%M", &tm);

	if (!end)
		return false;
	seconds = strptime(end, ":%S", &tm);
	for (rest = span_of(seconds ? seconds : end); span_take_word(&rest, &word);)
		if (word.n != 4 || year || !span_u32(word, &year))
			zone = word;
	if (!year)
		return false;
	tm.tm_year = (int)year - 1900;
	*out = (int64_t)timegm(&tm) - zone_seconds(zone);
	return true;
}

/* "From sender@example.org Thu Jan  1 00:00:00 1970": the date is what can be read as one behind any blank. */
int64_t mbox_date(struct span envelope)
{
	char line[512];
	int64_t date;

	if (!span_cstr(envelope, line, sizeof line))
		return 0;
	for (const char *p = strchr(line, ' '); p; p = strchr(p + 1, ' '))
		if (parse_date(p + 1, &date))
			return date;
	return 0;
}

static bool is_quoted_from(struct span line, bool quoted)
{
	size_t n = 0;

	while (n < line.n && line.p[n] == '>')
		n++;
	return (!quoted || n > 0) && span_starts(span_skip(line, n), SPAN("From "));
}

void mbox_unquote(struct span text, struct mail_flags *flags, struct buf *out)
{
	bool header = true;

	while (text.n) {
		struct span line = take_line(&text);

		header = header && !is_empty(line);
		if (header && mail_flags_from_field(flags, line))
			continue;
		buf_add(out, is_quoted_from(line, true) ? span_skip(line, 1) : line);
	}
}

void mbox_put(struct span message, const struct mail_flags *flags, int64_t date, struct buf *out)
{
	time_t when = (time_t)date;
	struct tm tm;
	char text[64];

	gmtime_r(&when, &tm);
	strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &tm);
	buf_addf(out, "From MAILER-DAEMON %s\n", text);
	mail_flags_to_fields(flags, out);
	while (message.n) {
		struct span line = take_line(&message);

		if (is_quoted_from(line, false))
			buf_add_byte(out, '>');
		buf_add(out, line);
		if (line.p[line.n - 1] != '\n')
			buf_add_byte(out, '\n');
	}
	buf_add_byte(out, '\n');
}

void mbox_file_name(struct span level, struct buf *out)
{
	size_t last_dot = span_ends(level, SPAN(".d")) ? level.n - 2 : 0;

	for (size_t i = 0; i < level.n; i++) {
		if (level.p[i] == '%')
			buf_add_lit(out, "%25");
		else if (level.p[i] == '.' && (i == 0 || i == last_dot))
			buf_add_lit(out, "%2E");
		else
			buf_add_byte(out, level.p[i]);
	}
}

void mbox_level_name(struct span s, struct buf *out)
{
	while (s.n) {
		if (span_take(&s, SPAN("%25"))) {
			buf_add_byte(out, '%');
		} else if (span_take(&s, SPAN("%2E"))) {
			buf_add_byte(out, '.');
		} else {
			buf_add_byte(out, s.p[0]);
			s = span_skip(s, 1);
		}
	}
}
