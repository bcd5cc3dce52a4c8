/* The table of segment files. Keeps only so many of them open that a large archive does not use up the descriptors. */
#include "log/segment.h"

#include "base/memory.h"

enum { SEGMENT_OPEN_MAX = 256, SEGMENT_PATH_MAX = 512 };

void segments_init(struct segments *s, struct disk *disk, const char *dir)
{
	*s = (struct segments){.disk = disk, .dir = memory_dup(dir)};
}

static void close_file(struct segments *s, struct segment *segment)
{
	if (!segment->file)
		return;
	s->disk->ops->close(segment->file);
	segment->file = NULL;
	s->open_files--;
}

void segments_fini(struct segments *s)
{
	for (size_t i = 0; i < s->count; i++) {
		close_file(s, s->by_number[i]);
		free(s->by_number[i]);
	}
	free(s->by_number);
	free(s->dir);
	*s = (struct segments){0};
}

static void path_of(const struct segments *s, uint32_t number, char dst[SEGMENT_PATH_MAX])
{
	char name[SEGMENT_NAME_SIZE];

	segment_name(number, name);
	snprintf(dst, SEGMENT_PATH_MAX, "%s/%s", s->dir, name);
}

/* The index of the first segment whose number is not below `number`. */
static size_t place_of(const struct segments *s, uint32_t number)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->by_number[middle]->number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct segment *segment_find(const struct segments *s, uint32_t number)
{
	size_t at = place_of(s, number);

	return at < s->count && s->by_number[at]->number == number ? s->by_number[at] : NULL;
}

static struct segment *table_add(struct segments *s, uint32_t number)
{
	size_t at = place_of(s, number);
	struct segment *segment = NEW(struct segment);

	segment->number = number;
	s->by_number = memory_resize_array(s->by_number, s->count + 1, sizeof *s->by_number);
	memmove(s->by_number + at + 1, s->by_number + at, (s->count - at) * sizeof *s->by_number);
	s->by_number[at] = segment;
	s->count++;
	return segment;
}

static void table_remove(struct segments *s, struct segment *segment)
{
	size_t at = place_of(s, segment->number);

	close_file(s, segment);
	memmove(s->by_number + at, s->by_number + at + 1, (s->count - at - 1) * sizeof *s->by_number);
	s->count--;
	free(segment);
}

static void load_name(void *context, const char *name)
{
	struct segments *s = context;
	uint32_t number;

	if (segment_name_parse(name, &number))
		table_add(s, number)->sealed = true;
}

enum fail segments_load(struct segments *s, struct why *w)
{
	return s->disk->ops->list(s->disk, s->dir, load_name, s, w);
}

/* The open file that was not used for the longest time makes room. */
static void make_room(struct segments *s)
{
	struct segment *oldest = NULL;

	for (size_t i = 0; i < s->count; i++) {
		struct segment *it = s->by_number[i];

		if (it->file && !it->uses && it->sealed && !it->unsynced && (!oldest || it->used_at < oldest->used_at))
			oldest = it;
	}
	if (oldest)
		close_file(s, oldest);
}

enum fail segment_create(struct segments *s, struct segment_header *h, struct segment **out, struct why *w)
{
	char path[SEGMENT_PATH_MAX], head[SEGMENT_START];
	struct iovec iov = {head, sizeof head};
	struct disk_file *file;
	struct segment *segment;
	enum fail fail;

	path_of(s, h->number, path);
	fail = s->disk->ops->open(s->disk, path, DISK_CREATE | DISK_WRITE, &file, w);
	if (fail)
		return fail;
	s->dir_changed = true;
	segment_header_put(h, head);
	fail = file->ops->write(file, &iov, 1, 0, w);
	if (fail) {
		s->disk->ops->close(file);
		return fail;
	}
	segment = table_add(s, h->number);
	segment->generation = h->generation;
	segment->bytes = SEGMENT_START;
	segment->unsynced = true;
	segment->file = file;
	s->open_files++;
	*out = segment;
	return FAIL_NONE;
}

enum fail segment_use(struct segments *s, struct segment *segment, struct why *w)
{
	char path[SEGMENT_PATH_MAX];
	enum fail fail;

	segment->used_at = ++s->clock;
	segment->uses++;
	if (segment->file)
		return FAIL_NONE;
	if (s->open_files >= SEGMENT_OPEN_MAX)
		make_room(s);
	path_of(s, segment->number, path);
	fail = s->disk->ops->open(s->disk, path, DISK_READ, &segment->file, w);
	if (fail) {
		segment->uses--;
		return fail;
	}
	s->open_files++;
	return FAIL_NONE;
}

static enum fail remove_now(struct segments *s, struct segment *segment, struct why *w)
{
	char path[SEGMENT_PATH_MAX];
	enum fail fail;

	path_of(s, segment->number, path);
	fail = s->disk->ops->remove(s->disk, path, w);
	if (fail && fail != FAIL_NOT_FOUND)
		return fail;
	s->dir_changed = true;
	table_remove(s, segment);
	return FAIL_NONE;
}

/* A doomed segment goes when nobody uses it and something later proves that it was synced: see segments_proven. */
static enum fail remove_if_free(struct segments *s, struct segment *segment, struct why *w)
{
	if (segment->uses || segment->pins || segment->number >= s->removable_below)
		return FAIL_NONE;
	segment->doomed = false; /* should it fail, the file stays and takes room, until somebody asks again */
	s->doomed--;
	return remove_now(s, segment, w);
}

void segment_unuse(struct segments *s, struct segment *segment)
{
	segment->uses--;
	if (segment->doomed)
		(void)!remove_if_free(s, segment, NULL);
}

void segments_proven(struct segments *s, uint32_t number)
{
	if (number <= s->removable_below)
		return;
	s->removable_below = number;
	for (size_t i = s->count; s->doomed && i-- > 0;)
		if (s->by_number[i]->doomed)
			(void)!remove_if_free(s, s->by_number[i], NULL);
}

enum fail segment_remove(struct segments *s, struct segment *segment, struct why *w)
{
	if (!segment->doomed) {
		segment->doomed = true;
		s->doomed++;
	}
	return remove_if_free(s, segment, w);
}
