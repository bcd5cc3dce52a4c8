/* Appending, and going on in the next segment. A position is given out at append and never changes, so every byte has its place before it
 * is written, in whatever order the writes happen. Syncs nothing. */
#include "log/inner.h"

#include "base/memory.h"

enum { PARTS_MAX = 30 };

enum fail append_begin_segment(struct log *log, uint32_t number, struct why *w)
{
	size_t footer_max = log->segment_size / FOOTER_SHARE;
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
	footer_begin(&log->footer, log->footer_types,
		footer_max < LOG_RECORD_MAX - FOOTER_HEAD ? footer_max : LOG_RECORD_MAX - FOOTER_HEAD);
	log->chain = chain_add(log->chain, h.sum);           /* the group's, which goes on into this segment */
	return segment_use(&log->segments, log->current, w); /* its file stays open while it is written to */
}

static enum fail broken_log(struct why *w)
{
	return why(w, FAIL_UNAVAILABLE, "The mail log failed and has to be opened again.");
}

/* Writes the pending bytes and `extra` (which follow them) in their place, without a sync; breaks the log when that fails. */
static enum fail write_through(struct log *log, const struct iovec *extra, int count, size_t extra_bytes, struct why *w)
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

static struct log_pos tail_pos(const struct log *log)
{
	return (struct log_pos){log->current->number, log->tail};
}

static void add_pending(struct log *log, struct span bytes)
{
	(void)buf_add(&log->pending, bytes); /* has no cap of its own: PENDING_MAX and LOG_RECORD_MAX bound it */
	log->tail += (uint32_t)bytes.n;
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
	return write_through(log, iov, n, bytes, w);
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
	return log->pending.n > PENDING_MAX ? write_through(log, NULL, 0, 0, w) : FAIL_NONE;
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

/* The record at the tail, wherever that is. */
static enum fail append_record(
	struct log *log, uint8_t type, const struct span *parts, size_t count, uint32_t length, struct why *w)
{
	struct record_header h = {.version = FORMAT_VERSION, .type = type, .length = length};
	char header[RECORD_HEADER_SIZE];
	size_t padding;
	enum fail fail;

	h.payload_sum = record_payload_sum(parts, count);
	record_header_put(&h, log->generation, tail_pos(log), header);
	padding = (size_t)(record_size(h.length) - RECORD_HEADER_SIZE - h.length);
	if (h.length >= WRITE_THROUGH && count <= PARTS_MAX)
		fail = add_large(log, header, parts, count, padding, w);
	else
		fail = add_small(log, header, parts, count, padding, w);
	if (fail)
		return fail;
	log->chain = chain_add(log->chain, h.header_sum);
	log->count++;
	return FAIL_NONE;
}

enum fail append_end_segment(struct log *log, struct why *w)
{
	char place[SEGMENT_END_PAYLOAD], head[FOOTER_HEAD];
	struct span end = SPAN(""), parts[2];
	enum fail fail = FAIL_NONE;

	if (footer_wanted(&log->footer)) {
		segment_end_put(log->tail, place);
		end = span(place, sizeof place);
		footer_put(&log->footer, head, parts);
		fail = append_record(log, RECORD_FOOTER, parts, 2, (uint32_t)(parts[0].n + parts[1].n), w);
	}
	return fail ? fail : append_record(log, RECORD_SEGMENT_END, &end, 1, (uint32_t)end.n, w);
}

/* Closes the current segment and begins the next. The group goes on across both. */
static enum fail roll_over(struct log *log, struct why *w)
{
	struct segment *left = log->current;
	enum fail fail;

	if (left->number == UINT32_MAX)
		return why(w, FAIL_LIMIT, "The mail log has used up its segment numbers.");
	fail = append_end_segment(log, w);
	if (!fail)
		fail = write_through(log, NULL, 0, 0, w);
	if (fail)
		return fail;
	fail = append_begin_segment(log, left->number + 1, w);
	if (fail) {
		group_break(log);
		return fail;
	}
	log->sealed = memory_resize_array(log->sealed, log->sealed_count + 1, sizeof(struct segment *));
	log->sealed[log->sealed_count++] = left; /* stays in use until it is synced */
	left->sealed = true;
	return FAIL_NONE;
}

/* Room for the record, the end of its group, the footer and the end of the segment, or the next segment. A record that is larger than
 * a segment has one to itself. */
static enum fail make_room(struct log *log, uint8_t type, uint32_t length, struct why *w)
{
	uint64_t end = footer_room(&log->footer, type, length) + SEGMENT_END_SIZE;

	if (log->tail + record_size(length) + GROUP_END_SIZE + end <= log->segment_size || log->tail == SEGMENT_START)
		return FAIL_NONE;
	return roll_over(log, w);
}

enum fail log_append(
	struct log *log, uint8_t type, const struct span *parts, size_t count, struct log_pos *pos_out, struct why *w)
{
	struct log_pos pos;
	uint32_t length;
	enum fail fail;

	if (type >= RECORD_OWN_TYPES)
		abort(); /* a bug of the caller's: those types are ours */
	if (log->read_only)
		return why(w, FAIL_NO_PERMISSION, "The mail log was opened for reading only.");
	if (log->broken)
		return broken_log(w);
	if (!payload_length(parts, count, &length))
		return why(w, FAIL_TOO_BIG, "A record of the mail log can hold %d bytes.", LOG_RECORD_MAX);
	fail = make_room(log, type, length, w);
	pos = tail_pos(log);
	if (!fail)
		fail = append_record(log, type, parts, count, length, w);
	if (fail)
		return fail;
	footer_add(&log->footer, pos.offset, type, parts, count);
	*pos_out = pos;
	return FAIL_NONE;
}
