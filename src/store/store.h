/* The store of one shard: accounts, their mailboxes, the messages in them. The log is the mail, the index follows it
 * (doc/STORE-FORMAT.md); engines differ in the disk and the key-value engine beneath (engine.h).
 *
 * One thread, the shard's loop, calls everything here; what blocks runs on worker threads below. A call that may have to wait
 * takes a `struct store_wait`:  FAIL_NONE = done at once, `done` is not called;  FAIL_BUSY = `done` follows from the loop, the
 * out-parameters are set just before it;  anything else = failed at once, `w->why` says why. A wait that is under way is
 * given up with store_wait_cancel: `done` is then never called.
 *
 * Every change is a batch (batch.h). INV-1: rows change, and the feed (feed.h) tells of it, only after the batch's group has been
 * synced; all sessions of an account see the same truth because they share these very rows. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buf.h"
#include "base/list.h"
#include "base/why.h"
#include "loop/loop.h"

struct store;
struct account;
struct mailbox;

struct store_wait {
	void (*done)(struct store_wait *w, enum fail f);
	struct why why;
	void *pending; /* the store's own */
};
void store_wait_init(struct store_wait *w, void (*done)(struct store_wait *w, enum fail f));
void store_wait_cancel(struct store_wait *w); /* also when nothing is pending */

/* Waits for commits under way, flushes the index, frees everything. Accounts and mailboxes must have been closed. */
void store_close(struct store *s);
/* Gives back the rows of mailboxes that nobody has opened or changed since the last call. For every minute or so. */
void store_forget_idle(struct store *s);
/* The store cannot write any more (a sync failed): all commits answer FAIL_UNKNOWN. The process should end and be started again. */
bool store_broken(const struct store *s);
/* What the segments of the log take on the disk. */
uint64_t store_log_bytes(const struct store *s);
/* Called once when the store breaks. */
void store_on_broken(struct store *s, void (*call)(void *context), void *context);

/* The index was missing or of no use, and is being made anew: so many of so many changes are there. Accounts whose changes are not are opened
 * later (FAIL_BUSY), those that somebody waits for before all others. */
bool store_rebuilding(const struct store *s, uint64_t *done_out, uint64_t *total_out);
/* Keeps `bytes` of the disk free: when less is, what makes the store grow (body_append, batch_message, batch_copy) is refused with
 * FAIL_DISK_FULL before anything is written, until there is a little more again. Reading, flags, moving, deleting go on. 0, and until it
 * is called: nothing is refused. */
void store_set_disk_reserve(struct store *s, uint64_t bytes);
/* That is so just now. The report (engine.h) is told of each turn. */
bool store_disk_low(const struct store *s);
/* Whether so many bytes would be taken now: for whoever can ask before they come. FAIL_DISK_FULL. */
FAILS store_may_grow(struct store *s, uint64_t bytes, struct why *w);

/* ── Accounts ─────────────────────────────────────────────────────────────────────────────────────────────── */

/* Opens account `id` (given by auth, never 0). One that has no mail yet gets its standard mailboxes (standard.def: INBOX,
 * Drafts, Sent, Trash, Junk, Archive, with their special uses, all subscribed) in a first batch. Shared by all callers. */
FAILS account_open(struct store *s, uint64_t id, struct store_wait *w, struct account **out);
void account_close(struct account *a); /* NULL is fine */
uint64_t account_id(const struct account *a);
struct store *account_store(const struct account *a);
/* Counts every change of the list of mailboxes and subscriptions: for caches. */
uint64_t account_tree_version(const struct account *a);

enum special_use { USE_NONE, USE_ALL, USE_ARCHIVE, USE_DRAFTS, USE_FLAGGED, USE_JUNK, USE_SENT, USE_TRASH };

struct mailbox_info {
	uint64_t id;          /* never reused in the account */
	uint32_t uidvalidity; /* never changes; a new mailbox always gets a higher one */
	uint32_t uid_next;
	uint64_t highest_modseq; /* ≥ 1 */
	uint32_t messages, unseen, deleted;
	uint32_t recent_from; /* messages with uid >= recent_from have not been shown as recent to any session */
	uint64_t size;        /* sum of RFC822.SIZE */
	struct span name;     /* UTF-8, NFC, '/' between levels, "INBOX" in capitals */
	enum special_use special_use;
	bool subscribed;
};

/* The list is in memory once the account is open; spans live until the next loop turn. Order: by name, INBOX first. */
size_t account_mailboxes(const struct account *a);
void account_mailbox_at(const struct account *a, size_t i, struct mailbox_info *out);
/* By name (INBOX in any case), or by id. FAIL_NOT_FOUND. */
FAILS account_mailbox_find(const struct account *a, struct span name, struct mailbox_info *out);
FAILS account_mailbox_info(const struct account *a, uint64_t id, struct mailbox_info *out);
/* Names that are subscribed, whether or not a mailbox of that name exists, by name. */
size_t account_subscriptions(const struct account *a);
struct span account_subscription_at(const struct account *a, size_t i);

enum {
	MAILBOX_NAME_MAX = 512 /* octets */,
	MAILBOX_DEPTH_MAX = 32,
	MAILBOXES_MAX = 100000,
	SUBSCRIPTIONS_MAX = 100000
};
/* Checks a name and brings it to its stored form (NFC, INBOX in capitals, one trailing '/' dropped): appends to `out`. FAIL_CANNOT with
 * the reason for control characters, invalid UTF-8, empty levels, '%' and '*', excessive length or depth. */
FAILS mailbox_name_normal(struct span name, struct buf *out, struct why *w);

/* ── Messages ─────────────────────────────────────────────────────────────────────────────────────────────── */

enum {
	MESSAGE_SEEN = 1,
	MESSAGE_ANSWERED = 2,
	MESSAGE_FLAGGED = 4,
	MESSAGE_DELETED = 8,
	MESSAGE_DRAFT = 16,
	MESSAGE_SYSTEM_FLAGS = 31,
	KEYWORD_FIRST_BIT = 8,
	KEYWORDS_MAX = 56, /* keywords of one mailbox: bits 8 to 63 */
	KEYWORD_NAME_MAX = 128,
};

/* Where bytes stand: the store's own, carried about by its callers. */
struct message_place {
	uint32_t segment, offset;
};

struct message {
	uint32_t uid;
	uint64_t id;           /* of the message in the account, never reused; kept by a MOVE, new by a COPY */
	uint64_t flags;        /* MESSAGE_* and keyword bits of its mailbox */
	uint64_t modseq;       /* of its last change */
	uint64_t size;         /* octets as every protocol sends it: prefix + body */
	int64_t internal_date; /* seconds since 1970 UTC */
	int16_t internal_zone; /* minutes east of UTC, for display */
	int64_t save_date;     /* when it came into this mailbox */
	uint32_t prefix;       /* octets at its start that are this recipient's own (Return-Path, Received) */
	struct message_place body_place, prefix_place;
	struct mailbox *
		mailbox; /* where to look when the bytes have been moved meanwhile; NULL: they stand where they stood */
};

/* Opens a mailbox: its rows are loaded once and shared. FAIL_NOT_FOUND. */
FAILS mailbox_open(struct account *a, uint64_t id, struct store_wait *w, struct mailbox **out);
void mailbox_close(struct mailbox *m);
uint64_t mailbox_id(const struct mailbox *m);
struct account *mailbox_account(const struct mailbox *m);
/* The mailbox has been deleted; its rows stay readable until it is closed. */
bool mailbox_deleted(const struct mailbox *m);

size_t mailbox_count(const struct mailbox *m);
void mailbox_at(const struct mailbox *m, size_t i, struct message *out); /* i < count; ascending uid */
uint32_t mailbox_uid_at(const struct mailbox *m, size_t i);
/* Index of the first row with uid >= `uid` (count when none). */
size_t mailbox_lower_bound(const struct mailbox *m, uint32_t uid);
/* The uid of the first message that is not \Seen, 0 when there is none. Remembers how far all are, so it is quick. */
uint32_t mailbox_first_unseen(struct mailbox *m);
/* The row of `uid`; also one that has been expunged while a reader has not passed its expunge event (feed.h). */
bool mailbox_message(const struct mailbox *m, uint32_t uid, struct message *out);

/* Calls `each` for the UIDs that were expunged by changes above `since_modseq`, in ranges that ascend and do not touch; after FAIL_BUSY from the loop, just
 * before `done`. Some of them may have gone before: the mailbox remembers a million runs, older ones merge. None is there, nor was never given out,
 * but for UIDs between those of two neighbours that went together. */
FAILS mailbox_vanished(struct mailbox *m, uint64_t since_modseq, struct store_wait *w,
	void (*each)(void *ctx, uint32_t first, uint32_t last), void *ctx);

/* Keywords of the mailbox: bit number 8..63, or -1; the name of a bit, or {NULL, 0}. Names compare without ASCII case. */
int mailbox_keyword_bit(const struct mailbox *m, struct span name);
struct span mailbox_keyword_name(const struct mailbox *m, int bit);

/* UIDL of POP3 for a message: appended. Unique in the account, never changes; an imported one is kept verbatim. 1-70 octets of 0x21-0x7e. */
void message_uidl(const struct mailbox *m, const struct message *msg, struct buf *out);

/* ── Bytes ────────────────────────────────────────────────────────────────────────────────────────────────── */

/* A message may be carried about from step to step, and read as long as its mailbox is open and its expunge event (feed.h) not passed.
 * Appends up to `n` octets of the message (prefix and body as one stream) from `offset` to `out`. Fewer only at its end. n <= 1 MB. */
FAILS message_read(
	struct account *a, const struct message *msg, uint64_t offset, size_t n, struct buf *out, struct store_wait *w);
/* Appends the body's structure (mime_structure_open); offsets in it count from the body's first octet: add msg->prefix. */
FAILS message_structure(struct account *a, const struct message *msg, struct buf *out, struct store_wait *w);

/* A body on its way in. Bare LF becomes CRLF; everything else is kept as it is. Written once, however many batches refer to it. */
struct body_writer;
struct body; /* a finished body */
struct body_writer *body_begin(struct store *s);
FAILS body_append(struct body_writer *b, struct span bytes, struct why *w);
uint64_t body_size_so_far(const struct body_writer *b);
/* Ends the writer (freed, also on failure). The body is durable once a batch that refers to it is. */
FAILS body_end(struct body_writer *b, struct body **out, struct why *w);
void body_drop(struct body_writer *b); /* gives up; NULL is fine */
uint64_t body_size(const struct body *b);
void body_free(struct body *b); /* may be called right after batch_message */

#endif
