/* How far two words are from each other: for "did you mean". */
#ifndef CONF_NEAREST_H
#define CONF_NEAREST_H

#include "base/span.h"

/* The number of letters to insert, delete or replace between `a` and `b`; ASCII case does not count. Words are looked at up to 64
 * bytes. */
unsigned nearest_distance(struct span a, struct span b);

#endif
