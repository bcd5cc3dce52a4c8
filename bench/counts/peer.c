/* Client's ends; checks what it is given, so that nothing wrong is counted. */
#include "peer.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { PEER_MS = 60000 };

void die(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	fprintf(stderr, "counts: ");
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(1);
}

static size_t no_input(void *ctx UNUSED, struct span bytes UNUSED)
{
	return 0;
}

static void no_end(void *ctx UNUSED, enum fail f UNUSED, const struct why *w UNUSED)
{
}

void peer_open(struct peer *p, struct loop *loop, const struct stream_limits *limits, struct stream **stream_out)
{
	static const struct stream_events events = {.input = no_input, .ended = no_end};
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds))
		die("socketpair: %m");
	*p = (struct peer){.loop = loop, .fd = fds[0]};
	buf_init(&p->in, 64 << 20);
	*stream_out = stream_new(loop, fds[1], limits, &events, NULL);
}

void peer_close(struct peer *p)
{
	close(p->fd);
	p->fd = -1;
	buf_fini(&p->in);
}

void peer_turn(struct peer *p, struct loop *loop)
{
	struct pollfd fds[2] = {
		{.fd = uv_backend_fd(&loop->uv), .events = POLLIN}, {.fd = p ? p->fd : -1, .events = POLLIN}};
	int wait = uv_backend_timeout(&loop->uv);
	if (wait != 0)
		poll(fds, 2, 100);
	loop_turn(loop);
	while (p) {
		char *to = buf_reserve(&p->in, 64 << 10);
		ssize_t n = to ? recv(p->fd, to, 64 << 10, 0) : -1;
		if (n <= 0)
			return;
		buf_commit(&p->in, (size_t)n);
	}
}

static unsigned count_word(struct span in, struct span word)
{
	unsigned n = 0;
	for (size_t at; (at = span_find(in, word)) != SIZE_MAX; n++)
		in = span_skip(in, at + word.n);
	return n;
}

/* The last line, or all of it when `end` is the end of several. */
static bool is_whole(struct span in, const char *end)
{
	if (!span_ends(in, SPAN("\r\n")) && end[0] != 'R')
		return false;
	if (end[0] == '\r' || end[0] == 'R')
		return end[0] == 'R' ? in.n > 0 : span_ends(in, span_of(end));
	size_t at = in.n - 2;
	while (at > 0 && in.p[at - 1] != '\n')
		at--;
	return span_starts(span_skip(in, at), span_of(end));
}

void peer_ask(struct peer *p, struct span bytes, const char *end, const char *word, unsigned times)
{
	int64_t until = clock_mono_ms() + PEER_MS;
	buf_reset(&p->in);
	while (bytes.n > 0) {
		ssize_t n = send(p->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			die("send: %m");
		if (n > 0)
			bytes = span_skip(bytes, (size_t)n);
		if (bytes.n > 0)
			peer_turn(p, p->loop);
	}
	while (!is_whole(buf_span(&p->in), end)) {
		if (clock_mono_ms() > until)
			die("no answer that ends in '%s', but: %.*s", end, (int)(p->in.n < 500 ? p->in.n : 500),
				p->in.p);
		peer_turn(p, p->loop);
	}
	unsigned seen = count_word(buf_span(&p->in), span_of(word));
	if (seen != times)
		die("'%s' came %u times instead of %u", word, seen, times);
}
