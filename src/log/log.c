/* The log: opening, closing, and its segments. append.c writes, group.c makes durable, read.c reads. */
#include "log/inner.h"

#include "base/memory.h"
#include "base/random.h"
#include "log/recover.h"

static uint64_t new_generation(void)
{
	uint64_t generation;

	do
		generation = random_u64();
	while (!generation);
	return generation;
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
	fail = append_begin_segment(log, last + 1, w);
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

/* A newer version leaves its mark in the generation that it wrote: in the newest, which it began by opening the log. */
static enum fail ask_known(const struct recovery *r, const struct log_settings *settings, struct log_pos from,
	const struct log_replay *replay, struct why *w)
{
	struct log_replay asked = {.context = replay->context, .record = replay->known};
	struct recovery newest = *r;
	size_t first = r->count;

	for (size_t i = 0; i < r->count; i++)
		if (first == r->count && r->each[i].known && r->each[i].header.generation == r->generation)
			first = i;
	newest.each += first;
	newest.count -= first;
	return recover_replay(&newest, settings, from, &asked, w);
}

/* Files past the end in which neither a header nor a group end can be read. Only now can it be told that they are nothing: once the segments after
 * them have gone, their headers with them, such a file would look like one that has rotted. Not before the header that says so is durable, and
 * durable before anything else may go, for removals reach the disk in no order. One that cannot be removed is left. */
static enum fail remove_never_begun(struct log *log, const struct recovery *r, struct why *w)
{
	struct segments *s = &log->segments;
	size_t before = s->count;

	for (size_t i = 0; i < r->count; i++) {
		const struct recover_segment *it = &r->each[i];

		/* With the header of another place somebody has put it there: it is theirs. */
		if (!it->known && !it->header.number && it->segment->number > r->end.segment)
			(void)!segment_remove(s, it->segment, NULL);
	}
	return s->count == before ? FAIL_NONE : s->disk->ops->sync_dir(s->disk, s->dir, w);
}

/* The order matters: what is told to the owner must be durable first (INV-1), for the owner may make it durable elsewhere. */
static enum fail recover(struct log *log, const struct log_settings *settings, struct log_pos from,
	const struct log_replay *replay, struct why *w)
{
	struct recovery r;
	enum fail fail = segments_load(&log->segments, w);

	if (fail)
		return fail;
	fail = recover_survey(&r, &log->segments, settings->cut, w);
	if (!fail)
		fail = recover_replay_possible(&r, from, w);
	if (!fail && !log->read_only && replay && replay->known)
		fail = ask_known(&r, settings, from, replay, w);
	if (!fail && !log->read_only)
		fail = recover_secure(&r, w);
	log->durable_end = r.end;
	log->group = r.group;
	if (!fail && !log->read_only)
		fail = begin_generation(log, &r, w);
	if (!fail)
		fail = recover_replay(&r, settings, from, replay, w);
	if (!fail && !log->read_only)
		fail = remove_never_begun(log, &r, w);
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
	verified_forget(log);
	buf_fini(&log->pending);
	buf_fini(&log->spare);
	footer_fini(&log->footer);
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
	log->footer_types = settings->footer_types;
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
		fail = recover(log, settings, from, replay, w);
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

bool log_broken(const struct log *log)
{
	return log->broken;
}

struct log_cut log_known_end(const struct log *log)
{
	return (struct log_cut){log->generation, log->durable_end};
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

bool log_has_segment(const struct log *log, uint32_t number)
{
	const struct segment *segment = segment_find(&log->segments, number);

	return segment && !segment->doomed;
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
