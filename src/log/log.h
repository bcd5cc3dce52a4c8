/* The log: numbered, append-only segment files of immutable, checksummed records, made durable in groups.
 * Format, invariants, crash states: doc/STORE-FORMAT.md. The log knows nothing of mail: a record has a type, and bytes.
 *
 * One owner thread calls everything here. Syncs run on a worker thread of the loop, one group in flight at a time; what
 * is appended meanwhile waits for the next group (group commit).
 *
 *   log_append ─► pending bytes ──log_commit──► group (records + group end) ─► write + one sync on a worker ─► done()
 *
 * A record is *live* when a valid group end follows it (INV-2). A failed write or sync breaks the log: every waiting commit
 * and every later one gets LOG_UNKNOWN until the log is opened again (never retried as if nothing had happened). */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include "log/disk.h"
#include "loop/loop.h"

struct log;

struct log_pos {
	uint32_t segment; /* number of the segment file, from 1; 0 = nowhere */
	uint32_t offset;  /* of the record's first byte in it */
};

enum { LOG_RECORD_MAX = 64 << 20, LOG_CHUNK_MAX = 256 << 10, LOG_SEGMENT_SIZE = 64 << 20 };

enum log_result { LOG_DONE, LOG_FAILED, LOG_UNKNOWN };

/* How far the owner of a log that broke had been answered, and in which generation. */
struct log_cut {
	uint64_t generation; /* 0: none */
	struct log_pos end;
};

struct log_settings {
	const char *dir;       /* below the disk's root; made when missing */
	uint32_t segment_size; /* a segment is closed when it has reached this; 0 = LOG_SEGMENT_SIZE */
	bool read_only;        /* for `check`, `verify`: writes nothing, not even a new segment */
	/* Bit t: records of type t (below 64) are copied into the footer of their segment. A replay then tells only these, from the
	 * footers; 0: there are no footers, and a replay tells all. */
	uint64_t footer_types;
	struct log_cut
		cut;     /* of that generation nothing behind `end` counts, whole or not; without effect on any other */
	bool every_byte; /* the replay reads, checks and tells all records, and compares the footers with what they copy */
};

/* What recovery tells, in order of the log, from `from` on. Return a failure to stop. With footers, records of other types may be
 * told or not, and what is bad among them may be reported or not. */
struct log_replay {
	void *context;
	/* A live record. `payload` lives until the call returns. */
	enum fail (*record)(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w);
	/* Rot: a place that a later valid group proves to have been durable, but whose bytes are bad. `what` says also whether the
	 * footer had a copy, which was then told. May be NULL. */
	void (*rot)(void *context, struct log_pos pos, const char *what);
	/* Asked of the records of the newest generation that will be told, before anything is written: FAIL_CONFIG when the owner does not know
	 * one, since a newer version wrote it. Nothing of the log has been touched then. May be NULL. */
	enum fail (*known)(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w);
};

/* Opens, reads everything live from `from` ({0,0} = the oldest) and drops a torn tail; then starts a fresh segment.
 * FAIL_CORRUPT when the files are no log; FAIL_CONFIG when they come from a newer version. `loop` may be NULL: commits then
 * sync in the caller's thread before log_commit returns. */
FAILS log_open(struct disk *disk, const struct log_settings *settings, struct loop *loop, struct log_pos from,
	const struct log_replay *replay, struct log **out, struct why *w);
/* Waits for the group in flight and answers every commit that waits; what was never committed is lost (and was never promised).
 * Reads under way go on, and their `done` still comes from the loop. Never from inside a callback of this log. */
void log_close(struct log *log);

/* Appends one record (payload = the concatenation of `parts`) to the pending bytes and tells its place. Large payloads are
 * written through at once, unsynced; they count only once a group end follows. FAIL_TOO_BIG past LOG_RECORD_MAX;
 * FAIL_IO, FAIL_DISK_FULL break nothing that was durable but break the log. Never waits for a sync. */
FAILS log_append(
	struct log *log, uint8_t type, const struct span *parts, size_t count, struct log_pos *pos_out, struct why *w);

struct log_commit {
	void (*done)(
		struct log_commit *c, enum log_result result); /* on the owner's thread, never from inside log_commit
	                                                               (except with loop == NULL) */
	struct log_pos end;      /* set before done: just past the group end that covers this commit */
	struct log_commit *next; /* the log's own */
};

/* Asks for everything appended so far to be made durable; `c` belongs to the log until done is called. Commits are answered in
 * order. */
void log_commit(struct log *log, struct log_commit *c);

/* True once a write or sync has failed. */
bool log_broken(const struct log *log);
/* Just past the newest durable group. */
struct log_pos log_durable_end(const struct log *log);
/* The same, for the next opening of a log that has broken. */
struct log_cut log_known_end(const struct log *log);

/* The records of a segment that recovery has told, told once more, in as many goes as one likes; rot is not reported again. The segment is pinned
 * until the cursor is closed. */
struct log_cursor;
/* FAIL_NOT_FOUND: there is no such segment, or nothing in it that can be read. May wait for the disk. */
FAILS log_cursor_open(struct log *log, uint32_t segment, struct log_cursor **out, struct why *w);
/* The next record; *more_out is false, and the rest not set, after the last. The payload lives until the next call. May wait for the disk. */
FAILS log_cursor_next(struct log_cursor *c, bool *more_out, struct log_pos *pos_out, uint8_t *type_out,
	struct span *payload_out, struct why *w);
void log_cursor_close(struct log_cursor *c); /* NULL is fine */

/* Reading a record's payload back, also one that is not durable yet (from the pending bytes). `offset` counts from the payload's
 * first byte. FAIL_CORRUPT when the record is not of `type`, or is shorter, or does not match its checksum: also when only a part of it is asked for
 * (all of it is read then, once for a number of parts). */
struct log_read {
	struct log_pos pos;
	uint8_t type;
	uint32_t offset, n;
	bool at_most; /* a payload that ends before is no fault: n is then what there was */
	char *dst;    /* n bytes, the caller's, until done */
	void (*done)(struct log_read *r, enum fail f); /* only after FAIL_BUSY was returned; on the owner's thread */
	struct why why;
	struct log *log; /* the log's own, from here on; NULL once it needs the log no more */
	struct list link;
	struct job job;
	struct disk_file *file;
	uint64_t generation;
	char *whole; /* the payload, where a part of it was asked for */
	uint32_t whole_n;
	bool worked;
	enum fail result;
};
/* FAIL_NONE: read at once from memory. FAIL_BUSY: a worker reads it, done follows. Others: failed at once. */
FAILS log_read(struct log *log, struct log_read *r);
/* The same, waiting for the disk in the caller's thread. */
FAILS log_read_now(struct log *log, struct log_read *r);
/* The length of the payload of the record at `pos`, waiting for the disk if need be. */
FAILS log_payload_length(struct log *log, struct log_pos pos, uint8_t type, uint32_t *n_out, struct why *w);

/* Segments. A segment that is pinned is not removed while anyone reads it. */
struct log_segment_info {
	uint32_t number;
	uint64_t bytes;
	bool sealed; /* no more is appended to it */
};
size_t log_segments(const struct log *log, struct log_segment_info *out, size_t max);
/* The segment is there, and not about to be removed. */
bool log_has_segment(const struct log *log, uint32_t segment);
void log_pin(struct log *log, uint32_t segment);
void log_unpin(struct log *log, uint32_t segment);
/* Removes a sealed segment, at once or when its last pin goes. The caller has proved that nothing in it is needed
 * (doc/STORE-FORMAT.md, "how a segment may go"). */
FAILS log_remove_segment(struct log *log, uint32_t segment, struct why *w);

static inline int log_pos_cmp(struct log_pos a, struct log_pos b)
{
	return a.segment != b.segment ? (a.segment < b.segment ? -1 : 1)
				      : (a.offset > b.offset) - (a.offset < b.offset);
}

#endif
