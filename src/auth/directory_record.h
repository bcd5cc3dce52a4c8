/* The records of the accounts directory as bytes (doc/ACCOUNTS-FORMAT.md). Inside the room only. */
#ifndef AUTH_DIRECTORY_RECORD_H
#define AUTH_DIRECTORY_RECORD_H

#include "auth/directory.h"

enum directory_record {
	RECORD_ACCOUNT = 1,
	RECORD_REMOVED = 2,
	RECORD_ANEW = 3,     /* the whole directory follows; the number is the next id */
	RECORD_CHANGE = 4,   /* one of the above with a number of its own; written twice */
	RECORD_FILLER = 5,   /* between the two: 512 zeros, so that they never lie in one sector */
	RECORD_DEPARTED = 6, /* removed, and its mail is still there; in a change only */
};
enum {
	DIRECTORY_RECORD_VERSION = 1,
	/* Of an account with capabilities switched off; 2: with a secret for APOP; else 1. */
	ACCOUNT_RECORD_VERSION = 3,
	DIRECTORY_RECORD_MAX = 1536,
};

struct account_record { /* borrowed from the payload */
	uint64_t id;
	uint32_t shard;
	int64_t created;
	bool disabled;
	struct span name, hash, apop, capabilities_off;
};

/* Whether `names` can stand in a row's capabilities_off: printable ASCII, not too long. */
bool capabilities_off_valid(struct span names);
void account_record_put(const struct account_row *row, struct buf *out);
FAILS account_record_get(struct span payload, struct account_record *out, struct why *w);
/* RECORD_CHANGE: `out` goes on with the record of `kind`. */
void change_record_put(uint64_t number, enum directory_record kind, struct buf *out);
FAILS change_record_get(struct span payload, uint64_t *number_out, enum directory_record *kind_out,
	struct span *record_out, struct why *w);
void departed_record_put(const struct departed_account *a, struct buf *out);
FAILS departed_record_get(struct span payload, struct departed_account *out, struct why *w);
/* RECORD_REMOVED and RECORD_ANEW: one number each. */
void number_record_put(uint64_t number, struct buf *out);
FAILS number_record_get(struct span payload, uint64_t *out, struct why *w);

#endif
