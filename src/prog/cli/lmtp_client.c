/* LMTP, the client's side. */
#include "prog/cli/lmtp_client.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"

enum { PIECE = 32 << 10, REPLY_LINE_MAX = 4096, REPLY_LINES_MAX = 100 };

struct lmtp_client {
	int fd;
	struct buf in;
};

static enum fail lost(struct why *w)
{
	return why(w, FAIL_UNAVAILABLE, "the server ended the connection: its log says why; try again later");
}

static enum fail send_all(struct lmtp_client *l, struct span s, struct why *w)
{
	while (s.n) {
		ssize_t n = send(l->fd, s.p, s.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return lost(w);
		s = span_skip(s, (size_t)n);
	}
	return FAIL_NONE;
}

static enum fail read_line(struct lmtp_client *l, struct buf *line, struct why *w)
{
	struct span rest, head;

	for (;;) {
		char *p;
		ssize_t n;

		rest = buf_span(&l->in);
		if (span_take_until(&rest, '\n', &head)) {
			buf_reset(line);
			buf_add(line, span_trim(head));
			buf_consume(&l->in, l->in.n - rest.n);
			return line->over ? lost(w) : FAIL_NONE;
		}
		p = buf_reserve(&l->in, 512);
		if (!p)
			return lost(w);
		n = read(l->fd, p, 512);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return lost(w);
		buf_commit(&l->in, (size_t)n);
	}
}

static bool parse_reply(struct span line, bool *more, struct lmtp_reply *out)
{
	uint32_t code;
	size_t n = 0;

	if (line.n < 3 || !span_u32(span_first(line, 3), &code) || code < 200 || code > 599)
		return false;
	*more = line.n > 3 && line.p[3] == '-';
	out->code = code;
	line = span_skip(line, 4);
	for (; n < line.n && n + 1 < sizeof out->text; n++)
		out->text[n] = (unsigned char)line.p[n] < ' ' || line.p[n] == 0x7f ? '?' : line.p[n];
	out->text[n] = 0;
	return true;
}

enum fail lmtp_reply(struct lmtp_client *l, struct lmtp_reply *out, struct why *w)
{
	struct buf line;
	bool more = true;
	enum fail f = FAIL_NONE;

	buf_init(&line, REPLY_LINE_MAX);
	for (int i = 0; more && !f; i++) {
		f = read_line(l, &line, w);
		if (!f && (i == REPLY_LINES_MAX || !parse_reply(buf_span(&line), &more, out)))
			f = lost(w);
	}
	buf_fini(&line);
	return f;
}

static enum fail ask(struct lmtp_client *l, struct lmtp_reply *out, struct why *w, const char *fmt, ...) PRINTF(4, 5);
static enum fail ask(struct lmtp_client *l, struct lmtp_reply *out, struct why *w, const char *fmt, ...)
{
	char line[2048];
	va_list args;
	int n;
	enum fail f;

	va_start(args, fmt);
	n = vsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof line)
		return why(w, FAIL_CANNOT, "an address is too long");
	f = send_all(l, span(line, (size_t)n), w);
	return f ? f : lmtp_reply(l, out, w);
}

static enum fail expect(struct lmtp_client *l, struct lmtp_reply *r, unsigned most, struct why *w)
{
	(void)l;
	if (r->code <= most)
		return FAIL_NONE;
	return why(w, r->code < 500 ? FAIL_UNAVAILABLE : FAIL_CANNOT, "the server refused the delivery: %u %s", r->code,
		r->text);
}

enum fail lmtp_open(const struct settings *s, struct lmtp_client **out, struct why *w)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct lmtp_client *l;
	struct lmtp_reply r;
	char path[4096];
	enum fail f;

	settings_path(s, s->lmtp_socket, path, sizeof path);
	if (!*s->lmtp_socket)
		return why(w, FAIL_CONFIG, "lmtp_socket is empty: 'barid deliver' needs it; set it to run/lmtp.sock");
	if (!span_cstr(span_of(path), a.sun_path, sizeof a.sun_path))
		return why(w, FAIL_CONFIG, "lmtp_socket = %.100s: longer than a socket's path may be", path);
	l = NEW(struct lmtp_client);
	buf_init(&l->in, REPLY_LINE_MAX);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || connect(l->fd, (struct sockaddr *)&a, sizeof a)) {
		f = errno == EACCES
			    ? why(w, FAIL_NO_PERMISSION, "this user may not use '%s': see lmtp_socket_mode", path)
			    : why(w, FAIL_UNAVAILABLE,
				      "the server is not running (nobody listens on '%s'): start it with "
				      "'barid serve'",
				      path);
	} else if (!(f = lmtp_reply(l, &r, w))) {
		f = expect(l, &r, 299, w);
	}
	if (f) {
		lmtp_close(l);
		return f;
	}
	*out = l;
	return FAIL_NONE;
}

void lmtp_close(struct lmtp_client *l)
{
	if (!l)
		return;
	if (l->fd >= 0)
		close(l->fd);
	buf_fini(&l->in);
	free(l);
}

enum fail lmtp_hello(struct lmtp_client *l, struct why *w)
{
	struct lmtp_reply r;
	enum fail f = ask(l, &r, w, "LHLO localhost\r\n");

	return f ? f : expect(l, &r, 299, w);
}

enum fail lmtp_mail(struct lmtp_client *l, const char *sender, struct why *w)
{
	struct lmtp_reply r;
	enum fail f = ask(l, &r, w, "MAIL FROM:<%s>\r\n", sender);

	return f ? f : expect(l, &r, 299, w);
}

enum fail lmtp_rcpt(struct lmtp_client *l, const char *recipient, struct lmtp_reply *out, struct why *w)
{
	return ask(l, out, w, "RCPT TO:<%s>\r\n", recipient);
}

void lmtp_stuff(struct span in, char *last, struct buf *out)
{
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];

		if (c == '\n' && *last != '\r')
			buf_add_byte(out, '\r');
		if (c == '.' && *last == '\n')
			buf_add_byte(out, '.');
		buf_add_byte(out, c);
		*last = c;
	}
}

enum fail lmtp_message(struct lmtp_client *l, int fd, struct why *w)
{
	char piece[PIECE], last = '\n';
	struct lmtp_reply r;
	struct buf out;
	ssize_t n = 1;
	enum fail f = ask(l, &r, w, "DATA\r\n");

	if (!f)
		f = expect(l, &r, 399, w);
	buf_init(&out, 3 * PIECE);
	while (!f && n > 0) {
		n = read(fd, piece, sizeof piece);
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n < 0)
			f = why(w, FAIL_IO, "cannot read the message from standard input (%s)", strerror(errno));
		buf_reset(&out);
		if (n > 0)
			lmtp_stuff(span(piece, (size_t)n), &last, &out);
		else if (n == 0)
			buf_addf(&out, "%s.\r\n", last == '\n' ? "" : last == '\r' ? "\n" : "\r\n");
		if (!f)
			f = send_all(l, buf_span(&out), w);
	}
	buf_fini(&out);
	return f;
}
