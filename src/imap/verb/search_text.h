/* Text as SEARCH compares it (RFC 3501 §6.4.4: substrings, without case): UTF-8, canonically decomposed and case-folded by Unicode, so that
 * "É" in one code point or in two is found by "é"; nothing else is taken away (Arabic marks count as they stand).
 * A stream of text is looked at through a window of bounded size; a needle that lies across two pieces is found. */
#ifndef IMAP_VERB_SEARCH_TEXT_H
#define IMAP_VERB_SEARCH_TEXT_H

#include "base/buf.h"

enum { SEARCH_PIECE_MAX = 64 << 10 }; /* the most text that is fed at once */

/* Appends `text` as it is compared. What is no UTF-8 becomes U+FFFD. Cut when `out` is full. */
void search_fold(struct span text, struct buf *out);

/* Is the folded `needle` in the folded `text`? The empty needle always is. */
bool search_finds(struct span text, struct span needle);

/* Nothing but ASCII. */
bool search_is_ascii(struct span text);
/* The same as search_finds of the folded text, for a text of ASCII as it stands. */
bool search_finds_ascii(struct span ascii, struct span needle);

struct search_stream {
	struct buf window; /* folded text: what was kept of the pieces before, and the newest piece */
	char held[4];      /* the start of a code point that was cut */
	size_t held_n;
	size_t keep; /* octets of earlier text that a needle may begin in */
};

/* `longest`: octets of the longest folded needle. */
void search_stream_init(struct search_stream *s, size_t longest);
void search_stream_fini(struct search_stream *s);
/* Text from here on does not continue the text before: no match lies across. */
void search_stream_break(struct search_stream *s);
/* The next at most SEARCH_PIECE_MAX octets of UTF-8, cut anywhere. Then `window` is what to look for needles in. */
void search_stream_feed(struct search_stream *s, struct span text);

#endif
