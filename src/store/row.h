/* A message in memory: what an open mailbox keeps of it. */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "log/log.h"
#include "store/store.h"

struct row { /* 64 bytes */
	uint64_t flags, modseq, id;
	int64_t internal_date;
	struct log_pos body, prefix_pos;
	uint32_t uid, size, save_date;
	int16_t zone;
	uint16_t prefix;
};
struct rows {
	struct row *p;
	size_t n, cap; /* cap: from p on */
	size_t gap;    /* rows of room before p, where rows have been taken away */
};
struct row *rows_add(struct rows *r);
struct row *rows_add_many(struct rows *r, size_t n); /* the first of `n` new ones */
void rows_reserve(struct rows *r, size_t n);         /* room for `n` in all: no more memory than they need */
/* Takes `n` rows away, from the `at`th on. Moves those behind or those before, whichever are fewer. */
void rows_cut(struct rows *r, size_t at, size_t n);
void rows_tighten(struct rows *r); /* gives back what is far more than it needs */
size_t rows_lower_bound(const struct rows *r, uint32_t uid);
void rows_fini(struct rows *r);
void row_message(const struct row *r, struct message *out);
void message_row(const struct message *m, struct row *out);

#endif
