/* Messages whose bytes were found to be bad since the store was opened. Each is told to the administrator once; and whoever asks for it again is
 * refused at once, from its first octet on. Without that a client whose FETCH had to be cut off in the midst of a long message would come
 * back for it for ever, and never get past it. */
#include "store/inside.h"

bool rotten_known(const struct store *s, struct log_pos body)
{
	size_t n = s->rotten_count < ROTTEN_MAX ? s->rotten_count : ROTTEN_MAX;

	for (size_t i = 0; i < n; i++)
		if (log_pos_cmp(s->rotten[i], body) == 0)
			return true;
	return false;
}

enum fail rotten_refuse(uint32_t uid, struct why *w)
{
	return why(w, FAIL_CORRUPT, "The message with UID %u is damaged and cannot be read.", (unsigned)uid);
}

void rotten_found(struct store *s, uint64_t account, const struct row *r, struct why *w)
{
	if (!rotten_known(s, r->body)) {
		store_report(s, "account %llu: the message with UID %u (id %llu, segment %u, offset %u) is damaged: %s",
			(unsigned long long)account, (unsigned)r->uid, (unsigned long long)r->id,
			(unsigned)r->body.segment, (unsigned)r->body.offset, w->log);
		s->rotten[s->rotten_count++ % ROTTEN_MAX] = r->body;
	}
	(void)!rotten_refuse(r->uid, w); /* its words are for the client; what they say is what is returned anyway */
}
