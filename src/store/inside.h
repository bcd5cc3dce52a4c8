/* What the files of the store share, and nobody else sees: the objects (objects.h), and what each file does for the others.
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

#include "store/objects.h"

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
