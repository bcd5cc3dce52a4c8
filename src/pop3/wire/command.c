/* POP3's command lines and replies. */
#include "pop3/wire/command.h"

size_t pop3_line(struct span bytes, struct span *line_out)
{
	size_t at = span_find_byte(bytes, '\n');

	if (at == SIZE_MAX)
		return 0;
	*line_out = span_first(bytes, at);
	if (line_out->n && line_out->p[line_out->n - 1] == '\r')
		line_out->n--;
	return at + 1;
}

enum fail pop3_command_parse(struct span line, struct pop3_command *out)
{
	struct span argument;

	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < 0x20 || line.p[i] == 0x7f)
			return FAIL_SYNTAX;
	*out = (struct pop3_command){0};
	if (line.n == 0 || line.p[0] == ' ' || !span_take_word(&line, &out->word))
		return FAIL_SYNTAX;
	out->rest = span_skip(line, 1);
	for (struct span left = out->rest; span_take_word(&left, &argument); out->count++)
		if (out->count < POP3_ARGUMENTS_MAX)
			out->arguments[out->count] = argument;
	return FAIL_NONE;
}

bool pop3_arguments_fit(const struct pop3_command *c, int least, int most)
{
	if (most == POP3_REST)
		return c->rest.n > 0;
	return c->count >= (size_t)least && c->count <= (size_t)most;
}

static void add_text(struct buf *out, const char *text, uint64_t one, uint64_t two)
{
	struct span left = span_of(text), before;

	while (span_take_until(&left, '%', &before)) {
		buf_add(out, before);
		buf_add_number(out, span_starts(left, SPAN("1")) ? one : two);
		left = span_skip(left, 1);
	}
	buf_add(out, left);
}

void pop3_ok_numbers(struct buf *out, enum pop3_language l, const char *text, uint64_t one, uint64_t two)
{
	buf_add_lit(out, "+OK ");
	add_text(out, pop3_text(l, text), one, two);
	buf_add_lit(out, "\r\n");
}

void pop3_ok(struct buf *out, enum pop3_language l, const char *text)
{
	buf_addf(out, "+OK %s\r\n", pop3_text(l, text));
}

void pop3_err(struct buf *out, enum pop3_language l, enum fail f, const char *text)
{
	const char *code = fail_row(f)->pop3_code;

	if (*code)
		buf_addf(out, "-ERR [%s] %s\r\n", code, pop3_text(l, text));
	else
		buf_addf(out, "-ERR %s\r\n", pop3_text(l, text));
}

static void list_languages(struct buf *out, enum pop3_language l)
{
	pop3_ok(out, l, "languages follow");
	for (enum pop3_language i = 0; i < POP3_LANGUAGES; i++)
		buf_addf(out, "%s %s\r\n", pop3_language_tag(i), pop3_language_name(i));
	buf_add_lit(out, ".\r\n");
}

void pop3_lang(struct buf *out, enum pop3_language *l, const struct pop3_command *c, enum pop3_language preferred)
{
	if (c->count == 0) {
		list_languages(out, *l);
		return;
	}
	if (span_eq(c->arguments[0], SPAN("*")))
		*l = preferred;
	else if (!pop3_language_find(c->arguments[0], l)) {
		pop3_err(out, *l, FAIL_NOT_FOUND, "that language is not spoken here");
		return;
	}
	buf_addf(out, "+OK %s %s\r\n", pop3_language_tag(*l), pop3_text(*l, "texts are in English"));
}

/* "ar", "ar utf8" */
void pop3_note_put(const struct pop3_note *n, struct buf *out)
{
	buf_addf(out, "%s%s", pop3_language_tag(n->language), n->utf8 ? " utf8" : "");
}

void pop3_note_get(struct span note, struct pop3_note *out)
{
	struct span word;

	*out = (struct pop3_note){0};
	if (!span_take_word(&note, &word) || !pop3_language_find(word, &out->language))
		return;
	out->utf8 = span_take_word(&note, &word) && span_eq(word, SPAN("utf8"));
}
