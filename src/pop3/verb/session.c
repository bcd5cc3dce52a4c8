/* A POP3 session: lines in, one verb at a time, replies out as the client reads. Commands may be pipelined (RFC 2449 §6.6).
 * Never changes anything before QUIT: a connection that just ends leaves the maildrop as it was (RFC 1939 §6). */
#include "pop3/verb/session.h"

#include "base/in_service.h"
#include "base/clock.h"
#include "base/memory.h"
#include "conf/settings.h"
#include "pop3/verb/session_state.h"

/* SEND_ROOM: what one piece of a message may take, stuffed */
enum { REPLY_MAX = 128 << 10, PIECE_MAX = 64 << 10, LINGER_MS = 5000, SEND_ROOM = 49 << 10 };

static const struct {
	const char *word;
	pop3_verb run;
	int least, most;
	enum pop3_capability capability;
} verbs[] = {
#define REST POP3_REST
#define ROW_DOOR(word, function, least, most, can)
#define ROW_MAILDROP(word, function, least, most, can)     {word, pop3_verb_##function, least, most, can},
#define VERB(word, where, function, least, most, can, rfc) ROW_##where(#word, function, least, most, POP3_CAN_##can)
#include "pop3/verbs.def"
#undef VERB
#undef ROW_DOOR
#undef ROW_MAILDROP
#undef REST
};

/* ── What verbs use ── */

void pop3_send(struct pop3_session *s)
{
	if (s->reply.n)
		stream_write(s->start.stream, buf_span(&s->reply));
	buf_fini(&s->reply);
}

void pop3_say_ok(struct pop3_session *s, const char *text)
{
	pop3_ok(&s->reply, s->note.language, text);
	pop3_send(s);
}

void pop3_say_err(struct pop3_session *s, enum fail f, const char *text)
{
	pop3_err(&s->reply, s->note.language, f, text);
	pop3_send(s);
}

uint32_t pop3_number(struct pop3_session *s, struct span argument)
{
	uint32_t number;

	if (!span_u32(argument, &number) || number == 0) {
		pop3_say_err(s, FAIL_SYNTAX, "a message number is wanted");
		return 0;
	}
	if (maildrop_has(&s->drop, number))
		return number;
	pop3_say_err(s, FAIL_NOT_FOUND,
		number > s->drop.count ? "there is no such message" : "this message is marked deleted");
	return 0;
}

void pop3_accessed(struct pop3_session *s, uint32_t number)
{
	if (number > s->last)
		s->last = number;
}

/* ── The end ── */

static void idle_closed(struct timer *t)
{
	struct pop3_session *s = CONTAINER_OF(t, struct pop3_session, idle);

	s->start.ended(s->start.ctx, (struct session *)(void *)s, s->how);
	free(s);
}

static void on_closed(void *ctx)
{
	struct pop3_session *s = ctx;

	timer_fini(&s->idle, idle_closed);
}

void pop3_end(struct pop3_session *s, const char *how, uint64_t linger_ms)
{
	if (s->phase == POP3_ENDED)
		return;
	s->phase = POP3_ENDED;
	s->how = how;
	deferred_cancel(&s->go_on);
	store_wait_cancel(&s->wait); /* a batch whose commit is under way frees itself then */
	if (!s->waiting)
		batch_free(s->batch);
	s->batch = NULL;
	pop3_shown_free(s->shown);
	s->shown = NULL;
	maildrop_close(&s->drop);
	account_close(s->start.account);
	buf_fini(&s->reply);
	buf_fini(&s->piece);
	timer_stop(&s->idle);
	stream_close(s->start.stream, linger_ms);
}

/* ── QUIT: the UPDATE state ── */

static void update_done(struct pop3_session *s, enum fail f)
{
	if (f)
		pop3_say_err(s, f == FAIL_CONFLICT ? FAIL_UNAVAILABLE : f, "nothing has been deleted: try again later");
	else
		pop3_say_ok(s, "bye");
	pop3_end(s, "logout", LINGER_MS);
}

void pop3_verb_quit(struct pop3_session *s, const struct pop3_command *c)
{
	enum fail f;

	(void)c;
	s->phase = POP3_UPDATING;
	s->batch = batch_begin(s->drop.account);
	f = maildrop_stage(&s->drop, s->batch, &s->wait.why);
	if (!f)
		f = batch_commit(s->batch, &s->wait);
	s->waiting = f == FAIL_BUSY;
	if (!s->waiting)
		update_done(s, f);
}

/* ── Input ── */

static void touch(struct pop3_session *s)
{
	s->last_input_ms = clock_mono_ms();
	timer_start(&s->idle, s->start.settings->pop3_idle_timeout * 1000);
}

static void run_line(struct pop3_session *s, struct span line)
{
	struct pop3_command c;

	if (pop3_command_parse(line, &c)) {
		pop3_say_err(s, FAIL_SYNTAX, "that is no command");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!span_eq_nocase(c.word, span_of(verbs[i].word)) ||
			!pop3_capability_on(&s->offered, verbs[i].capability))
			continue;
		if (pop3_arguments_fit(&c, verbs[i].least, verbs[i].most))
			verbs[i].run(s, &c);
		else
			pop3_say_err(s, FAIL_SYNTAX, "wrong number of arguments");
		return;
	}
	pop3_say_err(s, FAIL_UNKNOWN_VERB, "unknown command");
}

/* One line at a time; nothing while a verb lasts, nor while the client does not read its answers. */
static size_t take(struct pop3_session *s, struct span bytes)
{
	struct span line;
	size_t n;

	if (s->phase != POP3_COMMAND || stream_room(s->start.stream) == 0)
		return 0;
	n = pop3_line(bytes, &line);
	if (s->peer_ended)
		loop_defer(s->start.loop, &s->go_on); /* this may have been the last of it */
	if (s->skipping) {
		s->skipping = n == 0;
		return n ? n : bytes.n;
	}
	if (n == 0 && bytes.n < POP3_LINE_MAX)
		return 0;
	touch(s);
	if (n == 0 || line.n > POP3_LINE_MAX) {
		s->skipping = n == 0;
		pop3_say_err(s, FAIL_TOO_BIG, "that line is too long");
		return n ? n : bytes.n;
	}
	run_line(s, line);
	if (s->phase == POP3_MEASURING || s->phase == POP3_SENDING || s->phase == POP3_LISTING)
		loop_defer(s->start.loop, &s->go_on);
	return n;
}

static size_t on_input(void *ctx, struct span bytes)
{
	struct pop3_session *s = ctx;
	SERVING(s->drop.user.account);

	return s->phase == POP3_ENDED ? bytes.n : take(s, bytes);
}

/* ── Turning ── */

/* A client may send everything, end its side, and still read the answers (RFC 793's half-close; `nc` does so). */
static void end_if_nothing_is_left(struct pop3_session *s)
{
	if (!s->peer_ended || s->phase != POP3_COMMAND)
		return;
	if (span_find_byte(stream_pending(s->start.stream), '\n') == SIZE_MAX)
		pop3_end(s, "closed by peer", LINGER_MS);
}

static void go_on(struct deferred *d)
{
	struct pop3_session *s = CONTAINER_OF(d, struct pop3_session, go_on);
	SERVING(s->drop.user.account);

	if (s->phase == POP3_MEASURING && !s->waiting) { /* a few messages a turn: others are served between */
		pop3_measure_step(s);
		loop_defer(s->start.loop, &s->go_on);
		return;
	}
	while (!s->waiting && stream_room(s->start.stream) > SEND_ROOM) {
		if (s->phase == POP3_SENDING)
			pop3_send_step(s);
		else if (s->phase == POP3_LISTING)
			pop3_list_step(s);
		else
			break;
	}
	if (s->phase != POP3_COMMAND)
		return;
	stream_poke(s->start.stream);
	end_if_nothing_is_left(s);
}

static void on_writable(void *ctx)
{
	struct pop3_session *s = ctx;

	if (s->phase == POP3_ENDED)
		return;
	touch(s); /* a slow reader is not an idle one */
	loop_defer(s->start.loop, &s->go_on);
}

static void on_ended(void *ctx, enum fail f, const struct why *w)
{
	struct pop3_session *s = ctx;

	(void)w;
	if (f) {
		pop3_end(s, "connection lost", 0);
		return;
	}
	s->peer_ended = true;
	loop_defer(s->start.loop, &s->go_on);
}

static const struct stream_events events = {
	.input = on_input, .writable = on_writable, .ended = on_ended, .closed = on_closed};

static void opened(struct pop3_session *s, enum fail f)
{
	if (f) {
		pop3_say_err(s, f, s->wait.why.text);
		pop3_end(s, "maildrop unavailable", LINGER_MS);
		return;
	}
	maildrop_take(&s->drop);
	s->shown = pop3_shown_new(s);
	pop3_ok_numbers(
		&s->reply, s->note.language, "maildrop has %1 messages (%2 octets)", s->drop.count, s->drop.left_size);
	pop3_send(s);
	s->phase = POP3_COMMAND;
	stream_poke(s->start.stream);
}

static void wait_done(struct store_wait *w, enum fail f)
{
	struct pop3_session *s = CONTAINER_OF(w, struct pop3_session, wait);
	SERVING(s->drop.user.account);

	s->waiting = false;
	if (s->phase == POP3_OPENING)
		opened(s, f);
	else if (s->phase == POP3_UPDATING)
		update_done(s, f);
	else if (f && s->phase == POP3_MEASURING)
		pop3_measure_failed(s);
	else if (f)
		pop3_read_failed(s, f);
	if (s->phase != POP3_ENDED)
		loop_defer(s->start.loop, &s->go_on);
}

static void on_idle(struct timer *t)
{
	struct pop3_session *s = CONTAINER_OF(t, struct pop3_session, idle);

	/* RFC 1939 §3: no message is removed when the session ends so */
	pop3_say_err(s, FAIL_TIMEOUT, "nothing was said for too long");
	pop3_end(s, "timeout", LINGER_MS);
}

/* ── session_ops ── */

static struct session *start(const struct session_start *start)
{
	struct pop3_session *s = NEW(struct pop3_session);
	enum fail f;

	s->start = *start;
	pop3_note_get(start->note, &s->note);
	s->start.user = s->start.peer = s->start.device = NULL; /* borrowed until now */
	s->offered = pop3_capabilities_of(start->settings, start->tls_listener);
	pop3_capabilities_switch_off(&s->offered, start->capabilities_off);
	s->start.note = s->start.early = s->start.capabilities_off = span(NULL, 0);
	snprintf(s->session_id, sizeof s->session_id, "%s", start->session);
	s->start.session = s->session_id;
	s->drop.account = start->account;
	s->drop.settings = start->settings;
	s->drop.user.account = account_id(start->account);
	buf_init(&s->reply, REPLY_MAX);
	buf_init(&s->piece, PIECE_MAX);
	deferred_init(&s->go_on, go_on);
	timer_init(&s->idle, start->loop, on_idle);
	store_wait_init(&s->wait, wait_done);
	stream_set_owner(start->stream, &events, s);
	if (start->early.n && stream_preload(start->stream, start->early))
		f = why(&s->wait.why, FAIL_TOO_BIG, "too much was sent ahead of the login");
	else
		f = maildrop_set_device(&s->drop, start->device, &s->wait.why);
	if (!f)
		f = maildrop_open(&s->drop, &s->wait);
	s->waiting = f == FAIL_BUSY;
	touch(s);
	if (!s->waiting)
		opened(s, f);
	return (struct session *)(void *)s;
}

static void stop(struct session *session, const char *text)
{
	struct pop3_session *s = (struct pop3_session *)(void *)session;

	if (s->phase == POP3_ENDED)
		return;
	if (s->phase != POP3_SENDING && s->phase != POP3_LISTING)
		pop3_say_err(s, FAIL_UNAVAILABLE, text);
	pop3_end(s, "stopped", LINGER_MS);
}

static int64_t idle_ms(const struct session *session)
{
	const struct pop3_session *s = (const struct pop3_session *)(const void *)session;

	if (s->phase == POP3_ENDED)
		return -1;
	return s->phase == POP3_COMMAND ? clock_mono_ms() - s->last_input_ms : 0;
}

static void refuse(struct span note, enum fail f, const char *text, struct buf *out)
{
	struct pop3_note n;

	pop3_note_get(note, &n);
	pop3_err(out, n.language, f, text);
}

const struct session_ops pop3_session_ops = {
	.protocol = "pop3", .start = start, .refuse = refuse, .stop = stop, .idle_ms = idle_ms};
