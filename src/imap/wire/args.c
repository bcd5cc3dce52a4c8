/* The cursor over a command's arguments. Pure: no I/O, no state but the cursor. RFC 3501 §9. */
#include "imap/wire/args.h"

#include "imap/wire/chars.h"
#include "base/utf8.h"
#include "imap/wire/capability.h"
#include "imap/wire/mailbox_name.h"

void args_init(struct args *a, struct span bytes, struct arena *arena)
{
	*a = (struct args){.rest = bytes, .arena = arena};
}

bool args_wrong(struct args *a, const char *error)
{
	a->error = error;
	return false;
}

char args_peek(const struct args *a)
{
	return a->rest.n ? a->rest.p[0] : '\0';
}

bool args_if(struct args *a, char c)
{
	if (a->rest.n == 0 || a->rest.p[0] != c)
		return false;
	a->rest = span_skip(a->rest, 1);
	return true;
}

bool args_char(struct args *a, char c)
{
	switch (c) {
	case '(': return args_if(a, c) || args_wrong(a, "'(' is expected");
	case ')': return args_if(a, c) || args_wrong(a, "')' is expected");
	case '[': return args_if(a, c) || args_wrong(a, "'[' is expected");
	case ']': return args_if(a, c) || args_wrong(a, "']' is expected");
	case '<': return args_if(a, c) || args_wrong(a, "'<' is expected");
	case '>': return args_if(a, c) || args_wrong(a, "'>' is expected");
	default: return args_if(a, c) || args_wrong(a, "unexpected character");
	}
}

bool args_sp(struct args *a)
{
	if (!args_if(a, ' '))
		return args_wrong(a, a->rest.n ? "a space is expected" : "an argument is missing");
	while (args_if(a, ' '))
		;
	return true;
}

bool args_end(struct args *a)
{
	while (args_if(a, ' '))
		;
	return a->rest.n == 0 || args_wrong(a, "there is more than the command takes");
}

static struct span take_while(struct args *a, bool (*is)(char))
{
	size_t n = 0;
	struct span run;

	while (n < a->rest.n && is(a->rest.p[n]))
		n++;
	run = span_first(a->rest, n);
	a->rest = span_skip(a->rest, n);
	return run;
}

bool args_if_word(struct args *a, struct span word)
{
	struct span rest = a->rest;

	if (!span_take_nocase(&rest, word) || (rest.n && is_atom_char(rest.p[0])))
		return false;
	a->rest = rest;
	return true;
}

bool args_open(struct args *a)
{
	if (a->depth >= ARGS_DEPTH_MAX)
		return args_wrong(a, "too many parentheses within each other");
	if (!args_char(a, '('))
		return false;
	a->depth++;
	return true;
}

bool args_close(struct args *a)
{
	if (a->depth == 0 || !args_char(a, ')'))
		return args_wrong(a, "')' is expected");
	a->depth--;
	return true;
}

bool args_atom(struct args *a, struct span *out)
{
	struct span run = take_while(a, is_atom_char);

	if (run.n == 0)
		return args_wrong(a, "an atom is expected");
	*out = run;
	return true;
}

/* The bytes of a quoted string after its first '"', `escapes` of which are backslashes that must go. */
static bool unescape(struct args *a, struct span raw, size_t escapes, struct span *out)
{
	char *dst;
	size_t n = 0;

	if (escapes == 0) {
		*out = raw;
		return true;
	}
	dst = arena_alloc(a->arena, raw.n);
	if (!dst)
		return args_wrong(a, "the command is too long");
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\\')
			i++;
		dst[n++] = raw.p[i];
	}
	*out = span(dst, n);
	return true;
}

static bool take_quoted(struct args *a, struct span *out)
{
	size_t escapes = 0, i = 1;
	struct span rest = a->rest, raw;

	for (; i < rest.n && rest.p[i] != '"'; i++) {
		if (rest.p[i] == '\r' || rest.p[i] == '\n' || rest.p[i] == '\0')
			return args_wrong(a, "a quoted string holds what must be sent as a literal");
		if (rest.p[i] != '\\')
			continue;
		i++;
		escapes++;
		/* RFC 3501 §9 QUOTED-CHAR: only '"' and '\' may be escaped. */
		if (i >= rest.n || (rest.p[i] != '"' && rest.p[i] != '\\'))
			return args_wrong(a, "a backslash in a quoted string must be doubled");
	}
	if (i >= rest.n)
		return args_wrong(a, "a quoted string does not end");
	raw = span(rest.p + 1, i - 1);
	if (a->utf8 && !utf8_valid(raw))
		return args_wrong(a, "a quoted string is not UTF-8");
	if (!unescape(a, raw, escapes, out))
		return false;
	a->rest = span_skip(rest, i + 1);
	return true;
}

/* "{n}" or "{n+}" and the line end behind it; the reader has seen to it that the bytes are there. */
static bool take_literal(struct args *a, struct span *out)
{
	struct span rest = span_skip(a->rest, 1);
	uint64_t n;

	if (!span_take_u64(&rest, &n))
		return args_wrong(a, "a literal's size is expected");
	(void)span_take(&rest, SPAN("+"));
	if (!span_take(&rest, SPAN("}")))
		return args_wrong(a, "a literal's '}' is expected");
	(void)span_take(&rest, SPAN("\r"));
	if (!span_take(&rest, SPAN("\n")) || n > rest.n)
		return args_wrong(a, "a literal is cut short");
	*out = span_first(rest, (size_t)n);
	if (span_find_byte(*out, '\0') != SIZE_MAX)
		return args_wrong(a, "a literal holds a NUL");
	a->rest = span_skip(rest, (size_t)n);
	return true;
}

bool args_string(struct args *a, struct span *out)
{
	switch (args_peek(a)) {
	case '"': return take_quoted(a, out);
	case '{': return take_literal(a, out);
	default: return args_wrong(a, "a string is expected");
	}
}

bool args_astring(struct args *a, struct span *out)
{
	struct span run;

	if (args_peek(a) == '"' || args_peek(a) == '{')
		return args_string(a, out);
	run = take_while(a, is_astring_char);
	if (run.n == 0)
		return args_wrong(a, "an atom or a string is expected");
	*out = run;
	return true;
}

bool args_nstring(struct args *a, struct span *out)
{
	if (args_if_word(a, SPAN("NIL"))) {
		*out = (struct span){NULL, 0};
		return true;
	}
	return args_string(a, out) || args_wrong(a, "a string or NIL is expected");
}

bool args_number(struct args *a, uint32_t *out)
{
	return span_take_u32(&a->rest, out) || args_wrong(a, "a number below 4294967296 is expected");
}

bool args_nz_number(struct args *a, uint32_t *out)
{
	uint32_t n;

	if (!args_number(a, &n))
		return false;
	if (n == 0)
		return args_wrong(a, "a number above 0 is expected");
	*out = n;
	return true;
}

bool args_number64(struct args *a, uint64_t *out)
{
	return span_take_u64(&a->rest, out) || args_wrong(a, "a number is expected");
}

bool args_sequence_set(struct args *a, struct sequence_set *out)
{
	if (capability_on(a->capabilities, CAPABILITY_SEARCHRES) && args_if(a, '$')) {
		*out = (struct sequence_set){.saved = true};
		return true;
	}
	return sequence_set_take(&a->rest, a->arena, out) || args_wrong(a, "a set of message numbers is expected");
}

bool args_date(struct args *a, int64_t *day_out)
{
	struct span text;

	if (args_peek(a) == '"' ? !args_string(a, &text) : !args_atom(a, &text))
		return args_wrong(a, "a date like 1-Feb-2024 is expected");
	return date_parse(text, day_out) || args_wrong(a, "a date like 1-Feb-2024 is expected");
}

bool args_date_time(struct args *a, struct date_time *out)
{
	struct span text;

	if (args_peek(a) != '"' || !take_quoted(a, &text) || !date_time_parse(text, out))
		return args_wrong(a, "a date like \"01-Feb-2024 12:34:56 +0100\" is expected");
	return true;
}

static bool decode_name(struct args *a, struct span wire, struct span *out)
{
	struct buf utf8;
	struct span kept;
	enum fail f;

	/* Decoding never makes a name more than three times as long: two base64 digits and a half are one UTF-16 unit. */
	buf_init(&utf8, wire.n * 3 + 4);
	f = a->utf8 ? (utf8_valid(wire) ? buf_add(&utf8, wire) : FAIL_SYNTAX) : mailbox_name_decode(wire, &utf8);
	kept = f ? (struct span){NULL, 0} : arena_dup(a->arena, buf_span(&utf8));
	buf_fini(&utf8);
	if (f)
		return args_wrong(a, "the mailbox name is neither modified UTF-7 nor UTF-8");
	if (!kept.p)
		return args_wrong(a, "the command is too long");
	*out = kept;
	return true;
}

bool args_mailbox(struct args *a, struct span *out)
{
	struct span wire;

	return args_astring(a, &wire) && decode_name(a, wire, out);
}

bool args_list_mailbox(struct args *a, struct span *out)
{
	struct span wire;

	if (args_peek(a) == '"' || args_peek(a) == '{')
		return args_string(a, &wire) && decode_name(a, wire, out);
	wire = take_while(a, is_list_char);
	if (wire.n == 0)
		return args_wrong(a, "a mailbox name or pattern is expected");
	return decode_name(a, wire, out);
}

bool args_message_literal(struct args *a, uint64_t *size_out)
{
	struct span rest = a->rest;
	uint64_t n;

	(void)span_take(&rest, SPAN("~"));
	if (!span_take(&rest, SPAN("{")) || !span_take_u64(&rest, &n))
		return args_wrong(a, "the message is expected as a literal");
	(void)span_take(&rest, SPAN("+"));
	if (!span_take(&rest, SPAN("}")) || rest.n)
		return args_wrong(a, "the message is expected as a literal");
	a->rest = rest;
	*size_out = n;
	return true;
}
