/* Landlock, by its system calls: the C library has no functions for them. The structs and numbers are the kernel's ABI
 * (Documentation/userspace-api/landlock.rst); what an older kernel does not know is not asked of it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/banned.h"
#include "proc/confine.h"

/* Newer than the headers of Debian 12. */
struct ruleset_attr {
	uint64_t handled_access_fs, handled_access_net, scoped;
};
enum { NET_BIND_TCP = 1, NET_CONNECT_TCP = 2, SCOPE_ABSTRACT_UNIX_SOCKET = 1, SCOPE_SIGNAL = 2 };
#define FS_TRUNCATE  (1ull << 14)
#define FS_IOCTL_DEV (1ull << 15)

enum { ABI_REFER = 2, ABI_TRUNCATE = 3, ABI_NET = 4, ABI_IOCTL = 5, ABI_SCOPE = 6 };

#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* All rights of the first ABI; EXECUTE is never granted to anyone. */
#define FS_ALL  ((1ull << 13) - 1)
#define FS_WRITE                                                                                                       \
	(FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |    \
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |             \
		LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE)
/* Rights that make sense for a path that is no directory. */
#define FS_OF_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)

static uint64_t known_rights(long abi)
{
	uint64_t rights = FS_ALL;

	if (abi >= ABI_REFER)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= ABI_TRUNCATE)
		rights |= FS_TRUNCATE;
	if (abi >= ABI_IOCTL)
		rights |= FS_IOCTL_DEV;
	return rights;
}

static size_t attr_size(long abi)
{
	if (abi >= ABI_SCOPE)
		return sizeof(struct ruleset_attr);
	return abi >= ABI_NET ? offsetof(struct ruleset_attr, scoped)
			      : offsetof(struct ruleset_attr, handled_access_net);
}

static enum fail add_path(int rules, const struct confine_path *p, uint64_t known, struct why *w)
{
	struct landlock_path_beneath_attr rule = {0};
	struct stat st;
	int fd = open(p->path, O_PATH | O_CLOEXEC);
	long r;

	if (fd < 0)
		return errno == ENOENT || errno == EACCES
			       ? FAIL_NONE
			       : why(w, FAIL_IO, "cannot open '%s': %s", p->path, strerror(errno));
	rule.parent_fd = fd;
	rule.allowed_access = (p->writable ? FS_WRITE : FS_READ) & known;
	if (!fstat(fd, &st) && !S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_OF_FILES;
	r = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(fd);
	if (r)
		return why(w, FAIL_IO, "cannot grant '%s' to a confined process: %s", p->path, strerror(errno));
	return FAIL_NONE;
}

enum fail confine_paths(const struct confine_path *paths, size_t n, bool *active_out, struct why *w)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset_attr attr = {
		known_rights(abi), NET_BIND_TCP | NET_CONNECT_TCP, SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL};
	enum fail f = FAIL_NONE;
	int rules;

	*active_out = false;
	if (abi < 1)
		return FAIL_NONE; /* not built in, or switched off */
	rules = (int)syscall(SYS_landlock_create_ruleset, &attr, attr_size(abi), 0);
	if (rules < 0)
		return why(w, FAIL_IO, "cannot make a Landlock ruleset: %s", strerror(errno));
	for (size_t i = 0; i < n && !f; i++)
		f = add_path(rules, &paths[i], attr.handled_access_fs, w);
	if (!f && syscall(SYS_landlock_restrict_self, rules, 0))
		f = why(w, FAIL_IO, "cannot restrict this process to its paths: %s", strerror(errno));
	close(rules);
	if (!f)
		*active_out = true;
	return f;
}
