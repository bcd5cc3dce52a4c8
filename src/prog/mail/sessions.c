/* Sessions: from a ticket and a socket to a protocol's session, and to the line in the log when it ends. */
#include "prog/mail/mail.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/in_service.h"
#include "base/memory.h"
#include "imap/verb/session.h"
#include "pop3/verb/session.h"
#include "proc/channel.h"

enum { INPUT_MAX = 64 << 10, OUTPUT_MAX = 4 << 20, REFUSAL_MAX = INPUT_MAX + 1024, LINGER_MS = 2000 };

static const struct session_ops *const protocols[] = {&imap_session_ops, &pop3_session_ops};

struct mail_session {
	struct list link;
	struct mail *mail;
	const struct session_ops *ops;
	struct kept_settings *settings;
	struct stream *stream;   /* until the session has it */
	struct session *session; /* NULL while it is being opened */
	struct redemption redemption;
	struct store_wait wait;
	struct account *account;
	uint64_t account_id;
	char *user, *device, *capabilities_off;
	char id[32], peer[72];
	bool tls, tls_listener, preauth;
	bool refused; /* it will not begin: its stream is closing */
	struct buf note, early;
	int64_t began_ms;
};

static const struct session_ops *protocol_of(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (span_eq(name, span_of(protocols[i]->protocol)))
			return protocols[i];
	return NULL;
}

static void free_session(struct mail_session *s)
{
	struct mail *m = s->mail;

	list_remove(&s->link);
	redeem_cancel(&s->redemption);
	store_wait_cancel(&s->wait);
	kept_settings_unref(s->settings);
	buf_fini(&s->note);
	buf_fini(&s->early);
	free(s->user);
	free(s->device);
	free(s->capabilities_off);
	free(s);
	m->session_count--;
	child_counts_changed(m->child);
	mail_something_ended(m);
}

/* ── Before the session has begun ── */

static size_t keep_input(void *ctx, struct span bytes)
{
	(void)ctx;
	(void)bytes;
	return 0;
}

static void opening_ended(void *ctx, enum fail f, const struct why *w)
{
	struct mail_session *s = ctx;

	(void)w;
	if (f == FAIL_NONE)
		return; /* it may still read: the session will be told */
	s->refused = true;
	stream_close(s->stream, 0);
}

static void opening_closed(void *ctx)
{
	free_session(ctx);
}

static const struct stream_events opening_events = {
	.input = keep_input, .ended = opening_ended, .closed = opening_closed};

static void refuse(struct mail_session *s, enum fail f, const char *text)
{
	CLEANUP(buf_fini) struct buf line = {0};

	if (s->refused)
		return;
	s->refused = true;
	buf_init(&line, REFUSAL_MAX);
	s->ops->refuse(buf_span(&s->note), f, text, &line);
	stream_write(s->stream, buf_span(&line));
	stream_close(s->stream, LINGER_MS);
}

/* ── Its life in the log ── */

static void say_event(const struct mail_session *s, const char *name, const char *how)
{
	struct event e;

	event_begin(&e, LOG_INFO, name);
	event_text(&e, "session", s->id);
	event_text(&e, "protocol", s->ops->protocol);
	event_text(&e, "user", s->user);
	if (*s->device)
		event_text(&e, "device", s->device);
	event_text(&e, "peer", s->peer);
	event_text(&e, "tls", s->tls ? "yes" : "no");
	if (how) {
		event_text(&e, "how", how);
		event_number(&e, "seconds", (clock_mono_ms() - s->began_ms) / 1000);
	}
	event_end(&e);
}

static void session_ended(void *ctx, struct session *session, const char *how)
{
	struct mail_session *s = ctx;

	(void)session;
	say_event(s, "session-end", how);
	free_session(s);
}

/* Past the limit the one goes whose client has been silent longest: refusing the newest would lock out the person at the keyboard (a phone that left
 * connections behind is the usual reason). Of equals the oldest. */
static void make_room(struct mail_session *s)
{
	uint64_t most = s->settings->s->connections_per_account_max, n = 0;
	struct mail_session *silent = NULL;
	int64_t longest = -1;

	LIST_EACH(it, &s->mail->sessions)
	{
		struct mail_session *other = CONTAINER_OF(it, struct mail_session, link);

		if (other == s || other->account_id != s->account_id || !other->session || other->refused)
			continue;
		n++;
		if (other->ops->idle_ms(other->session) > longest) {
			longest = other->ops->idle_ms(other->session);
			silent = other;
		}
	}
	if (n < most || !silent)
		return;
	silent->refused = true; /* counts no more */
	silent->ops->stop(
		silent->session, "too many connections of this account: the one that was silent longest ends");
}

/* RFC 1939 §3's lock, for sites that want it: the numbers of a maildrop need none here. */
static bool is_locked(const struct mail_session *s)
{
	if (s->ops != &pop3_session_ops || !s->settings->s->pop3_lock)
		return false;
	LIST_EACH(it, &s->mail->sessions)
	{
		const struct mail_session *other = CONTAINER_OF(it, struct mail_session, link);

		if (other != s && other->ops == s->ops && other->account_id == s->account_id &&
			!strcmp(other->device, s->device) && other->session && other->ops->idle_ms(other->session) >= 0)
			return true;
	}
	return false;
}

static void begin(struct mail_session *s)
{
	SERVING(s->account_id);
	struct session_start start = {.loop = &s->mail->child->loop,
		.stream = s->stream,
		.account = s->account,
		.user = s->user,
		.device = s->device,
		.session = s->id,
		.peer = s->peer,
		.tls = s->tls,
		.tls_listener = s->tls_listener,
		.capabilities_off = span_of(s->capabilities_off),
		.preauth = s->preauth,
		.note = buf_span(&s->note),
		.early = buf_span(&s->early),
		.settings = s->settings->s,
		.ended = session_ended,
		.ctx = s};

	make_room(s);
	say_event(s, "login", NULL);
	s->session = s->ops->start(&start);
	s->stream = NULL;
	buf_fini(&s->early);
	if (s->mail->stopping)
		s->ops->stop(s->session, "the server is shutting down");
}

static void opened(struct store_wait *w, enum fail f)
{
	struct mail_session *s = CONTAINER_OF(w, struct mail_session, wait);

	if (!f && (s->refused || s->mail->broken)) {
		account_close(s->account);
		refuse(s, FAIL_UNAVAILABLE, STORE_PROBLEM);
		return;
	}
	if (!f && is_locked(s)) {
		account_close(s->account);
		refuse(s, FAIL_CONFLICT, "another session has this maildrop open: try again later");
		return;
	}
	if (!f) {
		begin(s);
		return;
	}
	event_say(LOG_ERROR, "account-unavailable", "account %llu cannot be opened: %s",
		(unsigned long long)s->account_id, w->why.log);
	refuse(s, FAIL_UNAVAILABLE,
		f == FAIL_UNAVAILABLE ? w->why.text : "this mailbox is unavailable just now: try again later");
}

static void open_account(struct mail_session *s)
{
	enum fail f = account_open(s->mail->store, s->account_id, &s->wait, &s->account);

	if (f != FAIL_BUSY)
		opened(&s->wait, f);
}

static char *text_of(struct span s)
{
	char *p = memory_new(s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

static void redeemed(struct redemption *r, const struct msg_redeemed *m)
{
	struct mail_session *s = CONTAINER_OF(r, struct mail_session, redemption);

	if (s->refused)
		return;
	if (m->fail) {
		event_say(LOG_WARN, "ticket-refused", "session %s: %.*s", s->id, SPAN_ARG(m->text));
		refuse(s, FAIL_UNAVAILABLE, "this login has expired: log in again");
		return;
	}
	s->account_id = m->account;
	s->user = text_of(m->user);
	s->device = text_of(m->detail);
	s->capabilities_off = text_of(m->capabilities_off);
	open_account(s);
}

/* ── The two ways in ── */

static struct mail_session *new_session(struct mail *m, struct span protocol, struct span id, struct span peer, int fd)
{
	struct stream_limits limits = {.input_max = INPUT_MAX,
		.output_max = OUTPUT_MAX,
		.quick_ack = span_eq(protocol, span_of(imap_session_ops.protocol))};
	struct mail_session *s = NEW(struct mail_session);

	s->mail = m;
	s->ops = protocol_of(protocol);
	s->settings = kept_settings_ref(m->child->kept);
	snprintf(s->id, sizeof s->id, "%.*s", SPAN_ARG(id));
	snprintf(s->peer, sizeof s->peer, "%.*s", SPAN_ARG(peer));
	buf_init(&s->note, INPUT_MAX);
	buf_init(&s->early, INPUT_MAX);
	s->redemption.done = redeemed;
	list_init(&s->redemption.link);
	store_wait_init(&s->wait, opened);
	s->began_ms = clock_mono_ms();
	list_append(&m->sessions, &s->link);
	m->session_count++;
	child_counts_changed(m->child);
	s->stream = stream_new(&m->child->loop, fd, &limits, &opening_events, s);
	return s;
}

void sessions_open(struct front_link *f, const struct msg_session_open *m, int fd)
{
	struct mail_session *s;

	if (fd < 0)
		return;
	if (!protocol_of(m->protocol) || f->mail->stopping) {
		close(fd);
		return;
	}
	s = new_session(f->mail, m->protocol, m->session, m->peer, fd);
	s->tls = m->tls;
	s->tls_listener = m->tls_listener;
	buf_add(&s->note, m->note);
	buf_add(&s->early, m->early);
	redeem(f->mail, &s->redemption, TICKET_LOGIN, m->ticket, f->index, m->connection);
}

void sessions_open_admin(struct mail *m, const struct msg_admin_session *a, int fd)
{
	struct mail_session *s;

	if (fd < 0)
		return;
	if (!protocol_of(a->protocol) || m->stopping) {
		close(fd);
		return;
	}
	s = new_session(m, a->protocol, a->session, SPAN("admin"), fd);
	s->preauth = true;
	s->account_id = a->account;
	s->user = text_of(a->user);
	s->device = text_of(SPAN(""));
	s->capabilities_off = text_of(SPAN(""));
	open_account(s);
}

void sessions_stop(struct mail *m, uint64_t account, const char *text)
{
	LIST_EACH(it, &m->sessions)
	{
		struct mail_session *s = CONTAINER_OF(it, struct mail_session, link);

		if (account && s->account_id != account)
			continue;
		if (s->session)
			s->ops->stop(s->session, text);
		else
			refuse(s, FAIL_UNAVAILABLE, text);
	}
}
