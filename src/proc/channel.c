/* Channels: a SOCK_SEQPACKET socket on the loop. The kernel keeps messages whole; this file keeps them in order when it is full.
 * It must never block, and never keep a descriptor that nobody took. */
#include "proc/channel.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

struct waiting {
	struct list link;
	int fd;
	size_t n;
	char bytes[];
};

struct channel {
	uv_poll_t poll;
	struct deferred report_gone;
	struct loop *loop;
	const struct channel_events *events;
	void *ctx;
	struct list queue; /* struct waiting */
	size_t queued;     /* octets in it */
	const char *gone;  /* why, once it is */
	bool closed;
	int watched; /* for what: to ask anew is two calls of the kernel */
	int fd;
};

enum { SOCKET_BUFFER = 1 << 20, READ_BATCH = 64 };

/* One buffer a process is enough: a message is used up before the next is read. Only pages that were needed are ever touched. */
static char received[MSG_MAX + 1];

enum fail channel_pair(int fds[2])
{
	int size = SOCKET_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return FAIL_LIMIT;
	for (int i = 0; i < 2; i++)
		(void)setsockopt(
			fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size); /* as much as this machine allows */
	return FAIL_NONE;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void drop_queue(struct channel *c)
{
	while (!list_empty(&c->queue)) {
		struct waiting *w = CONTAINER_OF(c->queue.next, struct waiting, link);

		list_remove(&w->link);
		close_fd(w->fd);
		free(w);
	}
	c->queued = 0;
}

static void is_gone(struct channel *c, const char *how)
{
	if (c->gone)
		return;
	c->gone = how;
	uv_poll_stop(&c->poll);
	drop_queue(c);
	loop_defer(c->loop, &c->report_gone);
}

static void tell_gone(struct deferred *d)
{
	struct channel *c = CONTAINER_OF(d, struct channel, report_gone);

	c->events->gone(c->ctx, c->gone);
}

/* 0 = sent, EAGAIN = not now, else what went wrong. */
static int send_one(int socket, struct span bytes, int fd)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {(void *)(uintptr_t)bytes.p, bytes.n};
	struct msghdr h = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		struct cmsghdr *item = &control.align;

		h.msg_control = &control;
		h.msg_controllen = sizeof control.room;
		item->cmsg_level = SOL_SOCKET;
		item->cmsg_type = SCM_RIGHTS;
		item->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(item), &fd, sizeof fd);
	}
	for (;;) {
		if (sendmsg(socket, &h, MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno != EINTR)
			return errno == EWOULDBLOCK ? EAGAIN : errno;
	}
}

/* A full table of descriptors in flight (ETOOMANYREFS) passes, like a full socket. */
static bool is_passing(int error)
{
	return error == EAGAIN || error == ENOBUFS || error == ENOMEM || error == ETOOMANYREFS;
}

static void send_queue(struct channel *c)
{
	while (!c->gone && !list_empty(&c->queue)) {
		struct waiting *w = CONTAINER_OF(c->queue.next, struct waiting, link);
		int error = send_one(c->fd, span(w->bytes, w->n), w->fd);

		if (is_passing(error))
			return;
		if (error) {
			is_gone(c, strerror(error));
			return;
		}
		list_remove(&w->link);
		c->queued -= w->n;
		close_fd(w->fd);
		free(w);
	}
}

static void enqueue(struct channel *c, struct span bytes, int fd)
{
	struct waiting *w = memory_new(sizeof *w + bytes.n);

	w->fd = fd;
	w->n = bytes.n;
	memcpy(w->bytes, bytes.p, bytes.n);
	list_append(&c->queue, &w->link);
	c->queued += bytes.n;
}

/* Closes the descriptor of a message that came with one too many, or cut. */
static int take_fd(struct msghdr *h)
{
	int fd = -1;

	for (struct cmsghdr *item = CMSG_FIRSTHDR(h); item; item = CMSG_NXTHDR(h, item)) {
		size_t n;

		if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS)
			continue;
		n = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int one;

			memcpy(&one, CMSG_DATA(item) + i * sizeof(int), sizeof one);
			close_fd(fd);
			fd = one;
		}
	}
	return fd;
}

/* False when there is nothing more to read now. */
static bool read_one(struct channel *c)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {received, sizeof received};
	struct msghdr h = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
	ssize_t n = recvmsg(c->fd, &h, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct msg m;
	int fd;

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			is_gone(c, strerror(errno));
		return errno == EINTR;
	}
	fd = take_fd(&h);
	if (n == 0 || (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || msg_decode(span(received, (size_t)n), &m)) {
		close_fd(fd);
		is_gone(c, n == 0 ? "closed" : "it sent what is no message");
		return false;
	}
	c->events->message(c->ctx, &m, fd);
	return true;
}

static void release(uv_handle_t *h)
{
	free(CONTAINER_OF((uv_poll_t *)(void *)h, struct channel, poll));
}

static void polled(uv_poll_t *poll, int status, int events);

static void watch(struct channel *c)
{
	int want = UV_READABLE | (list_empty(&c->queue) ? 0 : UV_WRITABLE);

	if (c->gone || c->closed || want == c->watched)
		return;
	c->watched = want;
	uv_poll_start(&c->poll, want, polled);
}

/* uv_close: the callback may only come on a later turn, so `c` outlives a channel_close inside `message`. */
static void polled(uv_poll_t *poll, int status, int events)
{
	struct channel *c = CONTAINER_OF(poll, struct channel, poll);

	if (status < 0)
		c->watched = 0; /* libuv has stopped */
	if (events & UV_WRITABLE)
		send_queue(c);
	if (events & UV_READABLE || status < 0)
		for (int i = 0; i < READ_BATCH && !c->closed && !c->gone; i++)
			if (!read_one(c))
				break;
	watch(c);
}

struct channel *channel_new(struct loop *l, int fd, const struct channel_events *events, void *ctx)
{
	struct channel *c = NEW(struct channel);

	c->loop = l;
	c->fd = fd;
	c->events = events;
	c->ctx = ctx;
	list_init(&c->queue);
	deferred_init(&c->report_gone, tell_gone);
	if (uv_poll_init(&l->uv, &c->poll, fd))
		abort(); /* not a socket: a bug */
	watch(c);
	return c;
}

enum fail channel_send(struct channel *c, const struct msg *m, int fd)
{
	struct buf bytes;
	enum fail f;
	int error = EAGAIN;

	buf_init(&bytes, MSG_MAX);
	f = c->gone ? FAIL_CLOSED : msg_encode(m, &bytes);
	if (!f && c->queued + bytes.n > CHANNEL_QUEUE_MAX)
		f = FAIL_LIMIT;
	if (!f && list_empty(&c->queue))
		error = send_one(c->fd, buf_span(&bytes), fd);
	if (!f && is_passing(error)) {
		enqueue(c, buf_span(&bytes), fd);
		fd = -1;
		watch(c);
	} else if (!f && error) {
		is_gone(c, strerror(error));
		f = FAIL_CLOSED;
	}
	close_fd(fd);
	buf_fini(&bytes);
	return f;
}

size_t channel_unsent(const struct channel *c)
{
	return c->queued;
}

void channel_flush(struct channel *c, int ms)
{
	int64_t until = clock_mono_ms() + ms;

	for (;;) {
		struct pollfd p = {.fd = c->fd, .events = POLLOUT};
		int64_t left = until - clock_mono_ms();

		send_queue(c);
		if (c->gone || list_empty(&c->queue) || left <= 0)
			return;
		(void)poll(&p, 1, (int)left);
	}
}

void channel_close(struct channel *c)
{
	if (!c || c->closed)
		return;
	c->closed = true;
	deferred_cancel(&c->report_gone);
	drop_queue(c);
	uv_poll_stop(&c->poll);
	close(c->fd);
	uv_close((uv_handle_t *)&c->poll, release);
}
