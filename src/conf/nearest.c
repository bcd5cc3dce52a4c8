/* The word of a list that is nearest to a misspelt one, by edit distance. */
#include "conf/nearest.h"

enum { WORD_MAX = 64 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

unsigned nearest_distance(struct span a, struct span b)
{
	unsigned row[WORD_MAX + 1];

	a = span_first(a, WORD_MAX);
	b = span_first(b, WORD_MAX);
	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned above = row[j], same = ascii_lower(a.p[i - 1]) == ascii_lower(b.p[j - 1]);

			row[j] = least(above + 1, row[j - 1] + 1, diagonal + !same);
			diagonal = above;
		}
	}
	return row[b.n];
}

void nearest_begin(struct nearest *n, struct span given)
{
	*n = (struct nearest){.given = given, .best = "", .distance = UINT32_MAX};
}

void nearest_offer(struct nearest *n, const char *word)
{
	unsigned d = nearest_distance(n->given, span_of(word));

	if (d >= n->distance)
		return;
	n->distance = d;
	n->best = word;
}

const char *nearest_close(const struct nearest *n)
{
	return *n->best && n->distance <= 1 + strlen(n->best) / 3 ? n->best : NULL;
}
