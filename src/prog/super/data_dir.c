/* The data directory. It must never follow a link that a confined process may have planted: super can be root.
 *
 *   lock        flock of every process of the server; the pid of super
 *   layout      "barid 1", "shards N", "sum S": decided when the directory was made
 *   auth/       the accounts directory                 shard-N/   the mail
 *   set-aside   accounts that no mail process opens (set_aside.c)
 *   run/        sockets, status.json                   tls/       the self-signed certificate; super's alone */
#include "prog/super/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/event.h"

enum { LAYOUT_VERSION = 1, LAYOUT_MAX = 256, PATH_MAX_HERE = 512 };

struct owner {
	bool change; /* started as root: directories are given to the setting's user */
	uid_t uid;
	gid_t gid;
};

static enum fail refuse(struct why *w, const char *path, const char *what)
{
	enum fail f = errno == EACCES || errno == EPERM || errno == EROFS ? FAIL_NO_PERMISSION
		      : errno == ENOSPC                                   ? FAIL_DISK_FULL
									  : FAIL_IO;
	const char *remedy =
		f == FAIL_NO_PERMISSION ? ": give it to this user, or set 'data_dir' to a directory that is yours" : "";

	return why(w, f, "cannot %s '%s' (%s)%s", what, path, strerror(errno), remedy);
}

static enum fail find_owner(const struct settings *s, struct owner *o, struct why *w)
{
	const struct passwd *p;

	*o = (struct owner){0};
	if (geteuid() != 0)
		return FAIL_NONE;
	p = getpwnam(s->user);
	if (!p)
		return why(w, FAIL_CONFIG,
			"started as root, but there is no user '%s' for the processes: make it (adduser --system "
			"--group %s), set 'user', or "
			"start as an ordinary user",
			s->user, s->user);
	if (p->pw_uid == 0)
		return why(w, FAIL_CONFIG, "'user' must not be root: set it to an ordinary user");
	*o = (struct owner){true, p->pw_uid, p->pw_gid};
	return FAIL_NONE;
}

/* `shared`: root keeps it, the user may only pass through. */
static enum fail make_dir(const char *path, const struct owner *o, bool shared, struct why *w)
{
	struct stat st;

	if (mkdir(path, 0700) && errno != EEXIST)
		return refuse(w, path, "make the directory");
	if (lstat(path, &st) || (!S_ISDIR(st.st_mode) && (stat(path, &st) || !shared || !S_ISDIR(st.st_mode)))) {
		errno = ENOTDIR;
		return refuse(w, path, "use");
	}
	if (!o->change || st.st_uid != 0)
		return FAIL_NONE;
	if (lchown(path, shared ? 0 : o->uid, o->gid) || (shared && chmod(path, 0710)))
		return refuse(w, path, "give to the user of the processes the directory");
	return FAIL_NONE;
}

static void below(const struct settings *s, const char *name, char *dst, size_t size)
{
	snprintf(dst, size, "%s/%s", s->data_dir, name);
}

static enum fail take_lock(const struct settings *s, int *out, struct why *w)
{
	char path[PATH_MAX_HERE], pid[24] = "";
	int fd;

	below(s, "lock", path, sizeof path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return refuse(w, path, "write");
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		ssize_t n = pread(fd, pid, sizeof pid - 1, 0);

		close(fd);
		while (n > 0 && (pid[n - 1] < '0' || pid[n - 1] > '9'))
			n--;
		return why(w, FAIL_BUSY,
			"another Barid (process %.*s) is using '%s': stop it first, or set 'data_dir' to another "
			"directory",
			n > 0 ? (int)n : 1, n > 0 ? pid : "?", s->data_dir);
	}
	snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) || pwrite(fd, pid, strlen(pid), 0) < 0) {
		enum fail f = refuse(w, path, "write");

		close(fd);
		return f;
	}
	*out = fd;
	return FAIL_NONE;
}

enum fail data_dir_write(const struct settings *s, const char *name, struct span text, unsigned mode, struct why *w)
{
	char path[PATH_MAX_HERE], next[PATH_MAX_HERE + 8];
	bool good;
	int fd;

	below(s, name, path, sizeof path);
	snprintf(next, sizeof next, "%s.new", path);
	unlink(next);
	fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return refuse(w, next, "write");
	good = write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
	close(fd);
	if (!good || rename(next, path))
		return refuse(w, path, "write");
	return FAIL_NONE;
}

static uint32_t shards_wanted(const struct settings *s)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (s->shards)
		return (uint32_t)(s->shards < SHARDS_MAX ? s->shards : SHARDS_MAX);
	return cores < 1 ? 1 : cores > SHARDS_MAX ? SHARDS_MAX : (uint32_t)cores;
}

/* FNV-1a, over the two lines that count. */
static uint32_t layout_sum(struct span lines)
{
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < lines.n; i++)
		sum = (sum ^ (unsigned char)lines.p[i]) * 16777619u;
	return sum;
}

static enum fail write_layout(const struct settings *s, uint32_t shards, struct why *w)
{
	char text[LAYOUT_MAX];
	int n = snprintf(text, sizeof text, "barid %d\nshards %u\n", LAYOUT_VERSION, shards);

	snprintf(text + n, sizeof text - (size_t)n, "sum %u\n", layout_sum(span(text, (size_t)n)));
	return data_dir_write(s, "layout", span_of(text), 0600, w);
}

/* The directories of the shards say how many there are, too. */
static uint32_t shards_there(const struct settings *s)
{
	char path[PATH_MAX_HERE];
	uint32_t n = 0;
	struct stat st;

	for (; n < SHARDS_MAX; n++) {
		snprintf(path, sizeof path, "%s/shard-%u", s->data_dir, n);
		if (lstat(path, &st) || !S_ISDIR(st.st_mode))
			break;
	}
	return n;
}

/* FAIL_CORRUPT: it is damaged. One of before layouts had a sum is taken at its word. These three lines are the first of all versions to come. */
static enum fail read_layout(struct span text, const char *path, uint32_t *shards, struct why *w)
{
	struct span rest = text, line, counts;
	uint32_t version = 0, sum;
	bool whole, sound = span_take(&rest, SPAN("barid ")) && span_take_u32(&rest, &version) &&
			    span_take_until(&rest, '\n', &line) && !line.n && span_take(&rest, SPAN("shards ")) &&
			    span_take_u32(&rest, shards) && span_take_until(&rest, '\n', &line) && !line.n;

	counts = span_first(text, text.n - rest.n);
	whole = !rest.n || (span_take(&rest, SPAN("sum ")) && span_take_u32(&rest, &sum) && sum == layout_sum(counts));
	if (whole && version > LAYOUT_VERSION)
		return why(w, FAIL_CONFIG, "'%s' was made by a newer Barid: use that one", path);
	if (whole && sound && version == LAYOUT_VERSION && *shards >= 1 && *shards <= SHARDS_MAX)
		return FAIL_NONE;
	return why(w, FAIL_CORRUPT,
		"'%s' does not say how many shards there are: restore it from a backup ('barid 1', 'shards N')", path);
}

static enum fail repair_layout(const struct settings *s, const char *path, uint32_t *shards, struct why *w)
{
	char aside[PATH_MAX_HERE + 8];

	*shards = shards_there(s);
	if (!*shards)
		return FAIL_CORRUPT;
	snprintf(aside, sizeof aside, "%s.bad", path);
	if (rename(path, aside))
		return refuse(w, path, "set aside");
	event_say(LOG_WARN, "layout-repaired",
		"'%s' is damaged: it is '%s' now, and one for the %u shards that are there is written", path, aside,
		*shards);
	return write_layout(s, *shards, w);
}

static enum fail layout(const struct settings *s, uint32_t *shards, struct why *w)
{
	char path[PATH_MAX_HERE], text[LAYOUT_MAX];
	ssize_t n;
	int fd;
	enum fail f;

	below(s, "layout", path, sizeof path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT) {
		*shards = shards_wanted(s);
		return write_layout(s, *shards, w);
	}
	if (fd < 0)
		return refuse(w, path, "read");
	n = read(fd, text, sizeof text);
	f = n < 0 ? refuse(w, path, "read") : read_layout(span(text, (size_t)n), path, shards, w);
	close(fd);
	return f == FAIL_CORRUPT ? repair_layout(s, path, shards, w) : f;
}

static enum fail make_parts(const struct settings *s, const struct owner *o, uint32_t shards, struct why *w)
{
	static const char *const users[] = {"auth", "run"};
	static const struct owner nobody;
	char path[PATH_MAX_HERE];
	enum fail f = FAIL_NONE;

	for (size_t i = 0; i < ARRAY_LEN(users) && !f; i++) {
		below(s, users[i], path, sizeof path);
		f = make_dir(path, o, false, w);
	}
	for (uint32_t i = 0; i < shards && !f; i++) {
		snprintf(path, sizeof path, "%s/shard-%u", s->data_dir, i);
		f = make_dir(path, o, false, w);
	}
	below(s, "tls", path, sizeof path);
	return f ? f : make_dir(path, &nobody, false, w);
}

enum fail data_dir_open(const struct settings *s, struct data_dir *out, struct why *w)
{
	struct data_dir d = {.lock = -1};
	struct owner o;
	enum fail f = find_owner(s, &o, w);

	if (f || (f = make_dir(s->data_dir, &o, true, w)) || (f = take_lock(s, &d.lock, w)))
		return f;
	if ((f = layout(s, &d.shards, w)) || (f = make_parts(s, &o, d.shards, w))) {
		data_dir_close(&d);
		return f;
	}
	*out = d;
	return FAIL_NONE;
}

void data_dir_close(struct data_dir *d)
{
	if (d->lock >= 0)
		close(d->lock);
	d->lock = -1;
}

enum fail data_dir_become_user(const struct settings *s, struct why *w)
{
	struct owner o;
	enum fail f = find_owner(s, &o, w);

	if (f || !o.change)
		return f;
	if (setegid(o.gid) || seteuid(o.uid))
		return why(w, FAIL_CONFIG, "cannot become the user '%s' of the setting 'user'", s->user);
	return FAIL_NONE;
}

void data_dir_become_root_again(void)
{
	if (getuid() != 0 || geteuid() == 0)
		return;
	if (seteuid(0) || setegid(0))
		return;            /* as little as before */
	prctl(PR_SET_DUMPABLE, 1); /* the change of user hid the process from its own debugger */
}
