/* What the tests of the log share: records whose bytes follow from a tag, and what a replay told of them. Included after
 * base/test.h, by tests only. */
#ifndef LOG_LOG_BENCH_H
#define LOG_LOG_BENCH_H

#include "base/memory.h"
#include "log/format.h"

enum { SEEN_MAX = 4096, TYPE = 7, BULK = 8 /* never in a footer, and not counted as seen */ };

/* How the tests open their logs from here on. */
UNUSED static uint64_t footer_types;
UNUSED static bool every_byte;
enum { FOOTERS_ON = 1 << TYPE };

/* What a replay told. */
struct seen {
	size_t count, rot, bulk;
	struct log_pos pos[SEEN_MAX];
	uint32_t tag[SEEN_MAX]; /* the first four bytes of the payload */
	uint32_t length[SEEN_MAX];
};

UNUSED static enum fail see_record(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w)
{
	struct seen *seen = context;
	uint32_t tag = 0;

	(void)w;
	if (type == BULK) {
		seen->bulk++;
		return FAIL_NONE;
	}
	assert_int_equal(type, TYPE);
	assert_true(seen->count < SEEN_MAX);
	for (size_t i = 4; i < payload.n; i++)
		assert_int_equal(payload.p[i], (char)((uint32_t)(unsigned char)payload.p[3] * 31 + i));
	seen->pos[seen->count] = pos;
	seen->length[seen->count] = (uint32_t)payload.n;
	assert_true(span_take_be32(&payload, &tag));
	seen->tag[seen->count++] = tag;
	return FAIL_NONE;
}

UNUSED static void see_rot(void *context, struct log_pos pos, const char *what)
{
	struct seen *seen = context;

	(void)pos;
	(void)what;
	seen->rot++;
}

UNUSED static enum fail try_open(struct disk *disk, struct loop *loop, uint32_t segment_size, struct log_pos from,
	struct seen *seen, struct log **out)
{
	struct log_settings settings = {
		.dir = "log", .segment_size = segment_size, .footer_types = footer_types, .every_byte = every_byte};
	struct log_replay replay = {.context = seen, .record = see_record, .rot = see_rot};
	struct why w;

	memset(seen, 0, sizeof *seen);
	return log_open(disk, &settings, loop, from, &replay, out, &w);
}

UNUSED static struct log *open_log(
	struct disk *disk, struct loop *loop, uint32_t segment_size, struct log_pos from, struct seen *seen)
{
	struct log *log = NULL;
	enum fail fail = try_open(disk, loop, segment_size, from, seen, &log);

	assert_int_equal(fail, FAIL_NONE);
	return log;
}

/* A payload that begins with its tag and goes on with bytes made from it. */
UNUSED static struct log_pos append(struct log *log, uint32_t tag, uint32_t length)
{
	char *p = memory_new(length < 4 ? 4 : length);
	struct span parts[2];
	struct log_pos pos;
	struct why w;

	for (uint32_t i = 4; i < length; i++)
		p[i] = (char)(tag * 31 + i);
	p[0] = (char)(tag >> 24);
	p[1] = (char)(tag >> 16);
	p[2] = (char)(tag >> 8);
	p[3] = (char)tag;
	parts[0] = span(p, 4);
	parts[1] = span(p + 4, length < 4 ? 0 : length - 4);
	assert_int_equal(log_append(log, TYPE, parts, 2, &pos, &w), FAIL_NONE);
	free(p);
	return pos;
}

UNUSED static void append_bulk(struct log *log, uint32_t length)
{
	char *p = memory_new(length + 1);
	struct span part = span(p, length);
	struct log_pos pos;
	struct why w;

	assert_int_equal(log_append(log, BULK, &part, 1, &pos, &w), FAIL_NONE);
	free(p);
}

struct ticket {
	struct log_commit commit;
	int answers;
	enum log_result result;
	unsigned order;
};

static unsigned order_now;

UNUSED static void answered(struct log_commit *c, enum log_result result)
{
	struct ticket *t = CONTAINER_OF(c, struct ticket, commit);

	t->answers++;
	t->result = result;
	t->order = ++order_now;
}

UNUSED static void commit(struct log *log, struct ticket *t)
{
	*t = (struct ticket){.commit.done = answered};
	log_commit(log, &t->commit);
}

UNUSED static void commit_done(struct log *log)
{
	struct ticket t;

	commit(log, &t);
	assert_int_equal(t.answers, 1);
	assert_int_equal(t.result, LOG_DONE);
}

UNUSED static bool told(const struct seen *seen, uint32_t tag)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->tag[i] == tag)
			return true;
	return false;
}

/* Reads the record whole, in part, and in ways that must be refused. */
UNUSED static void read_back(struct log *log, struct log_pos pos, uint32_t tag, uint32_t length)
{
	char *dst = memory_new(length);
	struct log_read r = {.pos = pos, .type = TYPE, .n = length, .dst = dst};
	uint32_t n = 0;
	struct why w;

	assert_int_equal(log_payload_length(log, pos, TYPE, &n, &w), FAIL_NONE);
	assert_int_equal(n, length);
	assert_int_equal(log_read_now(log, &r), FAIL_NONE);
	assert_int_equal((unsigned char)dst[3], tag & 0xff);
	for (uint32_t i = 4; i < length; i++)
		assert_int_equal(dst[i], (char)(tag * 31 + i));
	if (length > 10) {
		r.offset = 7;
		r.n = 3;
		assert_int_equal(log_read_now(log, &r), FAIL_NONE);
		assert_int_equal(dst[0], (char)(tag * 31 + 7));
	}
	r.offset = 0;
	r.n = length + 1;
	assert_int_equal(log_read_now(log, &r), FAIL_CORRUPT);
	r.n = length;
	r.type = TYPE + 1;
	assert_int_equal(log_read_now(log, &r), FAIL_CORRUPT);
	free(dst);
}

/* The bytes of a file of a disk; the caller frees them. */
UNUSED static char *file_bytes(struct disk *disk, uint32_t segment, size_t *n_out)
{
	char path[40], name[SEGMENT_NAME_SIZE], *bytes;
	struct disk_file *file;

	segment_name(segment, name);
	snprintf(path, sizeof path, "log/%s", name);
	if (disk->ops->open(disk, path, DISK_READ, &file, NULL))
		return NULL;
	*n_out = (size_t)file->ops->size(file);
	bytes = memory_new(*n_out + 1);
	assert_int_equal(file->ops->read(file, bytes, *n_out, 0, n_out, NULL), FAIL_NONE);
	file->ops->close(file);
	return bytes;
}

/* Makes the file anew with these bytes. */
UNUSED static void set_file(struct disk *disk, uint32_t segment, const char *bytes, size_t n)
{
	struct iovec iov = {(void *)(uintptr_t)bytes, n};
	char path[40], name[SEGMENT_NAME_SIZE];
	struct disk_file *file;

	segment_name(segment, name);
	snprintf(path, sizeof path, "log/%s", name);
	(void)!disk->ops->make_dir(disk, "log", NULL);
	(void)!disk->ops->remove(disk, path, NULL);
	assert_int_equal(disk->ops->open(disk, path, DISK_CREATE | DISK_WRITE, &file, NULL), FAIL_NONE);
	assert_int_equal(file->ops->write(file, &iov, 1, 0, NULL), FAIL_NONE);
	file->ops->close(file);
}

/* A copy of the first segments of a disk, as a kill at this moment would leave them. */
UNUSED static struct disk *copy_disk(struct disk *from, uint32_t segments)
{
	struct disk *to = disk_memory();

	for (uint32_t i = 1; i <= segments; i++) {
		size_t n;
		char *bytes = file_bytes(from, i, &n);

		if (bytes)
			set_file(to, i, bytes, n);
		free(bytes);
	}
	return to;
}

UNUSED static const struct log_pos oldest;

/* Groups of 1, 2, 3, ... records; ends[i] is where group i ends. */
enum { GROUPS = 4, RECORDS = GROUPS * (GROUPS + 1) / 2 };

UNUSED static void write_groups(struct log *log, struct log_pos ends[GROUPS])
{
	uint32_t tag = 0;

	for (uint32_t i = 0; i < GROUPS; i++) {
		for (uint32_t k = 0; k <= i; k++, tag++)
			append(log, tag, 4 + tag * 7);
		commit_done(log);
		ends[i] = log_durable_end(log);
	}
}

UNUSED static void check_prefix(const struct seen *seen, size_t records)
{
	assert_int_equal(seen->rot, 0);
	assert_int_equal(seen->count, records);
	for (uint32_t i = 0; i < records; i++)
		assert_int_equal(seen->tag[i], i);
}

#endif
