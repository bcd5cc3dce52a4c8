/* A progress bar on a terminal, for work that takes its time; nothing elsewhere. */
#ifndef PROG_COMMAND_PROGRESS_H
#define PROG_COMMAND_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what;
	uint64_t total, done, bytes;
	int64_t began_ms, shown_ms;
	bool on;
};
void progress_begin(struct progress *p, const char *what, uint64_t total, bool on);
void progress_step(struct progress *p, uint64_t bytes);
/* For what is not counted one by one: so much is done. */
void progress_to(struct progress *p, uint64_t done, uint64_t bytes);
/* Clears the line. */
void progress_end(struct progress *p);

#endif
