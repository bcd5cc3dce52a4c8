/* The log: opening, appending, rolling over to the next segment, closing. A position is given out at append and never changes,
 * so every byte has its place before it is written, in whatever order the writes happen. */
#include "log/inner.h"

#include "base/memory.h"
#include "base/random.h"
#include "log/recover.h"

enum { PARTS_MAX = 30 };

static uint64_t new_generation(void)
{
	uint64_t generation;

	do
		generation = random_u64();
	while (!generation);
	return generation;
}

static enum fail begin_segment(struct log *log, uint32_t number, struct why *w)
{
	struct segment_header h = {
		.version = FORMAT_VERSION,
		.number = number,
		.generation = log->generation,
		.previous_generation = log->previous_generation,
		.cut = log->cut,
		.durable = log->durable_end,
		.group = log->group,
	};
	enum fail fail = segment_create(&log->segments, &h, &log->current, w);

	if (fail)
		return fail;
	log->tail = SEGMENT_START;
	log->chain = chain_add(log->chain, h.sum);           /* the group's, which goes on into this segment */
	return segment_use(&log->segments, log->current, w); /* its file stays open while it is written to */
}

/* The first segment of this generation: what it says about the end of the last one must last before anything else is said. */
static enum fail begin_generation(struct log *log, const struct recovery *r, struct why *w)
{
	struct segments *s = &log->segments;
	uint32_t last = s->count ? s->by_number[s->count - 1]->number : 0;
	enum fail fail;

	if (last == UINT32_MAX)
		return why(w, FAIL_LIMIT, "The mail log has used up its segment numbers.");
	log->generation = new_generation();
	log->previous_generation = r->generation;
	log->cut = r->end;
	fail = begin_segment(log, last + 1, w);
	if (fail)
		return fail;
	log->group_start = (struct log_pos){last + 1, SEGMENT_START};
	segments_proven(s, last + 1); /* this header does */
	fail = log->current->file->ops->sync(log->current->file, w);
	if (fail)
		return fail;
	log->current->unsynced = false;
	fail = s->disk->ops->sync_dir(s->disk, s->dir, w);
	if (!fail)
		s->dir_changed = false;
	return fail;
}

/* The order matters: what is told to the owner must be durable first (INV-1), for the owner may make it durable elsewhere. */
static enum fail recover(struct log *log, struct log_pos from, const struct log_replay *replay, struct why *w)
{
	struct recovery r;
	enum fail fail = segments_load(&log->segments, w);

	if (fail)
		return fail;
	fail = recover_survey(&r, &log->segments, w);
	if (!fail && !log->read_only)
		fail = recover_secure(&r, w);
	if (!fail) {
		log->durable_end = r.end;
		log->group = r.group;
		fail = recover_replay_possible(&r, from, w);
	}
	if (!fail && !log->read_only)
		fail = begin_generation(log, &r, w);
	if (!fail)
		fail = recover_replay(&r, from, replay, w);
	recover_fini(&r);
	return fail;
}

static enum fail make_directory(struct log *log, struct why *w)
{
	struct disk *disk = log->segments.disk;
	enum fail fail = disk->ops->make_dir(disk, log->segments.dir, w);
	const char *slash = strrchr(log->segments.dir, '/');
	char parent[512];

	if (fail)
		return fail;
	if (!slash)
		return disk->ops->sync_dir(disk, "", w);
	if (!span_cstr(span(log->segments.dir, (size_t)(slash - log->segments.dir)), parent, sizeof parent))
		return why(w, FAIL_CONFIG, "The path %s is too long.", log->segments.dir);
	return disk->ops->sync_dir(disk, parent, w);
}

static void free_log(struct log *log)
{
	buf_fini(&log->pending);
	buf_fini(&log->spare);
	free(log->sealed);
	segments_fini(&log->segments);
	pthread_cond_destroy(&log->landed);
	pthread_mutex_destroy(&log->lock);
	free(log);
}

enum fail log_open(struct disk *disk, const struct log_settings *settings, struct loop *loop, struct log_pos from,
	const struct log_replay *replay, struct log **out, struct why *w)
{
	struct log *log = NEW(struct log);
	enum fail fail = FAIL_NONE;

	segments_init(&log->segments, disk, settings->dir);
	log->loop = loop;
	log->read_only = settings->read_only;
	log->segment_size = settings->segment_size ? settings->segment_size : LOG_SEGMENT_SIZE;
	if (log->segment_size > SEGMENT_SIZE_MAX)
		log->segment_size = SEGMENT_SIZE_MAX;
	buf_init(&log->pending, SIZE_MAX);
	buf_init(&log->spare, SIZE_MAX);
	list_init(&log->reads);
	pthread_mutex_init(&log->lock, NULL);
	pthread_cond_init(&log->landed, NULL);
	group_init(log);
	if (!log->read_only)
		fail = make_directory(log, w);
	if (!fail)
		fail = recover(log, from, replay, w);
	if (fail) {
		free_log(log);
		return fail;
	}
	*out = log;
	return FAIL_NONE;
}

void log_close(struct log *log)
{
	if (!log)
		return;
	group_finish(log);
	read_finish(log);
	if (!log->broken && !log->read_only)
		group_close(log);
	deferred_cancel(&log->kick);
	free_log(log);
}

static enum fail broken_log(struct why *w)
{
	return why(w, FAIL_UNAVAILABLE, "The mail log failed and has to be opened again.");
}

enum fail log_write_through(struct log *log, const struct iovec *extra, int count, size_t extra_bytes, struct why *w)
{
	struct iovec iov[PARTS_MAX + 3];
	struct disk_file *file = log->current->file;
	uint32_t at = log->tail - (uint32_t)log->pending.n;
	enum fail fail;

	if (!log->pending.n && !extra_bytes)
		return FAIL_NONE;
	iov[0] = (struct iovec){log->pending.p, log->pending.n};
	if (count)
		memcpy(iov + 1, extra, (size_t)count * sizeof *iov);
	fail = file->ops->write(file, iov, count + 1, at, w);
	log->current->unsynced = true;
	if (fail) {
		group_break(log);
		return fail;
	}
	buf_reset(&log->pending);
	log->tail += (uint32_t)extra_bytes;
	log->current->bytes = log->tail;
	return FAIL_NONE;
}

static void count_record(struct log *log, const struct record_header *h)
{
	log->chain = chain_add(log->chain, h->header_sum);
	log->count++;
}

static struct log_pos tail_pos(const struct log *log)
{
	return (struct log_pos){log->current->number, log->tail};
}

static void add_pending(struct log *log, struct span bytes)
{
	(void)buf_add(&log->pending, bytes); /* has no cap of its own: PENDING_MAX and LOG_RECORD_MAX bound it */
	log->tail += (uint32_t)bytes.n;
}

/* Closes the current segment with a record that says so, and begins the next. The group goes on across both. */
static enum fail roll_over(struct log *log, struct why *w)
{
	struct record_header h = {.version = FORMAT_VERSION, .type = RECORD_SEGMENT_END};
	struct span nothing = {"", 0};
	struct segment *left = log->current;
	char end[RECORD_HEADER_SIZE];
	enum fail fail;

	if (left->number == UINT32_MAX)
		return why(w, FAIL_LIMIT, "The mail log has used up its segment numbers.");
	h.payload_sum = record_payload_sum(&nothing, 1);
	record_header_put(&h, log->generation, tail_pos(log), end);
	count_record(log, &h);
	add_pending(log, span(end, sizeof end));
	fail = log_write_through(log, NULL, 0, 0, w);
	if (fail)
		return fail;
	fail = begin_segment(log, left->number + 1, w);
	if (fail) {
		group_break(log);
		return fail;
	}
	log->sealed = memory_resize_array(log->sealed, log->sealed_count + 1, sizeof(struct segment *));
	log->sealed[log->sealed_count++] = left; /* stays in use until it is synced */
	left->sealed = true;
	return FAIL_NONE;
}

/* Room for the record, the end of its group and the end of the segment, or the next segment. A record that is larger than a
 * segment has one to itself. */
static enum fail make_room(struct log *log, uint64_t size, struct why *w)
{
	if (log->tail + size + GROUP_END_SIZE + RECORD_HEADER_SIZE <= log->segment_size || log->tail == SEGMENT_START)
		return FAIL_NONE;
	return roll_over(log, w);
}

static enum fail add_large(
	struct log *log, const char *header, const struct span *parts, size_t count, size_t padding, struct why *w)
{
	static const char zeros[RECORD_ALIGN];
	struct iovec iov[PARTS_MAX + 2];
	size_t bytes = RECORD_HEADER_SIZE + padding;
	int n = 0;

	iov[n++] = (struct iovec){(void *)(uintptr_t)header, RECORD_HEADER_SIZE};
	for (size_t i = 0; i < count; i++) {
		iov[n++] = (struct iovec){(void *)(uintptr_t)parts[i].p, parts[i].n};
		bytes += parts[i].n;
	}
	iov[n++] = (struct iovec){(void *)(uintptr_t)zeros, padding};
	return log_write_through(log, iov, n, bytes, w);
}

static enum fail add_small(
	struct log *log, const char *header, const struct span *parts, size_t count, size_t padding, struct why *w)
{
	static const char zeros[RECORD_ALIGN];

	add_pending(log, span(header, RECORD_HEADER_SIZE));
	for (size_t i = 0; i < count; i++)
		if (parts[i].n)
			add_pending(log, parts[i]);
	add_pending(log, span(zeros, padding));
	return log->pending.n > PENDING_MAX ? log_write_through(log, NULL, 0, 0, w) : FAIL_NONE;
}

static bool payload_length(const struct span *parts, size_t count, uint32_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (parts[i].n > LOG_RECORD_MAX - n)
			return false;
		n += parts[i].n;
	}
	*out = (uint32_t)n;
	return true;
}

enum fail log_append(
	struct log *log, uint8_t type, const struct span *parts, size_t count, struct log_pos *pos_out, struct why *w)
{
	struct record_header h = {.version = FORMAT_VERSION, .type = type};
	char header[RECORD_HEADER_SIZE];
	struct log_pos pos;
	size_t padding;
	enum fail fail;

	if (type >= RECORD_OWN_TYPES)
		abort(); /* a bug of the caller's: those types are ours */
	if (log->read_only)
		return why(w, FAIL_NO_PERMISSION, "The mail log was opened for reading only.");
	if (log->broken)
		return broken_log(w);
	if (!payload_length(parts, count, &h.length))
		return why(w, FAIL_TOO_BIG, "A record of the mail log can hold %d bytes.", LOG_RECORD_MAX);
	fail = make_room(log, record_size(h.length), w);
	if (fail)
		return fail;
	pos = tail_pos(log);
	h.payload_sum = record_payload_sum(parts, count);
	record_header_put(&h, log->generation, pos, header);
	padding = (size_t)(record_size(h.length) - RECORD_HEADER_SIZE - h.length);
	if (h.length >= WRITE_THROUGH && count <= PARTS_MAX)
		fail = add_large(log, header, parts, count, padding, w);
	else
		fail = add_small(log, header, parts, count, padding, w);
	if (fail)
		return fail;
	count_record(log, &h);
	*pos_out = pos;
	return FAIL_NONE;
}

bool log_broken(const struct log *log)
{
	return log->broken;
}

struct log_pos log_durable_end(const struct log *log)
{
	return log->durable_end;
}

size_t log_segments(const struct log *log, struct log_segment_info *out, size_t max)
{
	const struct segments *s = &log->segments;

	for (size_t i = 0; i < s->count && i < max; i++) {
		const struct segment *it = s->by_number[i];
		uint64_t bytes = it == log->current ? log->tail : it->bytes;

		out[i] = (struct log_segment_info){it->number, bytes, it->sealed};
	}
	return s->count;
}

void log_pin(struct log *log, uint32_t number)
{
	struct segment *segment = segment_find(&log->segments, number);

	if (segment)
		segment->pins++;
}

void log_unpin(struct log *log, uint32_t number)
{
	struct segment *segment = segment_find(&log->segments, number);

	if (!segment || !segment->pins)
		return;
	segment->pins--;
	segment->uses++; /* so that unuse looks whether it may go */
	segment_unuse(&log->segments, segment);
}

enum fail log_remove_segment(struct log *log, uint32_t number, struct why *w)
{
	struct segment *segment = segment_find(&log->segments, number);

	if (!segment || segment->doomed)
		return FAIL_NONE;
	if (log->read_only)
		return why(w, FAIL_NO_PERMISSION, "The mail log was opened for reading only.");
	if (!segment->sealed)
		return why(w, FAIL_CANNOT, "Segment %u of the mail log is still being written.", (unsigned)number);
	return segment_remove(&log->segments, segment, w);
}
