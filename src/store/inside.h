/* What the files of the store share, and nobody else sees: the objects, and what each file does for the others.
 *
 *   names        name.c                       what a mailbox may be called
 *   objects      account.c tree.c mailbox.c rows.c keyword.c uidls.c feed.c wait.c
 *   change       batch.c (staging) ─► batch_rows.c (what it needs is loaded) ─► commit.c (order, groups), commit_send.c
 *                (numbers; plan.c for the tree) ─► batch_codec.c (bytes) ─► the log ─► apply_batch.c (in slices), apply*.c (it
 *                becomes true) ─► index_write.c, index.c
 *   index        index.c (accounts, mailboxes), index_rows.c (reading messages), index_write.c (writing them), index_block.c (bytes),
 *                index_compare.c, vanished.c (UIDs that went)
 *   kept         kept.c, kept_block.c (bytes), kept_purge.c, kept_mailbox.c, batch_kept.c, apply_kept.c, expire.c, purged.c
 *   devices      device*.c (device_inner.h), batch_device.c: of POP3
 *   bytes        body.c (in), read.c, structure.c and structures.c (out)
 *   life         engine.c, recover.c (opening), redo.c, rebuild*.c, restored.c, erase.c, space.c (a full disk), snapshot*.c, need.c (which
 *                segments a rebuild needs), verify.c, aside.c
 *   giving back  reclaim*.c, place.c (who holds on to bytes while they are moved) */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

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

/* Record types of the log that are the store's (doc/STORE-FORMAT.md, "Mail records"). */
enum record_type {
	RECORD_STORE = 1,
	RECORD_BODY = 2,
	RECORD_CHUNK = 3,
	RECORD_PREFIX = 4,
	RECORD_BATCH = 5,
	RECORD_SNAPSHOT = 6,
	RECORD_CHUNK_PACKED = 7,
};
/* What the segments' footers copy: all but mail's own bytes. */
#define FOOTER_TYPES                                                                                                   \
	(~(1ull << RECORD_BODY | 1ull << RECORD_CHUNK | 1ull << RECORD_PREFIX | 1ull << RECORD_CHUNK_PACKED))

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

/* ── Objects ── */

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
void store_report(struct store *s, const char *fmt, ...) PRINTF(2, 3);
void store_break(struct store *s, const struct why *w);
enum { RECOVERED_NAME_MAX = 40 };
FAILS recovered_tell(struct store *s, struct why *w); /* of the mailboxes that are so, once all is told */
void recovered_name(uint64_t mailbox, char name[RECOVERED_NAME_MAX]); /* what a mailbox is called whose name is lost */
/* A store to look at: the log is read from `from` into settings->kv, and not written. Takes the kv over, not the disk. */
FAILS store_view(const struct store_settings *settings, struct log_pos from, struct store **out, struct why *w);

/* redo.c */
struct snapshot_part { /* what redo has been told of the snapshot that is coming in */
	uint64_t account, sequence;
	uint64_t next_message, next_mailbox;
	uint32_t last_uidvalidity;
	struct log_pos first;
	uint64_t chunks, bytes;
	bool open;
	struct buf ops;
};
struct redo {
	struct store *s;
	uint64_t batches;
	struct snapshot_part snapshot;
	void (*come_to)(void *context, struct log_pos pos); /* of the store's settings */
	void *come_to_context;
};
/* Of struct log_replay; `context` is a struct redo. */
FAILS redo_record(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w);
FAILS redo_known(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w);
void redo_rot(void *context, struct log_pos pos, const char *what);

/* space.c */
void space_fini(struct store *s);
void columns_init(struct store *s);
void columns_forget(struct mailbox *m);
void space_keep_ballast(struct store *s); /* makes it, if it is missing and there is room */

/* account.c: but for account_get nothing here waits */
FAILS account_get(struct store *s, uint64_t id, struct account **out, struct why *w); /* loaded; no reference taken */
void account_hold(struct account *a);   /* like opening it; account_close undoes it */
void account_settle(struct account *a); /* forgets it when nothing holds it any more */
void account_drop_all(struct store *s);
void account_clear(struct account *a); /* empties it: nobody may have it open */
struct mailbox *account_by_id(const struct account *a, uint64_t id);
struct mailbox *account_by_name(const struct account *a, struct span name);
struct mailbox *account_add_mailbox(struct account *a, uint64_t id, struct span name);
void account_remove_mailbox(struct mailbox *m); /* out of the list; freed when nobody has it open */
void account_rename_mailbox(struct mailbox *m, struct span name);
bool account_subscribed(const struct account *a, struct span name, size_t *at_out);
void account_set_subscribed(struct account *a, struct span name, bool on);

/* rows.c: from `uid` on, how far all rows are \Seen */
uint32_t rows_seen_below(const struct rows *r, uint32_t uid);

/* mailbox.c */
void mailbox_hold(struct mailbox *m); /* loaded or not; mailbox_close undoes it */
FAILS mailbox_load_now(struct mailbox *m, struct why *w);
void mailbox_unload(struct mailbox *m);
void mailbox_free(struct mailbox *m);
void mailbox_settle(struct mailbox *m);
void mailbox_count_row(struct mailbox *m, const struct row *r, int sign);
void mailbox_define_keyword(struct mailbox *m, int bit, struct span name);
static inline const char *mailbox_kept_uidl(const struct mailbox *m, uint32_t uid)
{
	return uidls_find(&m->uidls, uid);
}

/* feed.c */
void feed_init(struct feed *f);
void feed_fini(struct mailbox *m);
bool feed_wanted(const struct mailbox *m);
uint64_t feed_add(struct mailbox *m, const struct feed_event *e); /* the event's number */
void feed_keep_ghosts(struct mailbox *m, const struct row *rows, size_t n, uint64_t event);
void feed_wake_all(struct store *s);

/* place.c */
void place_now(const struct message *msg,
	struct row *out);                /* the message's row, with the places of its bytes as they are now */
unsigned reading_begin(struct store *s); /* until reading_end with what it returned */
void reading_end(struct store *s, unsigned era);
void body_hold_begin(struct store *s, struct body_hold *h, uint32_t segment); /* the first call counts */
void body_hold_end(struct body_hold *h);
uint32_t body_hold_lowest(const struct store *s);

/* reclaim*.c (reclaim_inner.h) */
void reclaim_close(struct store *s);
/* A batch that is being applied names the row's places. */
void reclaim_named(struct store *s, const struct row *row);

/* apply.c: `live` is the batch that made the record, or NULL when redoing */
bool op_needs_rows(enum op_kind kind);
/* FAIL_BUSY: a slice has been applied, call it again. Never when redoing. */
FAILS batch_apply(struct store *s, struct log_pos pos, struct span record, struct batch *live, struct why *w);

/* kept.c, kept_purge.c, kept_mailbox.c. Kept messages are live: their bytes are needed, so whoever counts live bytes walks kept_each too (or account_kept, a page at a
 * time: no call of the kv may be made from within `each`), and whoever moves bytes names the new places by an
 * OP_RELOCATE_KEPT. In one batch those are in the order of their places. Ops: OP_KEPT, its place in modseq and other, its bytes in row. */
struct kept_writer { /* what comes, in the order of places, is gathered to blocks. Zeroed but for the account */
	struct account *account;
	uint64_t sequence;
	struct kept_list list;
};
void kept_writer_add(struct kept_writer *x, uint64_t sequence, const struct kept_item *item, struct span uidl);
void kept_writer_flush(struct kept_writer *x);
void kept_writer_end(struct kept_writer *x);
/* Rows of a mailbox that went in batch `sequence`. Those of one batch may come in several calls. */
void kept_put_rows(struct mailbox *m, const struct row *rows, size_t n, uint64_t sequence, uint32_t time);
struct kept_window { /* what is about to change of one window (kept_block.h). Zeroed: none is open */
	struct account *account;
	struct kept_place begin;
	struct kept_list list;
	uint64_t *blocks; /* as they are in the index: the id that each begins with */
	size_t block_count, block_cap;
	bool changed; /* whoever changes an item says so */
};
/* Opens the window of `at`; one that was open is closed. What is in the batch that is being gathered is not seen: of one batch every window is
 * opened once. */
FAILS kept_open_window(struct kept_window *x, struct account *a, struct kept_place at, struct why *w);
struct kept_item *kept_find(struct kept_window *x, struct kept_place at); /* NULL, or of the open window */
void kept_take_out(struct kept_window *x, struct kept_item *item);
void kept_close_window(struct kept_window *x); /* what has changed goes into the index; none need be open */
bool kept_window_take(struct kept_window *x, struct span key, struct span value); /* a block of it; false: malformed */
void kept_put_mailbox(const struct mailbox *m, uint64_t sequence);
FAILS kept_each(struct account *a, struct kept_place after, bool (*each)(void *context, const struct op *op),
	void *context, struct why *w);
/* The same of an account that need not be loaded, from whatever thread. */
FAILS kept_scan(struct kv *kv, uint64_t account, struct kept_place after,
	bool (*each)(void *context, const struct op *op), void *context, struct why *w);
/* `time`: of the batch that purges. */
FAILS kept_purge(struct account *a, struct kept_place last, uint32_t time, struct why *w);
/* Notes that all that the account has, in its mailboxes too, is purged (purged.c). */
FAILS kept_note_all(struct account *a, uint32_t time, struct why *w);
/* All of it as the ops of a snapshot. */
FAILS kept_encoded(struct account *a, void (*each)(void *context, struct span ops), void *context, struct why *w);
FAILS kept_mailboxes_encoded(
	struct account *a, void (*each)(void *context, struct span ops), void *context, struct why *w);
struct span kept_mailbox_keyword(const struct kept_mailbox *k, int bit);

/* vanished.c: OP_MERGE_VANISHED, into the batch that is being gathered (what earlier batches gathered must be written). And commits one where `ops`, the n
 * runs of the mailbox as a snapshot has them, are more than it is to remember. */
enum { VANISHED_MOST = 1 << 20 };
FAILS vanished_merge(struct mailbox *m, uint64_t up_to, struct why *w);
void vanished_merge_later(struct mailbox *m, struct span ops, size_t n);

/* purged.c: segments in which purged bytes lie, which are to be gone within a day of the purge. Whoever gives space back asks for them
 * (purged_each, from whatever thread), empties those that are sealed although most of them may be live, and forgets each that it has
 * emptied, removed, or found to have nothing dead in it (purged_forget goes with the next index_write). */
struct purged_segments {
	uint32_t *at;
	size_t n, cap;
};
void purged_add(struct purged_segments *p, const struct row *r);
FAILS purged_note(struct store *s, struct purged_segments *p, uint32_t time, struct why *w);
void purged_fini(struct purged_segments *p);
FAILS purged_each(
	struct kv *kv, bool (*each)(void *context, uint32_t segment, int64_t since), void *context, struct why *w);
void purged_forget(struct store *s, uint32_t segment);
/* aside.c */
void aside_init(struct store *s, const struct store_aside *list);
bool store_is_aside(const struct store *s, uint64_t account);
FAILS aside_refuse(struct why *w, uint64_t account);
/* As index_next_account, without them. */
FAILS store_next_account(struct store *s, uint64_t after, uint64_t *out, struct why *w);
/* While redoing: whether the record is one of theirs; it is then noted that the index lacks it. */
bool aside_passes(struct store *s, struct log_pos pos, uint8_t type, struct span payload);
/* `from`, where the redo is to begin, goes back to where those begin that were set aside and are no more; their notes go with aside_end,
 * in the batch that is being gathered, once the redo is done. */
FAILS aside_begin(struct store *s, struct log_pos *from, struct why *w);
FAILS aside_end(struct store *s, struct why *w);
void aside_forget(struct store *s); /* the index is made anew */

/* snapshot.c, snapshot_put.c */
/* Writes the account's whole state to the log again. FAIL_BUSY, `w` (may be NULL) follows when it is durable; FAIL_NONE: it is under way
 * already, or there is nothing to be written. The account's commits wait while it is written, not while it is synced. */
FAILS snapshot_account(struct account *a, struct store_wait *w);
/* The same, when the changes since the last outweigh it. */
void snapshot_if_due(struct account *a);
void snapshot_turn(struct deferred *d);
/* Whether one is under way that begins before `end`. */
bool snapshot_holds(const struct store *s, struct log_pos end);
void snapshot_drop_waiting(struct store *s);

/* snapshot_redo.c */
/* One record of it; the last puts the account in its place, when it knows less. */
FAILS snapshot_redo(struct store *s, struct snapshot_part *p, struct log_pos pos, struct span record, struct why *w);

/* commit_send.c: gives the batch its numbers and appends its record. A failure before the append has changed nothing but numbers that are then
 * never used. FAIL_CONFLICT: the tree is another by now; FAIL_LIMIT, FAIL_NOT_FOUND, or what log_append returns. The words are in
 * b->why. */
FAILS commit_send(struct batch *b);

/* commit.c */
void commit_run_waiting(struct account *a);
/* Asks that nothing of the account be in flight: true when it is so, until commit_quiet_end. Else snapshot_turn is called when it is. */
bool commit_quiet(struct account *a);
void commit_quiet_end(struct account *a);
/* Whether every batch that stands before `end` has been applied, to its last slice. */
bool commit_applied(const struct store *s, struct log_pos end);
/* The index has everything before `end`, if that is so. */
void commit_reached(struct store *s, struct log_pos end);
void commit_seal(struct deferred *d);
void commit_apply(struct deferred *d);

/* unanswered.c: how far the store that broke had answered */
void unanswered_note(struct store *s);
void unanswered_read(struct store *s, struct log_cut *out); /* leaves *out alone when there is no note */
void unanswered_end(struct store *s);

/* rotten.c: messages whose bytes are bad */
bool rotten_known(const struct store *s, struct log_pos body);
FAILS rotten_refuse(uint32_t uid, struct why *w); /* FAIL_CORRUPT, in words for the client */
/* Reports it, remembers it, and puts the words for the client in the place of what `w` says. */
void rotten_found(struct store *s, uint64_t account, const struct row *r, struct why *w);

/* index.c */
enum { STORE_VERSION = 1, IDENTITY_SIZE = 32 };
struct index_state {
	struct log_pos reached, identity_pos;
	char identity[IDENTITY_SIZE];
};
FAILS index_state_get(struct store *s, struct index_state *out, struct why *w); /* FAIL_NOT_FOUND: an empty index */
FAILS index_clear(struct store *s, struct why *w);
FAILS index_bad_row(struct why *w); /* FAIL_CORRUPT, in words */
/* What the account needs of the log, from whatever thread. FAIL_NOT_FOUND. */
FAILS index_get_need(struct kv *kv, uint64_t account, struct need *out, struct why *w);
/* The next account after `after` that the index knows; 0 when there is none. While the index is being made anew (store_rebuilding) not all of
 * them are there, nor is what is there complete. */
FAILS index_next_account(struct kv *kv, uint64_t after, uint64_t *out, struct why *w);
/* Every row of every message, from account `from_account` on: accounts, mailboxes and uids ascend. `each` says false to stop. Knows how rows are
 * packed; needs nothing but the kv, so it may be called from a worker. What is written meanwhile may be told or not, never halfway. */
FAILS index_scan_rows(struct kv *kv, uint64_t from_account,
	bool (*each)(void *context, uint64_t account, uint64_t mailbox, const struct row *r), void *context,
	struct why *w);
/* Copies every row. */
FAILS index_copy(struct kv *from, struct kv *to, struct why *w);
/* Calls `differs` for each row that only one of the two has, or that they have differently; copies of structures and the state apart. */
FAILS index_compare(
	struct kv *a, struct kv *b, void (*differs)(void *context, struct span key), void *context, struct why *w);
FAILS index_write(struct store *s, struct why *w); /* what index_put_* gathered, with s->reached */
/* Fills one that is empty. `near`: from memory alone, or FAIL_BUSY and it is to be thrown away. Touches nothing else, so a worker may call it. */
FAILS index_load_account(struct account *a, bool near, struct why *w);
/* How many kept messages an account has, without loading it. */
FAILS index_peek_kept(struct kv *kv, uint64_t account, uint64_t *count_out, struct why *w);
/* Whether it has devices of POP3, or a policy for them. */
FAILS index_peek_devices(struct kv *kv, uint64_t account, bool *has_out, struct why *w);
/* Fills `out`, which is empty but for room that was reserved. Needs nothing but the kv, so it may be called from a worker. */
FAILS index_load_rows(
	struct kv *kv, uint64_t account, uint64_t mailbox, uint32_t block, struct loaded_rows *out, struct why *w);
void loaded_rows_fini(struct loaded_rows *l);
/* Those above `since`, in the order of their modseqs. */
FAILS index_load_vanished(struct kv *kv, uint64_t account, uint64_t mailbox, uint64_t since,
	void (*each)(void *context, uint32_t first, uint32_t last, uint64_t modseq), void *context, struct why *w);
/* Deletes all that the index has of the account, also what was gathered before, in the batch that is being gathered. */
void index_delete_account(struct account *a);
/* `near`: from memory alone, or FAIL_BUSY. */
FAILS index_get_structure(struct account *a, struct log_pos body, bool near, struct buf *out, struct why *w);
void index_put_account(struct account *a);
void index_put_mailbox(struct mailbox *m);
void index_delete_mailbox(struct mailbox *m, bool structures_too); /* then its rows must be loaded */
void index_flush_if_due(
	struct store *s); /* on a worker, once redoing the log from where the last flush began would be long */
void index_put_vanished(struct mailbox *m, const struct uid_run *runs, size_t n, uint64_t modseq);

/* index_write.c: rows on their way into the index. A row's imported UIDL goes with it (mailbox_kept_uidl). After a batch has changed rows of a
 * mailbox, and before anything else is made of them, index_settle_rows. */
void index_add_row(struct mailbox *m, const struct row *r); /* the newest of the mailbox, which may be loaded or not */
void index_put_row(struct mailbox *m, const struct row *r); /* one that was there and has changed; loaded */
void index_delete_row(struct mailbox *m, const struct row *r, bool structure_too); /* loaded */
void index_settle_rows(struct mailbox *m);
void index_pack_if_due(
	struct mailbox *m); /* just loaded: rows that stand one by one are put into blocks, little by little */
void index_pack_some(struct deferred *d);
void index_forget_rows(struct mailbox *m); /* nothing of it is to be written any more */
void singles_note(struct singles *s, uint32_t uid, uint32_t block);
void singles_fini(struct singles *s);

void index_put_structure(struct account *a, struct log_pos body, struct span structure);
void index_delete_structure(struct account *a, struct log_pos body);
void index_put_subscription(struct account *a, struct span name, bool on);

#endif
