/* Finding and reading messages. Never changes anything. */
#include "prog/command/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "imap/wire/mailbox_name.h"
#include "prog/command/mbox.h"

enum { DEPTH_MAX = 20, PATH_SIZE = 4096, NAME_SIZE = 2048, KEYWORDS_FILE_MAX = 64 << 10 };

void source_init(struct source *s)
{
	*s = (struct source){0};
}

void source_fini(struct source *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->messages[i].path);
		mail_flags_fini(&s->messages[i].flags);
	}
	for (size_t i = 0; i < s->folder_count; i++)
		free(s->folders[i]);
	free(s->messages);
	free(s->folders);
	source_init(s);
}

static enum fail cannot(const char *path, struct why *w)
{
	enum fail f = errno == ENOENT ? FAIL_NOT_FOUND : errno == EACCES ? FAIL_NO_PERMISSION : FAIL_IO;

	return why(w, f, "'%s' cannot be read: %s", path, strerror(errno));
}

static size_t add_folder(struct source *s, struct span name)
{
	for (size_t i = 0; i < s->folder_count; i++)
		if (span_eq(span_of(s->folders[i]), name))
			return i;
	s->folders = memory_resize_array(s->folders, s->folder_count + 1, sizeof *s->folders);
	s->folders[s->folder_count] = memory_new(name.n + 1);
	if (name.n)
		memcpy(s->folders[s->folder_count], name.p, name.n);
	return s->folder_count++;
}

static struct source_message *add_message(struct source *s, const char *path, size_t folder)
{
	struct source_message *m;

	if (s->count == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 256;
		s->messages = memory_resize_array(s->messages, s->cap, sizeof *s->messages);
	}
	m = &s->messages[s->count++];
	*m = (struct source_message){.path = memory_dup(path), .folder = folder};
	mail_flags_init(&m->flags);
	return m;
}

/* ── Maildir ── */

static bool is_dir(const char *path, const char *name)
{
	char full[PATH_SIZE + 300];
	struct stat st;
	int n = snprintf(full, sizeof full, "%s/%s", path, name);

	return n > 0 && (size_t)n < sizeof full && stat(full, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_maildir(const char *path)
{
	return is_dir(path, "cur") && is_dir(path, "new");
}

static void read_keywords(const char *maildir, struct keyword_letters *k)
{
	CLEANUP(buf_fini) struct buf text = {0};
	char path[PATH_SIZE + 300];
	FILE *in;

	snprintf(path, sizeof path, "%s/dovecot-keywords", maildir);
	in = fopen(path, "r");
	if (!in)
		return;
	buf_init(&text, KEYWORDS_FILE_MAX);
	if (buf_reserve(&text, KEYWORDS_FILE_MAX))
		buf_commit(&text, fread(text.p, 1, KEYWORDS_FILE_MAX, in));
	fclose(in);
	keyword_letters_read(k, buf_span(&text));
}

static enum fail add_part(struct source *s, const char *maildir, const char *part, size_t folder,
	const struct keyword_letters *k, struct why *w)
{
	char dir[PATH_SIZE + 300], path[PATH_SIZE + 600];
	struct dirent *e;
	struct stat st;
	DIR *d;

	snprintf(dir, sizeof dir, "%s/%s", maildir, part);
	d = opendir(dir);
	if (!d)
		return cannot(dir, w);
	while ((e = readdir(d))) {
		struct source_message *m;

		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (e->d_name[0] == '.' || stat(path, &st) || !S_ISREG(st.st_mode))
			continue;
		m = add_message(s, path, folder);
		m->size = (uint64_t)st.st_size;
		m->date = st.st_mtime;
		s->bytes += m->size;
		mail_flags_from_name(&m->flags, e->d_name, k);
	}
	closedir(d);
	return FAIL_NONE;
}

static int by_arrival(const void *a, const void *b)
{
	const struct source_message *x = a, *y = b;

	return x->date != y->date ? (x->date < y->date ? -1 : 1) : strcmp(strrchr(x->path, '/'), strrchr(y->path, '/'));
}

static enum fail add_one_maildir(struct source *s, const char *path, struct span name, struct why *w)
{
	struct keyword_letters k = {0};
	size_t folder = add_folder(s, name), first = s->count;
	enum fail f;

	read_keywords(path, &k);
	f = add_part(s, path, "cur", folder, &k, w);
	if (!f)
		f = add_part(s, path, "new", folder, &k, w);
	keyword_letters_fini(&k);
	if (s->count > first)
		qsort(s->messages + first, s->count - first, sizeof *s->messages, by_arrival);
	return f;
}

/* ".A.B" in modified UTF-7 is "A/B". */
static void folder_name(const char *entry, struct span above, struct buf *out)
{
	struct span rest = span_of(entry + 1), part;

	buf_add(out, above);
	while (rest.n) {
		if (!span_take_until(&rest, '.', &part)) {
			part = rest;
			rest.n = 0;
		}
		if (out->n)
			buf_add_byte(out, '/');
		if (mailbox_name_decode(part, out))
			buf_add(out, part);
	}
}

static enum fail add_any(
	struct source *s, const char *path, struct span name, enum source_format format, int depth, struct why *w);

/* A directory's name below `above`; Maildirs within Maildirs have theirs in modified UTF-7, too. */
static void nested_name(struct span above, struct span name, struct buf *out)
{
	size_t n;

	buf_add(out, above);
	if (out->n)
		buf_add_byte(out, '/');
	n = out->n;
	if (mailbox_name_decode(name, out)) {
		buf_truncate(out, n);
		buf_add(out, name);
	}
}

static bool is_part(const char *entry)
{
	return !strcmp(entry, "cur") || !strcmp(entry, "new") || !strcmp(entry, "tmp");
}

/* The folders: ".A.B" of Maildir++, and plain directories that are Maildirs or hold some. */
static enum fail add_maildir(struct source *s, const char *path, struct span name, int depth, struct why *w)
{
	enum fail f = add_one_maildir(s, path, name, w);
	char below[PATH_SIZE + 300];
	struct dirent *e;
	DIR *d = f ? NULL : opendir(path);

	while (d && !f && (e = readdir(d))) {
		CLEANUP(buf_fini) struct buf full = {0};

		snprintf(below, sizeof below, "%s/%s", path, e->d_name);
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || is_part(e->d_name) ||
			!is_dir(path, e->d_name))
			continue;
		buf_init(&full, NAME_SIZE);
		if (e->d_name[0] != '.') {
			nested_name(name, span_of(e->d_name), &full);
			f = add_any(s, below, buf_span(&full), SOURCE_MAILDIR, depth + 1, w);
		} else if (is_maildir(below)) {
			folder_name(e->d_name, name, &full);
			f = add_one_maildir(s, below, buf_span(&full), w);
		}
	}
	if (d)
		closedir(d);
	return f;
}

/* ── mbox ── */

static enum fail map_file(const char *path, struct span *out, struct why *w)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p = NULL;

	if (fd < 0)
		return cannot(path, w);
	if (fstat(fd, &st) == 0 && st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return cannot(path, w);
	*out = span(p, p ? (size_t)st.st_size : 0);
	return FAIL_NONE;
}

static void unmap_file(struct span s)
{
	if (s.n)
		munmap((void *)(uintptr_t)s.p, s.n);
}

/* An empty file is an mbox without messages: export writes such for a mailbox that has none. */
static bool is_mbox(const char *path)
{
	char start[5];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, start, sizeof start) : -1;
	bool is = n == 0 || (n == (ssize_t)sizeof start && memcmp(start, "From ", 5) == 0);

	if (fd >= 0)
		close(fd);
	return is;
}

static enum fail add_mbox(struct source *s, const char *path, struct span name, struct why *w)
{
	size_t folder = add_folder(s, name);
	struct mbox_message one;
	struct span file, rest;
	enum fail f = map_file(path, &file, w);

	if (f)
		return f;
	for (rest = file; mbox_take(&rest, &one);) {
		struct source_message *m = add_message(s, path, folder);

		m->in_mbox = true;
		m->offset = (uint64_t)(one.text.p - file.p);
		m->size = one.text.n;
		m->date = mbox_date(one.envelope);
		s->bytes += m->size;
	}
	if (rest.n)
		f = why(w, FAIL_CANNOT, "'%s' is no mbox file: a line 'From ' is missing", path);
	unmap_file(file);
	return f;
}

/* ── Directories of either ── */

/* A directory "A.d" beside a file "A" holds the mailboxes below A: as export writes them. */
static void below_name(struct span above, const char *dir, const char *entry, struct buf *out)
{
	struct span name = span_of(entry);
	char beside[PATH_SIZE + 600];
	struct stat st;

	if (span_ends(name, SPAN(".d")) && name.n > 2) {
		int n = snprintf(beside, sizeof beside, "%s/%.*s", dir, (int)name.n - 2, entry);

		if (n > 0 && (size_t)n < sizeof beside && stat(beside, &st) == 0 && S_ISREG(st.st_mode))
			name.n -= 2;
	}
	buf_add(out, above);
	if (out->n)
		buf_add_byte(out, '/');
	mbox_level_name(name, out);
}

static enum fail add_directory(
	struct source *s, const char *path, struct span name, enum source_format format, int depth, struct why *w)
{
	char below[PATH_SIZE + 300];
	struct dirent *e;
	struct stat st;
	enum fail f = FAIL_NONE;
	DIR *d = opendir(path);

	if (!d)
		return cannot(path, w);
	while (!f && (e = readdir(d))) {
		CLEANUP(buf_fini) struct buf full = {0};

		snprintf(below, sizeof below, "%s/%s", path, e->d_name);
		if (e->d_name[0] == '.' || stat(below, &st) ||
			(!S_ISDIR(st.st_mode) && (format == SOURCE_MAILDIR || !is_mbox(below))))
			continue;
		buf_init(&full, NAME_SIZE);
		if (format == SOURCE_MAILDIR || is_maildir(below))
			nested_name(name, span_of(e->d_name), &full);
		else
			below_name(name, path, e->d_name, &full);
		f = add_any(s, below, buf_span(&full), format, depth + 1, w);
	}
	closedir(d);
	return f;
}

static enum fail add_any(
	struct source *s, const char *path, struct span name, enum source_format format, int depth, struct why *w)
{
	struct stat st;

	if (stat(path, &st))
		return cannot(path, w);
	if (S_ISREG(st.st_mode) && format != SOURCE_MAILDIR)
		return add_mbox(s, path, name, w);
	if (!S_ISDIR(st.st_mode) || depth > DEPTH_MAX)
		return why(w, FAIL_CANNOT, "'%s' is no Maildir, no mbox file and no directory of them", path);
	if (format != SOURCE_MBOX && is_maildir(path))
		return add_maildir(s, path, name, depth, w);
	return add_directory(s, path, name, format, depth, w);
}

enum fail source_add(struct source *s, const char *path, enum source_format format, struct why *w)
{
	return add_any(s, path, SPAN(""), format, 0, w);
}

/* ── Reading ── */

enum fail source_read(struct source_message *m, struct buf *out, struct why *w)
{
	struct span file;
	enum fail f = map_file(m->path, &file, w);

	if (f)
		return f;
	if (m->offset > file.n || (m->in_mbox && m->size > file.n - m->offset))
		f = why(w, FAIL_IO, "'%s' has become shorter meanwhile", m->path);
	else if (m->in_mbox)
		mbox_unquote(span(file.p + m->offset, (size_t)m->size), &m->flags, out);
	else
		f = buf_add(out, file) ? why(w, FAIL_TOO_BIG, "'%s' is too large for a message", m->path) : FAIL_NONE;
	unmap_file(file);
	return f;
}
