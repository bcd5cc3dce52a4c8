/* The shards of a stopped server, one after the other. */
#include "prog/command/shards.h"

#include <stdio.h>

#include "prog/kept_settings.h"
#include "prog/super/data_dir.h"
#include "prog/super/set_aside.h"

static void visit(const struct settings *s, const struct set_aside *set_aside, unsigned number,
	void (*each)(void *context, const struct shard_place *shard), void *context)
{
	uint64_t accounts[SET_ASIDE_MAX];
	struct shard_place shard = {
		.number = number, .aside = {accounts, set_aside_of_shard(set_aside, number, accounts)}};
	char name[32];

	snprintf(name, sizeof name, "shard-%u", number);
	settings_path(s, name, shard.dir, sizeof shard.dir);
	each(context, &shard);
}

enum fail shards_each(const struct settings *s, void (*each)(void *context, const struct shard_place *shard),
	void *context, struct why *w)
{
	static struct set_aside set_aside;
	struct data_dir data;
	enum fail f = data_dir_open(s, &data, w);

	if (f)
		return f;
	f = set_aside_load(&set_aside, s, w);
	if (!f)
		f = data_dir_become_user(s, w);
	for (unsigned i = 0; i < data.shards && !f; i++)
		visit(s, &set_aside, i, each, context);
	data_dir_become_root_again();
	data_dir_close(&data);
	return f;
}
