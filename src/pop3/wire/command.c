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

void pop3_ok(struct buf *out, const char *text)
{
	buf_addf(out, "+OK %s\r\n", text);
}

void pop3_err(struct buf *out, enum fail f, const char *text)
{
	const char *code = fail_row(f)->pop3_code;

	if (*code)
		buf_addf(out, "-ERR [%s] %s\r\n", code, text);
	else
		buf_addf(out, "-ERR %s\r\n", text);
}

void pop3_capabilities(struct buf *out, bool stls, bool login)
{
	enum { ALWAYS = 1, STLS = 2, LOGIN = 4 };
	static const struct {
		const char *tag, *arguments;
		int when;
	} rows[] = {
#define CAPABILITY(tag, arguments, when, rfc) {tag, arguments, when},
#include "pop3/capabilities.def"
#undef CAPABILITY
	};
	int now = ALWAYS | (stls ? STLS : 0) | (login ? LOGIN : 0);

	buf_add_lit(out, "+OK capabilities follow\r\n");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].when & now)
			buf_addf(out, "%s%s%s\r\n", rows[i].tag, *rows[i].arguments ? " " : "", rows[i].arguments);
	buf_add_lit(out, ".\r\n");
}
