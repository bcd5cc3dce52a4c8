/* Between the files of the reclaimer:
 *
 *   reclaim.c            the round: its phases, its pace
 *   reclaim_segment.c    the segments of a round, and which of them are victims
 *   reclaim_survey.c     reads the index on a worker: how much of each segment is live; who names a victim
 *   reclaim_chunks.c     where the chunks of long bodies are
 *   reclaim_choose.c     which segments are emptied
 *   reclaim_move.c       commits the relocations of what lies in a victim
 *   reclaim_copy.c       writes its bytes again
 *   reclaim_moved.c      which bodies were
 *   reclaim_snapshots.c  accounts that need a victim are written again
 *   reclaim_reach.c      the store's record and the index get past all victims
 *   reclaim_guard.c      what may still name a victim although no row in the index does
 *   reclaim_remove.c     the victims go */
#ifndef STORE_RECLAIM_INNER_H
#define STORE_RECLAIM_INNER_H

#include "store/body.h"
#include "store/inside.h"
#include "store/pack.h"
#include "store/reclaim.h"

struct reclaim_long { /* a body of which more is to be looked up: where its chunks are, or, as a sample, how it is stored */
	struct log_pos body;
	uint64_t octets;
	bool sample;
};

/* How the short bodies of a segment are stored, as a few of them tell. */
struct segment_sample {
	uint32_t segment;
	uint64_t octets, stored, plain; /* of these bodies; plain: of those that nobody has tried to compress */
};

enum { SAMPLES = 4 };
struct reclaim_segment {
	uint32_t number;
	uint64_t bytes, live;
	uint64_t inline_octets;      /* of its live short bodies, as they are read */
	uint64_t plain;              /* octets of live bodies that nobody has tried to compress */
	uint32_t newest;             /* when the newest message in it came */
	struct segment_sample known; /* octets 0: nothing is */
	uint64_t sampled;            /* short bodies that were seen, of which these are some */
	struct log_pos sample[SAMPLES];
	int64_t purged; /* since when it has purged bytes; 0 = it has none */
	bool candidate; /* it may be chosen */
	bool victim;
};

/* A message whose bytes lie in a victim. */
struct reclaim_ref {
	uint64_t account;
	bool kept;
	uint64_t mailbox, uid; /* kept: its place */
	struct log_pos body, prefix_pos;
	uint32_t size;
	uint16_t prefix;
};

/* What a worker finds out. */
struct reclaim_survey {
	struct job job;
	struct kv *kv;
	struct reclaim_segment *segments; /* the round's */
	size_t segment_count;
	const struct chunk_ranges *chunks;
	uint64_t account;
	struct need need;
	bool collect; /* who names a victim; else: how much is live */
	uint64_t kept_bytes;
	uint64_t *seen; /* a filter of the bodies that were counted, `seen_bits` a power of two */
	uint64_t seen_bits;
	struct reclaim_ref *refs;
	size_t ref_count, ref_cap;
	uint64_t *accounts; /* that need a victim */
	size_t account_count, account_cap;
	struct reclaim_long *longs;
	size_t long_count, long_cap;
	bool cut; /* there is more than fits */
	enum fail result;
	struct why why;
};

/* Segments that a long body's chunks lie in: known for good once looked up, for what is written is never changed. */
struct chunk_range {
	struct log_pos body;
	uint32_t first, last;
	uint32_t stored; /* octets of its chunks */
	bool plain;      /* nobody has tried to compress it */
};
struct chunk_ranges {
	struct chunk_range *at; /* open addressing; body.segment 0 = free */
	size_t n, cap;
};
void chunk_ranges_fini(struct chunk_ranges *r);
void chunk_ranges_put(struct chunk_ranges *r, const struct chunk_range *range);
const struct chunk_range *chunk_ranges_get(const struct chunk_ranges *r, struct log_pos body);

struct moved {
	struct log_pos from, to;
};

enum reclaim_phase {
	RECLAIM_IDLE,
	RECLAIM_SURVEY,
	RECLAIM_LOOKUP,
	RECLAIM_CHOOSE,
	RECLAIM_BARRIER,
	RECLAIM_APPLIED,
	RECLAIM_COLLECT,
	RECLAIM_COLLECT_LOOKUP,
	RECLAIM_COLLECTED,
	RECLAIM_MOVE,
	RECLAIM_SNAPSHOTS,
	RECLAIM_SNAPSHOT,
	RECLAIM_NAME,
	RECLAIM_REACH,
	RECLAIM_FLUSH,
	RECLAIM_GUARD,
	RECLAIM_DRAIN,
	RECLAIM_REMOVE,
	RECLAIM_END,
};

/* What the mover has in hand. */
enum move_step {
	MOVE_NEXT,
	MOVE_OPEN,
	MOVE_HEAD,
	MOVE_BODY,
	MOVE_BODY_PACKED,
	MOVE_CHUNK,
	MOVE_CHUNK_PACKED,
	MOVE_PREFIX,
	MOVE_STAGE
};
struct reclaim_moving {
	size_t at;           /* in the survey's refs */
	enum move_step step; /* what has come when it goes on */
	struct account *account;
	struct mailbox *mailbox;
	uint64_t open_account, open_mailbox;
	enum fail open_result;
	struct batch *batch;
	size_t staged, batches; /* in the batch; since the last sync */
	uint64_t unsynced;
	struct log_pos body, prefix_pos; /* the new places */
	struct body_head head, head_out; /* as it is, as it will be */
	struct buf bytes, chunk, list;   /* the record, a chunk of it, the new list */
	struct body_chunk entry;
	uint32_t chunk_at, chunk_first, chunk_stored;
	struct packing packing;
	struct body *body_out; /* what stands at `body`, with its structure: for the index */
	struct log_read read;
	enum fail read_result;
	struct log_commit sync;
};

struct reclaimer {
	struct store *s;
	struct deferred turn;
	struct timer pace;
	bool waiting; /* something will call reclaim_again */
	bool stop;
	struct reclaim_figures figures;
	struct chunk_ranges chunks;
	struct segment_sample *samples; /* of sealed segments: what is written is never changed */
	size_t sample_count;

	/* The round */
	enum reclaim_phase phase;
	struct store_op op;
	struct reclaim_order order;
	struct reclaim_result *out, result;
	struct reclaim_segment *segments;
	size_t segment_count;
	bool guarding; /* victims are chosen: nothing new may name them */
	bool again;    /* something has, since the last collection began */
	bool flushed;
	unsigned passes;
	struct reclaim_survey survey;
	size_t lookup_at;
	struct log_read lookup_read;
	char lookup_head[32];
	struct buf lookup_list;
	enum { LOOKUP_HEAD, LOOKUP_LIST, LOOKUP_DONE, LOOKUP_BAD } lookup_step;
	struct reclaim_moving move;
	struct moved *moved; /* bodies that several messages name are written once; open addressing by `from` */
	size_t moved_count, moved_cap;
	size_t snapshot_at;
	struct store_wait wait;
	struct account *account; /* whose snapshot is to be written */
	enum fail opened;
	struct log_commit commit;
	struct log_pos named, barred;
	struct job flush, let_go;
	struct disk_file *last; /* of a segment that has been removed, still open */
	unsigned drain_era;
	int64_t next_us; /* not before this time goes on what costs */
	enum fail fail;
	struct why why;
};

/* reclaim.c */
enum { RECLAIM_LOOK_AGAIN_MS = 10 };
/* Goes on at the next turn: for whoever was waited for. */
void reclaim_again(struct reclaimer *r);
/* Goes on in `ms` milliseconds, or when the round is ended. */
void reclaim_rest(struct reclaimer *r, uint64_t ms);
/* So many octets were read or written: the next step waits until they fit the pace. */
void reclaim_cost(struct reclaimer *r, uint64_t octets);

/* reclaim_segment.c */
/* What the log has now, sorted; owned by the round. */
void reclaim_list_segments(struct reclaimer *r);
struct reclaim_segment *reclaim_segment(const struct reclaimer *r, uint32_t number);
bool reclaim_is_victim(const struct reclaimer *r, struct log_pos pos);
/* 0 = there is none. */
uint32_t reclaim_highest_victim(const struct reclaimer *r);
/* The message stays where it is in this round, and so do the segments of all its parts. */
void reclaim_keep_message(struct reclaimer *r, struct log_pos body, struct log_pos prefix, uint64_t octets);

/* reclaim_choose.c: after a survey. Victims are marked, perhaps none; what was learnt is kept for the next round, and told in the figures. */
void reclaim_choose(struct reclaimer *r);

/* Steps: true = go on at once, false = something calls reclaim_again, or (r->fail) the round is over. Those without `done_out` set the phase. */

/* reclaim_survey.c, reclaim_chunks.c */
bool reclaim_survey_start(struct reclaimer *r, bool collect);
void reclaim_survey_fini(struct reclaim_survey *v);
/* What the survey could not count before it was looked up. */
void reclaim_count_looked_up(struct reclaimer *r);
bool reclaim_lookup(struct reclaimer *r, bool *done_out);

/* reclaim_move.c */
bool reclaim_move(struct reclaimer *r, bool *done_out);
void reclaim_move_fini(struct reclaimer *r);

/* reclaim_copy.c: the bytes of the message in hand, until r->move.step is MOVE_STAGE (r->move.body and prefix_pos are the new places) or, when it
 * cannot be read and stays, MOVE_NEXT. */
const struct reclaim_ref *reclaim_ref_in_hand(const struct reclaimer *r);
bool reclaim_copy_begin(struct reclaimer *r);
/* The same, when its body stands where it is to be. */
bool reclaim_copy_prefix(struct reclaimer *r);
bool reclaim_copy_step(struct reclaimer *r);

/* reclaim_moved.c: r->moved is freed with the round. */
bool reclaim_find_moved(const struct reclaimer *r, struct log_pos from, struct log_pos *to_out);
void reclaim_remember_moved(struct reclaimer *r, struct log_pos from, struct log_pos to);

/* reclaim_snapshots.c: the next account; its snapshot, once it is open. */
bool reclaim_snapshots(struct reclaimer *r);
bool reclaim_snapshot(struct reclaimer *r);

/* reclaim_reach.c */
bool reclaim_name(struct reclaimer *r);
bool reclaim_reach(struct reclaimer *r);

/* reclaim_guard.c: what is named takes its segments out of the victims. */
void reclaim_guard(struct reclaimer *r);

/* reclaim_remove.c */
bool reclaim_drain_begin(struct reclaimer *r);
bool reclaim_drain(struct reclaimer *r);
bool reclaim_remove(struct reclaimer *r);

/* reclaim_survey.c: whether a long body (more octets than are inline) or its chunks lie, or may lie, in a victim. */
bool reclaim_long_in_victim(const struct reclaim_segment *segments, size_t n, const struct chunk_ranges *chunks,
	struct log_pos body, bool *known_out);

#endif
