/* The log's inside, shared by log.c (open, append, close), group.c (group commit) and read.c. No other room includes it. */
#ifndef LOG_INNER_H
#define LOG_INNER_H

#include <pthread.h>

#include "log/footer.h"
#include "log/segment.h"

enum {
	PENDING_MAX = 1 << 20,      /* more than this is written through, unsynced */
	WRITE_THROUGH = 64 << 10,   /* so is a payload of this length */
	SEGMENT_SIZE_MAX = 1 << 30, /* a record and a footer more, and offsets still fit 32 bits */
	FOOTER_SHARE = 4            /* a footer has at most this part of a segment */
};

/* One group on its way to the disk: bytes, then syncs. While a worker has it, it touches nothing else of the log. */
struct flight {
	struct log *log; /* NULL: the log was closed meanwhile */
	struct job job;
	struct disk *disk;
	const char *dir;         /* to be synced, or NULL */
	struct segment *segment; /* where the group ends; in use until the flight has landed */
	struct disk_file *file;
	struct segment **sealed; /* earlier segments whose bytes no sync has covered yet; in use likewise */
	size_t sealed_count;
	struct buf bytes; /* [offset, offset + bytes.n) of the segment */
	uint32_t offset;
	struct log_pos end;
	struct log_commit *commits;
	enum fail result;
	struct why why;
	bool landed; /* the worker is done; under the log's lock */
};

struct verified {
	struct log_pos pos;
	uint8_t type;
	uint32_t n;
	uint64_t used_at;
	char *bytes; /* the payload; NULL: nothing is kept here */
};
enum { VERIFIED_KEPT = 8 };

struct log {
	struct segments segments;
	struct loop *loop;
	uint32_t segment_size;
	bool read_only, broken;
	uint64_t footer_types;

	struct segment *current;
	uint32_t tail;           /* where the next record goes in it */
	struct buf pending;      /* its bytes [tail - pending.n, tail), not written yet */
	struct segment **sealed; /* segments left behind since the last group, not synced */
	size_t sealed_count;

	uint64_t generation, previous_generation, group; /* the group being gathered */
	struct log_pos cut;
	struct log_pos group_start;
	struct log_pos durable_end;
	uint64_t chain;
	uint32_t count;       /* records since the last group end */
	struct footer footer; /* of the current segment */

	struct log_commit *waiting, **waiting_tail; /* for the next group */
	struct flight *flight;
	struct buf spare; /* the memory of the last group's bytes, for the next one */
	struct deferred kick;

	struct verified verified[VERIFIED_KEPT];
	uint64_t verified_clock;
	struct list reads; /* struct log_read that a worker has */
	pthread_mutex_t lock;
	pthread_cond_t landed; /* a flight or a read was finished by its worker */
};

/* append.c */
/* Creates segment `number`, in which the group goes on. */
FAILS append_begin_segment(struct log *log, uint32_t number, struct why *w);
/* Appends the current segment's footer and its end; only a group end may follow in it. */
FAILS append_end_segment(struct log *log, struct why *w);

/* group.c */
void group_init(struct log *log);
/* From here on nothing is written; every waiting commit is answered LOG_UNKNOWN soon. */
void group_break(struct log *log);
/* Waits for the flight, then answers whoever still waits. */
void group_finish(struct log *log);
/* An empty group: it proves that the last one was synced, so that rot in it is not taken for a torn write. */
void group_close(struct log *log);

/* read.c */
void read_finish(struct log *log);

/* verified.c */
/* The payload of the record at `pos` if it is kept, or NULL. */
struct verified *verified_find(struct log *log, struct log_pos pos);
/* Copies what was asked for; the caller has checked type and bounds. */
void verified_give(const struct verified *v, struct log_read *r);
/* Takes r->whole over. */
void verified_keep(struct log *log, struct log_read *r);
void verified_forget(struct log *log);

#endif
