/* The data directory: made once, locked while a server runs, and what was decided when it was made. Also for commands that work on
 * it while no server runs. */
#ifndef PROG_SUPER_DATA_DIR_H
#define PROG_SUPER_DATA_DIR_H

#include "base/why.h"
#include "conf/settings.h"

enum { SHARDS_MAX = 8 };

struct data_dir {
	int lock;        /* descriptor that holds the lock; whoever has a copy of it holds it too */
	uint32_t shards; /* fixed when the directory was made */
};

/* Makes what is missing (mode 0700; owned by `user` when root), locks it, reads or writes its layout. FAIL_BUSY: another server has it;
 * FAIL_NO_PERMISSION, FAIL_IO, FAIL_CONFIG with one sentence. */
FAILS data_dir_open(const struct settings *s, struct data_dir *out, struct why *w);
void data_dir_close(struct data_dir *d);

/* For commands that work on the directory while no server runs: files that they make are the server's, so root becomes the user of the setting
 * `user` (effectively), and root again when it is done. Nothing happens for others. */
FAILS data_dir_become_user(const struct settings *s, struct why *w);
void data_dir_become_root_again(void);

/* Replaces data_dir/NAME at once: readers see the old text or the new one. */
FAILS data_dir_write(const struct settings *s, const char *name, struct span text, unsigned mode, struct why *w);

#endif
