/* What a process leaves behind when it dies: for which account it worked. A page of memory that super makes and the child writes; it outlives the
 * child. What stands in it is the child's word and no more: super takes nothing from it but the number of an account. */
#ifndef PROC_LAST_WORD_H
#define PROC_LAST_WORD_H

#include <stdbool.h>

#include "base/in_service.h"
#include "base/why.h"

struct last_word {
	struct service_word loop; /* of the child's main thread, at any time */
	volatile uint64_t dying;  /* of the thread that met a fatal signal of its own making; */
	volatile uint32_t said;   /* set: it had the time to say so */
};

/* super's side: the page and a descriptor of it, for a child. The page cannot be made shorter by anybody. FAIL_LIMIT. */
FAILS last_word_new(struct last_word **out, int *fd_out, struct why *w);
void last_word_clear(struct last_word *l);
/* The account that a process which died by `signal` died on; 0: none. SIGKILL names nobody: it comes from an administrator, or from a kernel that is
 * out of memory, and neither says anything of the mail that was being read. Nor does any other signal that somebody else sent. */
uint64_t last_word_account(const struct last_word *l, int signal);

/* The child's side: maps it, shares the main thread's account, and catches the signals of a crash. Before the confinement. */
FAILS last_word_take(int fd, struct why *w);

#endif
