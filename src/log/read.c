/* Reading records back: from the bytes not yet written, from the page cache, or by a worker from the disk. */
#include "log/inner.h"

#include "base/memory.h"

static enum fail no_record(struct log_pos pos, struct why *w)
{
	return why_log(w, FAIL_CORRUPT, "The message cannot be read.",
		"segment %u holds no such record at offset %u: run `barid check`", (unsigned)pos.segment,
		(unsigned)pos.offset);
}

/* Whether a record of this type and length has `n` bytes from `offset` on, or what of them it has is enough. */
static enum fail check_bounds(struct log_read *r, uint8_t type, uint32_t length, struct why *w)
{
	if (r->at_most && r->offset <= length && r->n > length - r->offset)
		r->n = length - r->offset;
	if (type != r->type || length > LOG_RECORD_MAX || r->offset > length || r->n > length - r->offset)
		return no_record(r->pos, w);
	return FAIL_NONE;
}

static enum fail check_payload(const struct log_read *r, struct span payload, uint64_t sum, struct why *w)
{
	if (record_payload_sum(&payload, 1) == sum)
		return FAIL_NONE;
	return why_log(w, FAIL_CORRUPT, "The message cannot be read.",
		"the record in segment %u at offset %u does not match its checksum", (unsigned)r->pos.segment,
		(unsigned)r->pos.offset);
}

/* The bytes of the record at `pos` that are still in memory, or an empty span. */
static struct span in_memory(const struct log *log, struct log_pos pos)
{
	const struct flight *f = log->flight;
	uint32_t start;

	if (log->current && pos.segment == log->current->number) {
		start = log->tail - (uint32_t)log->pending.n;
		if (pos.offset >= start && pos.offset < log->tail)
			return span(log->pending.p + (pos.offset - start), log->tail - pos.offset);
	}
	if (f && pos.segment == f->segment->number && pos.offset >= f->offset && pos.offset - f->offset < f->bytes.n)
		return span_skip(buf_span(&f->bytes), pos.offset - f->offset);
	return span(NULL, 0);
}

static enum fail from_memory(const struct log *log, struct span bytes, struct log_read *r)
{
	struct record_header h;
	enum fail fail;

	if (bytes.n < RECORD_HEADER_SIZE || !record_header_get(bytes.p, log->generation, r->pos, &h))
		return no_record(r->pos, &r->why);
	fail = check_bounds(r, h.type, h.length, &r->why);
	if (fail)
		return fail;
	if (record_size(h.length) > bytes.n)
		return no_record(r->pos, &r->why);
	if (r->n)
		memcpy(r->dst, bytes.p + RECORD_HEADER_SIZE + r->offset, r->n);
	return FAIL_NONE;
}

/* Either way of reading a file. */
static enum fail get(
	struct disk_file *file, bool wait, void *dst, size_t n, uint64_t at, struct log_pos pos, struct why *w)
{
	size_t got = 0;
	enum fail fail =
		wait ? file->ops->read(file, dst, n, at, &got, w) : file->ops->read_cached(file, dst, n, at, &got);

	if (!fail && got < n)
		fail = no_record(pos, w);
	return fail;
}

/* A part of the payload: no byte of it is given out that the checksum of the whole does not vouch for. */
static enum fail get_part(struct disk_file *file, const struct record_header *h, bool wait, struct log_read *r)
{
	char *whole = memory_resize(NULL, (size_t)h->length + 1);
	enum fail fail =
		get(file, wait, whole, h->length, (uint64_t)r->pos.offset + RECORD_HEADER_SIZE, r->pos, &r->why);

	if (!fail)
		fail = check_payload(r, span(whole, h->length), h->payload_sum, &r->why);
	if (fail) {
		free(whole);
		return fail;
	}
	if (r->n)
		memcpy(r->dst, whole + r->offset, r->n);
	r->whole = whole;
	r->whole_n = h->length;
	return FAIL_NONE;
}

static enum fail from_file(struct disk_file *file, uint64_t generation, bool wait, struct log_read *r)
{
	uint64_t at = (uint64_t)r->pos.offset;
	char header[RECORD_HEADER_SIZE];
	struct record_header h;
	enum fail fail = get(file, wait, header, sizeof header, at, r->pos, &r->why);

	if (fail)
		return fail;
	if (!record_header_get(header, generation, r->pos, &h))
		return no_record(r->pos, &r->why);
	fail = check_bounds(r, h.type, h.length, &r->why);
	if (fail)
		return fail;
	if (r->offset || r->n != h.length)
		return get_part(file, &h, wait, r);
	if (r->n)
		fail = get(file, wait, r->dst, r->n, at + RECORD_HEADER_SIZE, r->pos, &r->why);
	return fail ? fail : check_payload(r, span(r->dst, r->n), h.payload_sum, &r->why);
}

static void read_work(struct job *job)
{
	struct log_read *r = CONTAINER_OF(job, struct log_read, job);
	struct log *log = r->log;

	r->result = from_file(r->file, r->generation, true, r);
	/* The last touch of the log from this thread: whoever sees `worked` may free it. */
	pthread_mutex_lock(&log->lock);
	r->worked = true;
	pthread_cond_broadcast(&log->landed);
	pthread_mutex_unlock(&log->lock);
}

static void give_back(struct log_read *r)
{
	struct segment *segment = segment_find(&r->log->segments, r->pos.segment);

	list_remove(&r->link);
	verified_keep(r->log, r);
	if (segment)
		segment_unuse(&r->log->segments, segment);
	r->log = NULL;
}

static void read_done(struct job *job)
{
	struct log_read *r = CONTAINER_OF(job, struct log_read, job);

	if (r->log)
		give_back(r);
	r->done(r, r->result);
}

/* The segment's file, open and in use until segment_unuse. */
static enum fail use_segment(struct log *log, struct log_pos pos, struct segment **out, struct why *w)
{
	struct segment *segment = segment_find(&log->segments, pos.segment);

	if (!segment || !segment->generation || pos.offset < SEGMENT_START || pos.offset % RECORD_ALIGN)
		return no_record(pos, w);
	*out = segment;
	return segment_use(&log->segments, segment, w);
}

/* FAIL_BUSY with *segment_out in use: only the disk has it. */
static enum fail read_at_once(struct log *log, struct log_read *r, struct segment **segment_out)
{
	struct span bytes = in_memory(log, r->pos);
	struct verified *kept = bytes.n ? NULL : verified_find(log, r->pos);
	enum fail fail;

	r->log = NULL;
	r->whole = NULL;
	r->why = (struct why){0};
	if (bytes.n)
		return from_memory(log, bytes, r);
	if (kept) {
		fail = check_bounds(r, kept->type, kept->n, &r->why);
		if (!fail)
			verified_give(kept, r);
		return fail;
	}
	fail = use_segment(log, r->pos, segment_out, &r->why);
	if (fail)
		return fail;
	fail = from_file((*segment_out)->file, (*segment_out)->generation, false, r);
	if (fail != FAIL_BUSY) {
		verified_keep(log, r);
		segment_unuse(&log->segments, *segment_out);
	}
	return fail;
}

/* What read_at_once could not do, in the caller's thread. */
static enum fail read_waiting(struct log *log, struct log_read *r, struct segment *segment)
{
	enum fail fail = from_file(segment->file, segment->generation, true, r);

	verified_keep(log, r);
	segment_unuse(&log->segments, segment);
	return fail;
}

enum fail log_read(struct log *log, struct log_read *r)
{
	struct segment *segment = NULL;
	enum fail fail = read_at_once(log, r, &segment);

	if (fail != FAIL_BUSY)
		return fail;
	if (!log->loop)
		return read_waiting(log, r, segment);
	r->log = log;
	r->file = segment->file;
	r->generation = segment->generation;
	r->worked = false;
	list_append(&log->reads, &r->link);
	r->job.work = read_work;
	r->job.done = read_done;
	job_start(&r->job, log->loop);
	return FAIL_BUSY;
}

enum fail log_read_now(struct log *log, struct log_read *r)
{
	struct segment *segment = NULL;
	enum fail fail = read_at_once(log, r, &segment);

	return fail == FAIL_BUSY ? read_waiting(log, r, segment) : fail;
}

enum fail log_payload_length(struct log *log, struct log_pos pos, uint8_t type, uint32_t *n_out, struct why *w)
{
	struct span bytes = in_memory(log, pos);
	char header[RECORD_HEADER_SIZE];
	struct record_header h;
	struct segment *segment = NULL;
	uint64_t generation = log->generation;
	enum fail fail;

	if (bytes.n >= RECORD_HEADER_SIZE) {
		memcpy(header, bytes.p, sizeof header);
	} else {
		fail = use_segment(log, pos, &segment, w);
		if (fail)
			return fail;
		generation = segment->generation;
		fail = get(segment->file, true, header, sizeof header, pos.offset, pos, w);
		segment_unuse(&log->segments, segment);
		if (fail)
			return fail;
	}
	if (!record_header_get(header, generation, pos, &h) || h.type != type || h.length > LOG_RECORD_MAX)
		return no_record(pos, w);
	*n_out = h.length;
	return FAIL_NONE;
}

/* Waits for the workers; the callbacks still come from the loop, without the log. */
void read_finish(struct log *log)
{
	LIST_EACH(link, &log->reads)
	{
		struct log_read *r = CONTAINER_OF(link, struct log_read, link);

		pthread_mutex_lock(&log->lock);
		while (!r->worked)
			pthread_cond_wait(&log->landed, &log->lock);
		pthread_mutex_unlock(&log->lock);
		give_back(r);
	}
}
