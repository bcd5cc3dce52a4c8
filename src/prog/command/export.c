/* export: an account's mail as a Maildir++ or as mbox files, through a session of the running server. Changes nothing there (EXAMINE, PEEK).
 * CRLF becomes LF, so that what came in with LF goes out byte for byte. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "imap/wire/date.h"
#include "imap/wire/mailbox_name.h"
#include "prog/command/cli.h"
#include "prog/command/imap_client.h"
#include "prog/command/mbox.h"
#include "prog/command/progress.h"

enum { USAGE = 64, BAD_SETTINGS = 78, PATH_SIZE = 4096, NAME_SIZE = 4096, MESSAGE_MAX = 1 << 30 };

struct export
{
	struct cli *cli;
	struct imap_client *imap;
	struct progress progress;
	bool mbox;
	struct buf names; /* mailboxes: counted strings, UTF-8 */
	uint64_t total, done, bytes;
	/* the mailbox under way */
	char folder[PATH_SIZE]; /* Maildir: its directory; mbox: its file */
	FILE *file;
	struct keyword_letters letters;
	enum fail fail;
	struct why why;
};

static enum fail cannot(const char *what, const char *path, struct why *w)
{
	enum fail f = errno == EACCES ? FAIL_NO_PERMISSION : errno == ENOSPC ? FAIL_DISK_FULL : FAIL_IO;

	return why(w, f, "cannot %s '%s': %s", what, path, strerror(errno));
}

/* ── One message ── */

struct fetched {
	uint64_t uid;
	struct mail_flags flags;
	struct date_time date;
	struct span body;
};

/* Flags that another device set meanwhile come unasked, among the messages: "1 FETCH (UID 5 FLAGS (...))" and nothing behind. */
static bool is_unasked(struct span text)
{
	size_t at = span_find(text, SPAN(" FETCH (UID "));
	struct span flags;
	uint64_t uid;

	if (at == SIZE_MAX || at > 10)
		return true;
	text = span_skip(text, at + 12);
	return span_take_u64(&text, &uid) && span_take(&text, SPAN(" FLAGS (")) &&
	       span_take_until(&text, ')', &flags) && !span_starts(text, SPAN(" INTERNALDATE "));
}

/* "1 FETCH (UID 5 FLAGS (...) INTERNALDATE "..." BODY[] {n}...)", in the order that was asked for. */
static bool parse_fetch(struct span text, struct fetched *out, struct buf *space)
{
	struct span flags, date;
	uint32_t number;

	if (!span_take_u32(&text, &number) || !span_take(&text, SPAN(" FETCH (UID ")) ||
		!span_take_u64(&text, &out->uid) || !span_take(&text, SPAN(" FLAGS (")) ||
		!span_take_until(&text, ')', &flags) || !span_take(&text, SPAN(" INTERNALDATE \"")) ||
		!span_take_until(&text, '"', &date) || !date_time_parse(date, &out->date) ||
		!span_take(&text, SPAN(" BODY[] ")))
		return false;
	mail_flags_from_list(&out->flags, flags);
	return imap_take_string(&text, space, &out->body);
}

static void to_lf(struct span in, struct buf *out)
{
	while (in.n) {
		size_t at = span_find_byte(in, '\n');
		struct span line = span_first(in, at == SIZE_MAX ? in.n : at + 1);

		in = span_skip(in, line.n);
		if (line.n > 1 && at != SIZE_MAX && line.p[line.n - 2] == '\r') {
			buf_add(out, span_first(line, line.n - 2));
			line = SPAN("\n");
		}
		buf_add(out, line);
	}
}

static enum fail write_file(const char *path, struct span bytes, int64_t date, struct why *w)
{
	struct timespec times[2] = {{.tv_sec = date}, {.tv_sec = date}};
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good = fd >= 0;

	while (good && bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		good = n > 0 || errno == EINTR;
		bytes = span_skip(bytes, n > 0 ? (size_t)n : 0);
	}
	good = good && futimens(fd, times) == 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return good ? FAIL_NONE : cannot("write", path, w);
}

static enum fail put_maildir(struct export *x, const struct fetched *m, struct span bytes, struct why *w)
{
	CLEANUP(buf_fini) struct buf info = {0};
	char tmp[PATH_SIZE + 64], path[PATH_SIZE + 200];
	bool is_new = !m->flags.system && !m->flags.keywords.n;
	enum fail f;

	buf_init(&info, 128);
	mail_flags_to_name(&m->flags, &x->letters, &info);
	snprintf(tmp, sizeof tmp, "%s/tmp/%llu", x->folder, (unsigned long long)m->uid);
	snprintf(path, sizeof path, "%s/%s/%lld.U%010llu.barid%.*s", x->folder, is_new ? "new" : "cur",
		(long long)m->date.seconds, (unsigned long long)m->uid, is_new ? 0 : (int)info.n, info.p);
	f = write_file(tmp, bytes, m->date.seconds, w);
	if (!f && rename(tmp, path))
		f = cannot("make", path, w);
	return f;
}

static enum fail put_mbox(struct export *x, const struct fetched *m, struct span bytes, struct why *w)
{
	CLEANUP(buf_fini) struct buf entry = {0};

	buf_init(&entry, MESSAGE_MAX);
	mbox_put(bytes, &m->flags, m->date.seconds, &entry);
	return fwrite(entry.p, 1, entry.n, x->file) == entry.n ? FAIL_NONE : cannot("write", x->folder, w);
}

static void take_message(void *ctx, struct span text)
{
	struct export *x = ctx;
	CLEANUP(buf_fini) struct buf space = {0};
	CLEANUP(buf_fini) struct buf bytes = {0};
	struct fetched m = {0};

	if (x->fail || is_unasked(text))
		return;
	buf_init(&space, MESSAGE_MAX);
	buf_init(&bytes, MESSAGE_MAX);
	mail_flags_init(&m.flags);
	if (!parse_fetch(text, &m, &space)) {
		x->fail =
			why(&x->why, FAIL_CORRUPT, "a message of '%s' cannot be read: see the server's log", x->folder);
	} else {
		to_lf(m.body, &bytes);
		x->fail = x->mbox ? put_mbox(x, &m, buf_span(&bytes), &x->why)
				  : put_maildir(x, &m, buf_span(&bytes), &x->why);
		x->done += !x->fail;
		x->bytes += bytes.n;
		progress_step(&x->progress, bytes.n);
	}
	mail_flags_fini(&m.flags);
}

/* ── One mailbox ── */

static enum fail command(struct export *x, const char *word, struct span mailbox, const char *rest,
	void (*each)(void *ctx, struct span text), struct why *w)
{
	unsigned tag = imap_begin(x->imap);
	enum fail f = imap_put(x->imap, span_of(word), w);

	if (!f && mailbox.p)
		f = imap_put_mailbox(x->imap, mailbox, w);
	if (!f)
		f = imap_put(x->imap, span_of(rest), w);
	if (!f)
		f = imap_put(x->imap, SPAN("\r\n"), w);
	return f ? f : imap_finish(x->imap, tag, each, x, w);
}

static enum fail make_dir(const char *path, struct why *w)
{
	return mkdir(path, 0700) && errno != EEXIST ? cannot("make", path, w) : FAIL_NONE;
}

/* "A/B" becomes ".A.B" in modified UTF-7; a dot within a level is encoded, since Maildir++ has no other way to write it. */
static void maildir_name(struct span name, struct buf *out)
{
	struct span level;

	if (span_eq(name, SPAN("INBOX")))
		return;
	while (name.n) {
		CLEANUP(buf_fini) struct buf wire = {0};

		if (!span_take_until(&name, '/', &level)) {
			level = name;
			name.n = 0;
		}
		buf_init(&wire, NAME_SIZE);
		if (mailbox_name_encode(level, &wire))
			buf_add(&wire, level);
		buf_add_byte(out, '.');
		for (size_t i = 0; i < wire.n; i++)
			buf_add(out, wire.p[i] == '.' ? SPAN("&AC4-") : span(wire.p + i, 1));
	}
}

static enum fail begin_maildir(struct export *x, struct span name, struct why *w)
{
	static const char *const parts[] = {"", "/cur", "/new", "/tmp"};
	CLEANUP(buf_fini) struct buf folder = {0};
	char path[PATH_SIZE + 8];
	enum fail f = FAIL_NONE;

	buf_init(&folder, NAME_SIZE);
	maildir_name(name, &folder);
	snprintf(x->folder, sizeof x->folder, "%s%s%.*s", x->cli->words[1], folder.n ? "/" : "",
		SPAN_ARG(buf_span(&folder)));
	for (size_t i = 0; i < ARRAY_LEN(parts) && !f; i++) {
		snprintf(path, sizeof path, "%s%s", x->folder, parts[i]);
		f = make_dir(path, w);
	}
	return f;
}

/* One file a mailbox, "A"; the mailboxes below it stand in a directory "A.d". */
static enum fail begin_mbox(struct export *x, struct span name, struct why *w)
{
	CLEANUP(buf_fini) struct buf path = {0};
	struct span level;
	enum fail f = FAIL_NONE;

	buf_init(&path, sizeof x->folder - 1);
	buf_addf(&path, "%s/", x->cli->words[1]);
	while (!f && span_take_until(&name, '/', &level)) {
		mbox_file_name(level, &path);
		buf_add_lit(&path, ".d");
		f = span_cstr(buf_span(&path), x->folder, sizeof x->folder) ? make_dir(x->folder, w) : FAIL_TOO_BIG;
		buf_add_lit(&path, "/");
	}
	mbox_file_name(name, &path);
	if (f == FAIL_TOO_BIG || path.over || !span_cstr(buf_span(&path), x->folder, sizeof x->folder))
		return why(w, FAIL_TOO_BIG, "a mailbox's name is too long for a file");
	if (f)
		return f;
	x->file = fopen(x->folder, "wx");
	return x->file ? FAIL_NONE : cannot("make", x->folder, w);
}

static enum fail end_mailbox(struct export *x, struct why *w)
{
	CLEANUP(buf_fini) struct buf keywords = {0};
	char path[PATH_SIZE + 32];
	bool good = true;

	buf_init(&keywords, 64 << 10);
	keyword_letters_write(&x->letters, &keywords);
	keyword_letters_fini(&x->letters);
	if (x->file) {
		good = fflush(x->file) == 0 && fsync(fileno(x->file)) == 0;
		good = fclose(x->file) == 0 && good;
		x->file = NULL;
		return good ? FAIL_NONE : cannot("write", x->folder, w);
	}
	snprintf(path, sizeof path, "%s/dovecot-keywords", x->folder);
	return keywords.n && !x->mbox ? write_file(path, buf_span(&keywords), (int64_t)time(NULL), w) : FAIL_NONE;
}

static enum fail export_mailbox(struct export *x, struct span name, struct why *w)
{
	enum fail f = x->mbox ? begin_mbox(x, name, w) : begin_maildir(x, name, w), ended;

	if (f)
		return f;
	f = command(x, "EXAMINE ", name, "", NULL, w);
	if (!f)
		f = command(
			x, "UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])", span(NULL, 0), "", take_message, w);
	if (!f && x->fail) {
		*w = x->why;
		f = x->fail;
	}
	ended = end_mailbox(x, f ? NULL : w);
	return f ? f : ended;
}

/* ── All of them ── */

/* (\HasNoChildren) "/" "name" */
static void take_list(void *ctx, struct span text)
{
	struct export *x = ctx;
	CLEANUP(buf_fini) struct buf space = {0};
	CLEANUP(buf_fini) struct buf name = {0};
	struct span attributes, wire;

	buf_init(&space, NAME_SIZE);
	buf_init(&name, NAME_SIZE);
	if (!span_take(&text, SPAN("LIST (")) || !span_take_until(&text, ')', &attributes) ||
		!span_take(&text, SPAN(" \"/\" ")) || span_find(attributes, SPAN("\\Noselect")) != SIZE_MAX ||
		!imap_take_string(&text, &space, &wire) || mailbox_name_decode(wire, &name))
		return;
	if (!x->cli->mailbox || span_eq(buf_span(&name), span_of(x->cli->mailbox)))
		buf_add_counted(&x->names, buf_span(&name));
}

/* STATUS name (MESSAGES n) */
static void take_status(void *ctx, struct span text)
{
	struct export *x = ctx;
	size_t at = span_find(text, SPAN("(MESSAGES "));
	uint64_t n;

	if (at == SIZE_MAX)
		return;
	text = span_skip(text, at + 10);
	if (span_take_u64(&text, &n))
		x->total += n;
}

static enum fail export_all(struct export *x, struct why *w)
{
	struct span rest, name;
	enum fail f = command(x, "LIST \"\" \"*\"", span(NULL, 0), "", take_list, w);

	if (!f && x->names.n == 0)
		return why(w, FAIL_NOT_FOUND, "there is no mailbox '%s' in this account",
			x->cli->mailbox ? x->cli->mailbox : "");
	for (rest = buf_span(&x->names); !f && span_take_counted(&rest, &name);)
		f = command(x, "STATUS ", name, " (MESSAGES)", take_status, w);
	progress_begin(&x->progress, "export", x->total, cli_on_terminal() && !x->cli->quiet && !x->cli->json);
	for (rest = buf_span(&x->names); !f && span_take_counted(&rest, &name);)
		f = export_mailbox(x, name, w);
	progress_end(&x->progress);
	return f;
}

/* ── The command ── */

static enum fail prepare_target(const char *path, struct why *w)
{
	struct dirent *e;
	DIR *d;
	enum fail f = make_dir(path, w);

	if (f)
		return f;
	d = opendir(path);
	if (!d)
		return cannot("read", path, w);
	while (!f && (e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			f = why(w, FAIL_EXISTS, "'%s' is not empty: export into a new directory", path);
	closedir(d);
	return f;
}

int cli_export(struct cli *c)
{
	struct export x = {.cli = c};
	struct why w;
	enum fail f;

	x.mbox = c->format && strcmp(c->format, "mbox") == 0;
	if (c->format && !x.mbox && strcmp(c->format, "maildir") != 0)
		return cli_error(USAGE, "there is no format '%s': maildir or mbox", c->format);
	if (!cli_settings(c))
		return BAD_SETTINGS;
	buf_init(&x.names, 64 << 20);
	f = imap_client_log_in(c->settings, c->words[0], &x.imap, &w);
	if (!f)
		f = prepare_target(c->words[1], &w);
	if (!f)
		f = export_all(&x, &w);
	imap_client_close(x.imap);
	buf_fini(&x.names);
	if (f)
		return cli_fail(f, &w);
	if (c->json)
		printf("{\"exported\": %llu, \"bytes\": %llu}\n", (unsigned long long)x.done,
			(unsigned long long)x.bytes);
	else if (!c->quiet)
		printf("%llu messages exported, %.1f MB\n", (unsigned long long)x.done, (double)x.bytes / 1e6);
	return 0;
}
