/* For commands that look at the stores of a stopped server: under the data directory's lock, so that none starts meanwhile, and as the server's user, so that
 * nothing becomes root's. */
#ifndef PROG_COMMAND_SHARDS_H
#define PROG_COMMAND_SHARDS_H

#include "base/why.h"
#include "conf/settings.h"
#include "store/engine.h"

struct shard_place {
	unsigned number;
	char dir[4096];
	struct store_aside aside; /* accounts that are set aside */
};

/* Calls `each` for every shard. FAIL_BUSY: a server runs. */
FAILS shards_each(const struct settings *s, void (*each)(void *context, const struct shard_place *shard), void *context,
	struct why *w);

#endif
