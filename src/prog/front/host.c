/* What a door may ask for (net/door.h), turned into calls on its stream and messages to auth and mail. Questions are answered from the loop,
 * never from inside the call. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lmtp/wire/relay.h"
#include "proc/channel.h"
#include "prog/front/front.h"

enum { LINGER_MS = 2000 };

static struct connection *self(struct door_host *h)
{
	return CONTAINER_OF(h, struct connection, host);
}

static bool cleartext_ok(const struct connection *c)
{
	struct span rule = span_of(c->settings->s->cleartext_login);

	return c->info.tls || span_eq(rule, SPAN("always")) ||
	       (span_eq(rule, SPAN("loopback")) && c->info.peer_is_loopback);
}

static const struct door_info *info(struct door_host *h)
{
	struct connection *c = self(h);

	if (c->settings != c->front->child->kept) {
		kept_settings_unref(c->settings);
		c->settings = kept_settings_ref(c->front->child->kept);
	}
	c->info.settings = c->settings->s;
	c->info.hostname = c->front->child->hostname;
	c->info.tls_available = c->front->tls && !c->info.tls;
	c->info.cleartext_ok = cleartext_ok(c);
	return &c->info;
}

static void write_bytes(struct door_host *h, struct span bytes)
{
	struct connection *c = self(h);

	/* a client that asks and asks but never reads the answers */
	if (stream_write(c->stream, bytes))
		connection_close(c, 0);
}

static void start_tls(struct door_host *h)
{
	struct connection *c = self(h);

	stream_start_tls(c->stream, c->front->tls);
}

/* ── Questions to auth ── */

static void ask(struct connection *c, const struct msg *m)
{
	c->awaiting = true;
	c->resolving = m->kind == MSG_RESOLVE;
	c->failed = c->front->auth ? channel_send(c->front->auth, m, -1) : FAIL_UNAVAILABLE;
	if (!c->failed)
		return;
	loop_defer(&c->front->child->loop, &c->soon);
}

/* A name or password that is longer than any can be is a wrong one. */
void host_failed(struct connection *c)
{
	bool wrong = c->failed == FAIL_TOO_BIG || c->failed == FAIL_CANNOT;

	c->failed = FAIL_NONE;
	c->awaiting = false;
	if (c->resolving)
		c->ops->resolved(c->door, wrong ? FAIL_NOT_FOUND : FAIL_UNAVAILABLE, NULL,
			wrong ? "there is no such user here" : "addresses cannot be checked just now: try again");
	else
		c->ops->auth_done(c->door, wrong ? FAIL_AUTH : FAIL_UNAVAILABLE,
			wrong ? "wrong user name or password"
			      : "logins cannot be checked just now: try again in a moment");
	connection_answered(c);
}

static void authenticate(struct door_host *h, struct span mechanism, struct span initial)
{
	struct connection *c = self(h);
	struct msg m = {.kind = MSG_AUTH_BEGIN,
		.auth_begin = {.connection = c->number,
			.session = span_of(c->info.session),
			.protocol = span_of(c->ops->protocol),
			.peer = span_of(c->info.peer),
			.tls = c->info.tls,
			.mechanism = mechanism,
			.has_initial = initial.p != NULL,
			.initial = initial}};

	ask(c, &m);
}

static void respond(struct door_host *h, struct span response)
{
	struct connection *c = self(h);
	struct msg m = {.kind = MSG_AUTH_RESPONSE, .auth_response = {.connection = c->number, .response = response}};

	ask(c, &m);
}

static void cancel(struct door_host *h)
{
	struct connection *c = self(h);
	struct msg m = {.kind = MSG_AUTH_CANCEL, .auth_cancel = {.connection = c->number}};

	c->awaiting = false;
	c->failed = FAIL_NONE;
	if (c->front->auth)
		(void)!channel_send(c->front->auth, &m, -1);
}

static void login(struct door_host *h, struct span user, struct span password)
{
	struct connection *c = self(h);
	struct msg m = {.kind = MSG_AUTH_LOGIN,
		.auth_login = {.connection = c->number,
			.session = span_of(c->info.session),
			.protocol = span_of(c->ops->protocol),
			.peer = span_of(c->info.peer),
			.tls = c->info.tls,
			.user = user,
			.password = password}};

	ask(c, &m);
}

static void apop(struct door_host *h, struct span user, struct span timestamp, struct span digest)
{
	struct connection *c = self(h);
	struct msg m = {.kind = MSG_AUTH_APOP,
		.auth_apop = {.connection = c->number,
			.session = span_of(c->info.session),
			.protocol = span_of(c->ops->protocol),
			.peer = span_of(c->info.peer),
			.tls = c->info.tls,
			.user = user,
			.timestamp = timestamp,
			.digest = digest}};

	ask(c, &m);
}

static void resolve(struct door_host *h, struct span address)
{
	struct connection *c = self(h);
	struct msg m = {
		.kind = MSG_RESOLVE, .resolve = {.connection = c->number, .request = ++c->request, .address = address}};

	ask(c, &m);
}

/* ── The rest ── */

static struct stream *delivery(struct door_host *h, uint32_t shard, void *ctx)
{
	struct connection *c = self(h);
	struct channel *mail = shard < MAILS_MAX ? c->front->mails[shard].channel : NULL;
	struct msg m = {.kind = MSG_DELIVERY_OPEN,
		.delivery_open = {
			.connection = c->number, .session = span_of(c->info.session), .peer = span_of(c->info.peer)}};
	int pair[2];

	(void)ctx; /* the door sets itself as the owner */
	if (!mail || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair))
		return NULL;
	if (channel_send(mail, &m, pair[1])) {
		close(pair[0]);
		return NULL;
	}
	return stream_new(&c->front->child->loop, pair[0], &relay_stream_limits, NULL, NULL);
}

static void poke(struct door_host *h)
{
	connection_answered(self(h));
}

static void close_soon(struct door_host *h)
{
	connection_close(self(h), LINGER_MS);
}

static void deadline(struct door_host *h, uint64_t ms)
{
	struct connection *c = self(h);

	if (ms)
		timer_start(&c->deadline, ms);
	else
		timer_stop(&c->deadline);
}

const struct door_host_ops front_door_host = {
	.info = info,
	.write = write_bytes,
	.start_tls = start_tls,
	.authenticate = authenticate,
	.respond = respond,
	.cancel = cancel,
	.login = login,
	.apop = apop,
	.resolve = resolve,
	.delivery = delivery,
	.poke = poke,
	.close = close_soon,
	.deadline = deadline,
};
