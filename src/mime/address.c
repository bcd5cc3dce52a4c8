/* Address lists (RFC 5322 §3.4 with §4.4, RFC 6854 groups anywhere), read in one pass with no way back.
 *
 * The words of an address are gathered until it is clear what they were:
 *
 *   words "<"  -> the display name of an angle address        words ":"  -> the name of a group
 *   words ","  or ";" or the end -> the address itself, cut at its last unquoted "@"
 *
 * Must never work longer than linear time, never hold more than the value's own size. */
#include "mime/header.h"

#include "base/memory.h"

enum { COMMENT_DEPTH_MAX = 50, SMALL_VALUE = 400 };

/* Text gathered from the value: never longer than the value, so room is given once. */
struct gathered {
	char *p;
	size_t n;
	size_t at; /* of the last unquoted "@"; SIZE_MAX without one */
	bool gap;  /* blanks were passed since the last byte */
	bool any;  /* something stood here, if only "" */
};

struct reading {
	struct span in;
	struct gathered words, angle, comment;
	struct mime_address pending; /* an angle address whose comment may still come */
	bool has_pending, in_group;
	size_t left;
	void (*each)(void *context, const struct mime_address *a);
	void *context;
};

static void gather_reset(struct gathered *g)
{
	g->n = 0;
	g->at = SIZE_MAX;
	g->gap = false;
	g->any = false;
}

static void gather(struct gathered *g, char c)
{
	if (g->gap && g->n)
		g->p[g->n++] = ' ';
	g->gap = false;
	g->any = true;
	g->p[g->n++] = c;
}

static struct span gathered_span(const struct gathered *g)
{
	return span(g->p, g->n);
}

/* An address of nothing at all ("<>") is none. */
static void emit(struct reading *r, const struct mime_address *a)
{
	if (!r->left || !(a->mailbox.n || a->host.n || a->name.n))
		return;
	r->left--;
	r->each(r->context, a);
}

static void skip_one(struct reading *r)
{
	r->in = span_skip(r->in, 1);
}

/* From "(" to its ")": kept, since "a@b (Name)" is how old programs name people. */
static void read_comment(struct reading *r)
{
	size_t depth = 0;

	gather_reset(&r->comment);
	for (; r->in.n; skip_one(r)) {
		char c = *r->in.p;

		if (c == '\r' || c == '\n')
			continue;
		if (c == '(' && depth < COMMENT_DEPTH_MAX && !depth++)
			continue;
		if (c == ')' && depth && !--depth) {
			skip_one(r);
			return;
		}
		if (c == '\\' && r->in.n > 1)
			skip_one(r);
		gather(&r->comment, *r->in.p);
	}
}

static void read_quoted(struct reading *r, struct gathered *g)
{
	skip_one(r);
	g->any = true;
	if (g->gap && g->n)
		g->p[g->n++] = ' ';
	g->gap = false;
	for (; r->in.n; skip_one(r)) {
		char c = *r->in.p;

		if (c == '\r' || c == '\n')
			continue;
		if (c == '"') {
			skip_one(r);
			return;
		}
		if (c == '\\' && r->in.n > 1)
			skip_one(r);
		g->p[g->n++] = *r->in.p;
	}
}

/* One step through blanks, comments, quoted strings and words, into `g`. */
static void read_piece(struct reading *r, struct gathered *g)
{
	char c = *r->in.p;

	if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
		g->gap = true;
		skip_one(r);
	} else if (c == '(') {
		g->gap = true;
		read_comment(r);
	} else if (c == '"') {
		read_quoted(r, g);
	} else {
		gather(g, c);
		if (c == '@')
			g->at = g->n - 1;
		skip_one(r);
	}
}

/* "john . doe" -> "john.doe" (RFC 5322 §4.4), in place; blanks at both ends go too. */
static struct span close_dots(char *p, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool before = i + 1 < n && p[i + 1] == '.';
		bool after = kept && p[kept - 1] == '.';

		if (p[i] != ' ' || !(before || after || !kept || i + 1 == n))
			p[kept++] = p[i];
	}
	return span(p, kept);
}

/* Cuts what was gathered into mailbox and host. What follows the host after a blank is none of it. */
static void split_address(struct gathered *g, struct mime_address *out)
{
	struct span host;

	out->host = SPAN("");
	if (g->at == SIZE_MAX) {
		out->mailbox = close_dots(g->p, g->n);
		return;
	}
	host = close_dots(g->p + g->at + 1, g->n - g->at - 1);
	host.n = span_find_byte(host, ' ') == SIZE_MAX ? host.n : span_find_byte(host, ' ');
	out->host = host;
	out->mailbox = close_dots(g->p, g->at);
}

/* RFC 5322 §4.4 obs-route: "@a,@b:" before the address. */
static void take_route(struct gathered *g, struct mime_address *out)
{
	out->route = close_dots(g->p, g->n);
	g->p += g->n;
	gather_reset(g);
}

/* From "<" to past ">". */
static void read_angle(struct reading *r, struct mime_address *out)
{
	struct gathered g = r->angle;

	gather_reset(&g);
	for (skip_one(r); r->in.n;) {
		char c = *r->in.p;
		bool routing = !out->route.p && g.n && *g.p == '@';

		if (c == '>') {
			skip_one(r);
			break;
		}
		if ((c == ',' || c == ';') && !routing)
			break;
		if (c == ':' && routing)
			take_route(&g, out);
		if (c == '<' || (c == ':' && g.n == 0))
			skip_one(r);
		else
			read_piece(r, &g);
	}
	split_address(&g, out);
}

static void end_pending(struct reading *r)
{
	if (!r->has_pending)
		return;
	if (!r->pending.name.p && r->comment.any)
		r->pending.name = gathered_span(&r->comment);
	emit(r, &r->pending);
	r->has_pending = false;
}

/* A separator: what was gathered was an address, unless it only trailed one. */
static void end_address(struct reading *r)
{
	struct mime_address a = {0};

	if (r->has_pending) {
		end_pending(r);
	} else if (r->words.any) {
		split_address(&r->words, &a);
		if (r->comment.any)
			a.name = gathered_span(&r->comment);
		emit(r, &a);
	}
	gather_reset(&r->words);
	gather_reset(&r->comment);
}

static void begin_angle(struct reading *r)
{
	struct mime_address a = {0};

	if (r->has_pending) /* no comma between two: "<a@b> c <d@e>" */
		end_pending(r);
	gather_reset(&r->comment);
	read_angle(r, &a);
	if (r->words.n)
		a.name = gathered_span(&r->words);
	r->pending = a;
	r->has_pending = true;
	r->words.p += r->words.n; /* the pending name stays where it is */
	gather_reset(&r->words);
}

static void begin_group(struct reading *r)
{
	struct mime_address a = {.mailbox = gathered_span(&r->words)};

	end_pending(r);
	skip_one(r);
	emit(r, &a);
	r->in_group = true;
	gather_reset(&r->words);
	gather_reset(&r->comment);
}

static void end_group(struct reading *r)
{
	static const struct mime_address end;

	end_address(r);
	if (r->in_group)
		r->each(r->context, &end); /* not counted: a group that was begun is always ended */
	r->in_group = false;
}

static void read_list(struct reading *r)
{
	while (r->in.n && r->left) {
		char c = *r->in.p;

		if (c == ',') {
			end_address(r);
			skip_one(r);
		} else if (c == ';') {
			end_group(r);
			skip_one(r);
		} else if (c == '<') {
			begin_angle(r);
		} else if (c == ':' && r->words.n && !r->in_group && !r->has_pending && r->words.at == SIZE_MAX) {
			begin_group(r);
		} else if (c == ':' && !r->words.any) {
			skip_one(r);
		} else {
			read_piece(r, &r->words);
		}
	}
	end_group(r);
}

void mime_addresses(
	struct span value, size_t limit, void (*each)(void *context, const struct mime_address *a), void *context)
{
	char small[3 * SMALL_VALUE];
	char *room = value.n <= SMALL_VALUE ? small : memory_resize_array(NULL, value.n, 3);
	struct reading r = {.in = value, .left = limit, .each = each, .context = context};

	r.words.p = room;
	r.angle.p = room + value.n;
	r.comment.p = room + 2 * value.n;
	gather_reset(&r.words);
	gather_reset(&r.comment);
	read_list(&r);
	if (room != small)
		free(room);
}
