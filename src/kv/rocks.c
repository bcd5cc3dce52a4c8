/* The engine RocksDB, through its C interface. Its own write-ahead log is off: the mail log is redone instead. Small by default:
 * 8 MB of memtable, 16 MB of block cache, two background threads. Must never hold a pointer into the engine past a call. */
#include <errno.h>
#include <limits.h>
#include <rocksdb/c.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "kv/batch.h"

enum {
	CACHE_BYTES = 16 << 20,
	WRITE_BYTES = 8 << 20,
	OPEN_FILES = 256,
	INFO_LOG_BYTES = 1 << 20,
	MANIFEST_BYTES = 64 << 10,
	CHECKSUM_XXH3 = 4, /* rocksdb::kXXH3 */
	INFO_LOG_WARN = 2, /* rocksdb::WARN_LEVEL */
	FILTER_BITS = 10,
	BLOCK_BYTES = 16 << 10, /* structures of many messages are read in a row: a quarter of the look-ups */
	METADATA_BYTES = 4096,
	TIER_MEMORY = 1, /* rocksdb::kBlockCacheTier */
	MEMTABLES_MAX = 32,
	NEVER = 1 << 30,
};

struct rocks_kv {
	struct kv base;
	void (*corrupt)(void *context);
	void *context;
	rocksdb_t *db;
	rocksdb_options_t *options;
	rocksdb_cache_t *cache;
	rocksdb_readoptions_t *read, *near;
	rocksdb_writeoptions_t *write;
	rocksdb_flushoptions_t *flush;
};

static const struct kv_ops rocks_ops;

static struct rocks_kv *kv_of(struct kv *kv)
{
	return CONTAINER_OF(kv, struct rocks_kv, base);
}

static enum fail class_of(const char *error)
{
	struct span e = span_of(error);

	if (span_starts(e, SPAN("Result incomplete")))
		return FAIL_BUSY; /* it is not in memory, and the read was not to go further */
	if (span_find(e, SPAN("No space left")) != SIZE_MAX || span_find(e, SPAN("quota exceeded")) != SIZE_MAX)
		return FAIL_DISK_FULL;
	if (span_find(e, SPAN("Permission denied")) != SIZE_MAX ||
		span_find(e, SPAN("Read-only file system")) != SIZE_MAX)
		return FAIL_NO_PERMISSION;
	if (span_find(e, SPAN("lock")) != SIZE_MAX && span_starts(e, SPAN("IO error")))
		return FAIL_CONFLICT;
	/* "No such file": one that the index itself names */
	if (span_starts(e, SPAN("Corruption")) || span_find(e, SPAN("No such file")) != SIZE_MAX ||
		span_starts(e, SPAN("Invalid argument")) || span_starts(e, SPAN("Not implemented")))
		return FAIL_CORRUPT;
	return FAIL_IO;
}

/* Frees the engine's error text, if there is one, and says it in our words. */
static enum fail result(const struct rocks_kv *r, char *error, const char *what, struct why *w)
{
	enum fail f;

	if (!error)
		return FAIL_NONE;
	if (class_of(error) == FAIL_CORRUPT && r->corrupt)
		r->corrupt(r->context);
	f = why_log(w, class_of(error), "The server's index has a problem.", "index: cannot %s: %s", what, error);
	rocksdb_free(error);
	return f;
}

static enum fail get(
	struct rocks_kv *r, const rocksdb_readoptions_t *how, struct span key, struct buf *out, struct why *w)
{
	rocksdb_pinnableslice_t *slice;
	char *error = NULL;
	const char *value;
	enum fail fail;
	size_t n = 0;

	slice = rocksdb_get_pinned(r->db, how, key.p, key.n, &error);
	fail = result(r, error, "read", w);
	if (fail) {
		rocksdb_pinnableslice_destroy(slice);
		return fail;
	}
	if (!slice)
		return why(w, FAIL_NOT_FOUND, "The index has no such entry.");
	value = rocksdb_pinnableslice_value(slice, &n);
	if (buf_add(out, span(value, n)))
		fail = why(w, FAIL_TOO_BIG, "An entry of the index is too large.");
	rocksdb_pinnableslice_destroy(slice);
	return fail;
}

static enum fail rocks_get(struct kv *kv, struct span key, struct buf *out, struct why *w)
{
	return get(kv_of(kv), kv_of(kv)->read, key, out, w);
}

static enum fail rocks_get_near(struct kv *kv, struct span key, struct buf *out, struct why *w)
{
	return get(kv_of(kv), kv_of(kv)->near, key, out, w);
}

static enum fail rocks_write(struct kv *kv, const struct kv_batch *b, struct why *w)
{
	struct rocks_kv *r = kv_of(kv);
	struct span ops = buf_span(&b->ops);
	rocksdb_writebatch_t *batch;
	enum fail fail = kv_batch_check(b, w);
	char *error = NULL;
	struct kv_op op;

	if (fail)
		return fail;
	batch = rocksdb_writebatch_create();
	while (kv_op_next(&ops, &op)) {
		switch (op.what) {
		case KV_PUT: rocksdb_writebatch_put(batch, op.key.p, op.key.n, op.value.p, op.value.n); break;
		case KV_DELETE: rocksdb_writebatch_delete(batch, op.key.p, op.key.n); break;
		case KV_DELETE_RANGE:
			rocksdb_writebatch_delete_range(batch, op.key.p, op.key.n, op.value.p, op.value.n);
			break;
		}
	}
	rocksdb_write(r->db, r->write, batch, &error);
	rocksdb_writebatch_destroy(batch);
	return result(r, error, "write", w);
}

/* Takes `how` over. The engine is told where the scan ends: without that a seek to an empty range goes on through all that was deleted behind it. */
static enum fail scan(struct rocks_kv *r, rocksdb_readoptions_t *how, struct span from, struct span to,
	bool (*each)(void *ctx, struct span key, struct span value), void *ctx, struct why *w)
{
	rocksdb_iterator_t *it;
	struct span key, value;
	char *error = NULL;

	if (to.n)
		rocksdb_readoptions_set_iterate_upper_bound(how, to.p, to.n);
	it = rocksdb_create_iterator(r->db, how);
	for (rocksdb_iter_seek(it, from.p, from.n); rocksdb_iter_valid(it); rocksdb_iter_next(it)) {
		key.p = rocksdb_iter_key(it, &key.n);
		if (to.n && span_cmp(key, to) >= 0)
			break;
		value.p = rocksdb_iter_value(it, &value.n);
		if (!each(ctx, key, value))
			break;
	}
	rocksdb_iter_get_error(it, &error);
	rocksdb_iter_destroy(it);
	rocksdb_readoptions_destroy(how);
	return result(r, error, "read", w);
}

static enum fail rocks_scan(struct kv *kv, struct span from, struct span to,
	bool (*each)(void *ctx, struct span key, struct span value), void *ctx, struct why *w)
{
	return scan(kv_of(kv), rocksdb_readoptions_create(), from, to, each, ctx, w);
}

static enum fail rocks_scan_once(struct kv *kv, struct span from, struct span to,
	bool (*each)(void *ctx, struct span key, struct span value), void *ctx, struct why *w)
{
	rocksdb_readoptions_t *how = rocksdb_readoptions_create();

	rocksdb_readoptions_set_fill_cache(how, 0);
	return scan(kv_of(kv), how, from, to, each, ctx, w);
}

static enum fail rocks_scan_near(struct kv *kv, struct span from, struct span to,
	bool (*each)(void *ctx, struct span key, struct span value), void *ctx, struct why *w)
{
	rocksdb_readoptions_t *how = rocksdb_readoptions_create();

	rocksdb_readoptions_set_read_tier(how, TIER_MEMORY);
	return scan(kv_of(kv), how, from, to, each, ctx, w);
}

static enum fail rocks_flush(struct kv *kv, struct why *w)
{
	char *error = NULL;

	rocksdb_flush(kv_of(kv)->db, kv_of(kv)->flush, &error);
	return result(kv_of(kv), error, "flush", w);
}

static uint64_t rocks_unflushed(struct kv *kv)
{
	uint64_t bytes = 0, entries = 0;

	/* An empty memtable has a few kilobytes of its own. */
	if (rocksdb_property_int(kv_of(kv)->db, "rocksdb.num-entries-active-mem-table", &entries) || entries)
		entries = 1;
	if (rocksdb_property_int(kv_of(kv)->db, "rocksdb.num-immutable-mem-table", &bytes) || bytes)
		entries = 1;
	if (!entries || rocksdb_property_int(kv_of(kv)->db, "rocksdb.cur-size-all-mem-tables", &bytes))
		return 0;
	return bytes;
}

static void rocks_on_corrupt(struct kv *kv, void (*call)(void *context), void *context)
{
	kv_of(kv)->corrupt = call;
	kv_of(kv)->context = context;
}

static void rocks_close(struct kv *kv)
{
	struct rocks_kv *r;

	if (!kv)
		return;
	r = kv_of(kv);
	if (r->db)
		rocksdb_close(r->db);
	rocksdb_flushoptions_destroy(r->flush);
	rocksdb_writeoptions_destroy(r->write);
	rocksdb_readoptions_destroy(r->near);
	rocksdb_readoptions_destroy(r->read);
	rocksdb_options_destroy(r->options);
	rocksdb_cache_destroy(r->cache);
	free(r);
}

static const struct kv_ops rocks_ops = {
	.name = "rocks",
	.get = rocks_get,
	.write = rocks_write,
	.scan = rocks_scan,
	.scan_once = rocks_scan_once,
	.get_near = rocks_get_near,
	.scan_near = rocks_scan_near,
	.flush = rocks_flush,
	.unflushed = rocks_unflushed,
	.on_corrupt = rocks_on_corrupt,
	.close = rocks_close,
};

static void set_tables(struct rocks_kv *r, uint64_t cache_bytes)
{
	rocksdb_block_based_table_options_t *t = rocksdb_block_based_options_create();

	r->cache = rocksdb_cache_create_lru(cache_bytes);
	rocksdb_block_based_options_set_block_cache(t, r->cache);
	rocksdb_block_based_options_set_block_size(t, BLOCK_BYTES);
	rocksdb_block_based_options_set_checksum(
		t, CHECKSUM_XXH3); /* the engine's CRC32C is slow as Debian builds it */
	rocksdb_block_based_options_set_filter_policy(t, rocksdb_filterpolicy_create_bloom_full(FILTER_BITS));
	/* Indexes and filters count against the cache, so that memory does not grow with the mail. */
	rocksdb_block_based_options_set_cache_index_and_filter_blocks(t, 1);
	/* In small pieces: a file's whole filter would push everything else out of a small cache. */
	rocksdb_block_based_options_set_index_type(t, rocksdb_block_based_table_index_type_two_level_index_search);
	rocksdb_block_based_options_set_partition_filters(t, 1);
	rocksdb_block_based_options_set_metadata_block_size(t, METADATA_BYTES);
	rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(t, 1);
	rocksdb_options_set_block_based_table_factory(r->options, t);
	rocksdb_block_based_options_destroy(t);
}

/* A write is made on the shard's loop, so it must never wait. The engine would make it wait for a flush when too many memtables are full, and
 * for compaction when too many files lie at level 0 or too much is to be compacted. So there may be many memtables (256 MB of them, should a
 * disk hang that long; after that a wait is better than no memory), and no number of files slows a write: what is late then costs reads a
 * little more, until the two background threads (one flushes, one compacts) have caught up. Only one thread writes. */
static void set_no_stalls(rocksdb_options_t *o)
{
	rocksdb_options_set_max_write_buffer_number(o, MEMTABLES_MAX);
	rocksdb_options_set_max_background_jobs(o, 2);
	rocksdb_options_set_level0_slowdown_writes_trigger(o, NEVER);
	rocksdb_options_set_level0_stop_writes_trigger(o, NEVER);
	rocksdb_options_set_soft_pending_compaction_bytes_limit(o, 0);
	rocksdb_options_set_hard_pending_compaction_bytes_limit(o, 0);
	rocksdb_options_set_allow_concurrent_memtable_write(o, 0);
}

static void set_options(struct rocks_kv *r, uint64_t write_bytes)
{
	rocksdb_options_t *o = r->options;

	rocksdb_options_set_create_if_missing(o, 1);
	rocksdb_options_set_paranoid_checks(o, 1);
	rocksdb_options_set_write_buffer_size(o, write_bytes);
	set_no_stalls(o);
	rocksdb_options_set_max_open_files(o, OPEN_FILES);
	rocksdb_options_set_compression(o, rocksdb_lz4_compression);
	rocksdb_options_set_level_compaction_dynamic_level_bytes(o, 1);
	rocksdb_options_set_info_log_level(o, INFO_LOG_WARN);
	rocksdb_options_set_max_log_file_size(o, INFO_LOG_BYTES);
	rocksdb_options_set_keep_log_file_num(o, 2);
	rocksdb_options_set_manifest_preallocation_size(o, MANIFEST_BYTES); /* it would take 4 MB */
	rocksdb_options_set_stats_dump_period_sec(o, 0);
	rocksdb_options_set_stats_persist_period_sec(o, 0);
}

enum fail kv_open_rocks(const struct kv_settings *s, struct kv **out, struct why *w)
{
	struct rocks_kv *r;
	char *error = NULL;
	enum fail fail;

	if (mkdir(s->path, 0700) < 0 && errno != EEXIST)
		return why_log(w, errno == EACCES || errno == EROFS ? FAIL_NO_PERMISSION : FAIL_IO,
			"The server's index has a problem.", "index: cannot make %s: %s", s->path, strerror(errno));
	r = NEW(struct rocks_kv);
	r->base.ops = &rocks_ops;
	r->options = rocksdb_options_create();
	r->read = rocksdb_readoptions_create();
	r->near = rocksdb_readoptions_create();
	rocksdb_readoptions_set_read_tier(r->near, TIER_MEMORY);
	r->write = rocksdb_writeoptions_create();
	r->flush = rocksdb_flushoptions_create();
	set_options(r, s->write_bytes ? s->write_bytes : WRITE_BYTES);
	set_tables(r, s->cache_bytes ? s->cache_bytes : CACHE_BYTES);
	rocksdb_writeoptions_disable_WAL(r->write, 1);
	rocksdb_flushoptions_set_wait(r->flush, 1);
	r->db = rocksdb_open(r->options, s->path, &error);
	fail = result(r, error, "open", w);
	if (fail) {
		r->db = NULL;
		rocks_close(&r->base);
		return fail;
	}
	*out = &r->base;
	return FAIL_NONE;
}
