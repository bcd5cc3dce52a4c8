/* Recovery. A record is live when a valid group end of its generation covers it (INV-2), or when something that was written
 * later says that its place had been synced: then whatever is bad there is rot, not a torn write (INV-4). What lies past the
 * end of a generation stays dead for ever, because the next generation's headers name that end (INV-5). */
#include "log/recover.h"

#include "base/memory.h"
#include "log/walk.h"

void recover_fini(struct recovery *r)
{
	free(r->each);
	*r = (struct recovery){0};
}

static struct log_pos later(struct log_pos a, struct log_pos b)
{
	return log_pos_cmp(a, b) < 0 ? b : a;
}

/* The header of a segment whose two copies are both bad, put together again from a group end that stands in it. */
static enum fail header_from_group_end(struct recover_segment *it, struct why *w)
{
	struct disk_file *file = it->segment->file;
	uint64_t size = file->ops->size(file), at = SEGMENT_START;
	static const size_t piece = 1 << 16;
	char *bytes = memory_new(piece + GROUP_END_SIZE);
	enum fail fail = FAIL_NONE;

	for (; !fail && !it->known && at < size && at < UINT32_MAX; at += piece) {
		size_t got = 0;

		fail = file->ops->read(file, bytes, piece + GROUP_END_SIZE, at, &got, w);
		for (size_t i = 0; !fail && !it->known && i < piece && i + GROUP_END_SIZE <= got; i += RECORD_ALIGN) {
			struct log_pos pos = {it->segment->number, (uint32_t)(at + i)};
			struct span payload = span(bytes + i + RECORD_HEADER_SIZE, GROUP_END_PAYLOAD);
			struct record_header h;
			struct group_end g;

			if (!record_magic_at(bytes + i) || !group_end_get(payload, &g) ||
				!record_header_get(bytes + i, g.generation, pos, &h) || h.type != RECORD_GROUP_END ||
				h.payload_sum != record_payload_sum(&payload, 1))
				continue;
			it->known = true;
			it->header = (struct segment_header){FORMAT_VERSION, pos.segment, g.generation,
				g.previous_generation, g.cut, g.cut, g.number - 1, 0};
		}
	}
	free(bytes);
	return fail;
}

static enum fail read_header(struct segments *s, struct recover_segment *it, struct why *w)
{
	char head[SEGMENT_START];
	struct disk_file *file;
	size_t got = 0;
	enum fail fail = segment_use(s, it->segment, w);

	if (fail)
		return fail;
	file = it->segment->file;
	it->segment->bytes = file->ops->size(file);
	fail = file->ops->read(file, head, sizeof head, 0, &got, w);
	if (!fail) {
		it->known =
			segment_header_get(span(head, got), &it->header) && it->header.number == it->segment->number;
		it->header_bad = !it->known;
		if (it->known && it->header.version > FORMAT_VERSION)
			fail = why(w, FAIL_CONFIG,
				"The mail log is of format %u, this Barid knows up to %d: start the newer version "
				"again.",
				it->header.version, FORMAT_VERSION);
		else if (!it->known)
			fail = header_from_group_end(it, w);
	}
	it->segment->generation = it->known ? it->header.generation : 0;
	segment_unuse(s, it->segment);
	return fail;
}

/* One run of segments of one generation, whose end has to be found by reading. */
struct survey {
	struct recovery *r;
	struct log_pos end, proven; /* as far as they are known */
	struct log_pos begin;       /* of the survey */
	struct log_pos start;       /* of the records counted so far: the end of a group, or of bad bytes */
	uint64_t chain;
	uint32_t count;
};

static void count_from(struct survey *s, struct log_pos start)
{
	s->start = start;
	s->chain = 0;
	s->count = 0;
}

static void survey_group_end(struct survey *s, struct log_pos after, const struct group_end *g)
{
	s->proven = later(s->proven, g->durable);
	s->end = later(s->end, g->durable);
	/* Complete: every record that the group had is here. Otherwise it is torn, unless a later group proves it. */
	if (g->chain == s->chain && g->count == s->count && log_pos_cmp(g->start, s->start) == 0)
		s->end = later(s->end, after);
	if (g->number > s->r->group)
		s->r->group = g->number;
}

static enum fail survey_segment(struct survey *s, struct recover_segment *it, struct why *why)
{
	struct segments *segments = s->r->segments;
	uint64_t from = s->begin.segment == it->segment->number ? s->begin.offset : SEGMENT_START;
	struct group_end g;
	enum walk_item item = WALK_GAP;
	struct walk w;
	enum fail fail = segment_use(segments, it->segment, why);

	if (fail)
		return fail;
	if (from == SEGMENT_START && it->header_bad)
		count_from(s, (struct log_pos){0, 0});
	else if (from == SEGMENT_START)
		s->chain = chain_add(s->chain, it->header.sum);
	walk_begin(&w, it->segment->file, it->segment->number, it->header.generation, from, UINT64_MAX);
	while (!fail && !(fail = walk_step(&w, &item, why)) && item != WALK_END) {
		struct log_pos after = {w.segment, (uint32_t)w.next};

		if (item != WALK_RECORD) {
			count_from(s, after);
		} else if (w.header.type == RECORD_GROUP_END && group_end_get(w.payload, &g)) {
			survey_group_end(s, after, &g);
			count_from(s, after);
		} else {
			s->chain = chain_add(s->chain, w.header.header_sum);
			s->count++;
		}
	}
	walk_end(&w);
	segment_unuse(segments, it->segment);
	return fail;
}

/* The first group of a generation begins at its first segment; every other one where the one before ended. */
static void survey_begin(struct survey *s, struct recovery *r, size_t first, size_t last)
{
	struct log_pos begin = {r->each[first].segment->number, SEGMENT_START};

	*s = (struct survey){.r = r};
	s->end = r->each[first].header.cut;
	for (size_t i = first; i <= last; i++)
		if (r->each[i].known && r->each[i].header.generation == r->each[first].header.generation)
			s->end = later(s->end, r->each[i].header.durable);
	s->proven = s->end;
	s->begin = later(s->end, begin);
	s->start = s->begin;
}

/* Finds where the generation of segments first..last ends. */
static enum fail survey_run(struct recovery *r, size_t first, size_t last, struct survey *s, struct why *w)
{
	survey_begin(s, r, first, last);
	for (size_t i = first; i <= last; i++) {
		struct recover_segment *it = &r->each[i];
		enum fail fail;

		if (it->segment->number < s->begin.segment)
			continue;
		if (!it->known) {
			count_from(s, (struct log_pos){0, 0}); /* whatever group lies across it is not complete */
			continue;
		}
		fail = survey_segment(s, it, w);
		if (fail)
			return fail;
	}
	return FAIL_NONE;
}

/* Segments first..next-1, unreadable ones among them. */
static void set_live(struct recovery *r, size_t first, size_t next, struct log_pos end)
{
	for (size_t i = first; i < next; i++) {
		struct recover_segment *it = &r->each[i];

		it->segment->whole = it->segment->number < end.segment;
		it->segment->live_to = it->segment->whole                   ? it->segment->bytes
				       : it->segment->number == end.segment ? end.offset
									    : 0;
	}
}

/* The last segment of the run that begins with `first`; unreadable segments in between belong to it. */
static size_t run_end(const struct recovery *r, size_t first)
{
	size_t last = first;

	for (size_t i = first + 1; i < r->count; i++) {
		if (!r->each[i].known)
			continue;
		if (r->each[i].header.generation != r->each[first].header.generation)
			break;
		last = i;
	}
	return last;
}

static size_t next_known(const struct recovery *r, size_t i)
{
	while (i < r->count && !r->each[i].known)
		i++;
	return i;
}

/* What its owner had answered for, and nothing behind it: everybody else was told that it may not have been done. */
static struct log_pos cut_off(const struct recovery *r, struct log_pos end)
{
	return r->generation == r->cut.generation && log_pos_cmp(r->cut.end, end) < 0 ? r->cut.end : end;
}

static enum fail find_ends(struct recovery *r, struct why *w)
{
	size_t count = r->count, known = next_known(r, 0);

	if (known < count)
		set_live(r, 0, known, r->each[known].header.cut);
	for (size_t first = next_known(r, 0); first < count; first = next_known(r, first)) {
		size_t last = run_end(r, first), next = next_known(r, last + 1);
		struct log_pos end;

		r->generation = r->each[first].header.generation;
		for (size_t i = first; i <= last; i++)
			if (r->each[i].known && r->each[i].header.group > r->group)
				r->group = r->each[i].header.group;
		if (next < count && r->each[next].header.previous_generation == r->generation) {
			end = r->each[next].header.cut;
			r->proven = end;
		} else {
			struct survey s;
			enum fail fail = survey_run(r, first, last, &s, w);

			if (fail)
				return fail;
			end = cut_off(r, s.end);
			r->proven = cut_off(r, s.proven);
		}
		r->end = end;
		set_live(r, first, next, end);
		first = last + 1;
	}
	return FAIL_NONE;
}

enum fail recover_survey(struct recovery *r, struct segments *segments, struct log_cut cut, struct why *w)
{
	bool known = false, written = false;

	*r = (struct recovery){.segments = segments, .count = segments->count, .cut = cut};
	r->each = memory_new(r->count * sizeof *r->each + 1);
	for (size_t i = 0; i < r->count; i++) {
		enum fail fail;

		r->each[i].segment = segments->by_number[i];
		fail = read_header(segments, &r->each[i], w);
		if (fail)
			return fail;
		known |= r->each[i].known;
		written |= segments->by_number[i]->bytes > SEGMENT_START;
	}
	/* A first segment that the power took away while it was made is no log yet; more than that must be one. */
	if (written && !known)
		return why(w, FAIL_CORRUPT, "The files in %s are not a mail log, or all of them are unreadable.",
			segments->dir);
	return find_ends(r, w);
}

/* Writes the bytes [from, to) of a segment in their place again, and syncs it. */
static enum fail secure_segment(struct recovery *r, uint32_t number, uint64_t from, uint64_t to, struct why *w)
{
	char path[512], name[SEGMENT_NAME_SIZE];
	struct disk *disk = r->segments->disk;
	static const size_t piece = 1 << 20;
	struct disk_file *file;
	char *bytes;
	enum fail fail;

	segment_name(number, name);
	snprintf(path, sizeof path, "%s/%s", r->segments->dir, name);
	fail = disk->ops->open(disk, path, DISK_WRITE, &file, w);
	if (fail)
		return fail;
	bytes = memory_new(piece);
	while (!fail && from < to) {
		size_t want = to - from < piece ? (size_t)(to - from) : piece, got = 0;

		fail = file->ops->read(file, bytes, want, from, &got, w);
		if (!fail && got) {
			struct iovec iov = {bytes, got};

			fail = file->ops->write(file, &iov, 1, from, w);
		}
		if (!got)
			break;
		from += got;
	}
	if (!fail)
		fail = file->ops->sync(file, w);
	disk->ops->close(file);
	free(bytes);
	return fail;
}

enum fail recover_secure(struct recovery *r, struct why *w)
{
	for (size_t i = 0; i < r->count; i++) {
		struct recover_segment *it = &r->each[i];
		uint32_t number = it->segment->number;
		uint64_t from = number == r->proven.segment ? r->proven.offset : 0;
		enum fail fail;

		if (number < r->proven.segment || number > r->end.segment || it->segment->live_to <= from)
			continue;
		fail = secure_segment(r, number, from, it->segment->live_to, w);
		if (fail)
			return fail;
	}
	return FAIL_NONE;
}
