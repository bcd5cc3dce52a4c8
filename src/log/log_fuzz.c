/* Random bytes as segments: opening ends, with a log or a refusal, and what it tells is the same the second time. The first byte
 * chooses how: rubbish as it is; or put on top of a good log, so that headers and checksums hold; with footers or without. */
#include "base/memory.h"
#include "log/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct told {
	size_t records, bytes;
};

static enum fail tell(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w)
{
	struct told *t = context;

	(void)pos;
	(void)w;
	if (type >= RECORD_OWN_TYPES)
		abort();
	t->records++;
	t->bytes += payload.n;
	return FAIL_NONE;
}

static void put_file(struct disk *disk, const char *path, const void *bytes, size_t n)
{
	struct iovec iov = {(void *)(uintptr_t)bytes, n};
	struct disk_file *file;

	if (disk->ops->make_dir(disk, "log", NULL) ||
		disk->ops->open(disk, path, DISK_CREATE | DISK_WRITE, &file, NULL) ||
		file->ops->write(file, &iov, 1, 0, NULL))
		abort();
	file->ops->close(file);
}

/* Segments of generation 7 whose records are cut from the input: valid headers, payloads that may or may not match. */
static size_t forge(struct span in, char *dst, size_t room, uint32_t segment)
{
	struct segment_header h = {.version = FORMAT_VERSION, .number = segment, .generation = 7};
	size_t at = SEGMENT_START;

	segment_header_put(&h, dst);
	while (in.n >= 3 && at + RECORD_HEADER_SIZE + 512 < room) {
		uint8_t what = (uint8_t)in.p[0], length = (uint8_t)in.p[1], twist = (uint8_t)in.p[2];
		struct log_pos pos = {segment, (uint32_t)at};
		struct record_header r = {.version = FORMAT_VERSION, .type = what, .length = length};
		struct span payload = span_first(span_skip(in, 3), length);

		memcpy(dst + at + RECORD_HEADER_SIZE, payload.p, payload.n);
		r.length = (uint32_t)payload.n;
		r.payload_sum = record_payload_sum(&payload, 1) + (twist == 1);
		if (twist == 2)
			r.length = length * 0x01010101u;
		record_header_put(&r, 7, pos, dst + at);
		in = span_skip(in, 3 + payload.n);
		at += twist == 3 ? RECORD_ALIGN : (size_t)record_size((uint32_t)payload.n);
	}
	return at;
}

static enum fail open_once(struct disk *disk, uint64_t footer_types, bool every_byte, struct told *t)
{
	struct log_settings settings = {.dir = "log", .footer_types = footer_types, .every_byte = every_byte};
	struct log_replay replay = {.context = t, .record = tell};
	struct log *log;
	enum fail fail = log_open(disk, &settings, NULL, (struct log_pos){0, 0}, &replay, &log, NULL);

	if (!fail)
		log_close(log);
	return fail;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum { ROOM = 1 << 16 };
	struct span in = span(data, n);
	struct disk *disk = disk_memory();
	uint64_t footer_types = n && data[0] & 2 ? 0xff00 : 0; /* types 8 to 15 */
	struct told first = {0}, second = {0};
	enum fail fail;

	if (n && data[0] % 2) {
		char *bytes = memory_new(ROOM);
		size_t half = (n - 1) / 2;

		put_file(disk, "log/0000000001.log", bytes, forge(span_first(span_skip(in, 1), half), bytes, ROOM, 1));
		memset(bytes, 0, ROOM);
		put_file(disk, "log/0000000003.log", bytes, forge(span_skip(in, 1 + half), bytes, ROOM, 3));
		free(bytes);
	} else {
		put_file(disk, "log/0000000001.log", data, n);
	}
	fail = open_once(disk, footer_types, true, &first);
	if (!fail && (open_once(disk, footer_types, true, &second) || first.records != second.records ||
			     first.bytes != second.bytes))
		abort(); /* what was live stays live, what was dead stays dead */
	if (!fail && open_once(disk, footer_types, false, &second))
		abort(); /* what can be read whole can be read by its footers */
	disk->ops->free(disk);
	return 0;
}
