/* What all roles below `super` share: the channel to super at descriptor 3, START, the settings and their renewal, confinement before the
 * first input byte, counters, the end. A role fills in `struct role`; it reads no network input before `start` has returned. */
#ifndef PROG_CHILD_H
#define PROG_CHILD_H

#include "base/why.h"
#include "loop/loop.h"
#include "proc/channel.h"
#include "prog/kept_settings.h"

struct child;

struct role {
	const char *name;
	/* Opens everything that is to be open (files, libraries' tables, threads): the confinement follows. The directory of the data may be
	 * the current one: use paths only through settings_path() or child->settings->data_dir. */
	enum fail (*start)(struct child *c, struct why *w);
	/* From super: LISTEN, UNLISTEN, CERTIFICATE. May be NULL where none comes. Owns `fd`. */
	void (*message)(struct child *c, const struct msg *m, int fd);
	/* A channel to another process (topology.def), also again after that one was started anew: the old one is dead then. Owns `fd`. */
	void (*peer)(struct child *c, struct span role, uint32_t index, int fd);
	/* child->settings is another object now. May be NULL. */
	void (*reload)(struct child *c);
	/* Finish soon: no new work, tell those who are connected; child_stopped() when done. super waits ten seconds. */
	void (*stop)(struct child *c);
	/* Fills in counters; asked soon after child_counts_changed. May be NULL. */
	void (*report)(struct child *c, struct msg_report *out);
};

extern const struct role front_role, auth_role, mail_role;

struct child {
	struct loop loop;
	const struct role *role;
	uint32_t index, shards, fronts;
	const struct settings *settings; /* the current ones; never keep this pointer: hold `kept` */
	struct kept_settings *kept;
	char hostname[256]; /* the setting, or the machine's name */
	struct channel *super;
	uint64_t *set_aside; /* accounts that are not to be opened */
	size_t set_aside_count;
	void *state; /* the role's own */
	struct timer report_timer;
	bool report_due, starting, stopping;
	int exit_code;
};

/* CHILD_LOCK_FD holds the data directory's lock as long as any process lives; the last is there for roles whose death may name an account. */
enum { CHILD_SUPER_FD = 3, CHILD_LOCK_FD = 4, CHILD_LAST_WORD_FD = 5 };

/* The whole life of a child process; returns its exit code. */
int child_main(const struct role *role, uint32_t index);
/* Counters are other than they were: they are reported within a second, many changes at once. */
void child_counts_changed(struct child *c);
/* The role has finished after `stop`. */
void child_stopped(struct child *c);
/* Ends the process at once, after a last line in the log: it will be started again. */
NORETURN void child_die(struct child *c, const char *fmt, ...) PRINTF(2, 3);

#endif
