/* Types, tokens and parameters. Accepts what mailers write (blanks, unquoted names with blanks, comments); must never
 * compare more than MIME_PARAMETERS_MAX parameters with each other, so the work stays linear in the header. */
#include "mime/content_type.h"

enum { COMMENT_DEPTH_MAX = 50, SEGMENT_NONE = -1 };

/* One parameter as it stands in the field. */
struct segment {
	struct span name; /* "filename*1*" */
	struct span base; /* "filename" */
	int index;        /* 1, or SEGMENT_NONE */
	bool extended;
	bool used, leads;
	struct span value;
	struct mime_parameter joined; /* when it leads */
};

struct segments {
	struct segment list[MIME_PARAMETERS_MAX];
	size_t count;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_comment(struct span *s)
{
	size_t depth = 0, i = 0;

	for (; i < s->n; i++) {
		if (s->p[i] == '(' && depth < COMMENT_DEPTH_MAX)
			depth++;
		else if (s->p[i] == ')' && --depth == 0)
			break;
		else if (s->p[i] == '\\')
			i++;
	}
	*s = span_skip(*s, i + 1);
}

static void skip_blanks(struct span *s)
{
	while (s->n && (is_blank(*s->p) || *s->p == '(')) {
		if (*s->p == '(')
			skip_comment(s);
		else
			*s = span_skip(*s, 1);
	}
}

static bool is_token(char c)
{
	return (unsigned char)c > ' ' && (unsigned char)c != 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

struct span mime_token_take(struct span *value)
{
	struct span token;

	skip_blanks(value);
	token = span(value->p, 0);
	while (token.n < value->n && is_token(token.p[token.n]))
		token.n++;
	*value = span_skip(*value, token.n);
	return token;
}

/* Names are ASCII: others would make literals of what clients compare. */
static bool is_type_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] & 0x80)
			return false;
	return s.n >= 1 && s.n <= MIME_TOKEN_MAX;
}

bool mime_content_type_take(struct span *value, struct mime_content_type *out)
{
	struct span rest = *value, type = mime_token_take(&rest), subtype;

	skip_blanks(&rest);
	if (!span_take(&rest, SPAN("/")))
		return false;
	subtype = mime_token_take(&rest);
	if (!is_type_name(type) || !is_type_name(subtype))
		return false;
	*out = (struct mime_content_type){type, subtype};
	*value = rest;
	return true;
}

/* The content of a quoted string, its escapes and line ends gone. It need not be closed. */
static struct span take_quoted(struct span *s, struct buf *text)
{
	size_t start = text->n, i = 1;

	for (; i < s->n && s->p[i] != '"'; i++) {
		if (s->p[i] == '\r' || s->p[i] == '\n')
			continue;
		if (s->p[i] == '\\' && i + 1 < s->n)
			i++;
		buf_add_byte(text, s->p[i]);
	}
	*s = span_skip(*s, i + 1);
	return span(text->p + start, text->n - start);
}

/* To the ";" or the comment after a blank: "filename=my file (1).pdf" is common, though no token. Line ends inside go. */
static struct span take_bare(struct span *s, struct buf *text)
{
	size_t n = 0, start = text->n;
	struct span bare;

	while (n < s->n && s->p[n] != ';' && !(s->p[n] == '(' && n && is_blank(s->p[n - 1])))
		n++;
	bare = span_trim(span_first(*s, n));
	*s = span_skip(*s, n);
	if (span_find_byte(bare, '\n') == SIZE_MAX && span_find_byte(bare, '\r') == SIZE_MAX)
		return bare;
	for (size_t i = 0; i < bare.n; i++)
		if (bare.p[i] != '\r' && bare.p[i] != '\n')
			buf_add_byte(text, bare.p[i]);
	return span(text->p + start, text->n - start);
}

/* "filename*12*" -> base "filename", index 12, extended. */
static void read_segment_name(struct segment *g)
{
	struct span base, number = g->name;
	uint32_t index;

	g->base = g->name;
	g->index = SEGMENT_NONE;
	g->extended = false;
	if (!span_take_until(&number, '*', &base) || !base.n)
		return;
	g->extended = !number.n || span_ends(number, SPAN("*"));
	if (number.n && g->extended)
		number.n--;
	if (number.n && (!span_u32(number, &index) || index >= MIME_PARAMETERS_MAX))
		return;
	if (number.n)
		g->index = (int)index;
	g->base = base;
}

/* Reads up to the next ";" outside quotes and past it. */
static void take_segment(struct span *rest, struct segments *out, struct buf *text)
{
	struct segment g = {.name = mime_token_take(rest)};

	skip_blanks(rest);
	if (g.name.n && span_take(rest, SPAN("="))) {
		skip_blanks(rest);
		g.value = rest->n && *rest->p == '"' ? take_quoted(rest, text) : take_bare(rest, text);
		if (!g.value.p)
			g.value = SPAN("");
		read_segment_name(&g);
		out->list[out->count++] = g;
	}
	*rest = span_skip(*rest, span_find_byte(*rest, ';') == SIZE_MAX ? rest->n : span_find_byte(*rest, ';') + 1);
}

static struct segment *find_segment(struct segments *all, struct span base, int index)
{
	for (size_t i = 0; i < all->count; i++) {
		struct segment *g = &all->list[i];

		if (g->index == index && !g->used && span_eq_nocase(g->base, base))
			return g;
	}
	return NULL;
}

static void add_percent_encoded(struct buf *text, struct span s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (is_token((char)c) && c < 0x80 && c != '%' && c != '\'' && c != '*') {
			buf_add_byte(text, (char)c);
			continue;
		}
		buf_add_byte(text, '%');
		buf_add_byte(text, hex[c >> 4]);
		buf_add_byte(text, hex[c & 15]);
	}
}

/* Joins the segments 0, 1, 2 ... of `first`'s base. In the joined form every segment is extended or none is. */
static struct mime_parameter join_segments(struct segments *all, struct segment *first, struct buf *text)
{
	struct segment *order[MIME_PARAMETERS_MAX], *g = first;
	size_t count = 0, start = text->n;
	bool extended = false;
	struct span name = first->base;

	while (g && count < MIME_PARAMETERS_MAX) {
		g->used = true;
		extended = extended || g->extended;
		order[count++] = g;
		g = find_segment(all, first->base, (int)count);
	}
	if (extended && !first->extended)
		buf_add_lit(text, "utf-8''");
	for (size_t i = 0; i < count; i++) {
		if (extended && !order[i]->extended)
			add_percent_encoded(text, order[i]->value);
		else
			buf_add(text, order[i]->value);
	}
	if (extended)
		name.n++; /* the "*" that follows the base in the segment's name */
	return (struct mime_parameter){name, span(text->p + start, text->n - start)};
}

void mime_parameters_read(struct span rest, struct mime_parameters *out)
{
	struct segments all;

	out->count = 0;
	/* All at once, so that spans into it stay: each byte once unquoted, once joined and then at most threefold. */
	buf_init(&out->text, 4 * rest.n + 8 * MIME_PARAMETERS_MAX);
	all.count = 0;
	rest = span_skip(rest, span_find_byte(rest, ';') == SIZE_MAX ? rest.n : span_find_byte(rest, ';') + 1);
	if (!rest.n || !buf_reserve(&out->text, out->text.max))
		return;
	while (rest.n && all.count < MIME_PARAMETERS_MAX)
		take_segment(&rest, &all, &out->text);
	for (size_t i = 0; i < all.count; i++) {
		struct segment *g = &all.list[i];

		if (g->index == 0 && !g->used) {
			g->joined = join_segments(&all, g, &out->text);
			g->leads = true;
		}
	}
	for (size_t i = 0; i < all.count; i++) {
		struct segment *g = &all.list[i];

		if (g->leads || !g->used)
			out->list[out->count++] = g->leads ? g->joined : (struct mime_parameter){g->name, g->value};
	}
}

void mime_parameters_fini(struct mime_parameters *p)
{
	buf_fini(&p->text);
}

struct span mime_parameter_find(const struct mime_parameters *p, struct span name)
{
	for (size_t i = 0; i < p->count; i++)
		if (span_eq_nocase(p->list[i].name, name))
			return p->list[i].value;
	return span(NULL, 0);
}
