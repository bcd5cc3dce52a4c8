/* The objects of the store, as its own files see them: account, mailbox, body, batch, the plan of the tree, group, and the store itself. What the files do for
 * one another is in inside.h, which everybody includes. */
#ifndef STORE_OBJECTS_H
#define STORE_OBJECTS_H

#include "base/arena.h"
#include "kv/kv.h"
#include "log/log.h"
#include "loop/loop.h"
#include "store/batch.h"
#include "store/engine.h"
#include "store/feed.h"
#include "store/index_block.h"
#include "store/kept.h"
#include "store/kept_block.h"
#include "store/need.h"
#include "store/op.h"
#include "store/uidls.h"

enum {
	BATCH_MAX = LOG_RECORD_MAX - 4096,
	BODY_INLINE_MAX = LOG_CHUNK_MAX, /* a body is inline exactly when it is no longer than this */
	REDO_MAX = 64 << 20,             /* bytes of log that opening may have to redo before the index is flushed */
	ROTTEN_MAX = 256,
	ROWS_KEPT_MAX = 1 << 20, /* rows of mailboxes that nobody has open, kept in case someone returns */
	ACCOUNTS_KEPT_MAX = 1024,
	ACCOUNT_BUCKETS = 4096,
	SLICE_COST = 4096, /* about a millisecond */
};

struct aside_account { /* one that is set aside */
	uint64_t id;
	struct log_pos passed; /* its first record that the index lacks, or nowhere */
};

struct store_op { /* something that a store_wait may wait for */
	struct store_wait *wait;
};
/* `op` will answer `w`; w may be NULL. */
void store_op_begin(struct store_op *op, struct store_wait *w);
void store_op_end(struct store_op *op, enum fail f, const struct why *w);

enum rows_state { ROWS_ABSENT, ROWS_LOADING, ROWS_LOADED };

struct ghost { /* an expunged row that a reader has not passed yet */
	struct row row;
	uint64_t event;
};
struct single_rows { /* of one block, those that the index has one by one */
	uint32_t base;
	uint64_t bits;
};
struct singles {
	struct single_rows *at; /* ascending base */
	size_t n, cap;
};
struct loaded_rows { /* what the index has of a mailbox */
	struct rows rows;
	struct uidls uidls;
	struct singles singles;
	uint32_t seen_below; /* as in the mailbox */
};
struct unwritten { /* what of a mailbox's rows the index must be told with the batch that is being applied (index_write.c) */
	uint32_t *changed; /* bases of blocks */
	size_t count, cap;
	uint32_t next; /* the index has no row from this uid on */
};

struct feed_entry {
	struct feed_event event;
	size_t ghosts; /* that it left */
};
struct feed { /* events base .. base + n, the first at at[head] */
	struct feed_entry *at;
	size_t head, n, cap;
	uint64_t base;
	size_t new_ghosts; /* of the expunge that will be told next */
	struct list readers;
};

struct devices;

struct mailbox {
	struct account *account;
	uint64_t id;
	char *name;
	enum special_use use;
	uint32_t uidvalidity, uid_next, uid_projected;
	uint32_t unseen, deleted_count, messages, recent_from;
	uint64_t highest_modseq, size;
	char **keywords;           /* by bit - KEYWORD_FIRST_BIT, or NULL */
	uint64_t keywords_applied; /* bits whose definition is durable: what readers see */

	unsigned refs;
	bool gone;         /* deleted: no longer in the account's list */
	struct list dirty; /* in the list of the batch that is being applied: its record must be written */
	enum rows_state state;
	struct rows rows, arrived; /* arrived: while a worker reads the others */
	uint32_t seen_below; /* messages with lower uids are \Seen; grows as someone asks (mailbox_first_unseen) */
	struct uidls uidls;
	struct singles singles; /* loaded, or loading: what the index has one by one */
	struct unwritten unwritten;
	struct list packing;  /* in store->packing while it has more of those than need be */
	struct ghost *ghosts; /* ascending uid; of ghost_passed of them all readers have passed the event */
	size_t ghost_count, ghost_passed, ghost_cap;
	struct feed feed;
	struct list openers; /* struct mailbox_opening */
	struct list idle;    /* in store->idle_mailboxes while loaded and unreferenced */
	struct list leaving; /* in store->gone_mailboxes while it is gone and still open */
	size_t idle_rows;    /* as counted there */
	unsigned idle_since; /* store->idle_period */
	struct list wake;    /* in store->wake while its readers must be told */
	struct list columns; /* struct column */
};

struct account {
	struct store *store;
	struct account *next_in_bucket;
	uint64_t id;
	uint64_t sequence, sequence_projected; /* of the last batch applied; of the last one sent */
	uint64_t next_message, next_mailbox;   /* projected; the applied ones follow from what is applied */
	uint32_t last_uidvalidity;
	uint64_t tree_version;
	struct batch *applying;         /* it is applied in slices, and not over */
	uint64_t partial;               /* number of a batch of which the index has a part; 0 = none */
	uint64_t kept_count, kept_size; /* of its kept messages */
	struct kept_place
		kept_gone; /* all up to here have been purged: a scan need not begin before (its rows are slow to pass by) */
	bool gone;         /* removed for good: nothing is in it, nothing comes in */
	struct devices *devices; /* of POP3 (device_inner.h); NULL: there never were any */
	struct mailbox **by_name, **by_id;
	size_t mailbox_count, mailbox_cap;
	char **subscriptions;
	size_t subscription_count, subscription_cap;

	unsigned refs;
	size_t in_flight;                                      /* batches sent and not yet applied */
	bool exclusive;                                        /* the one in flight changes the tree, or it is quiet */
	enum { QUIET_NOT, QUIET_WANTED, QUIET_GRANTED } quiet; /* commit_quiet */
	bool snapshotting;                                     /* snapshot_account */
	struct need need;                                      /* what a rebuild needs of the log, as applied */
	struct list waiting;                                   /* batches whose turn has not come */
	bool birth;                                            /* its first batch is under way */
	struct list openers;                                   /* struct account_opening */
	struct list idle;                                      /* in store->idle_accounts */
};

/* Bytes of a body that no row names yet: from this segment on (place.c). */
struct body_hold {
	struct list link; /* in store->body_holds while segment is not 0 */
	uint32_t segment;
};
struct body {
	unsigned refs;
	struct body_hold hold;
	struct log_pos pos;
	uint64_t size;
	struct buf structure;
};
void body_unref(struct body *b);

struct staged {
	struct op op; /* text, runs and map are set when it is sent */
	struct body *body;
	size_t text_at, text_n, prefix_at, prefix_n, run_at;
	uint8_t bits[64]; /* op_carries: keyword bit of the source -> of the target, 0 = none */
};
struct batch {
	struct store_op op;
	struct list link; /* in account->waiting, store->ready or its group */
	struct account *account;
	const void *author;
	struct staged *ops;
	size_t count, cap;
	struct buf texts;
	struct uid_run *runs;
	size_t run_count, run_cap;
	struct group *group;
	struct applying *applying; /* of which a part is not applied yet */
	bool tree;                 /* changes the tree: alone in flight */
	bool pending;              /* committed, not answered */
	uint64_t sequence;
	uint32_t *uids;
	size_t uid_count;
	struct buf record;
	struct log_pos pos;
	struct mailbox **held; /* whose rows its ops need: loaded, until it is answered */
	size_t held_count, held_cap, held_ops;
	struct store_wait loading; /* of one of them */
	bool is_loading;
	struct mailbox *loaded;
	enum fail result; /* of being sent */
	struct why why;
};
void batch_destroy(struct batch *b);
void batch_stage(struct batch *b, const struct op *op); /* one without text, runs and body */
/* One with a text, which is copied; FAIL_LIMIT. batch_stage_run adds to the one that was staged last. */
FAILS batch_stage_text(struct batch *b, const struct op *op, struct span text, struct why *w);
void batch_stage_run(struct batch *b, uint32_t first, uint32_t last);
/* Ids of messages begin at the time, so that an account that is set up anew, or was put back, never offers a client one that it has seen. */
static inline uint64_t message_ids_from(int64_t seconds)
{
	return (uint64_t)seconds << 20;
}

/* batch_rows.c: the rows that a batch's ops change must be in memory when it is applied. FAIL_NONE: all are; FAIL_BUSY: commit_run_waiting is
 * called once more of them are. */
FAILS batch_hold_rows(struct batch *b);
void batch_release_rows(struct batch *b);

/* What the tree will be once the ops so far have been applied: made when a batch that changes the tree has its turn. */
struct plan_entry {
	struct span name;
	uint64_t id;
};
struct plan {
	struct account *account;
	struct plan_entry *at;
	size_t n, cap;
	struct arena names;
	uint64_t next_mailbox;
	uint32_t last_uidvalidity;
};
void plan_init(struct plan *p, struct account *a);
void plan_fini(struct plan *p);
/* Checks one tree op against the plan, changes the plan, and encodes the ops that it comes to. */
FAILS plan_op(struct plan *p, const struct op *op, struct buf *out, struct why *w);
/* The bit of `name` in `m`, taken from the free ones when it is new; -1 when there is none left. */
int mailbox_keyword_take(struct mailbox *m, struct span name);
/* The bit of `name`, also while its definition is in flight, or -1. */
int mailbox_keyword_known(const struct mailbox *m, struct span name);

struct group {            /* batches that one log commit makes durable */
	struct list link; /* in store->groups */
	struct log_commit commit;
	struct store *store;
	struct list batches;  /* until it is durable */
	size_t left;          /* then: of them, those that are not applied */
	struct log_pos first; /* of its first record, or nowhere */
};

struct fresh_rows { /* new rows of one block, on their way into the index */
	struct mailbox *mailbox;
	uint32_t base;
	bool whole; /* they are all that the block has */
	size_t n;
	struct row rows[BLOCK_MESSAGES_MAX];
};

struct store {
	struct loop *loop;
	struct disk *disk;
	struct kv *kv;
	struct alarm *alarm; /* condemn.c */
	bool threads;        /* kv calls may be made from a worker */
	struct log *log;
	void (*report)(void *context, const char *text);
	void *context;
	bool broken, opening, closing;
	bool redo_all; /* the redo is told all that the log has */
	uint32_t vanished_most;
	bool keep;               /* store_keep */
	bool read_only;          /* a view for `check`: the disk stays its owner's, nothing is written to it */
	bool partial;            /* the index is being made anew, so it does not say yet what it has reached */
	struct rebuild *rebuild; /* that is under way */
	uint64_t rot;            /* places in the log that could not be read */
	struct recovered {
		uint64_t account, mailbox;
	} * recovered; /* made by apply_recovered_mailbox in this redo; recover.c tells of those that are left in the end */
	size_t recovered_count;
	struct torn_snapshot {
		uint64_t account, sequence;
	} * torn; /* snapshots that the redo found to lack a part, and no whole one after them so far */
	size_t torn_count;
	struct log_pos rotten[ROTTEN_MAX]; /* bodies that cannot be read: the newest of rotten_count */
	size_t rotten_count;
	void (*on_broken)(void *context);
	void *broken_context;

	struct account *accounts[ACCOUNT_BUCKETS];
	struct aside_account *aside;
	size_t aside_count;
	struct list idle_accounts, idle_mailboxes;
	struct list account_loads; /* struct account_load */
	size_t idle_account_count, idle_rows;
	unsigned idle_period; /* calls of store_forget_idle */

	struct list ready;  /* batches to be sent at the end of this turn */
	struct list groups; /* in flight, oldest first */
	struct deferred seal;
	struct list due; /* batches that are durable and not applied, oldest first */
	struct deferred apply;
	size_t slice;     /* what is applied of a batch in one turn, in costs (apply.h) */
	struct list wake; /* mailboxes with news */

	struct list body_holds, gone_mailboxes; /* struct body_hold; mailboxes that are deleted and still open */
	struct unpacked {                       /* the octets that were unpacked last (read.c) */
		struct log_pos pos;
		char *bytes;
		uint32_t n;
	} unpacked;
	unsigned reading_era;
	size_t readings[2]; /* reads under way, by the era in which they began */

	struct reclaimer *reclaimer; /* NULL until space is given back for the first time */
	struct list snapshots;       /* struct snapshot, the first under way */
	struct deferred snapshot_turn;
	uint64_t snapshot_least;

	struct kv_batch index;
	struct fresh_rows fresh;
	uint32_t block; /* messages a block */
	struct list packing;
	struct deferred pack;
	struct buf identity; /* payload of the newest RECORD_STORE */
	struct log_pos identity_pos;
	struct log_pos reached; /* everything before it is in the index */
	uint64_t redo_bytes;
	struct job flush_job;
	bool flushing;
	enum fail flush_result;
	struct why flush_why;
	size_t busy;         /* jobs and reads under way: store_close waits for them */
	struct space *space; /* NULL: nothing is kept free */
	struct columns {     /* columns.c */
		struct list by_age;
		uint64_t bytes, most;
	} columns;
	char place[120]; /* where the store is, in words */
	bool ballast;    /* a ballast file is kept */
};

#endif
