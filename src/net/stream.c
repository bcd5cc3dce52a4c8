/* Streams: buffers, back-pressure and life-cycle over a transport. Parses nothing.
 *
 *                stream_start_tls              handshake done
 *      OPEN ───────────────────────► SECURING ────────────────► OPEN
 *       │ stream_close                  │ stream_close
 *       ▼                               ▼
 *    CLOSING (sends what is queued) ─► DRAINING (our side ended; waits for the peer's end) ─► freed
 *
 * The memory goes in poll_closed only, a turn later at least, so that every callback may close its stream. */
#include "net/stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/relay.h"
#include "net/stream_owner.h"
#include "net/transport.h"

enum {
	SCRATCH = 64 << 10,   /* one read */
	READS_A_TURN = 8,     /* so that one busy peer does not hold up the others */
	SOFT_MARK = 64 << 10, /* output past which producers should pause */
	DRAIN_MS = 1000,
};

enum stream_state { STREAM_OPEN, STREAM_SECURING, STREAM_CLOSING, STREAM_DRAINING, STREAM_GONE };

struct stream {
	struct loop *loop;
	const struct stream_events *events;
	void *ctx;
	struct transport transport;
	struct tls_context *tls; /* to be started once the output is out, or in use */
	struct stream_limits limits;
	struct buf in, out;
	size_t sent; /* of out */
	enum stream_state state;
	bool paused, peer_ended, end_output, poke, told_end, tell_again, keep_fd, spoken;
	int polled;
	uv_poll_t poll;
	struct timer linger;
	struct deferred soon;
	int closing_handles;
};

static char scratch[SCRATCH]; /* one thread, one read at a time */

static void run_soon(struct deferred *d);
static void on_poll(uv_poll_t *poll, int status, int events);
static void on_linger(struct timer *t);

static void later(struct stream *s)
{
	if (s->state != STREAM_GONE)
		loop_defer(s->loop, &s->soon);
}

struct stream *stream_new(
	struct loop *l, int fd, const struct stream_limits *limits, const struct stream_events *events, void *ctx)
{
	struct stream *s = NEW(struct stream);
	static bool ready;
	int one = 1;
	bool tcp = setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0; /* else a unix socket */

	if (!ready)
		signal(SIGPIPE, SIG_IGN);
	ready = true;
	s->loop = l;
	s->events = events;
	s->ctx = ctx;
	s->transport.fd = fd;
	s->limits = *limits;
	s->limits.quick_ack = limits->quick_ack && tcp;
	buf_init(&s->in, limits->input_max);
	buf_init(&s->out, limits->output_max);
	deferred_init(&s->soon, run_soon);
	timer_init(&s->linger, l, on_linger);
	if (uv_poll_init(&l->uv, &s->poll, fd)) /* which makes it non-blocking */
		abort();                        /* only for a descriptor that is none */
	later(s);
	return s;
}

enum fail stream_preload(struct stream *s, struct span bytes)
{
	stream_poke(s);
	return buf_add(&s->in, bytes);
}

void stream_set_owner(struct stream *s, const struct stream_events *events, void *ctx)
{
	s->events = events;
	s->ctx = ctx;
	s->tell_again = s->told_end; /* the new owner has not heard of it */
	stream_poke(s);
}

void stream_owner(const struct stream *s, const struct stream_events **events_out, void **ctx_out)
{
	*events_out = s->events;
	*ctx_out = s->ctx;
}

/* ── What the socket is watched for ── */

static bool reading(const struct stream *s)
{
	if (s->peer_ended)
		return false;
	if (s->state == STREAM_SECURING || s->state == STREAM_DRAINING)
		return true;
	return s->state == STREAM_OPEN && !s->paused && !s->tls == !s->transport.ssl && s->in.n < s->limits.input_max;
}

static void watch(struct stream *s)
{
	int want = 0;

	if (s->state == STREAM_GONE)
		return;
	if (reading(s))
		want |= s->transport.read_wants_write ? UV_WRITABLE : UV_READABLE;
	if (s->sent < s->out.n && s->state != STREAM_SECURING)
		want |= s->transport.write_wants_read ? UV_READABLE : UV_WRITABLE;
	if (want == s->polled)
		return;
	s->polled = want;
	if (want)
		uv_poll_start(&s->poll, want, on_poll);
	else
		uv_poll_stop(&s->poll);
}

/* ── The end ── */

static void handle_closed(struct stream *s)
{
	if (--s->closing_handles)
		return;
	SSL_free(s->transport.ssl);
	tls_context_unref(s->tls);
	if (!s->keep_fd)
		close(s->transport.fd);
	buf_fini(&s->in);
	buf_fini(&s->out);
	if (s->events->closed)
		s->events->closed(s->ctx);
	free(s);
}

static void poll_closed(uv_handle_t *h)
{
	handle_closed(CONTAINER_OF(h, struct stream, poll));
}

static void linger_closed(struct timer *t)
{
	handle_closed(CONTAINER_OF(t, struct stream, linger));
}

static void go(struct stream *s)
{
	if (s->state == STREAM_GONE)
		return;
	s->state = STREAM_GONE;
	deferred_cancel(&s->soon);
	s->closing_handles = 2;
	uv_close((uv_handle_t *)&s->poll, poll_closed);
	timer_fini(&s->linger, linger_closed);
}

static void tell_end(struct stream *s, enum fail f, const struct why *w)
{
	s->peer_ended = true;
	if (s->state == STREAM_DRAINING || s->state == STREAM_CLOSING) {
		go(s);
		return;
	}
	if (s->told_end)
		return;
	s->told_end = true;
	s->events->ended(s->ctx, f, w);
}

/* Our output is out: end our side and give the peer a moment to end its own, since closing over unread input would
 * make the kernel reset the connection and lose what is still on its way. */
static void start_draining(struct stream *s)
{
	transport_end(&s->transport);
	if (s->peer_ended) {
		go(s);
		return;
	}
	s->state = STREAM_DRAINING;
	timer_start(&s->linger, DRAIN_MS);
}

static void on_linger(struct timer *t)
{
	go(CONTAINER_OF(t, struct stream, linger));
}

void stream_close(struct stream *s, uint64_t linger_ms)
{
	if (s->state > STREAM_SECURING)
		return;
	if (linger_ms == 0 || s->state == STREAM_SECURING) {
		go(s);
		return;
	}
	s->state = STREAM_CLOSING;
	buf_fini(&s->in);
	timer_start(&s->linger, linger_ms);
	later(s);
}

/* ── Output ── */

enum fail stream_write(struct stream *s, struct span bytes)
{
	enum fail f;

	if (s->state > STREAM_SECURING)
		return FAIL_NONE; /* nobody is there to read it */
	if (s->sent && s->sent == s->out.n) {
		buf_reset(&s->out);
		s->sent = 0;
	}
	if (s->sent >= SOFT_MARK) {
		buf_consume(&s->out, s->sent);
		s->sent = 0;
	}
	f = buf_add(&s->out, bytes);
	s->spoken = true;
	later(s);
	return f;
}

enum fail stream_send(struct stream *s, struct span bytes)
{
	struct why w;
	size_t n = 0;
	bool ours = s->state == STREAM_OPEN && stream_unsent(s) == 0 && !s->tls == !s->transport.ssl;

	/* An error is left to the flush that follows, which tells it from the loop. */
	while (ours && bytes.n && transport_write(&s->transport, bytes.p, bytes.n, &n, &w) == MOVED_SOME)
		bytes = span_skip(bytes, n);
	s->spoken = true;
	return bytes.n ? stream_write(s, bytes) : FAIL_NONE;
}

size_t stream_unsent(const struct stream *s)
{
	return s->out.n - s->sent;
}

size_t stream_room(const struct stream *s)
{
	size_t waiting = stream_unsent(s);

	return waiting >= SOFT_MARK ? 0 : SOFT_MARK - waiting;
}

static void output_is_out(struct stream *s)
{
	buf_fini(&s->out);
	s->sent = 0;
	if (s->state == STREAM_CLOSING) {
		start_draining(s);
		return;
	}
	if (s->end_output) {
		transport_end(&s->transport);
		s->end_output = false;
	}
}

static void begin_handshake(struct stream *s)
{
	struct why w;

	buf_fini(&s->in);
	s->state = STREAM_SECURING;
	if (transport_secure(&s->transport, s->tls, &w)) {
		s->state = STREAM_OPEN;
		s->events->secured(s->ctx, FAIL_MEMORY, &w);
	}
}

static void flush(struct stream *s)
{
	struct why w;
	size_t n = 0;
	bool had = stream_unsent(s) > 0;

	if (s->state == STREAM_SECURING || s->state > STREAM_CLOSING)
		return;
	while (stream_unsent(s)) {
		enum moved m = transport_write(&s->transport, s->out.p + s->sent, stream_unsent(s), &n, &w);

		if (m == MOVED_WAIT)
			break;
		if (m != MOVED_SOME) {
			buf_fini(&s->out);
			s->sent = 0;
			tell_end(s, FAIL_CLOSED, &w);
			return;
		}
		s->sent += n;
	}
	if (stream_unsent(s) == 0)
		output_is_out(s);
	if (s->state == STREAM_OPEN && s->tls && !s->transport.ssl && stream_unsent(s) == 0)
		begin_handshake(s);
	else if (had && s->state == STREAM_OPEN && stream_room(s) && s->events->writable)
		s->events->writable(s->ctx);
}

void stream_flush(struct stream *s)
{
	flush(s);
	watch(s);
}

void stream_end_output(struct stream *s)
{
	s->end_output = true;
	later(s);
}

/* ── Input ── */

/* Offers what was kept; true when the owner took all of it. */
static bool offer_kept(struct stream *s)
{
	while (s->in.n && s->state == STREAM_OPEN) {
		size_t taken = s->events->input(s->ctx, buf_span(&s->in));

		if (s->state != STREAM_OPEN || taken == 0)
			return false;
		buf_consume(&s->in, taken);
	}
	if (s->in.n == 0)
		buf_fini(&s->in);
	return s->in.n == 0;
}

static void offer(struct stream *s, struct span bytes)
{
	if (s->in.n == 0) {
		while (bytes.n && s->state == STREAM_OPEN) {
			size_t taken = s->events->input(s->ctx, bytes);

			if (taken == 0)
				break;
			bytes = span_skip(bytes, taken);
		}
		if (bytes.n && s->state == STREAM_OPEN)
			buf_add(&s->in, bytes); /* fits: no more than input_max was read */
		return;
	}
	buf_add(&s->in, bytes);
	offer_kept(s);
}

/* A client with Nagle's algorithm (imaplib, say) sends the line end behind a literal only once the literal is acknowledged, which
 * without an answer that carries it takes the kernel 40 ms. (To wait a millisecond for an answer first costs more than the packet: a timer that near is programmed anew
 * with each sleep of the process.) */
static void acknowledge(struct stream *s)
{
	int one = 1;

	if (s->state == STREAM_OPEN && s->out.n == 0 && s->limits.quick_ack)
		setsockopt(s->transport.fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
}

static void receive(struct stream *s)
{
	struct why w;

	for (int i = 0; i < READS_A_TURN && reading(s); i++) {
		size_t n = 0, room = s->state == STREAM_OPEN ? s->limits.input_max - s->in.n : SCRATCH;
		enum moved m = transport_read(&s->transport, scratch, room < SCRATCH ? room : SCRATCH, &n, &w);

		if (m == MOVED_WAIT)
			return;
		if (m == MOVED_SOME && s->state == STREAM_OPEN) {
			offer(s, span(scratch, n));
			acknowledge(s);
			if (s->transport.drained)
				return;
		} else if (m == MOVED_END) {
			why(&w, FAIL_CLOSED, "closed by peer");
			tell_end(s, FAIL_NONE, &w);
			return;
		} else if (m == MOVED_ERROR) {
			tell_end(s, FAIL_CLOSED, &w);
			return;
		}
	}
	if (reading(s) && s->state == STREAM_OPEN && transport_holds_more(&s->transport))
		later(s);
}

void stream_pause(struct stream *s)
{
	s->paused = true;
	watch(s);
}

void stream_resume(struct stream *s)
{
	s->paused = false;
	stream_poke(s);
}

void stream_poke(struct stream *s)
{
	s->poke = true;
	later(s);
}

struct span stream_pending(const struct stream *s)
{
	return buf_span(&s->in);
}

/* ── Turning ── */

static void handshake(struct stream *s)
{
	struct why w;
	enum moved m = transport_handshake(&s->transport, &w);

	if (m == MOVED_WAIT)
		return;
	s->state = STREAM_OPEN;
	s->events->secured(s->ctx, m == MOVED_SOME ? FAIL_NONE : FAIL_CLOSED, &w);
	later(s);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct stream *s = CONTAINER_OF(poll, struct stream, poll);

	(void)events;
	if (status < 0)
		s->polled = 0; /* libuv has stopped; the error shows in the next read or write, with its reason */
	if (s->state == STREAM_SECURING)
		handshake(s);
	else
		receive(s);
	flush(s);
	watch(s);
}

static void run_soon(struct deferred *d)
{
	struct stream *s = CONTAINER_OF(d, struct stream, soon);
	struct why w;

	if (s->poke) {
		s->poke = false;
		if (!s->paused)
			offer_kept(s);
	}
	if (s->state == STREAM_OPEN && reading(s) && transport_holds_more(&s->transport))
		receive(s);
	if (s->tell_again && s->state == STREAM_OPEN) {
		s->tell_again = false;
		s->told_end = false;
		why(&w, FAIL_CLOSED, "closed by peer");
		tell_end(s, FAIL_NONE, &w);
	}
	flush(s);
	if (s->state == STREAM_SECURING)
		handshake(s);
	watch(s);
}

/* ── TLS, giving away, facts ── */

void stream_start_tls(struct stream *s, struct tls_context *tls)
{
	s->tls = tls_context_ref(tls);
	buf_fini(&s->in);
	if (s->spoken) /* STARTTLS: what the kernel holds came in the clear; with TLS from the start it is the handshake */
		transport_drain(&s->transport);
	later(s);
}

enum fail stream_give_away(struct stream *s, int *fd_out, struct buf *pending_out, struct why *w)
{
	if (buf_add(pending_out, buf_span(&s->in)))
		return why(w, FAIL_TOO_BIG, "too much was sent ahead of the login");
	buf_fini(&s->in);
	flush(s);
	if (s->state != STREAM_OPEN)
		return why(w, FAIL_CLOSED, "the connection ended");
	if (s->transport.ssl || stream_unsent(s))
		return relay_start(s->loop, s, fd_out, w);
	*fd_out = s->transport.fd;
	s->keep_fd = true;
	go(s);
	return FAIL_NONE;
}

void stream_peer_text(const struct stream *s, char *dst, size_t size)
{
	transport_peer_text(&s->transport, dst, size);
}
