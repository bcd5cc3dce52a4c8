/* check: everything that would keep a server from starting or working, each with its remedy. Changes nothing. */
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/directory.h"
#include "loop/loop.h"
#include "prog/auth/admin_client.h"
#include "prog/command/cli.h"
#include "prog/command/shards.h"
#include "prog/kept_settings.h"
#include "prog/super/certificate.h"
#include "prog/super/listeners.h"
#include "store/verify.h"

enum { PROBLEMS = 78 };

struct check {
	struct cli *cli;
	unsigned problems;
	bool running;
};

static void problem(struct check *k, const char *fmt, ...) PRINTF(2, 3);
static void problem(struct check *k, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (k->cli->json) {
		printf("%s", k->problems ? ",\n  " : "\n  ");
		cli_json_string(stdout, span_of(text));
	} else {
		fprintf(stderr, "barid: %s\n", text);
	}
	k->problems++;
}

static void good(struct check *k, const char *fmt, ...) PRINTF(2, 3);
static void good(struct check *k, const char *fmt, ...)
{
	va_list ap;

	if (k->cli->quiet || k->cli->json)
		return;
	printf("ok  ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

/* ── Data directory ── */

static void check_data_dir(struct check *k)
{
	const char *dir = k->cli->settings->data_dir;
	struct stat st;
	struct why w;

	if (stat(dir, &st)) {
		good(k, "data directory '%s' is made at the first start", dir);
		return;
	}
	if (!S_ISDIR(st.st_mode))
		problem(k, "'%s' is no directory: set 'data_dir' to one", dir);
	else if (access(dir, W_OK | X_OK))
		problem(k,
			"'%s' cannot be written by this user: give it to the user of the server, or set 'data_dir' to "
			"another",
			dir);
	else if (st.st_mode & S_IRWXO)
		problem(k, "'%s' is open to every user of this machine: chmod 0700 '%s'", dir, dir);
	else
		good(k, "data directory '%s'", dir);
	k->running = admin_probe(k->cli->settings, &w) == FAIL_NONE;
}

/* ── Certificate ── */

static void check_certificate(struct check *k)
{
	struct certificate cert = {0};
	char made[4096], name[256];
	const struct settings *s = k->cli->settings;
	const char *file = *s->tls_cert ? s->tls_cert : made;
	struct why w;

	settings_path(s, "tls/cert.pem", made, sizeof made);
	if (!*s->tls_cert && access(made, R_OK)) {
		good(k, "certificate: a self-signed one is made at the first start");
		return;
	}
	settings_hostname(s, name, sizeof name);
	if (certificate_load(s, name, &cert, &w))
		problem(k, "%s", w.log);
	else
		good(k, "certificate %s, %lld days left", file,
			(long long)(cert.expires - (int64_t)time(NULL)) / 86400);
	certificate_fini(&cert);
}

/* ── Listeners ── */

static void check_address(
	struct check *k, struct listen_list *list, const struct settings *all, struct listen_address one)
{
	struct listeners l = {0};
	struct settings only = *all;
	struct why w;

	only.imap_listen.n = only.imaps_listen.n = only.pop3_listen.n = only.pop3s_listen.n = only.lmtp_listen.n = 0;
	only.lmtp_socket = (char[]){""};
	list = (struct listen_list *)(void *)((char *)&only + ((char *)list - (const char *)all));
	list->n = 1;
	list->at[0] = one;
	if (listeners_open(&l, &only, &w))
		problem(k, "%s", w.log);
	for (size_t i = l.n; i > 0; i--)
		listeners_close(&l, i - 1);
}

static void check_listeners(struct check *k)
{
	struct settings *s = k->cli->settings;
	struct listen_list *lists[] = {
		&s->imap_listen, &s->imaps_listen, &s->pop3_listen, &s->pop3s_listen, &s->lmtp_listen};
	unsigned before = k->problems;

	if (k->running) {
		good(k, "listeners: in use by the server that runs");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (size_t j = 0; j < lists[i]->n; j++)
			check_address(k, lists[i], s, lists[i]->at[j]);
	if (k->problems == before)
		good(k, "listeners are free");
}

/* ── The store ── */

static void report(void *ctx, const char *text)
{
	problem(ctx, "%s", text);
}

static void check_accounts(struct check *k)
{
	struct directory *d = NULL;
	struct disk *disk = NULL;
	uint32_t segment, offset;
	char dir[4096];
	struct why w;
	enum fail f;

	settings_path(k->cli->settings, "auth", dir, sizeof dir);
	f = disk_real(dir, &disk, &w);
	if (!f)
		f = directory_open(disk, true, &d, &w);
	if (f == FAIL_NOT_FOUND)
		good(k, "accounts directory: made at the first start");
	else if (f)
		problem(k, "%s", w.log);
	else if (directory_was_damaged(d, &segment, &offset))
		problem(k,
			"the accounts directory cannot be read in segment %u, byte %u: all of it is there once more, "
			"and is written "
			"anew at the next start",
			segment, offset);
	else
		good(k, "accounts directory: %zu accounts", directory_count(d));
	directory_close(d);
	if (disk)
		disk->ops->free(disk);
}

static void check_shard(void *ctx, const struct shard_place *shard)
{
	struct check *k = ctx;
	struct store_checking how = {.deep = true, .aside = &shard->aside, .report = report, .context = k};
	struct store_check found = {0};
	struct loop loop;
	struct why w;
	enum fail f;

	if (shard->number == 0)
		check_accounts(k); /* under the lock too, once */
	loop_init(&loop);
	f = store_check_local(shard->dir, &loop, &how, &found, &w);
	loop_fini(&loop);
	if (f)
		problem(k, "shard %u: %s", shard->number, w.log);
	else
		good(k, "shard %u: %llu accounts, %llu mailboxes, %llu messages, %llu bytes read", shard->number,
			(unsigned long long)found.accounts, (unsigned long long)found.mailboxes,
			(unsigned long long)found.messages, (unsigned long long)found.bytes);
}

static void check_store(struct check *k)
{
	struct why w;

	if (shards_each(k->cli->settings, check_shard, k, &w))
		problem(k, "%s", w.log);
}

int cli_check(struct cli *c)
{
	struct check k = {.cli = c};

	if (!cli_settings(c))
		return PROBLEMS;
	if (c->json)
		printf("{\"problems\": [");
	good(&k, "settings%s%s", c->settings_path ? " " : ": all defaults", c->settings_path ? c->settings_path : "");
	check_data_dir(&k);
	check_certificate(&k);
	check_listeners(&k);
	if (c->deep)
		check_store(&k);
	if (c->json)
		printf("]}\n");
	return k.problems ? PROBLEMS : 0;
}
