/* For which account this thread works just now: whoever finds the process dead learns from it whose mail it died on, and can keep that account from
 * taking its neighbours down again and again. Every entry into work for an account says so; what it calls inherits it, jobs too (loop.h), and
 * whoever called it finds his own again. Costs a few stores. */
#ifndef BASE_IN_SERVICE_H
#define BASE_IN_SERVICE_H

#include <stdint.h>

#include "base/attr.h"

/* What others may see of one thread, in memory that they share. */
struct service_word {
	volatile uint64_t account; /* 0: none */
	volatile uint64_t entries; /* how often this thread began work for another: it goes on while it grows */
};

/* This thread's account is also kept at `w` from here on. */
void service_share(struct service_word *w);
uint64_t service_account(void);
/* From here on `account`; returns the one before, for service_leave. */
uint64_t service_enter(uint64_t account);
void service_leave(const uint64_t *before);

/* To the end of the block this thread works for `account`. */
#define SERVING(account)                                                                                               \
	UNUSED CLEANUP(service_leave)                                                                                  \
	uint64_t serving_before = service_enter(account)

#endif
