/* Payloads that were read whole and match their checksum, kept for a moment: a body is asked for piece by piece, and no piece may be given out
 * before the whole is known to be true. Belongs to the log's owner thread. */
#include "log/inner.h"

#include "base/memory.h"

/* What is smaller is read again at no cost; what is larger is not worth its memory. */
enum { KEPT_LEAST = 16 << 10, KEPT_MOST = 1 << 20 };

void verified_give(const struct verified *v, struct log_read *r)
{
	if (r->n)
		memcpy(r->dst, v->bytes + r->offset, r->n);
}

struct verified *verified_find(struct log *log, struct log_pos pos)
{
	for (size_t i = 0; i < VERIFIED_KEPT; i++) {
		struct verified *v = &log->verified[i];

		if (v->bytes && log_pos_cmp(v->pos, pos) == 0) {
			v->used_at = ++log->verified_clock;
			return v;
		}
	}
	return NULL;
}

void verified_keep(struct log *log, struct log_read *r)
{
	struct verified *oldest = &log->verified[0];
	char *bytes = r->whole;

	r->whole = NULL;
	if (!bytes || r->whole_n < KEPT_LEAST || r->whole_n > KEPT_MOST || verified_find(log, r->pos)) {
		free(bytes);
		return;
	}
	for (size_t i = 1; i < VERIFIED_KEPT; i++)
		if (log->verified[i].used_at < oldest->used_at)
			oldest = &log->verified[i];
	free(oldest->bytes);
	*oldest = (struct verified){r->pos, r->type, r->whole_n, ++log->verified_clock, bytes};
}

void verified_forget(struct log *log)
{
	for (size_t i = 0; i < VERIFIED_KEPT; i++) {
		free(log->verified[i].bytes);
		log->verified[i] = (struct verified){0};
	}
}
