/* compact: gives the disk space of deleted messages back, shard by shard, while no server runs. */
#include <unistd.h>

#include "loop/loop.h"
#include "prog/command/cli.h"
#include "prog/super/data_dir.h"
#include "prog/super/set_aside.h"
#include "store/compact.h"
#include "store/engine.h"

enum { BAD_SETTINGS = 78, LIVE_PERCENT = 50 };

static void report(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "barid: %s\n", text);
}

static enum fail compact_shard(const struct cli *c, const struct set_aside *set_aside, unsigned shard,
	struct store_compaction *out, struct why *w)
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
		f = store_compact(store, LIVE_PERCENT, out, w);
		store_close(store);
	}
	loop_fini(&loop);
	return f;
}

static void say(const struct cli *c, unsigned shard, const struct store_compaction *done)
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

int cli_compact(struct cli *c)
{
	static struct set_aside set_aside;
	struct store_compaction done;
	struct data_dir data;
	struct why w;
	enum fail f;

	if (!cli_settings(c))
		return BAD_SETTINGS;
	f = data_dir_open(c->settings, &data, &w);
	if (f)
		return cli_fail(f, &w);
	f = set_aside_load(&set_aside, c->settings, &w);
	if (!f)
		f = data_dir_become_user(c->settings, &w);
	for (unsigned i = 0; i < data.shards && !f; i++) {
		done = (struct store_compaction){0};
		f = compact_shard(c, &set_aside, i, &done, &w);
		if (!f)
			say(c, i, &done);
	}
	data_dir_become_root_again();
	data_dir_close(&data);
	return f ? cli_fail(f, &w) : 0;
}
