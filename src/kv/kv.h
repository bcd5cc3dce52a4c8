/* The ordered key-value interface of the index: few calls, so that another engine can take RocksDB's place.
 * Keys and values are bytes; keys order bytewise. No pointer into the engine is ever held: scans copy into the caller's memory.
 * Calls may block on the disk, but for the reads that are called near, and writes; none may be made while a callback of the same kv runs. */
#ifndef KV_KV_H
#define KV_KV_H

#include "base/buf.h"
#include "base/why.h"

enum { KV_KEY_MAX = 1024, KV_VALUE_MAX = 8 << 20 };

struct kv;

/* Puts and deletes, at most 1 GB of them, applied together or not at all, in order. */
struct kv_batch {
	struct buf ops; /* the batch's own encoding */
	size_t count;
};
void kv_batch_init(struct kv_batch *b);
void kv_batch_fini(struct kv_batch *b);
void kv_batch_reset(struct kv_batch *b);
void kv_batch_put(struct kv_batch *b, struct span key, struct span value);
void kv_batch_delete(struct kv_batch *b, struct span key);
/* All keys in [from, to). Cheap however many there are; leaves a trace that reads pass until the engine has tidied up. */
void kv_batch_delete_range(struct kv_batch *b, struct span from, struct span to);

struct kv_ops {
	const char *name;
	/* Appends the value to `out`. FAIL_NOT_FOUND when absent. */
	enum fail (*get)(struct kv *kv, struct span key, struct buf *out, struct why *w);
	/* Visible to later calls at once; on disk only after a flush (there is no log of its own: the mail log is it). */
	enum fail (*write)(struct kv *kv, const struct kv_batch *b, struct why *w);
	/* Calls `each` for keys in [from, to) in order until it returns false or there are no more. An empty `to` is the end. */
	enum fail (*scan)(struct kv *kv, struct span from, struct span to,
		bool (*each)(void *ctx, struct span key, struct span value), void *ctx, struct why *w);
	/* The same, for what is much and read once: it takes nobody's place in the engine's memory. */
	enum fail (*scan_once)(struct kv *kv, struct span from, struct span to,
		bool (*each)(void *ctx, struct span key, struct span value), void *ctx, struct why *w);
	/* get and scan, answered from memory alone, so that they never wait: FAIL_BUSY where the disk would have to be asked (a scan may
	 * have told some keys by then, which then count for nothing). */
	enum fail (*get_near)(struct kv *kv, struct span key, struct buf *out, struct why *w);
	enum fail (*scan_near)(struct kv *kv, struct span from, struct span to,
		bool (*each)(void *ctx, struct span key, struct span value), void *ctx, struct why *w);
	/* Everything written so far is durable when it returns. */
	enum fail (*flush)(struct kv *kv, struct why *w);
	/* Bytes written that are not flushed (approximately). */
	uint64_t (*unflushed)(struct kv *kv);
	/* From here on `call` is made, in whatever thread it happens, when a call finds that what is kept is damaged (it answers
	 * FAIL_CORRUPT). The index is then to be removed, and made anew. Before any other thread uses it. */
	void (*on_corrupt)(struct kv *kv, void (*call)(void *context), void *context);
	void (*close)(struct kv *kv);
};

struct kv {
	const struct kv_ops *ops;
};

struct kv_settings {
	const char *path;     /* directory, made when missing */
	uint64_t cache_bytes; /* block cache; 0 = 16 MB */
	uint64_t write_bytes; /* memtable; 0 = 8 MB */
};

/* RocksDB without its write-ahead log. FAIL_CORRUPT: the index can be removed and is rebuilt from the log. */
FAILS kv_open_rocks(const struct kv_settings *s, struct kv **out, struct why *w);
/* In memory; empty. */
struct kv *kv_open_memory(void);
/* For tests: `below` (taken over) as if most of it were on a slow disk: of every `period` reads that are to be answered from memory all but
 * the last are FAIL_BUSY. Its calls may be made from several threads. */
struct kv *kv_open_cold(struct kv *below, unsigned period);
/* How often the thread that opened it would have had to wait for the disk. */
unsigned kv_cold_waits(const struct kv *kv);

#endif
