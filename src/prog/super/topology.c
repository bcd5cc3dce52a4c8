/* The rows of topology.def. */
#include "prog/super/topology.h"

#include "base/attr.h"
#include "proc/confine.h"

enum { REFUSE = 0, KILL = 1, SILENT = 0, NAMES = 1 };

const struct role_row topology_roles[ROLES] = {
#define ROLE(name, count, calls, denied, files, last) {#name, COUNT_##count, calls, denied, files, last},
#define LINK(a, b)
#define PATH(role, path, writable)
#include "prog/super/topology.def"
#undef ROLE
#undef LINK
#undef PATH
};

static const struct {
	const char *a, *b;
} links[] = {
#define ROLE(name, count, calls, denied, files, last)
#define LINK(a, b) {#a, #b},
#define PATH(role, path, writable)
#include "prog/super/topology.def"
#undef ROLE
#undef LINK
#undef PATH
};

static const struct path_row paths[] = {
#define ROLE(name, count, calls, denied, files, last)
#define LINK(a, b)
#define PATH(role, path, writable) {#role, path, writable},
#include "prog/super/topology.def"
#undef ROLE
#undef LINK
#undef PATH
};

const struct role_row *topology_role(struct span name)
{
	for (size_t i = 0; i < ROLES; i++)
		if (span_eq(name, span_of(topology_roles[i].name)))
			return &topology_roles[i];
	return NULL;
}

bool topology_linked(const char *a, const char *b)
{
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		if ((!strcmp(links[i].a, a) && !strcmp(links[i].b, b)) ||
			(!strcmp(links[i].a, b) && !strcmp(links[i].b, a)))
			return true;
	return false;
}

static void write_out(const char *path, uint32_t index, const char *data_dir, char *dst, size_t size)
{
	size_t mark = strcspn(path, "#");

	if (*path == '/')
		snprintf(dst, size, "%s", path);
	else if (path[mark])
		snprintf(dst, size, "%s/%.*s%u%s", data_dir, (int)mark, path, index, path + mark + 1);
	else
		snprintf(dst, size, "%s/%s", data_dir, path);
}

size_t topology_paths(const char *role, uint32_t index, const char *data_dir, struct topology_path out[ROLE_PATHS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(paths) && n < ROLE_PATHS_MAX; i++) {
		if (strcmp(paths[i].role, role))
			continue;
		write_out(paths[i].path, index, data_dir, out[n].path, sizeof out[n].path);
		out[n++].writable = paths[i].writable;
	}
	return n;
}
