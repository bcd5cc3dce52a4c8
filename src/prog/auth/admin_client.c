/* The two ways to the accounts. */
#include "prog/auth/admin_client.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "auth/directory.h"
#include "base/memory.h"
#include "prog/super/data_dir.h"
#include "prog/super/set_aside.h"

enum { LINE_MAX_OCTETS = 4096, STARTING_TRIES = 100, STARTING_PAUSE_US = 50000 };

struct admin_client {
	int fd;               /* online, or -1 */
	struct data_dir data; /* offline */
	const struct settings *settings;
	struct disk *disk;
	struct directory *directory;
	struct buf in;
};

/* ── Opening ── */

static int connect_to(const struct settings *s)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[4096];
	int fd;

	settings_path(s, "run/admin.sock", path, sizeof path);
	if (!span_cstr(span_of(path), address.sun_path, sizeof address.sun_path))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address)) {
		int e = errno;

		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}

enum fail admin_probe(const struct settings *s, struct why *w)
{
	int fd = connect_to(s);

	if (fd >= 0) {
		close(fd);
		return FAIL_NONE;
	}
	if (errno == EACCES)
		return why(w, FAIL_NO_PERMISSION, "'%s' may be looked into by root and the server's user only",
			s->data_dir);
	return why(w, FAIL_NOT_FOUND, "no server runs on '%s': start it with 'barid serve'", s->data_dir);
}

static enum fail open_offline(struct admin_client *c, const struct settings *s, struct why *w)
{
	char dir[4096];
	enum fail f = data_dir_open(s, &c->data, w);

	if (!f)
		f = data_dir_become_user(s, w);
	if (f)
		return f;
	settings_path(s, "auth", dir, sizeof dir);
	f = disk_real(dir, &c->disk, w);
	return f ? f : directory_open(c->disk, false, &c->directory, w);
}

enum fail admin_open(const struct settings *s, struct admin_client **out, struct why *w)
{
	struct admin_client *c = NEW(struct admin_client);
	enum fail f;

	c->data.lock = -1;
	c->settings = s;
	buf_init(&c->in, LINE_MAX_OCTETS);
	/* a server that is just starting has the lock before it answers */
	for (int tries = 0;; tries++) {
		c->fd = connect_to(s);
		f = c->fd < 0 ? open_offline(c, s, w) : FAIL_NONE;
		if (f != FAIL_BUSY || tries == STARTING_TRIES)
			break;
		usleep(STARTING_PAUSE_US);
	}
	if (f) {
		admin_close(c);
		return f;
	}
	*out = c;
	return FAIL_NONE;
}

void admin_close(struct admin_client *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	if (c->directory)
		directory_close(c->directory);
	if (c->disk)
		c->disk->ops->free(c->disk);
	if (c->data.lock >= 0)
		data_dir_close(&c->data);
	buf_fini(&c->in);
	free(c);
	data_dir_become_root_again();
}

bool admin_is_online(const struct admin_client *c)
{
	return c->fd >= 0;
}

/* ── Online ── */

static enum fail lost(struct why *w)
{
	return why(w, FAIL_IO, "the server does not answer on its admin socket any more: see its log");
}

static enum fail send_line(struct admin_client *c, const char *word, const char *name, const char *third, struct why *w)
{
	char line[LINE_MAX_OCTETS];
	int n = snprintf(line, sizeof line, "%s%s%s%s%s\n", word, name ? "\t" : "", name ? name : "", third ? "\t" : "",
		third ? third : "");

	if (n < 0 || (size_t)n >= sizeof line || (name && strpbrk(name, "\t\r\n")))
		return why(w, FAIL_CANNOT, "that is no account name");
	return send(c->fd, line, (size_t)n, MSG_NOSIGNAL) == n ? FAIL_NONE : lost(w);
}

/* Octet by octet for the last line: what follows "OK" of a session is not ours. */
static enum fail read_line(struct admin_client *c, struct span *out, struct why *w)
{
	char byte;

	buf_reset(&c->in);
	for (;;) {
		ssize_t n = read(c->fd, &byte, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return lost(w);
		if (byte == '\n')
			break;
		if (buf_add_byte(&c->in, byte))
			return lost(w);
	}
	*out = buf_span(&c->in);
	return FAIL_NONE;
}

static bool parse_row(struct span line, struct admin_account *a)
{
	struct span word;
	uint64_t created;

	if (!span_take_u64(&line, &a->id) || !span_take(&line, SPAN("\t")) || !span_take_u32(&line, &a->shard) ||
		!span_take(&line, SPAN("\t")) || !span_take_u64(&line, &created) || !span_take(&line, SPAN("\t")) ||
		!span_take_until(&line, '\t', &word))
		return false;
	a->created = (int64_t)created;
	a->disabled = span_starts(word, SPAN("disabled"));
	a->apop = span_ends(word, SPAN(",apop"));
	if (!span_take_until(&line, '\t', &word))
		return false;
	return span_cstr(word, a->name, sizeof a->name) &&
	       span_cstr(line, a->capabilities_off, sizeof a->capabilities_off);
}

static enum fail parse_failure(struct span line, struct why *w)
{
	struct span name = {NULL, 0};

	span_take_until(&line, '\t', &name);
	for (int f = 1; f < FAIL_COUNT; f++)
		if (span_eq(name, span_of(fail_row((enum fail)f)->name)))
			return why(w, (enum fail)f, "%.*s", SPAN_ARG(line));
	return lost(w);
}

/* Sends a command and reads its rows and closing line. */
static enum fail ask(struct admin_client *c, const char *word, const char *name, const char *third,
	void (*each)(void *ctx, const struct admin_account *a), void *ctx, struct why *w)
{
	struct admin_account a;
	struct span line;
	enum fail f = send_line(c, word, name, third, w);

	while (!f && !(f = read_line(c, &line, w))) {
		if (span_eq(line, SPAN("OK")))
			return FAIL_NONE;
		if (span_take(&line, SPAN("NO\t")))
			return parse_failure(line, w);
		if (!span_take(&line, SPAN("ACCOUNT\t")) || !parse_row(line, &a))
			return lost(w);
		if (each)
			each(ctx, &a);
	}
	return f;
}

static void keep(void *ctx, const struct admin_account *a)
{
	*(struct admin_account *)ctx = *a;
}

/* ── Offline ── */

static void fill(const struct account_row *row, struct admin_account *out)
{
	*out = (struct admin_account){.id = row->id,
		.shard = row->shard,
		.created = row->created,
		.disabled = row->disabled,
		.apop = row->apop.n > 0};
	snprintf(out->name, sizeof out->name, "%s", row->name.text);
	snprintf(out->capabilities_off, sizeof out->capabilities_off, "%.*s", SPAN_ARG(row->capabilities_off));
}

static enum fail find(struct admin_client *c, const char *name, const struct account_row **out, struct why *w)
{
	*out = directory_by_name(c->directory, span_of(name));
	return *out ? FAIL_NONE
		    : why(w, FAIL_NOT_FOUND, "there is no account of that name: 'barid account list' shows them");
}

/* ── Both ── */

enum fail admin_account_add(
	struct admin_client *c, const char *name, const char *hash, struct admin_account *out, struct why *w)
{
	uint64_t id;
	enum fail f;

	if (admin_is_online(c))
		return ask(c, "account-add", name, hash, keep, out, w);
	f = directory_add(c->directory, span_of(name), hash, c->data.shards, &id, w);
	if (!f)
		fill(directory_by_id(c->directory, id), out);
	return f;
}

enum fail admin_account_show(struct admin_client *c, const char *name, struct admin_account *out, struct why *w)
{
	const struct account_row *row;
	enum fail f;

	if (admin_is_online(c))
		return ask(c, "account-show", name, NULL, keep, out, w);
	f = find(c, name, &row, w);
	if (!f)
		fill(row, out);
	return f;
}

enum fail admin_account_list(
	struct admin_client *c, void (*each)(void *ctx, const struct admin_account *a), void *ctx, struct why *w)
{
	struct admin_account a;

	if (admin_is_online(c))
		return ask(c, "account-list", NULL, NULL, each, ctx, w);
	for (size_t i = 0; i < directory_count(c->directory); i++) {
		fill(directory_at(c->directory, i), &a);
		each(ctx, &a);
	}
	return FAIL_NONE;
}

enum fail admin_account_passwd(struct admin_client *c, const char *name, const char *hash, struct why *w)
{
	const struct account_row *row;
	enum fail f;

	if (admin_is_online(c))
		return ask(c, "account-passwd", name, hash, NULL, NULL, w);
	f = find(c, name, &row, w);
	return f ? f : directory_set_hash(c->directory, row->id, hash, w);
}

static enum fail apop_offline(struct admin_client *c, uint64_t account, const char *secret, struct why *w)
{
	struct apop_key key = {0};
	struct buf sealed;
	enum fail f = FAIL_NONE;

	buf_init(&sealed, APOP_SEALED_MAX);
	if (secret)
		f = apop_key_load(c->disk, true, &key, w);
	if (!f && secret)
		f = apop_seal(&key, account, span_of(secret), &sealed, w);
	if (!f)
		f = directory_set_apop(c->directory, account, buf_span(&sealed), w);
	buf_fini(&sealed);
	OPENSSL_cleanse(&key, sizeof key);
	return f;
}

enum fail admin_account_apop(struct admin_client *c, const char *name, const char *secret, struct why *w)
{
	const struct account_row *row;
	enum fail f;

	if (admin_is_online(c))
		return ask(c, "account-apop", name, secret, NULL, NULL, w);
	f = find(c, name, &row, w);
	return f ? f : apop_offline(c, row->id, secret, w);
}

enum fail admin_account_capabilities_off(struct admin_client *c, const char *name, const char *names, struct why *w)
{
	const struct account_row *row;
	enum fail f;

	if (admin_is_online(c))
		return ask(c, "account-capabilities-off", name, names, NULL, NULL, w);
	f = find(c, name, &row, w);
	return f ? f : directory_set_capabilities_off(c->directory, row->id, span_of(names), w);
}

enum fail admin_account_remove(struct admin_client *c, const char *name, bool purge, struct why *w)
{
	const struct account_row *row;
	enum fail f;

	if (admin_is_online(c))
		return ask(c, "account-remove", name, purge ? "purge" : NULL, NULL, NULL, w);
	f = find(c, name, &row, w);
	return f ? f : directory_remove(c->directory, row->id, purge, w);
}

enum fail admin_account_disable(struct admin_client *c, const char *name, bool disabled, struct why *w)
{
	const struct account_row *row;
	enum fail f;

	if (admin_is_online(c))
		return ask(c, disabled ? "account-disable" : "account-enable", name, NULL, NULL, NULL, w);
	f = find(c, name, &row, w);
	return f ? f : directory_set_disabled(c->directory, row->id, disabled, w);
}

/* The file is super's, and so of the user who started Barid. */
static enum fail clear_offline(struct admin_client *c, uint64_t account, struct why *w)
{
	struct set_aside *a = NEW(struct set_aside);
	enum fail f;

	data_dir_become_root_again();
	f = set_aside_load(a, c->settings, w);
	if (!f && !set_aside_clear(a, account))
		f = why(w, FAIL_NOT_FOUND, "this account is not set aside");
	if (!f)
		f = set_aside_save(a, c->settings, w);
	free(a);
	return f ? f : data_dir_become_user(c->settings, w);
}

enum fail admin_account_clear(struct admin_client *c, const char *name, struct why *w)
{
	const struct account_row *row;
	uint64_t account;
	enum fail f;

	if (admin_is_online(c))
		return ask(c, "account-clear", name, NULL, NULL, NULL, w);
	f = find(c, name, &row, w);
	if (!f)
		return clear_offline(c, row->id, w);
	return set_aside_number(span_of(name), &account) ? clear_offline(c, account, w) : f;
}

enum fail admin_reclaim(struct admin_client *c, struct why *w)
{
	if (!admin_is_online(c))
		return why(w, FAIL_UNAVAILABLE, "the server is not running: start it with 'barid serve'");
	return ask(c, "reclaim", NULL, NULL, NULL, NULL, w);
}

enum fail admin_session(struct admin_client *c, const char *name, const char *protocol, int *fd_out, struct why *w)
{
	enum fail f;

	if (!admin_is_online(c))
		return why(w, FAIL_UNAVAILABLE, "the server is not running: start it with 'barid serve'");
	f = ask(c, "session", name, protocol, NULL, NULL, w);
	if (f)
		return f;
	*fd_out = c->fd;
	c->fd = -1;
	admin_close(c);
	return FAIL_NONE;
}
