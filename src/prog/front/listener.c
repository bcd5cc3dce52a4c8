/* Listening sockets, handed down by super: accepting, and nothing else. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/event.h"
#include "base/memory.h"
#include "imap/door/door.h"
#include "lmtp/door/door.h"
#include "pop3/door/door.h"
#include "proc/channel.h"
#include "prog/front/front.h"

/* All fronts watch the same sockets: a few at a time, so that they share the work. */
enum { ACCEPTS_A_TURN = 8, PAUSE_MS = 200 };

static const struct door_ops *const doors[] = {&imap_door_ops, &pop3_door_ops, &lmtp_door_ops};

struct listener {
	struct list link;
	struct front *front;
	const struct door_ops *ops;
	bool tls;
	int fd;
	char *address;
	uv_poll_t poll;
	struct timer pause; /* without descriptors, accepting again at once would only burn time */
	int closing_handles;
};

static void on_ready(uv_poll_t *poll, int status, int events);

static void on_pause_over(struct timer *t)
{
	struct listener *l = CONTAINER_OF(t, struct listener, pause);

	uv_poll_start(&l->poll, UV_READABLE, on_ready);
}

static void cannot_accept(struct listener *l)
{
	event_say(LOG_ERROR, "accept-failed", "no connection could be accepted on %s: %s", l->address, strerror(errno));
	uv_poll_stop(&l->poll);
	timer_start(&l->pause, PAUSE_MS);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct listener *l = CONTAINER_OF(poll, struct listener, poll);

	(void)status;
	(void)events;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			connection_open(l->front, l->ops, l->tls, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			cannot_accept(l);
		return; /* nobody waits any more, or another front was faster */
	}
}

void listener_open(struct front *f, const struct msg_listen *m, int fd)
{
	struct listener *l;
	const struct door_ops *ops = NULL;

	for (size_t i = 0; i < ARRAY_LEN(doors); i++)
		if (span_eq(m->protocol, span_of(doors[i]->protocol)))
			ops = doors[i];
	if (fd < 0 || !ops || f->stopping) {
		if (fd >= 0)
			close(fd);
		return;
	}
	l = NEW(struct listener);
	l->front = f;
	l->ops = ops;
	l->tls = m->tls;
	l->fd = fd;
	l->address = memory_new(m->address.n + 1);
	memcpy(l->address, m->address.p, m->address.n);
	timer_init(&l->pause, &f->child->loop, on_pause_over);
	uv_poll_init(&f->child->loop.uv, &l->poll, fd);
	uv_poll_start(&l->poll, UV_READABLE, on_ready);
	list_append(&f->listeners, &l->link);
}

static void handle_closed(struct listener *l)
{
	if (--l->closing_handles)
		return;
	close(l->fd);
	free(l->address);
	free(l);
}

static void poll_closed(uv_handle_t *h)
{
	handle_closed(CONTAINER_OF(h, struct listener, poll));
}

static void pause_closed(struct timer *t)
{
	handle_closed(CONTAINER_OF(t, struct listener, pause));
}

void listener_close(struct front *f, struct span address)
{
	LIST_EACH(it, &f->listeners)
	{
		struct listener *l = CONTAINER_OF(it, struct listener, link);

		if (address.n && !span_eq(address, span_of(l->address)))
			continue;
		list_remove(&l->link);
		l->closing_handles = 2;
		uv_close((uv_handle_t *)&l->poll, poll_closed);
		timer_fini(&l->pause, pause_closed);
	}
}
