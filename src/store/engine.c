/* The engines: which disk and which key-value engine go together. */
#include "store/engine.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "kv/kv.h"
#include "log/ballast.h"
#include "store/condemn.h"

struct engine_parts engine_parts = {.disk = disk_real, .index = kv_open_rocks};

static enum fail make_dir(const char *path, struct why *w)
{
	enum fail f;

	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return FAIL_NONE;
	f = errno == EACCES || errno == EPERM || errno == EROFS ? FAIL_NO_PERMISSION
	    : errno == ENOENT                                   ? FAIL_NOT_FOUND
	    : errno == ENOSPC                                   ? FAIL_DISK_FULL
								: FAIL_IO;
	return why_log(
		w, f, "The mail store cannot be opened.", "cannot make the directory %s: %s", path, strerror(errno));
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static enum fail remove_index(const struct kv_settings *settings, struct why *w)
{
	if (nftw(settings->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
		return why_log(w, FAIL_IO, "The mail store cannot be opened.",
			"cannot remove the unreadable index %s: %s", settings->path, strerror(errno));
	return FAIL_NONE;
}

/* The index holds nothing that the log does not: one that cannot be read is thrown away, and made anew. */
static enum fail open_index(struct disk *disk, const struct kv_settings *settings,
	void (*report)(void *context, const char *text), void *context, struct kv **out, struct why *w)
{
	bool bad = condemned(disk);
	enum fail f = bad ? FAIL_CORRUPT : engine_parts.index(settings, out, w);

	if (f != FAIL_CORRUPT)
		return f;
	if (report)
		report(context, "the index cannot be read: it is thrown away and made anew from the log");
	f = remove_index(settings, w);
	if (!f)
		f = engine_parts.index(settings, out, w);
	if (!f && bad && (f = condemned_no_more(disk, w)))
		(*out)->ops->close(*out);
	return f;
}

/* The last part of the path: what stands before it may be nothing but "." for a process that has been put there. */
static const char *name_of(const char *dir)
{
	const char *slash = strrchr(dir, '/');

	return slash && slash[1] ? slash + 1 : dir;
}

static enum fail open_parts(
	const char *dir, struct store_settings *s, const struct kv_settings *index, struct store **out, struct why *w)
{
	enum fail f = engine_parts.disk(dir, &s->disk, w);

	if (f)
		return f;
	if (ballast_open(s->disk) && s->report)
		s->report(
			s->context, "the disk is full: the reserve file is given up, so that the store can be opened");
	f = open_index(s->disk, index, s->report, s->context, &s->kv, w);
	if (f) {
		s->disk->ops->free(s->disk);
		return f;
	}
	return store_open(s, out, w);
}

/* Whether an opening has failed by what the index keeps: the next one throws it away. */
static bool without_index(const char *dir)
{
	struct disk *disk;
	bool bad;

	if (engine_parts.disk(dir, &disk, NULL))
		return false;
	bad = condemned(disk);
	disk->ops->free(disk);
	return bad;
}

static bool without_ballast(const char *dir)
{
	struct disk *disk;
	bool given_up;

	if (engine_parts.disk(dir, &disk, NULL))
		return false;
	given_up = ballast_give_up(disk);
	disk->ops->free(disk);
	return given_up;
}

enum fail store_open_local(const char *dir, struct loop *loop, uint64_t cache_bytes, const struct store_aside *aside,
	void (*report)(void *context, const char *text), void *context, struct store **out, struct why *w)
{
	struct store_settings s = {.loop = loop,
		.segment_size = engine_parts.segment_size,
		.aside = aside,
		.report = report,
		.context = context,
		.place = name_of(dir),
		.ballast = true};
	struct kv_settings index = {.cache_bytes = cache_bytes};
	char path[PATH_MAX];
	enum fail f;

	if (snprintf(path, sizeof(path), "%s/index", dir) >= (int)sizeof(path))
		return why(w, FAIL_CONFIG, "The path of the mail store is too long.");
	index.path = path;
	f = make_dir(dir, w);
	if (!f)
		f = open_parts(dir, &s, &index, out, w);
	if (f == FAIL_CORRUPT && without_index(dir))
		f = open_parts(dir, &s, &index, out, w);
	if (f == FAIL_DISK_FULL && without_ballast(dir))
		f = open_parts(dir, &s, &index, out, w);
	return f;
}

enum fail store_open_memory(struct loop *loop, struct store **out, struct why *w)
{
	struct store_settings s = {.loop = loop, .disk = disk_memory(), .kv = kv_open_memory()};

	return store_open(&s, out, w);
}
