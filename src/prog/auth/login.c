/* Logins: from credentials to a ticket, or to a refusal that takes its time.
 *
 *   STEPS (SASL) ─ credentials ─► attempt ─ throttle ─► LINE ─ verified lately ──────► accept
 *                                                          └─► CHECKING (a thread) ─ ok ─┘
 *                                                                └ wrong ─► DELAYED ─► AUTH_FAILED
 *
 * What a failure says, how long it takes and what it costs do not tell an unknown user from a wrong password. */
#include "prog/auth/auth.h"

#include <openssl/crypto.h>

#include "auth/sasl.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/memory.h"
#include "proc/channel.h"

enum { LOGIN_TICKET_MS = 30000, CHALLENGE_MAX = 8192, USER_MAX = 1024, PASSWORD_OCTETS_MAX = 4096 };
enum phase { STEPS, LINE, CHECKING, DELAYED, OVER };

struct login {
	struct list link;
	struct auth_link *front;
	uint64_t connection;
	enum phase phase;
	char session[25], protocol[9], peer[65];
	bool tls;
	struct sasl *sasl;
	char *user, *password; /* of APOP the password is the digest */
	size_t user_n, password_n;
	char *timestamp;             /* APOP: what the digest is of; else NULL */
	char device[DETAIL_MAX + 1]; /* of POP3, which the name may name; "" = none */
	uint64_t account;            /* 0 = unknown */
	uint64_t checked_hash;       /* keyed digest of the stored hash that the password is checked against */
	struct verification *check;
	struct timer timer;
	enum fail fail; /* what DELAYED will say */
	const char *text;
};

/* ── Life ── */

static void timer_closed(struct timer *t)
{
	free(CONTAINER_OF(t, struct login, timer));
}

static void wipe(char *p, size_t n)
{
	if (p)
		OPENSSL_cleanse(p, n);
	free(p);
}

static void end(struct login *l)
{
	if (l->phase == OVER)
		return;
	if (l->check)
		verifier_forget(l->check);
	l->check = NULL;
	l->phase = OVER;
	list_remove(&l->link);
	sasl_free(l->sasl);
	wipe(l->password, l->password_n);
	free(l->user);
	free(l->timestamp);
	l->sasl = NULL;
	l->password = l->user = l->timestamp = NULL;
	timer_fini(&l->timer, timer_closed);
}

static struct login *find(struct auth_link *front, uint64_t connection)
{
	LIST_EACH(it, &front->auth->logins)
	{
		struct login *l = CONTAINER_OF(it, struct login, link);

		if (l->front == front && l->connection == connection)
			return l;
	}
	return NULL;
}

static void send_to_front(struct login *l, const struct msg *m)
{
	if (l->front->channel && channel_send(l->front->channel, m, -1))
		event_say(LOG_WARN, "channel", "front.%u does not take an answer for session %s", l->front->index,
			l->session);
}

/* ── Verdicts ── */

static void say_failed(struct login *l)
{
	struct msg m = {.kind = MSG_AUTH_FAILED,
		.auth_failed = {.connection = l->connection, .fail = l->fail, .text = span_of(l->text)}};

	send_to_front(l, &m);
	end(l);
}

/* One stable line a failure, for people and for programs that watch the log: its name and keys do not change. */
static void log_failure(const struct login *l, const char *reason)
{
	struct event e;

	event_begin(&e, LOG_WARN, "login-failed");
	event_text(&e, "session", l->session);
	event_text(&e, "protocol", l->protocol);
	event_span(&e, "user", span(l->user, l->user_n));
	event_text(&e, "peer", l->peer);
	event_text(&e, "tls", l->tls ? "yes" : "no");
	event_text(&e, "reason", reason);
	event_end(&e);
}

static void fail_later(struct login *l, enum fail f, const char *text, const char *reason)
{
	struct auth *a = l->front->auth;

	a->failure_count++;
	child_counts_changed(a->child);
	log_failure(l, reason);
	l->fail = f;
	l->text = text;
	l->phase = DELAYED;
	timer_start(&l->timer, (uint64_t)a->throttle.base);
}

static void fail_now(struct login *l, enum fail f, const char *text)
{
	l->fail = f;
	l->text = text;
	say_failed(l);
}

static struct attempt attempt_of(const struct login *l, const struct account_row *row)
{
	return (struct attempt){span_of(l->peer), row ? name_span(&row->name) : span(l->user, l->user_n)};
}

/* RFC 2449 §6.5. Only who has shown the password is told. */
static bool too_soon(struct login *l, const struct account_row *row)
{
	struct auth *a = l->front->auth;
	int64_t delay = (int64_t)a->child->settings->pop3_login_delay * 1000;

	return !strcmp(l->protocol, "pop3") &&
	       !login_delay_over(&a->delays, row->id, span_of(l->device), clock_mono_ms(), delay);
}

static void accept_login(struct login *l, const struct account_row *row)
{
	struct auth *a = l->front->auth;
	struct attempt attempt = attempt_of(l, row);
	struct ticket t = {.kind = TICKET_LOGIN,
		.front = l->front->index,
		.connection = l->connection,
		.account = row->id,
		.shard = row->shard};
	struct msg m = {.kind = MSG_AUTH_OK, .auth_ok = {.connection = l->connection, .shard = row->shard}};

	snprintf(t.detail, sizeof t.detail, "%s", l->device);
	throttle_succeeded(&a->throttle, &attempt, clock_mono_ms());
	if (is_set_aside(a, row->id)) {
		fail_now(l, FAIL_UNAVAILABLE, "this mailbox is unavailable until an administrator has looked at it");
		return;
	}
	if (too_soon(l, row)) {
		fail_now(l, FAIL_LOGIN_DELAY, "this account was looked into a moment ago: wait, then try again");
		return;
	}
	if (ticket_issue(&a->tickets, &t, clock_mono_ms(), LOGIN_TICKET_MS, m.auth_ok.ticket)) {
		fail_now(l, FAIL_UNAVAILABLE, "too many logins at once: try again in a moment");
		return;
	}
	a->login_count++;
	child_counts_changed(a->child);
	send_to_front(l, &m);
	end(l);
}

static uint64_t digest_of_hash(const struct account_row *row)
{
	struct span hash = span_of(row ? row->hash : "");

	return table_hash(&hash, 1);
}

static void wrong(struct login *l, const struct account_row *row, const char *reason)
{
	struct attempt attempt = attempt_of(l, row);

	throttle_failed(&l->front->auth->throttle, &attempt, span(l->password, l->password_n), clock_mono_ms());
	fail_later(l, FAIL_AUTH, "wrong user name or password",
		!row            ? "no such account"
		: row->disabled ? "account disabled"
				: reason);
}

/* A password that was changed while the old one was being checked lets nobody in, nor into the cache under the new hash. */
static void checked(void *ctx, bool ok)
{
	struct login *l = ctx;
	struct auth *a = l->front->auth;
	const struct account_row *row = l->account ? directory_by_id(a->directory, l->account) : NULL;

	l->check = NULL;
	if (ok && row && !row->disabled && digest_of_hash(row) == l->checked_hash) {
		login_cache_add(&a->cache, row, span(l->password, l->password_n), clock_mono_ms());
		accept_login(l, row);
		return;
	}
	wrong(l, row, "wrong password");
}

/* RFC 1939 §7. No password is involved, and none but an account with a secret of its own gets in so. */
static void check_apop(struct login *l, const struct account_row *row)
{
	struct auth *a = l->front->auth;
	struct why w;
	bool ok =
		row && !row->disabled && row->apop.n && !apop_key_load(a->disk, false, &a->apop_key, &w) &&
		apop_matches(&a->apop_key, row->id, row->apop, span_of(l->timestamp), span(l->password, l->password_n));

	if (ok)
		accept_login(l, row);
	else
		wrong(l, row, row && !row->apop.n ? "no secret for APOP" : "wrong digest");
}

/* ── The attempt ── */

static void check(struct login *l)
{
	struct auth *a = l->front->auth;
	const struct account_row *row = l->account ? directory_by_id(a->directory, l->account) : NULL;
	struct why w;

	if (l->timestamp) {
		check_apop(l, row);
		return;
	}
	if (row && !row->disabled &&
		login_cache_has(&a->cache, row, span(l->password, l->password_n), clock_mono_ms())) {
		accept_login(l, row);
		return;
	}
	l->phase = CHECKING;
	l->checked_hash = digest_of_hash(row);
	if (verifier_check(
		    &a->verifier, span(l->password, l->password_n), row ? row->hash : NULL, checked, l, &l->check, &w))
		fail_now(l, FAIL_UNAVAILABLE, "too many logins at once: try again in a moment");
}

static void on_timer(struct timer *t)
{
	struct login *l = CONTAINER_OF(t, struct login, timer);

	if (l->phase == LINE)
		check(l);
	else if (l->phase == DELAYED)
		say_failed(l);
}

static char *copy(struct span s)
{
	char *p = memory_new(s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

/* As it came, else as RFC 6856 §2.2 has names compared. What stands behind a slash is the device: POP3's, but clients send the same name to
 * every protocol, where it means the account alone. */
static const struct account_row *who_is(struct login *l, struct span user)
{
	struct auth *a = l->front->auth;
	const struct account_row *row;
	char prepared[USER_MAX + 1];

	(void)!name_split_device(user, &user, l->device);
	row = directory_by_login(a->directory, user);
	if (!row && sasl_prepared_name(user, prepared, sizeof prepared))
		row = directory_by_login(a->directory, span_of(prepared));
	return row;
}

static void attempt(struct login *l, struct span user, struct span password)
{
	struct auth *a = l->front->auth;
	const struct account_row *row = who_is(l, user);
	struct attempt who;
	int64_t wait;

	if (user.n > USER_MAX || password.n > PASSWORD_OCTETS_MAX) {
		fail_later(l, FAIL_AUTH, "wrong user name or password", "too long");
		return;
	}
	l->user = copy(user);
	l->user_n = user.n;
	l->password = copy(password);
	l->password_n = password.n;
	l->account = row ? row->id : 0;
	who = attempt_of(l, row);
	wait = throttle_wait(&a->throttle, &who, clock_mono_ms());
	if (wait == THROTTLE_REFUSE) {
		fail_later(l, FAIL_AUTH, "too many failed logins: wait a minute, then try again", "too many failures");
		return;
	}
	l->phase = LINE;
	if (wait > 0)
		timer_start(&l->timer, (uint64_t)wait);
	else
		check(l);
}

/* ── Messages ── */

static struct login *new_login(struct auth_link *front, uint64_t connection, struct span session, struct span protocol,
	struct span peer, bool tls)
{
	struct login *l;

	login_cancel(front, connection); /* one at a time */
	l = NEW(struct login);
	l->front = front;
	l->connection = connection;
	l->tls = tls;
	snprintf(l->session, sizeof l->session, "%.*s", SPAN_ARG(session));
	snprintf(l->protocol, sizeof l->protocol, "%.*s", SPAN_ARG(protocol));
	snprintf(l->peer, sizeof l->peer, "%.*s", SPAN_ARG(peer));
	timer_init(&l->timer, &front->auth->child->loop, on_timer);
	list_append(&front->auth->logins, &l->link);
	return l;
}

void login_with_password(struct auth_link *front, const struct msg_auth_login *m)
{
	attempt(new_login(front, m->connection, m->session, m->protocol, m->peer, m->tls), m->user, m->password);
}

void login_with_apop(struct auth_link *front, const struct msg_auth_apop *m)
{
	struct login *l = new_login(front, m->connection, m->session, m->protocol, m->peer, m->tls);

	l->timestamp = copy(m->timestamp);
	attempt(l, m->user, m->digest);
}

static void after_step(struct login *l, enum sasl_result result, const struct buf *challenge)
{
	struct msg m = {.kind = MSG_AUTH_CHALLENGE,
		.auth_challenge = {.connection = l->connection, .challenge = buf_span(challenge)}};

	if (result == SASL_CREDENTIALS) {
		struct sasl_credentials c = sasl_credentials(l->sasl);

		attempt(l, c.user, c.password);
	} else if (result == SASL_CHALLENGE) {
		send_to_front(l, &m);
	} else {
		fail_later(l, FAIL_AUTH, "the authentication exchange was malformed", "malformed exchange");
	}
}

void login_begin(struct auth_link *front, const struct msg_auth_begin *m)
{
	struct login *l = new_login(front, m->connection, m->session, m->protocol, m->peer, m->tls);
	CLEANUP(buf_fini) struct buf challenge = {0};
	struct span none = {NULL, 0};
	struct why w;

	buf_init(&challenge, CHALLENGE_MAX);
	if (sasl_new(m->mechanism, &l->sasl, &w)) {
		fail_now(l, FAIL_CANNOT, "this mechanism is not offered here");
		return;
	}
	after_step(l, sasl_begin(l->sasl, m->has_initial ? m->initial : none, &challenge), &challenge);
}

void login_response(struct auth_link *front, const struct msg_auth_response *m)
{
	struct login *l = find(front, m->connection);
	CLEANUP(buf_fini) struct buf challenge = {0};

	buf_init(&challenge, CHALLENGE_MAX);
	if (l && l->phase == STEPS)
		after_step(l, sasl_step(l->sasl, m->response, &challenge), &challenge);
}

void login_cancel(struct auth_link *front, uint64_t connection)
{
	struct login *l = find(front, connection);

	if (l)
		end(l);
}

void logins_drop(struct auth_link *front)
{
	LIST_EACH(it, &front->auth->logins)
	{
		struct login *l = CONTAINER_OF(it, struct login, link);

		if (l->front == front)
			end(l);
	}
}
