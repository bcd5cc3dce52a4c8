/* Flags between formats: one table of the system flags, one loop over keywords. */
#include "prog/command/mail_flags.h"

#include "base/memory.h"
#include "imap/wire/chars.h"

static const struct {
	unsigned flag;
	const char *imap;
	char maildir;  /* letter in ":2,..." */
	char x_status; /* letter in X-Status; \Seen stands in Status */
} rows[] = {
	/* in the order that Maildir wants: of the alphabet */
	{FLAG_DRAFT, "\\Draft", 'D', 'T'},
	{FLAG_FLAGGED, "\\Flagged", 'F', 'F'},
	{FLAG_ANSWERED, "\\Answered", 'R', 'A'},
	{FLAG_SEEN, "\\Seen", 'S', 0},
	{FLAG_DELETED, "\\Deleted", 'T', 'D'},
};

static const char forwarded[] = "$Forwarded"; /* Maildir's P, passed */

void mail_flags_init(struct mail_flags *f)
{
	f->system = 0;
	buf_init(&f->keywords, KEYWORDS_OCTETS_MAX);
}

void mail_flags_fini(struct mail_flags *f)
{
	buf_fini(&f->keywords);
}

/* What no atom may hold becomes '_', so that a strange keyword does not cost its message. */
void mail_flags_add_keyword(struct mail_flags *f, struct span name)
{
	if (!name.n || name.n + 1 > f->keywords.max - f->keywords.n)
		return;
	if (f->keywords.n)
		buf_add_byte(&f->keywords, ' ');
	for (size_t i = 0; i < name.n; i++)
		buf_add_byte(&f->keywords, is_atom_char(name.p[i]) ? name.p[i] : '_');
}

/* ── Maildir ── */

void keyword_letters_read(struct keyword_letters *k, struct span file)
{
	struct span line;

	while (span_take_until(&file, '\n', &line)) {
		uint32_t n;

		if (!span_take_u32(&line, &n) || n >= KEYWORD_LETTERS || !span_take(&line, SPAN(" ")))
			continue;
		free(k->names[n]);
		k->names[n] = memory_new(line.n + 1);
		memcpy(k->names[n], line.p, line.n);
	}
}

void keyword_letters_write(const struct keyword_letters *k, struct buf *out)
{
	for (int i = 0; i < KEYWORD_LETTERS; i++)
		if (k->names[i])
			buf_addf(out, "%d %s\n", i, k->names[i]);
}

void keyword_letters_fini(struct keyword_letters *k)
{
	for (int i = 0; i < KEYWORD_LETTERS; i++)
		free(k->names[i]);
	*k = (struct keyword_letters){0};
}

static int letter_of(struct keyword_letters *k, struct span name)
{
	int unused = -1;

	for (int i = KEYWORD_LETTERS - 1; i >= 0; i--) {
		if (!k->names[i])
			unused = i;
		else if (span_eq_nocase(span_of(k->names[i]), name))
			return i;
	}
	if (unused >= 0) {
		k->names[unused] = memory_new(name.n + 1);
		memcpy(k->names[unused], name.p, name.n);
	}
	return unused;
}

void mail_flags_from_name(struct mail_flags *f, const char *name, const struct keyword_letters *k)
{
	const char *info = strstr(name, ":2,");

	for (info = info ? info + 3 : ""; *info; info++) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			if (*info == rows[i].maildir)
				f->system |= rows[i].flag;
		if (*info == 'P')
			mail_flags_add_keyword(f, span_of(forwarded));
		if (*info >= 'a' && *info <= 'z' && k->names[*info - 'a'])
			mail_flags_add_keyword(f, span_of(k->names[*info - 'a']));
	}
}

void mail_flags_to_name(const struct mail_flags *f, struct keyword_letters *k, struct buf *out)
{
	struct span rest = buf_span(&f->keywords), name;
	bool passed = false;
	uint32_t letters = 0;

	while (span_take_word(&rest, &name)) {
		int letter = -1;

		if (span_eq_nocase(name, span_of(forwarded)))
			passed = true;
		else
			letter = letter_of(k, name);
		if (letter >= 0)
			letters |= 1u << letter;
	}
	buf_add_lit(out, ":2,");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].maildir == 'R' && passed)
			buf_add_byte(out, 'P');
		if (f->system & rows[i].flag)
			buf_add_byte(out, rows[i].maildir);
	}
	for (int i = 0; i < KEYWORD_LETTERS; i++)
		if (letters & 1u << i)
			buf_add_byte(out, (char)('a' + i));
}

/* ── IMAP ── */

void mail_flags_from_list(struct mail_flags *f, struct span list)
{
	struct span word;

	while (span_take_word(&list, &word)) {
		bool known = span_eq_nocase(word, SPAN("\\Recent"));

		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			if (span_eq_nocase(word, span_of(rows[i].imap))) {
				f->system |= rows[i].flag;
				known = true;
			}
		if (!known)
			mail_flags_add_keyword(f, word);
	}
}

void mail_flags_to_list(const struct mail_flags *f, struct buf *out)
{
	const char *between = "";

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (f->system & rows[i].flag) {
			buf_addf(out, "%s%s", between, rows[i].imap);
			between = " ";
		}
	if (f->keywords.n)
		buf_addf(out, "%s%.*s", between, SPAN_ARG(buf_span(&f->keywords)));
}

/* ── mbox ── */

bool mail_flags_from_field(struct mail_flags *f, struct span line)
{
	struct span word;

	if (span_take_nocase(&line, SPAN("Status:"))) {
		f->system |= span_find_byte(line, 'R') != SIZE_MAX ? FLAG_SEEN : 0;
		return true;
	}
	if (span_take_nocase(&line, SPAN("X-Status:"))) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			if (rows[i].x_status && span_find_byte(line, rows[i].x_status) != SIZE_MAX)
				f->system |= rows[i].flag;
		return true;
	}
	if (!span_take_nocase(&line, SPAN("X-Keywords:")))
		return false;
	for (line = span_trim(line); span_take_word(&line, &word);)
		mail_flags_add_keyword(f, word);
	return true;
}

void mail_flags_to_fields(const struct mail_flags *f, struct buf *out)
{
	buf_addf(out, "Status: %sO\n", f->system & FLAG_SEEN ? "R" : "");
	if (f->system & ~(unsigned)FLAG_SEEN) {
		buf_add_lit(out, "X-Status: ");
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			if (rows[i].x_status && f->system & rows[i].flag)
				buf_add_byte(out, rows[i].x_status);
		buf_add_lit(out, "\n");
	}
	if (f->keywords.n)
		buf_addf(out, "X-Keywords: %.*s\n", SPAN_ARG(buf_span(&f->keywords)));
}
