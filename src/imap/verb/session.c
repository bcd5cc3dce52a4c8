/* The life of a session: from the answer to its login to its end, its deadlines, and the events of its stream. What it does with the bytes is
 * pump.c's. Parses nothing, and knows no verb. */
#include "imap/verb/session.h"

#include "base/clock.h"
#include "base/memory.h"
#include "imap/verb/run.h"
#include "imap/wire/print.h"

enum {
	OUT_MAX = 32 << 20, /* hard; producers stop at the stream's 64 KB, one item (an ENVELOPE) may be larger */
	STALL_MS = 300000,  /* a client that reads nothing for so long is gone */
	LINGER_MS = 5000,
};

/* ── The end ── */

static void part_closed(struct imap_session *s)
{
	if (--s->closing_parts)
		return;
	account_close(s->account);
	s->ended(s->ended_ctx, (struct session *)s, s->ended_how);
	free(s->stop_text);
	free(s);
}

static void stream_closed(void *ctx)
{
	part_closed(ctx);
}

static void deadline_closed(struct timer *t)
{
	part_closed(CONTAINER_OF(t, struct imap_session, deadline));
}

/* All of `out`, whatever room there is. */
static void write_all(struct imap_session *s)
{
	struct span left = buf_span(&s->out);
	struct buf squeezed;

	if (!s->compression) {
		(void)stream_write(s->stream, left);
		return;
	}
	buf_init(&squeezed, SIZE_MAX);
	for (; left.n; left = span_skip(left, COMPRESSION_PIECE))
		compression_put(s->compression, left, &squeezed);
	compression_flush(s->compression, &squeezed);
	(void)stream_write(s->stream, buf_span(&squeezed));
	buf_fini(&squeezed);
}

void session_end(struct imap_session *s, const char *how, const char *text)
{
	if (s->closing)
		return;
	s->closing = true;
	s->state = IMAP_LOGOUT;
	s->ended_how = how;
	if (text) {
		buf_add_lit(&s->out, "* BYE ");
		print_text(&s->out, span_of(text));
		buf_add_lit(&s->out, "\r\n");
	}
	/* Past the soft mark: nothing comes after it. What is past the hard one is lost with a peer that reads nothing. */
	write_all(s);
	compression_free(s->compression);
	s->compression = NULL;
	command_free(s->command);
	s->command = NULL;
	view_free(s->view);
	s->view = NULL;
	deferred_cancel(&s->turn);
	reader_fini(&s->reader);
	buf_fini(&s->out);
	buf_fini(&s->early);
	s->closing_parts = 2;
	timer_stop(&s->deadline);
	timer_fini(&s->deadline, deadline_closed);
	stream_close(s->stream, LINGER_MS);
}

void session_unselect(struct imap_session *s)
{
	view_free(s->view);
	s->view = NULL;
	s->view_gone = false;
	if (s->state == IMAP_SELECTED)
		s->state = IMAP_AUTH;
}

void session_select(struct imap_session *s, struct view *view)
{
	session_unselect(s);
	s->view = view;
	s->state = IMAP_SELECTED;
}

/* ── Deadlines ── */

static uint64_t idle_ms(const struct imap_session *s)
{
	return s->settings->imap_idle_timeout * 1000;
}

static bool output_waits(const struct imap_session *s)
{
	return s->out.n > 0 || stream_unsent(s->stream) > 0;
}

/* When the nearest deadline is. The timer is not moved with each command: when it fires it is set anew to what is left. */
static int64_t due_ms(const struct imap_session *s)
{
	int64_t idle = s->last_input_ms + (int64_t)idle_ms(s);
	int64_t stall = s->last_output_ms + STALL_MS;

	return output_waits(s) && stall < idle ? stall : idle;
}

static void deadline_fired(struct timer *t)
{
	struct imap_session *s = CONTAINER_OF(t, struct imap_session, deadline);
	int64_t now = clock_mono_ms(), due = due_ms(s);

	if (now < due)
		timer_start(t, (uint64_t)(due - now));
	else if (output_waits(s))
		session_end(s, "output stalled", NULL);
	else if (s->command && !command_wants_input(s->command))
		timer_start(t, idle_ms(s)); /* it works, or waits for the store, which has deadlines of its own */
	else
		session_end(s, "idle timeout", "Idle for too long");
}

/* ── Compression ── */

/* Takes what it can of `*in`: it becomes plain bytes in `early`, a bounded number of them. */
static void decompress(struct imap_session *s, struct span *in)
{
	while (in->n && s->early.n < COMPRESSION_PIECE)
		if (compression_take(s->compression, in, &s->early)) {
			session_end(s, "broken compression", "What came is not DEFLATE");
			return;
		}
}

void session_compress(struct imap_session *s)
{
	struct buf raw = s->early; /* sent behind the command, though a client should have waited */
	struct span in = buf_span(&raw);

	s->compress_next = false;
	write_all(s);
	buf_fini(&s->out);
	s->compression = compression_new();
	buf_init(&s->early, 2 * COMPRESSION_PIECE);
	decompress(s, &in);
	if (in.n && !s->closing)
		session_end(s, "broken compression", "Too much came behind COMPRESS");
	buf_fini(&raw);
	session_again(s);
}

/* ── The stream's events ── */

void session_again(struct imap_session *s)
{
	if (!s->closing)
		loop_defer(s->loop, &s->turn);
}

static void turn(struct deferred *d)
{
	struct imap_session *s = CONTAINER_OF(d, struct imap_session, turn);
	struct span in = buf_span(&s->early);

	session_pump(s, &in);
	if (s->closing)
		return;
	buf_consume(&s->early, s->early.n - in.n);
	if (s->compress_next && !s->command)
		session_compress(s);
	if (s->closing)
		return;
	if (s->early.n == 0)
		buf_fini(&s->early);
	if (!session_wants_input(s) || s->early.n || s->out.n || !list_empty(&s->turn.link))
		return;
	if (stream_pending(s->stream).n)
		stream_poke(s->stream);
	else if (s->input_ended)
		session_end(s, "closed by peer", NULL);
}

static size_t on_input(void *ctx, struct span bytes)
{
	struct imap_session *s = ctx;
	struct span in = bytes;

	if (s->early.n) {
		session_again(s);
		return 0;
	}
	if (s->compression) {
		decompress(s, &in);
		session_again(s);
		return bytes.n - in.n;
	}
	session_pump(s, &in);
	if (s->compress_next && !s->command && !s->closing)
		session_compress(s);
	if (s->input_ended)
		session_again(s);
	return bytes.n - in.n;
}

static void on_writable(void *ctx)
{
	struct imap_session *s = ctx;

	s->last_output_ms = clock_mono_ms();
	if (!s->pumping && !s->closing && (s->out.n || s->command))
		session_again(s);
}

static void on_ended(void *ctx, enum fail f, const struct why *w)
{
	struct imap_session *s = ctx;

	(void)w;
	s->input_ended = true;
	if (f)
		session_end(s, "connection lost", NULL);
	else
		session_again(s); /* what it sent before is still served */
}

/* Called from the feed: only IDLE waits for it. */
void session_wake(void *ctx)
{
	struct imap_session *s = ctx;

	if (s->command && s->command->waits == WAIT_EVENT)
		session_again(s);
}

/* ── The beginning ── */

struct capability_view session_capabilities(const struct imap_session *s)
{
	return (struct capability_view){.logged_in = true,
		.append_limit = s->settings->message_size_max,
		.literal_minus = s->settings->imap_literal_minus,
		.set = &s->capabilities};
}

static void greet(struct imap_session *s, const struct session_start *start)
{
	struct capability_view v = session_capabilities(s);

	if (start->preauth)
		buf_add_lit(&s->out, "* PREAUTH");
	else
		buf_add(&s->out, start->note.n ? start->note : SPAN("*"));
	buf_addf(&s->out, "%s [CAPABILITY ", start->preauth ? "" : " OK");
	print_capabilities(&s->out, &v);
	buf_add_lit(&s->out, "] Logged in\r\n");
}

static const struct stream_events events = {
	.input = on_input,
	.writable = on_writable,
	.ended = on_ended,
	.closed = stream_closed,
};

static struct session *session_begin(const struct session_start *start)
{
	struct imap_session *s = NEW(struct imap_session);

	s->account = start->account;
	s->user = (struct user){.account = account_id(start->account), .admin = start->preauth};
	s->settings = start->settings;
	s->loop = start->loop;
	s->stream = start->stream;
	s->ended = start->ended;
	s->ended_ctx = start->ctx;
	s->last_input_ms = s->last_output_ms = clock_mono_ms();
	reader_init(&s->reader, (struct reader_budget){READER_LINE_MAX, READER_LITERALS_MAX});
	s->reader.messages = true;
	if (!start->preauth) { /* an administrator's own commands need all that there is */
		s->capabilities = capabilities_of(s->settings, start->tls_listener);
		capabilities_switch_off(&s->capabilities, start->capabilities_off);
	}
	s->reader.unasked_max = capabilities_unasked_max(&s->capabilities, s->settings->imap_literal_minus);
	buf_init(&s->out, OUT_MAX);
	buf_init(&s->early, start->early.n);
	buf_add(&s->early, start->early);
	deferred_init(&s->turn, turn);
	timer_init(&s->deadline, s->loop, deadline_fired);
	timer_start(&s->deadline, idle_ms(s));
	stream_set_owner(s->stream, &events, s);
	greet(s, start);
	session_again(s);
	return (struct session *)s;
}

static void session_stop(struct session *session, const char *text)
{
	struct imap_session *s = (struct imap_session *)session;

	if (s->closing || s->stop_text)
		return;
	/* A response that is under way is not cut in two. */
	if (s->command && !command_wants_input(s->command))
		s->stop_text = memory_dup(text);
	else
		session_end(s, "stopped", text);
}

static int64_t session_idle_ms(const struct session *session)
{
	const struct imap_session *s = (const struct imap_session *)session;

	if (s->command && !command_wants_input(s->command))
		return 0;
	return clock_mono_ms() - s->last_input_ms;
}

/* The login is answered, as RFC 5530 §3 has it; BYE because there is nobody who could take another command. */
static void session_refuse(struct span note, enum fail f, const char *text, struct buf *out)
{
	(void)f;
	if (note.n) {
		buf_add(out, note);
		buf_addf(out, " NO [UNAVAILABLE] %s\r\n", text);
	}
	buf_addf(out, "* BYE [UNAVAILABLE] %s\r\n", text);
}

const struct session_ops imap_session_ops = {
	.protocol = "imap",
	.start = session_begin,
	.refuse = session_refuse,
	.stop = session_stop,
	.idle_ms = session_idle_ms,
};
