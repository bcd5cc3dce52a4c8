/* What the files of the accounts directory share, and nobody else sees: the rows, and what each file does for the others.
 *
 *   directory.c         opening and closing
 *   directory_rows.c    who there is: rows in memory, and looking them up
 *   directory_redo.c    the log becomes rows again (directory_replay.c: which of two copies is good)
 *   directory_write.c   records go to the log; compaction
 *   directory_reopen.c  a log that broke is opened anew
 *   directory_change.c  an administrator's changes: checked, written, then true */
#ifndef AUTH_DIRECTORY_INNER_H
#define AUTH_DIRECTORY_INNER_H

#include "auth/directory_record.h"
#include "log/log.h"

#define DIRECTORY_LOG "accounts" /* below the disk's root */

struct directory {
	struct disk *disk;         /* the caller's */
	struct log *log;           /* NULL: it broke, and could not be opened anew yet */
	struct log_cut cut;        /* of the log that broke last */
	struct account_row **rows; /* by id */
	size_t n, cap;
	struct departed_account *departed; /* by when they went */
	size_t departed_n, departed_cap;
	uint64_t next_id;
	uint64_t live_bytes; /* about what the rows take as records */
	uint64_t next_change;
	struct log_pos rot; /* where something could not be read; segment 0 = nowhere */
	struct table by_name, by_local;
};

/* directory_rows.c. Memory alone: what is called here must be durable before (INV-A1), or come from the log. */
void directory_rows_init(struct directory *d);
void directory_rows_fini(struct directory *d);
struct account_row *directory_row_new(const struct account_record *r); /* its name has been checked */
void directory_row_free(struct account_row *row);                      /* NULL is fine */
/* Takes `row` in and over, in the place of an older one of its id. */
void directory_link_row(struct directory *d, struct account_row *row);
void directory_unlink_row(struct directory *d, uint64_t id); /* nothing when there is none */
void directory_add_departed(struct directory *d, const struct departed_account *a);
void directory_forget_departed(struct directory *d, uint64_t id); /* nothing when it is none of them */

/* directory_redo.c: opens the log, and makes the rows what it says. d->rot: a place that was bad and not needed. FAIL_CORRUPT: something that
 * counts cannot be read; FAIL_IO, FAIL_CONFIG as log_open. */
FAILS directory_redo(struct directory *d, struct disk *disk, const struct log_settings *settings, struct why *w);

/* directory_reopen.c: the log anew, with what was not durable in it cut off; on a full disk the ballast goes first. Rows stay as and where they are. FAIL_IO, FAIL_DISK_FULL, FAIL_CORRUPT: d->log is
 * NULL, and it may be tried again. */
FAILS directory_reopen(struct directory *d, struct why *w);

/* directory_write.c. A change is durable when these return FAIL_NONE, and written twice (INV-A7); the rows are the caller's to change then. After FAIL_IO and
 * FAIL_DISK_FULL it is not there and never will be (INV-A9); after FAIL_UNKNOWN it is there or not once the directory is opened by another process. Each
 * call opens a log that broke anew first. */
FAILS directory_write_row(struct directory *d, const struct account_row *row, struct why *w);
FAILS directory_write_departed(struct directory *d, const struct departed_account *a, struct why *w);
FAILS directory_write_removed(struct directory *d, uint64_t id, struct why *w);
/* Everything again, behind what is there. */
FAILS directory_write_anew(struct directory *d, struct why *w);
/* Everything again, and the old segments go, when what was superseded outweighs. */
FAILS directory_compact_if_heavy(struct directory *d, struct why *w);

#endif
