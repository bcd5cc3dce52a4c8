/* The relay between a client's stream (usually TLS) and the process that serves it. It takes from one side only what the
 * other has room for, so back-pressure is the kernel's and a slow reader costs a few kilobytes. */
#include "net/relay.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/stream_owner.h"

enum { LINGER_MS = 5000, ROOM_MIN = 1024 };

struct relay {
	struct stream *outer, *inner; /* NULL once closed */
	bool outer_done, inner_done;  /* that side has ended; what it sent last may still wait for room */
	struct deferred settle;
	const struct stream_events *owner; /* who had the stream before: told when all has ended */
	void *owner_ctx;
	unsigned open;
	struct loop *loop;
};

static size_t carry(struct stream *to, struct stream *from, struct span bytes)
{
	size_t room = to ? stream_room(to) : 0;
	struct span now = span_first(bytes, room);

	if (room < ROOM_MIN && now.n < bytes.n) {
		stream_pause(from);
		return 0;
	}
	if (stream_send(to, now))
		return 0;
	if (now.n < bytes.n &&
		stream_unsent(to)) /* else the rest is offered at once: nobody would say that there is room */
		stream_pause(from);
	return now.n;
}

/* Behind whatever is being carried now. */
static void settle_if_done(struct relay *r)
{
	if (r->outer_done || r->inner_done)
		loop_defer(r->loop, &r->settle);
}

static size_t outer_input(void *ctx, struct span bytes)
{
	struct relay *r = ctx;

	settle_if_done(r);
	return carry(r->inner, r->outer, bytes);
}

static size_t inner_input(void *ctx, struct span bytes)
{
	struct relay *r = ctx;

	settle_if_done(r);
	return carry(r->outer, r->inner, bytes);
}

static void outer_writable(void *ctx)
{
	struct relay *r = ctx;

	if (r->inner)
		stream_resume(r->inner);
	settle_if_done(r);
}

static void inner_writable(void *ctx)
{
	struct relay *r = ctx;

	if (r->outer)
		stream_resume(r->outer);
	settle_if_done(r);
}

static void close_one(struct stream **s, uint64_t linger)
{
	struct stream *gone = *s;

	*s = NULL;
	if (gone)
		stream_close(gone, linger);
}

/* The client's last word ends that direction only: it may still read. The server's last word ends both. */
static void settle(struct deferred *d)
{
	struct relay *r = CONTAINER_OF(d, struct relay, settle);

	if (r->inner_done && r->inner && stream_pending(r->inner).n == 0) {
		close_one(&r->inner, 0);
		close_one(&r->outer, LINGER_MS);
	} else if (r->outer_done && r->outer && r->inner && stream_pending(r->outer).n == 0) {
		stream_end_output(r->inner);
	}
}

static void outer_ended(void *ctx, enum fail f, const struct why *w)
{
	struct relay *r = ctx;

	(void)w;
	r->outer_done = true;
	if (f) {
		close_one(&r->outer, 0);
		close_one(&r->inner, 0);
		return;
	}
	loop_defer(r->loop, &r->settle);
}

static void inner_ended(void *ctx, enum fail f, const struct why *w)
{
	struct relay *r = ctx;

	(void)f;
	(void)w;
	r->inner_done = true;
	loop_defer(r->loop, &r->settle);
}

static void one_closed(void *ctx)
{
	struct relay *r = ctx;

	if (--r->open)
		return;
	deferred_cancel(&r->settle);
	if (r->owner->closed)
		r->owner->closed(r->owner_ctx);
	free(r);
}

static const struct stream_events outer_events = {
	.input = outer_input, .writable = outer_writable, .ended = outer_ended, .closed = one_closed};
static const struct stream_events inner_events = {
	.input = inner_input, .writable = inner_writable, .ended = inner_ended, .closed = one_closed};

enum fail relay_start(struct loop *l, struct stream *outer, int *fd_out, struct why *w)
{
	const struct stream_limits limits = {.input_max = 64 << 10, .output_max = 1 << 20};
	struct relay *r;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return why(w, FAIL_LIMIT, "no descriptors left for a relay: %s", strerror(errno));
	r = NEW(struct relay);
	r->open = 2;
	r->loop = l;
	deferred_init(&r->settle, settle);
	stream_owner(outer, &r->owner, &r->owner_ctx);
	r->outer = outer;
	r->inner = stream_new(l, pair[0], &limits, &inner_events, r);
	stream_set_owner(outer, &outer_events, r);
	*fd_out = pair[1];
	return FAIL_NONE;
}
