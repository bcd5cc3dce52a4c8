/* The small IMAP client. */
#include "prog/command/imap_client.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "imap/wire/mailbox_name.h"
#include "prog/auth/admin_client.h"

enum { RESPONSE_MAX = 1 << 30, SEND_AT = 256 << 10, READ_SIZE = 256 << 10, NAME_MAX_OCTETS = 4096 };

struct imap_client {
	int fd;
	struct buf in; /* received; `taken` of it belong to earlier responses */
	size_t taken;
	struct buf out;
	unsigned last_tag;
};

/* ── Bytes ── */

static enum fail lost(struct why *w)
{
	return why(w, FAIL_IO, "the connection to the server broke: see its log");
}

static enum fail send_queued(struct imap_client *c, struct why *w)
{
	size_t sent = 0;

	while (sent < c->out.n) {
		ssize_t n = send(c->fd, c->out.p + sent, c->out.n - sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return lost(w);
		sent += (size_t)n;
	}
	buf_reset(&c->out);
	return FAIL_NONE;
}

enum fail imap_put(struct imap_client *c, struct span bytes, struct why *w)
{
	if (buf_add(&c->out, bytes))
		return why(w, FAIL_TOO_BIG, "that is larger than a message can be");
	return c->out.n >= SEND_AT ? send_queued(c, w) : FAIL_NONE;
}

unsigned imap_begin(struct imap_client *c)
{
	buf_addf(&c->out, "x%u ", ++c->last_tag);
	return c->last_tag;
}

static enum fail receive(struct imap_client *c, struct why *w)
{
	char *room;
	ssize_t n;

	buf_consume(&c->in,
		c->taken); /* here, not at each response: what is behind a small one is moved once a read only */
	c->taken = 0;
	room = buf_reserve(&c->in, READ_SIZE);
	if (!room)
		return why(w, FAIL_TOO_BIG, "an answer is larger than a message can be");
	do
		n = read(c->fd, room, READ_SIZE);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return lost(w);
	buf_commit(&c->in, (size_t)n);
	return FAIL_NONE;
}

/* ── Responses ── */

/* "{n}" at the end of `line`: n. */
static bool announces_literal(struct span line, uint64_t *n_out)
{
	size_t at = line.n;

	if (line.n < 3 || line.p[line.n - 1] != '}')
		return false;
	while (at && line.p[at - 1] != '{')
		at--;
	return at && span_u64(span(line.p + at, line.n - at - 1), n_out);
}

/* The length of the whole response at the front, literals included; 0 = more is needed. `*from` saves the search through what was seen. */
static size_t whole_length(struct span in, size_t *from)
{
	for (;;) {
		struct span rest = span_skip(in, *from);
		size_t end = span_find(rest, SPAN("\r\n"));
		uint64_t literal;

		if (end == SIZE_MAX)
			return 0;
		if (!announces_literal(span_first(rest, end), &literal))
			return *from + end + 2;
		if (rest.n - end - 2 < literal)
			return 0;
		*from += end + 2 + (size_t)literal;
	}
}

static enum fail split(struct span whole, struct imap_response *out, struct why *w)
{
	struct span s = span_first(whole, whole.n - 2);

	*out = (struct imap_response){0};
	if (span_take(&s, SPAN("* BYE ")))
		return why(w, FAIL_CLOSED, "the server ended the session: %.*s", SPAN_ARG(span_first(s, 200)));
	if (span_take(&s, SPAN("* "))) {
		out->text = s;
		return FAIL_NONE;
	}
	if (!span_take(&s, SPAN("x")) || !span_take_u32(&s, &out->tag) || !span_take(&s, SPAN(" ")))
		return why(w, FAIL_IO, "the server's answer makes no sense: %.*s", SPAN_ARG(span_first(whole, 60)));
	out->text = s;
	return FAIL_NONE;
}

enum fail imap_next(struct imap_client *c, struct imap_response *out, struct why *w)
{
	enum fail f = send_queued(c, w);
	struct span whole;
	size_t n, from = 0;

	while (!f && (n = whole_length(span_skip(buf_span(&c->in), c->taken), &from)) == 0)
		f = receive(c, w);
	if (f)
		return f;
	whole = span_first(span_skip(buf_span(&c->in), c->taken), n);
	c->taken += n;
	return split(whole, out, w);
}

enum fail imap_finish(
	struct imap_client *c, unsigned tag, void (*each)(void *ctx, struct span text), void *ctx, struct why *w)
{
	struct imap_response r;
	enum fail f;

	while (!(f = imap_next(c, &r, w))) {
		if (r.tag == tag)
			return span_starts(r.text, SPAN("OK"))
				       ? FAIL_NONE
				       : why(w, FAIL_CANNOT, "%.*s", SPAN_ARG(span_first(r.text, 200)));
		if (r.tag == 0 && each)
			each(ctx, r.text);
	}
	return f;
}

/* ── Names and strings ── */

enum fail imap_put_mailbox(struct imap_client *c, struct span name, struct why *w)
{
	CLEANUP(buf_fini) struct buf wire = {0};
	enum fail f;

	buf_init(&wire, NAME_MAX_OCTETS);
	f = mailbox_name_encode(name, &wire);
	if (f)
		return why(w, FAIL_CANNOT, "'%.*s' cannot be a mailbox's name", SPAN_ARG(span_first(name, 100)));
	buf_add_lit(&c->out, "\"");
	for (size_t i = 0; i < wire.n; i++) {
		if (wire.p[i] == '"' || wire.p[i] == '\\')
			buf_add_byte(&c->out, '\\');
		buf_add_byte(&c->out, wire.p[i]);
	}
	buf_add_lit(&c->out, "\"");
	return FAIL_NONE;
}

static bool take_quoted(struct span *s, struct buf *space, struct span *out)
{
	size_t start = space->n;

	*s = span_skip(*s, 1);
	while (s->n && s->p[0] != '"') {
		if (s->p[0] == '\\')
			*s = span_skip(*s, 1);
		if (!s->n || buf_add_byte(space, s->p[0]))
			return false;
		*s = span_skip(*s, 1);
	}
	*out = span(space->p + start, space->n - start);
	return span_take(s, SPAN("\""));
}

bool imap_take_string(struct span *text, struct buf *space, struct span *out)
{
	uint64_t n;

	if (text->n && text->p[0] == '"')
		return take_quoted(text, space, out);
	if (span_take(text, SPAN("{")))
		return span_take_u64(text, &n) && span_take(text, SPAN("}\r\n")) &&
		       span_take_bytes(text, (size_t)n, out);
	return span_take_word(text, out);
}

/* ── Life ── */

static enum fail greet(struct imap_client *c, struct why *w)
{
	struct imap_response greeting;
	enum fail f = imap_next(c, &greeting, w);

	if (f || span_starts(greeting.text, SPAN("PREAUTH")))
		return f;
	return why(w, FAIL_UNAVAILABLE, "the server does not let this session in: %.*s",
		SPAN_ARG(span_first(greeting.text, 200)));
}

enum fail imap_client_log_in(const struct settings *s, const char *account, struct imap_client **out, struct why *w)
{
	struct admin_client *admin;
	struct imap_client *c;
	enum fail f = admin_probe(s, w);
	int fd;

	if (f == FAIL_NOT_FOUND) /* the server, not the account: another exit code */
		f = FAIL_BUSY;
	if (!f)
		f = admin_open(s, &admin, w);
	if (f)
		return f;
	f = admin_session(admin, account, "imap", &fd, w);
	if (f) {
		admin_close(admin);
		return f;
	}
	c = NEW(struct imap_client);
	c->fd = fd;
	buf_init(&c->in, RESPONSE_MAX);
	buf_init(&c->out, RESPONSE_MAX);
	f = greet(c, w);
	if (f)
		imap_client_close(c);
	else
		*out = c;
	return f;
}

void imap_client_close(struct imap_client *c)
{
	struct why w;

	if (!c)
		return;
	buf_reset(&c->out);
	buf_add_lit(&c->out, "bye LOGOUT\r\n");
	if (send_queued(c, &w) == FAIL_NONE)
		shutdown(c->fd, SHUT_WR);
	close(c->fd);
	buf_fini(&c->in);
	buf_fini(&c->out);
	free(c);
}
