/* The languages in which POP3 speaks to people (RFC 6856 §3), and its texts in them: texts.def. Pure. */
#ifndef POP3_WIRE_LANGUAGE_H
#define POP3_WIRE_LANGUAGE_H

#include "base/span.h"

/* English until a client asks for another one: before that, answers are ASCII (RFC 1939 §3). */
enum pop3_language { POP3_ENGLISH, POP3_ARABIC, POP3_FRENCH, POP3_CHINESE, POP3_LANGUAGES };

/* The language that a basic language range means (RFC 4647 §2.1), by look-up (§3.4): "fr-CA" is fr. False: none of these. */
bool pop3_language_find(struct span range, enum pop3_language *out);
const char *pop3_language_tag(enum pop3_language l);  /* RFC 5646 */
const char *pop3_language_name(enum pop3_language l); /* in the language itself, UTF-8 */

/* `english` in language `l`; itself when texts.def has no such row. */
const char *pop3_text(enum pop3_language l, const char *english);

#endif
