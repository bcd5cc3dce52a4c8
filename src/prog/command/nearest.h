/* The word that somebody meant. */
#ifndef PROG_COMMAND_NEAREST_H
#define PROG_COMMAND_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *given, *best;
	size_t distance;
};
void nearest_begin(struct nearest *n, const char *given);
void nearest_offer(struct nearest *n, const char *word);
/* NULL when nothing comes close. */
const char *nearest_word(const struct nearest *n);

#endif
