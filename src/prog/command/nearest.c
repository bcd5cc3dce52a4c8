/* Levenshtein's distance over short words. */
#include "prog/command/nearest.h"

#include <stdint.h>
#include <string.h>

enum { WORD_MAX = 63 };

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], n = strlen(b), before, here;

	if (n > WORD_MAX || strlen(a) > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		before = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			here = row[j];
			row[j] = least(row[j] + 1, row[j - 1] + 1, before + (a[i - 1] != b[j - 1]));
			before = here;
		}
	}
	return row[n];
}

void nearest_begin(struct nearest *n, const char *given)
{
	*n = (struct nearest){given, NULL, SIZE_MAX};
}

void nearest_offer(struct nearest *n, const char *word)
{
	size_t d = distance(n->given, word);

	if (d < n->distance) {
		n->distance = d;
		n->best = word;
	}
}

const char *nearest_word(const struct nearest *n)
{
	return n->best && n->distance <= 1 + strlen(n->best) / 3 ? n->best : NULL;
}
