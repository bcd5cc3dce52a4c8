/* compact: gives the disk space of deleted messages back. A running server is asked to; without one it is done here, shard by shard. */
#include <unistd.h>

#include "loop/loop.h"
#include "prog/auth/admin_client.h"
#include "prog/command/cli.h"
#include "prog/super/data_dir.h"
#include "prog/super/set_aside.h"
#include "store/engine.h"
#include "store/reclaim.h"

enum { BAD_SETTINGS = 78, LIVE_PERCENT = 50 };

static void report(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "barid: %s\n", text);
}

struct waiting {
	struct store_wait wait;
	bool done;
	enum fail result;
};

static void waited(struct store_wait *w, enum fail f)
{
	struct waiting *x = CONTAINER_OF(w, struct waiting, wait);

	x->done = true;
	x->result = f;
}

/* Round after round, until one finds nothing to do. */
static enum fail reclaim(struct store *store, struct loop *loop, struct reclaim_result *out, struct why *w)
{
	struct reclaim_order order = {.percent = LIVE_PERCENT, .purged_before = INT64_MAX};
	struct reclaim_result round;
	enum fail f;

	do {
		struct waiting x = {0};

		store_wait_init(&x.wait, waited);
		f = store_reclaim(store, &order, &round, &x.wait);
		while (f == FAIL_BUSY && !x.done)
			uv_run(&loop->uv, UV_RUN_ONCE);
		f = f == FAIL_BUSY ? x.result : f;
		if (f)
			*w = x.wait.why;
		out->segments += f ? 0 : round.segments;
		out->bytes += f ? 0 : round.bytes;
		out->messages += f ? 0 : round.messages;
		out->moved_bytes += f ? 0 : round.moved_bytes;
	} while (!f && round.segments);
	return f;
}

static enum fail compact_shard(const struct cli *c, const struct set_aside *set_aside, unsigned shard,
	struct reclaim_result *out, struct why *w)
{
	uint64_t accounts[SET_ASIDE_MAX];
	struct store_aside aside = {accounts, set_aside_of_shard(set_aside, shard, accounts)};
	char name[32], dir[4096];
	struct store *store;
	struct loop loop;
	enum fail f;

	snprintf(name, sizeof name, "shard-%u", shard);
	settings_path(c->settings, name, dir, sizeof dir);
	loop_init(&loop);
	f = store_open_local(dir, &loop, c->settings->index_cache, &aside, report, NULL, &store, w);
	if (!f) {
		f = reclaim(store, &loop, out, w);
		store_close(store);
	}
	loop_fini(&loop);
	return f;
}

static void say(const struct cli *c, unsigned shard, const struct reclaim_result *done)
{
	if (c->json)
		printf("{\"shard\": %u, \"segments\": %llu, \"bytes\": %llu, \"messages\": %llu, \"moved\": %llu}\n",
			shard, (unsigned long long)done->segments, (unsigned long long)done->bytes,
			(unsigned long long)done->messages, (unsigned long long)done->moved_bytes);
	else if (!c->quiet)
		printf("shard %u: %llu bytes given back in %llu segments; %llu messages moved\n", shard,
			(unsigned long long)done->bytes, (unsigned long long)done->segments,
			(unsigned long long)done->messages);
}

static int ask_server(struct cli *c)
{
	struct admin_client *admin;
	struct why w;
	enum fail f = admin_open(c->settings, &admin, &w);

	if (f)
		return cli_fail(f, &w);
	f = admin_reclaim(admin, &w);
	admin_close(admin);
	if (f)
		return cli_fail(f, &w);
	if (c->json)
		printf("{\"asked\": true}\n");
	else if (!c->quiet)
		printf("the server gives space back while it serves; 'barid status' shows the size of the log\n");
	return 0;
}

int cli_compact(struct cli *c)
{
	static struct set_aside set_aside;
	struct reclaim_result done;
	struct data_dir data;
	struct why w;
	enum fail f;

	if (!cli_settings(c))
		return BAD_SETTINGS;
	f = admin_probe(c->settings, &w);
	if (!f)
		return ask_server(c);
	if (f == FAIL_NOT_FOUND)
		f = data_dir_open(c->settings, &data, &w);
	if (f)
		return cli_fail(f, &w);
	f = set_aside_load(&set_aside, c->settings, &w);
	if (!f)
		f = data_dir_become_user(c->settings, &w);
	for (unsigned i = 0; i < data.shards && !f; i++) {
		done = (struct reclaim_result){0};
		f = compact_shard(c, &set_aside, i, &done, &w);
		if (!f)
			say(c, i, &done);
	}
	data_dir_become_root_again();
	data_dir_close(&data);
	return f ? cli_fail(f, &w) : 0;
}
