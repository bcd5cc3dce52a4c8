/* What this session's client believes about the selected mailbox: which message has which sequence number. It changes only in
 * view_sync, which sends the client just those changes; between two syncs all sequence numbers stand, whatever other sessions do, and the
 * messages behind them stay readable (feed.h), though they may be expunged by now. RFC 3501 §2.3.1.2, §5.2, §7.4.1. */
#ifndef IMAP_VERB_VIEW_H
#define IMAP_VERB_VIEW_H

#include "base/arena.h"
#include "imap/wire/sequence.h"
#include "store/feed.h"

struct view;

/* Takes over the open mailbox `m`. `author` is what own batches carry. `wake` is called when the feed has something new. */
struct view *view_new(struct mailbox *m, bool read_only, const void *author, void (*wake)(void *ctx), void *ctx);
void view_free(struct view *v); /* closes the mailbox; NULL is fine */

struct mailbox *view_mailbox(const struct view *v);
uint64_t view_mailbox_id(const struct view *v);
bool view_read_only(const struct view *v);

/* ── Numbers ── sequence numbers count from 1. */
uint32_t view_count(const struct view *v);
uint32_t view_uid(const struct view *v, uint32_t seq); /* 1 <= seq <= count */
uint32_t view_seq(const struct view *v, uint32_t uid); /* 0 = not in the view */
/* The first sequence number whose uid is >= `uid`; count + 1 when none. */
uint32_t view_seq_from(const struct view *v, uint32_t uid);
/* The row; false when it can no longer be read (expunged long ago: answer as RFC 2180 §4.1 says). */
bool view_message(const struct view *v, uint32_t seq, struct message *out);
bool view_is_recent(const struct view *v, uint32_t uid);
uint32_t view_recent_count(const struct view *v);

/* The messages that a set names, as ascending ranges of sequence numbers within 1..count. `uid`: the set holds uids (unknown ones are
 * passed over). Without it FAIL_SYNTAX when a number is above the count: RFC 3501 §9, comment to seq-number. The set is resolved in place;
 * '*' of an empty mailbox names nothing. FAIL_TOO_BIG: arena. */
struct seq_range {
	uint32_t first, last;
};
FAILS view_resolve(const struct view *v, struct sequence_set *set, bool uid, struct arena *arena,
	struct seq_range **out, size_t *n_out);

/* What "$" stands for: ascending ranges of uids, copied (RFC 5182). Nothing at first. */
void view_save(struct view *v, const struct sequence_range *uids, size_t n);
struct sequence_set view_saved(const struct view *v);

/* ── Printing ── */
/* "(\Seen $Junk \Recent)" */
void view_print_flags(const struct view *v, struct buf *out, const struct message *msg);
/* "* FLAGS (...)" and "* OK [PERMANENTFLAGS (...)]". */
void view_print_flag_names(const struct view *v, struct buf *out);

/* ── Telling ── */
enum view_sync_flags {
	VIEW_EXPUNGES = 1, /* EXPUNGE responses are allowed now */
	VIEW_UIDS = 2,     /* FETCH responses carry the UID too */
	VIEW_SILENT = 4,   /* take the changes, tell nothing (while being closed) */
};
/* Tells what has happened since, into `out`, at most about 32 KB: VIEW_ALL told, VIEW_MORE to be called again when there is room,
 * VIEW_DELETED the mailbox itself is gone. Without VIEW_EXPUNGES it stops before the first expunge. Own flag changes (author) are not told. */
enum view_told { VIEW_ALL, VIEW_MORE, VIEW_DELETED };
enum view_told view_sync(struct view *v, struct buf *out, unsigned flags);
/* Something is waiting to be told. */
bool view_has_news(const struct view *v);

#endif
