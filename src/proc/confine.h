/* Confinement: what a process gives up before its first input byte. In steps, since threads that exist already keep what they have:
 *
 *   confine_descriptors none but those named                             first of all
 *   confine_identity    own user, limits, no_new_privs                           before anything is opened
 *   confine_paths       Landlock: the file system shrinks to a few paths         before the first thread
 *   confine_calls       seccomp: only the calls of the role's groups, all threads when everything is open
 *
 * All of it works for an ordinary user; a kernel without Landlock is told by `false`, not an error. Irrevocable. */
#ifndef PROC_CONFINE_H
#define PROC_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/why.h"

/* Groups of system calls (syscalls.def). */
enum confine_allow {
	ALLOW_RUN = 1,    /* memory, time, signals, the loop, and sockets that are there already */
	ALLOW_ACCEPT = 2, /* new connections of listening sockets that are there already */
	ALLOW_SOCKETPAIR = 4,
	ALLOW_THREADS = 8,
	ALLOW_READ = 16,  /* opening and reading files: as far as the paths allow */
	ALLOW_WRITE = 32, /* making, changing and removing them */
	ALLOW_CODE = 64,  /* mapping executable memory: character set modules of iconv */
};

struct confine_path {
	const char *path; /* one that is not there is passed over */
	bool writable;
};

/* Closes every descriptor from `first_unused` on. */
void confine_descriptors(int first_unused);

/* Becomes `user` when started as root (NULL or "" = stays who it is), takes limits, sets no_new_privs. FAIL_CONFIG: no such user, or
 * 'root' where another was asked for. */
FAILS confine_identity(const char *user, uint64_t files_max, struct why *w);

/* From here on, and for all threads made later, only these paths exist. *active_out: false where the kernel has no Landlock. */
FAILS confine_paths(const struct confine_path *paths, size_t n, bool *active_out, struct why *w);

/* From here on, in all threads, only these calls: any other ends the process (`kill`), or fails with EPERM and leaves a log line. */
FAILS confine_calls(unsigned allow, bool kill, struct why *w);

#endif
