/* Who a process is and what it was given: user, limits, descriptors. It must never leave a way back to what it gave up. */
#include "proc/confine.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/banned.h"

static enum fail limit(int what, uint64_t most, struct why *w)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)what, &now))
		return why(w, FAIL_IO, "cannot read a limit of this process: %s", strerror(errno));
	if (now.rlim_max == RLIM_INFINITY || now.rlim_max > most)
		now.rlim_max = most;
	now.rlim_cur = now.rlim_max;
	if (setrlimit((__rlimit_resource_t)what, &now))
		return why(w, FAIL_IO, "cannot set a limit of this process: %s", strerror(errno));
	return FAIL_NONE;
}

static enum fail become(const char *user, struct why *w)
{
	const struct passwd *p = getpwnam(user);

	if (!p)
		return why(w, FAIL_CONFIG,
			"there is no user '%s' on this machine: make it (adduser --system --group %s) or set 'user'",
			user, user);
	if (p->pw_uid == 0)
		return why(w, FAIL_CONFIG, "'user' must not be root: set it to an ordinary user");
	if (initgroups(user, p->pw_gid) || setgid(p->pw_gid) || setuid(p->pw_uid))
		return why(w, FAIL_NO_PERMISSION, "cannot become user '%s': %s", user, strerror(errno));
	if (setuid(0) == 0 || geteuid() == 0)
		return why(w, FAIL_NO_PERMISSION, "user '%s' can become root again: refused", user);
	return FAIL_NONE;
}

void confine_descriptors(int first_unused)
{
	if (syscall(SYS_close_range, first_unused, ~0u, 0) && errno == ENOSYS)
		for (int fd = first_unused; fd < 65536; fd++)
			close(fd);
}

enum fail confine_identity(const char *user, uint64_t files_max, struct why *w)
{
	enum fail f;

	if ((f = limit(RLIMIT_NOFILE, files_max, w)) || (f = limit(RLIMIT_CORE, 0, w)))
		return f;
	if (geteuid() == 0 && user && *user && (f = become(user, w)))
		return f;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return why(w, FAIL_IO, "cannot set no_new_privs: %s", strerror(errno));
	return FAIL_NONE;
}
