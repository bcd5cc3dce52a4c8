/* The table topology.def as data. */
#ifndef PROG_SUPER_TOPOLOGY_H
#define PROG_SUPER_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum role_count { COUNT_1, COUNT_shards, COUNT_fronts };

struct role_row {
	const char *name;
	enum role_count count;
	unsigned calls;
	bool kill;
	uint64_t files_max;
	bool last_word;
};
struct path_row {
	const char *role, *path;
	bool writable;
};

enum { ROLES = 3, ROLE_PATHS_MAX = 16 };

extern const struct role_row topology_roles[ROLES];
/* The row of a role, or NULL. */
const struct role_row *topology_role(struct span name);
/* Do processes of these two roles have a channel? */
bool topology_linked(const char *a, const char *b);
/* The paths of a role, written out: at most ROLE_PATHS_MAX. Returns how many. */
struct topology_path {
	char path[512];
	bool writable;
};
size_t topology_paths(const char *role, uint32_t index, const char *data_dir, struct topology_path out[ROLE_PATHS_MAX]);

#endif
