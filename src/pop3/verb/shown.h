/* Inside of pop3/verb only: what a session is shown of messages with UTF-8 in their headers before it has said UTF8 (RFC 6856 §2.1), where the
 * setting utf8_downgrade says so: surrogates (RFC 6858), or a refusal. A size is then known only once the headers were read. */
#ifndef POP3_VERB_SHOWN_H
#define POP3_VERB_SHOWN_H

#include "mime/surrogate.h"
#include "store/store.h"

struct pop3_session;

enum { SHOWN_MEASURED = 1, SHOWN_CHANGED = 2 };

struct pop3_shown {
	bool refuse;          /* instead of a surrogate */
	unsigned char *marks; /* of each message */

	uint32_t next, last;                  /* POP3_MEASURING: these messages, */
	void (*then)(struct pop3_session *s); /* and what is done once their sizes are known */

	struct message of; /* whose surrogate this is */
	bool begun;
	struct mime_surrogate surrogate;
	struct buf structure, out;
	uint64_t size; /* so far */
};

/* NULL where messages are shown as they are. */
struct pop3_shown *pop3_shown_new(const struct pop3_session *s);
void pop3_shown_free(struct pop3_shown *x); /* NULL is fine */

/* Goes on with `then` once s->drop.sizes of messages first to last are what RETR sends: at once, or by way of POP3_MEASURING. */
void pop3_with_sizes(struct pop3_session *s, uint32_t first, uint32_t last, void (*then)(struct pop3_session *s));
void pop3_measure_step(struct pop3_session *s);
/* The message that was being read cannot be: its size stays as it is. */
void pop3_measure_failed(struct pop3_session *s);
/* Whether RETR of it is not as it is. Its size must have been measured. */
bool pop3_is_changed(const struct pop3_session *s, uint32_t number);
/* Makes shown->surrogate that of `msg`, at its beginning. FAIL_BUSY: s->wait is under way; call again after it. */
FAILS pop3_surrogate_begin(struct pop3_session *s, const struct message *msg);
void pop3_surrogate_end(struct pop3_session *s);

#endif
