/* The administrator's socket, data_dir/run/admin.sock: for root and the server's own user only. One command a line, words separated by TAB
 * (a name or a hash holds none), then rows and one closing line:
 *
 *   account-list | account-show NAME | account-add NAME HASH | account-passwd NAME HASH | account-remove NAME [purge] | account-disable NAME |
 *   account-enable NAME | account-clear NAME | account-apop NAME [SECRET] |
 *   account-capabilities-off NAME [NAMES]
 *                                  ─►  "ACCOUNT id shard created enabled|disabled[,apop] name capabilities-off" …   "OK" or "NO FAILURE text"
 *   reclaim                        ─►  "OK": every mail process has been asked to give disk space back
 *   session NAME PROTOCOL          ─►  "OK": from the next octet on this connection is a session of that account, logged in
 *
 * Passwords never come here: the command line makes the hash. The secret of APOP, which is no password, does: it is sealed here. */
#include "prog/auth/auth.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/event.h"
#include "base/memory.h"
#include "net/stream.h"
#include "proc/channel.h"
#include "prog/super/set_aside.h"

enum { WORDS_MAX = 3, LINE_MAX_OCTETS = 4096, OUTPUT_MAX = 32 << 20, LINGER_MS = 2000 };

struct admin {
	struct list link;
	struct auth *auth;
	struct stream *stream;
	struct account_clearing *clearing; /* NULL: none is asked for */
	bool gone;
};

struct words {
	struct span at[WORDS_MAX];
	size_t n;
};

static void say(struct admin *c, const char *fmt, ...) PRINTF(2, 3);
static void say(struct admin *c, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n > 0 && stream_write(c->stream, span(line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1)))
		stream_close(c->stream, 0);
}

static void say_result(struct admin *c, enum fail f, const struct why *w)
{
	if (!f) {
		say(c, "OK\n");
		return;
	}
	if (fail_row(f)->level == LOG_ERROR)
		event_say(LOG_ERROR, "accounts", "%s", w->log);
	say(c, "NO\t%s\t%s\n", fail_row(f)->name, w->log);
}

static void say_row(struct admin *c, const struct account_row *row)
{
	say(c, "ACCOUNT\t%llu\t%u\t%lld\t%s%s\t%s\t%.*s\n", (unsigned long long)row->id, row->shard,
		(long long)row->created, row->disabled ? "disabled" : "enabled", row->apop.n ? ",apop" : "",
		row->name.text, SPAN_ARG(row->capabilities_off));
}

/* The account of word 1, or NULL after an answer. */
static const struct account_row *named(struct admin *c, const struct words *words)
{
	const struct account_row *row = words->n > 1 ? directory_by_name(c->auth->directory, words->at[1]) : NULL;
	struct why w;

	if (!row)
		say_result(c,
			why(&w, FAIL_NOT_FOUND, "there is no account of that name: 'barid account list' shows them"),
			&w);
	return row;
}

static void log_change(const char *what, struct span name)
{
	struct event e;

	event_begin(&e, LOG_INFO, what);
	event_span(&e, "account", name);
	event_end(&e);
}

/* An account is another than it was. A full disk may have taken the reserve file: it is made again as soon as there is room. */
static void account_changed(struct admin *c, const char *what, struct span name)
{
	log_change(what, name);
	auth_keep_ballast(c->auth);
}

/* ── Commands ── */

static void account_list(struct admin *c, const struct words *words)
{
	(void)words;
	for (size_t i = 0; i < directory_count(c->auth->directory); i++)
		say_row(c, directory_at(c->auth->directory, i));
	say(c, "OK\n");
}

static void account_show(struct admin *c, const struct words *words)
{
	const struct account_row *row = named(c, words);

	if (!row)
		return;
	say_row(c, row);
	say(c, "OK\n");
}

static void account_add(struct admin *c, const struct words *words)
{
	char hash[PASSWORD_HASH_MAX + 1];
	struct why w = {0};
	uint64_t id;
	enum fail f = FAIL_SYNTAX;

	if (words->n < 3 || !span_cstr(words->at[2], hash, sizeof hash))
		why(&w, f, "a name and a hash are wanted");
	else
		f = directory_add(c->auth->directory, words->at[1], hash, c->auth->child->shards, &id, &w);
	if (!f) {
		account_changed(c, "account-added", words->at[1]);
		say_row(c, directory_by_id(c->auth->directory, id));
	}
	say_result(c, f, &w);
}

static void account_passwd(struct admin *c, const struct words *words)
{
	const struct account_row *row = named(c, words);
	char hash[PASSWORD_HASH_MAX + 1];
	struct why w = {0};
	enum fail f = FAIL_SYNTAX;

	if (!row)
		return;
	if (words->n < 3 || !span_cstr(words->at[2], hash, sizeof hash)) {
		why(&w, f, "a name and a hash are wanted");
	} else {
		login_cache_drop_account(&c->auth->cache, row->id);
		f = directory_set_hash(c->auth->directory, row->id, hash, &w);
	}
	if (!f)
		account_changed(c, "password-changed", words->at[1]);
	say_result(c, f, &w);
}

/* Without a secret: it has none any more. */
static void account_apop(struct admin *c, const struct words *words)
{
	const struct account_row *row = named(c, words);
	struct auth *a = c->auth;
	struct span secret = words->n > 2 ? words->at[2] : SPAN("");
	struct buf sealed;
	struct why w = {0};
	enum fail f = FAIL_NONE;

	if (!row)
		return;
	buf_init(&sealed, APOP_SEALED_MAX);
	if (secret.n)
		f = apop_key_load(a->disk, true, &a->apop_key, &w);
	if (!f && secret.n)
		f = apop_seal(&a->apop_key, row->id, secret, &sealed, &w);
	if (!f)
		f = directory_set_apop(a->directory, row->id, buf_span(&sealed), &w);
	buf_fini(&sealed);
	if (!f)
		account_changed(c, secret.n ? "apop-on" : "apop-off", words->at[1]);
	say_result(c, f, &w);
}

/* Without names: it is offered everything again. Which names there are the command line has looked at. */
static void account_capabilities_off(struct admin *c, const struct words *words)
{
	const struct account_row *row = named(c, words);
	struct span names = words->n > 2 ? words->at[2] : SPAN("");
	struct why w = {0};
	enum fail f;

	if (!row)
		return;
	f = directory_set_capabilities_off(c->auth->directory, row->id, names, &w);
	if (!f)
		log_change("capabilities-off", words->at[1]);
	say_result(c, f, &w);
}

static void account_remove(struct admin *c, const struct words *words)
{
	const struct account_row *row = named(c, words);
	struct why w = {0};
	uint64_t id;
	uint32_t shard;
	enum fail f;

	if (!row)
		return;
	id = row->id;
	shard = row->shard;
	f = directory_remove(c->auth->directory, id, words->n > 2 && span_eq(words->at[2], SPAN("purge")), &w);
	if (!f) {
		account_changed(c, "account-removed", words->at[1]);
		account_closed(c->auth, id, shard, "this account has been removed");
		departed_look(c->auth);
	}
	say_result(c, f, &w);
}

static void set_disabled(struct admin *c, const struct words *words, bool disabled)
{
	const struct account_row *row = named(c, words);
	struct why w = {0};
	uint64_t id;
	uint32_t shard;
	enum fail f;

	if (!row)
		return;
	id = row->id;
	shard = row->shard;
	f = directory_set_disabled(c->auth->directory, id, disabled, &w);
	if (!f) {
		account_changed(c, disabled ? "account-disabled" : "account-enabled", words->at[1]);
		if (disabled)
			account_closed(c->auth, id, shard, "this account has been locked");
	}
	say_result(c, f, &w);
}

static void account_disable(struct admin *c, const struct words *words)
{
	set_disabled(c, words, true);
}

static void account_enable(struct admin *c, const struct words *words)
{
	set_disabled(c, words, false);
}

static void cleared(void *ctx, enum fail f)
{
	struct admin *c = ctx;
	struct why w = {0};

	c->clearing = NULL;
	if (f)
		why(&w, f, "this account is not set aside: 'barid status' shows those that are");
	say_result(c, f, &w);
}

/* By name, or, one that was removed meanwhile, by its number. */
static void account_clear(struct admin *c, const struct words *words)
{
	const struct account_row *row = NULL;
	uint64_t account;

	if (words->n < 2 || !set_aside_number(words->at[1], &account)) {
		row = named(c, words);
		if (!row)
			return;
		account = row->id;
	}
	log_change("account-clear", words->at[1]);
	set_aside_forget(c->clearing);
	c->clearing = set_aside_ask(c->auth, account, cleared, c);
}

static void session(struct admin *c, const struct words *words)
{
	const struct account_row *row = named(c, words);
	struct auth_link *mail = row && row->shard < AUTH_MAILS_MAX ? &c->auth->mails[row->shard] : NULL;
	struct msg m = {.kind = MSG_ADMIN_SESSION};
	CLEANUP(buf_fini) struct buf early = {0};
	struct why w = {0};
	char id[24];
	int fd;

	if (!row)
		return;
	if (words->n < 3 || !mail || !mail->channel) {
		say_result(c, why(&w, FAIL_UNAVAILABLE, "the account's mail process is not there just now"), &w);
		return;
	}
	say(c, "OK\n");
	snprintf(id, sizeof id, "admin-%llu", (unsigned long long)++c->auth->admin_sessions);
	m.admin_session.account = row->id;
	m.admin_session.user = name_span(&row->name);
	m.admin_session.protocol = words->at[2];
	m.admin_session.session = span_of(id);
	buf_init(&early, LINE_MAX_OCTETS);
	c->gone = true;
	if (stream_give_away(c->stream, &fd, &early, &w)) {
		stream_close(c->stream, 0);
		return;
	}
	log_change("admin-session", words->at[1]);
	if (channel_send(mail->channel, &m, fd))
		event_say(LOG_WARN, "channel", "mail.%u does not take an administrator's session", mail->index);
}

static void reclaim(struct admin *c, const struct words *words)
{
	struct msg m = {.kind = MSG_RECLAIM};
	struct why w = {0};
	bool all = true;

	(void)words;
	for (uint32_t i = 0; i < c->auth->child->shards && i < AUTH_MAILS_MAX; i++)
		all &= c->auth->mails[i].channel && !channel_send(c->auth->mails[i].channel, &m, -1);
	say_result(c, all ? FAIL_NONE : why(&w, FAIL_UNAVAILABLE, "not all mail processes are there just now"), &w);
}

static const struct {
	const char *word;
	void (*run)(struct admin *c, const struct words *words);
} commands[] = {
	{"account-list", account_list},
	{"account-show", account_show},
	{"account-add", account_add},
	{"account-passwd", account_passwd},
	{"account-apop", account_apop},
	{"account-capabilities-off", account_capabilities_off},
	{"account-remove", account_remove},
	{"account-disable", account_disable},
	{"account-enable", account_enable},
	{"account-clear", account_clear},
	{"reclaim", reclaim},
	{"session", session},
};

static void run_line(struct admin *c, struct span line)
{
	struct words words = {0};
	struct span word;

	while (words.n < WORDS_MAX - 1 && span_take_until(&line, '\t', &word))
		words.at[words.n++] = word;
	words.at[words.n++] = line;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (span_eq(words.at[0], span_of(commands[i].word))) {
			commands[i].run(c, &words);
			return;
		}
	say(c, "NO\tUNKNOWN_VERB\tunknown command\n");
}

/* ── Connections ── */

static size_t on_input(void *ctx, struct span bytes)
{
	struct admin *c = ctx;
	size_t at = span_find_byte(bytes, '\n');

	if (c->gone)
		return 0;
	if (at == SIZE_MAX)
		return 0;
	run_line(c, span_first(bytes, at));
	return at + 1;
}

static void on_ended(void *ctx, enum fail f, const struct why *w)
{
	struct admin *c = ctx;

	(void)f;
	(void)w;
	set_aside_forget(c->clearing);
	c->clearing = NULL;
	stream_close(c->stream, LINGER_MS);
}

static void on_closed(void *ctx)
{
	struct admin *c = ctx;

	set_aside_forget(c->clearing);
	list_remove(&c->link);
	free(c);
}

static const struct stream_events events = {.input = on_input, .ended = on_ended, .closed = on_closed};

static bool may_come_in(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && (who.uid == 0 || who.uid == geteuid());
}

static void on_ready(uv_poll_t *poll, int status, int what)
{
	static const struct stream_limits limits = {.input_max = LINE_MAX_OCTETS, .output_max = OUTPUT_MAX};
	struct auth *a = CONTAINER_OF(poll, struct auth, admin_poll);
	struct admin *c;
	int fd = accept4(a->admin_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)status;
	(void)what;
	if (fd < 0)
		return;
	if (!may_come_in(fd)) {
		close(fd);
		return;
	}
	c = NEW(struct admin);
	c->auth = a;
	list_append(&a->admins, &c->link);
	c->stream = stream_new(&a->child->loop, fd, &limits, &events, c);
}

/* Binds before the confinement; nothing is accepted before admin_start. */
enum fail admin_listen(struct auth *a, struct why *w)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[4096];
	struct span where;

	settings_path(a->child->settings, "run/admin.sock", path, sizeof path);
	where = span_of(path);
	if (!span_cstr(where, address.sun_path, sizeof address.sun_path))
		return why(w, FAIL_CONFIG, "'%s' is too long for a socket: choose a shorter data_dir", path);
	unlink(path); /* of a server that is gone: the data directory is locked by this one */
	a->admin_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->admin_fd < 0 || bind(a->admin_fd, (struct sockaddr *)&address, sizeof address) || chmod(path, 0600) ||
		listen(a->admin_fd, 64))
		return why(w, FAIL_IO, "cannot listen on '%s': %s", path, strerror(errno));
	return FAIL_NONE;
}

void admin_start(struct auth *a)
{
	if (a->admin_poll.loop)
		return;
	uv_poll_init(&a->child->loop.uv, &a->admin_poll, a->admin_fd);
	uv_poll_start(&a->admin_poll, UV_READABLE, on_ready);
}

void admin_stop(struct auth *a)
{
	if (a->admin_poll.loop)
		uv_poll_stop(&a->admin_poll);
}
