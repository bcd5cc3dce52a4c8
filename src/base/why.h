/* The detail of a failure: one text that is safe to send to a peer, one for the log.
 * Libraries fill it and never log; the layer that decides logs once. Both texts are bounded and cut, never grown. */
#ifndef BASE_WHY_H
#define BASE_WHY_H

#include "base/fail.h"

struct why {
	char text[160]; /* safe to send: no paths, no other people's names; printable, no CR or LF */
	char log[320];  /* for the administrator: what happened, to what, what to do */
};

/* Sets both texts to the same words and returns `f`. `w` may be NULL. */
enum fail why(struct why *w, enum fail f, const char *fmt, ...) PRINTF(3, 4);

/* Sets the safe text to `text` and the log text to the rest; returns `f`. `w` may be NULL. */
enum fail why_log(struct why *w, enum fail f, const char *text, const char *fmt, ...) PRINTF(4, 5);

#endif
