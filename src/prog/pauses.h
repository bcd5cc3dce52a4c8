/* The pauses that a test may be in a hurry about. The server leaves them as they are; the tests' program (tests/faults/program) may set them before
 * anything runs. */
#ifndef PROG_PAUSES_H
#define PROG_PAUSES_H

#include <stdint.h>

struct pauses {
	uint64_t restart_ms; /* super, before it starts a process anew that died young; each further time twice that */
	uint64_t last_word_ms; /* mail, from the moment its store breaks until it ends: its sessions say goodbye */
	uint64_t devices_ms;   /* mail, between two walks over what POP3's policies let go, at most */
};
extern struct pauses pauses;

#endif
