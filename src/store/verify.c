/* The check: the log is read into an index in memory, and the index that is there, brought up to the log in memory too, must be the same. */
#include "store/verify.h"

#include <limits.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/memory.h"
#include "log/disk.h"
#include "mime/mime.h"
#include "store/inside.h"

enum { PIECE = 1 << 20, ARENA_MAX = 64 << 20, FINDINGS_SAID = 100, PROGRESS_STEP = 1 << 20, KEPT_PAGE = 100 };

struct checking {
	struct store *s; /* as the log says */
	const struct store_checking *how;
	struct store_check *out;
	uint64_t said;
	struct why *why;
};

static void say(struct checking *c, const char *fmt, ...) PRINTF(2, 3);
static void say(struct checking *c, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	if (++c->said > FINDINGS_SAID)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	store_report(c->s, "%s", text);
	if (c->said == FINDINGS_SAID)
		store_report(c->s, "there is more, which is counted and not told one by one");
}

/* ── Bytes ── */

struct waiting {
	struct store_wait wait;
	bool done;
	enum fail result;
};

static void waited(struct store_wait *w, enum fail f)
{
	struct waiting *x = CONTAINER_OF(w, struct waiting, wait);

	x->done = true;
	x->result = f;
}

static enum fail finish(struct store *s, struct waiting *x, enum fail f)
{
	if (f != FAIL_BUSY)
		return f;
	while (!x->done)
		uv_run(&s->loop->uv, UV_RUN_ONCE);
	return x->result;
}

static enum fail read_all(struct checking *c, struct account *a, const struct message *msg, struct buf *bytes)
{
	enum fail f = FAIL_NONE;

	for (uint64_t at = 0; !f && at < msg->size; at += bytes->n) {
		struct waiting x = {0};

		buf_reset(bytes);
		store_wait_init(&x.wait, waited);
		f = finish(c->s, &x, message_read(a, msg, at, PIECE, bytes, &x.wait));
		if (!f && !bytes->n)
			f = FAIL_CORRUPT;
		c->out->bytes += bytes->n;
	}
	return f;
}

static enum fail read_structure(struct checking *c, struct account *a, const struct message *msg, struct buf *bytes)
{
	const struct mime_structure *structure;
	struct waiting x = {0};
	struct arena arena;
	enum fail f;

	buf_reset(bytes);
	store_wait_init(&x.wait, waited);
	f = finish(c->s, &x, message_structure(a, msg, bytes, &x.wait));
	if (f)
		return f;
	arena_init(&arena, ARENA_MAX);
	f = mime_structure_open(buf_span(bytes), &arena, &structure);
	arena_fini(&arena);
	return f;
}

static void check_messages(struct checking *c, struct account *a, struct mailbox *m)
{
	struct buf bytes;

	buf_init(&bytes, MIME_STRUCTURE_MAX);
	for (size_t i = 0; i < mailbox_count(m); i++) {
		struct message msg;

		mailbox_at(m, i, &msg);
		if (!read_all(c, a, &msg, &bytes) && !read_structure(c, a, &msg, &bytes))
			continue;
		c->out->unreadable++;
		say(c, "account %llu, mailbox %s: the message with UID %u cannot be read (segment %u, offset %u)",
			(unsigned long long)a->id, m->name, (unsigned)msg.uid, (unsigned)msg.body_place.segment,
			(unsigned)msg.body_place.offset);
	}
	buf_fini(&bytes);
}

static void check_kept_message(struct checking *c, struct account *a, const struct kept_message *k, struct buf *bytes)
{
	if (!read_all(c, a, &k->message, bytes) && !read_structure(c, a, &k->message, bytes))
		return;
	c->out->unreadable++;
	say(c, "account %llu: an expunged message that is kept cannot be read (segment %u, offset %u)",
		(unsigned long long)a->id, (unsigned)k->message.body_place.segment,
		(unsigned)k->message.body_place.offset);
}

static enum fail check_kept(struct checking *c, struct account *a)
{
	struct kept_message page[KEPT_PAGE];
	struct kept_place after = {0, 0};
	size_t n = KEPT_PAGE;
	struct buf bytes;
	enum fail f = FAIL_NONE;

	buf_init(&bytes, MIME_STRUCTURE_MAX);
	while (!f && n == KEPT_PAGE) {
		f = account_kept(a, after, KEPT_PAGE, page, &n, c->why);
		for (size_t i = 0; !f && i < n; i++)
			check_kept_message(c, a, &page[i], &bytes);
		if (!f && n)
			after = page[n - 1].place;
	}
	buf_fini(&bytes);
	return f;
}

static enum fail check_account(struct checking *c, uint64_t id, bool deep)
{
	struct account *a;
	enum fail f = account_get(c->s, id, &a, c->why);

	if (f)
		return f;
	if (a->gone)
		return FAIL_NONE;
	c->out->accounts++;
	c->out->kept += a->kept_count;
	account_hold(a);
	for (size_t i = 0; !f && i < a->mailbox_count; i++) {
		struct mailbox *m = a->by_name[i];

		c->out->mailboxes++;
		c->out->messages += m->messages;
		if (!deep)
			continue;
		f = mailbox_load_now(m, c->why);
		if (f)
			break;
		check_messages(c, a, m);
		mailbox_settle(m);
	}
	if (!f && deep)
		f = check_kept(c, a);
	account_close(a);
	return f;
}

static enum fail check_accounts(struct checking *c, bool deep)
{
	uint64_t id = 0;
	enum fail f;

	while (!(f = store_next_account(c->s, id, &id, c->why)) && id)
		f = check_account(c, id, deep);
	return f;
}

/* ── The index ── */

static void differs(void *context, struct span key)
{
	static const struct {
		char kind;
		const char *name;
	} kinds[] = {{'a', "the counters"}, {'b', "a mailbox"}, {'c', "a subscription"}, {'g', "a deleted mailbox"},
		{'k', "a kept message"}, {'m', "a message"}, {'v', "vanished UIDs"}};
	struct checking *c = context;
	struct span rest = key;
	const char *what = "a row of no known kind";
	uint64_t account = 0;

	(void)span_take_be64(&rest, &account);
	if (store_is_aside(c->s, account))
		return; /* it was passed over in one, or in both */
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (rest.n && rest.p[0] == kinds[i].kind)
			what = kinds[i].name;
	c->out->differences++;
	say(c, "account %llu: log and index differ in %s", (unsigned long long)account, what);
}

/* The index as it will be once it is opened: its rows, and the redo. */
static enum fail check_index(struct checking *c, const struct store_settings *settings, struct kv *index)
{
	struct store_settings s = *settings;
	struct store *view, probe = {.kv = index};
	struct index_state state;
	enum fail f = index_state_get(&probe, &state, c->why);

	if (f == FAIL_NOT_FOUND || f == FAIL_CORRUPT) {
		c->out->differences++;
		say(c, "there is no index, or it is of another version: it will be made anew");
		return FAIL_NONE;
	}
	if (f)
		return f;
	s.kv = kv_open_memory();
	s.report = NULL; /* what there is to say of the log was said */
	f = index_copy(index, s.kv, c->why);
	if (f) {
		s.kv->ops->close(s.kv);
		return f;
	}
	f = store_view(&s, state.reached, &view, c->why);
	if (f == FAIL_CORRUPT) {
		c->out->differences++;
		say(c, "the index does not fit the log: it will be made anew");
		return FAIL_NONE;
	}
	if (f)
		return f;
	f = index_compare(c->s->kv, view->kv, differs, c, c->why);
	store_close(view);
	return f;
}

/* ── How far it is ── */

struct log_length {
	struct disk *disk;
	const struct store_checking *how;
	struct segment_start {
		uint32_t number;
		uint64_t start; /* how many bytes stand in the segments before it */
	} * at;
	size_t n;
	uint64_t total, told;
};

static void see_segment(void *context, const char *name)
{
	struct log_length *l = context;
	struct span rest = span_of(name);
	uint32_t number;

	if (!span_ends(rest, SPAN(".log")) || !span_take_u32(&rest, &number))
		return;
	l->at = memory_resize_array(l->at, l->n + 1, sizeof(*l->at));
	l->at[l->n++] = (struct segment_start){.number = number};
}

static int by_number(const void *a, const void *b)
{
	const struct segment_start *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static void measure(struct log_length *l)
{
	char path[64];
	struct disk_file *file;

	if (l->disk->ops->list(l->disk, "log", see_segment, l, NULL))
		l->n = 0;
	if (l->n)
		qsort(l->at, l->n, sizeof(*l->at), by_number);
	for (size_t i = 0; i < l->n; i++) {
		l->at[i].start = l->total;
		snprintf(path, sizeof(path), "log/%010u.log", l->at[i].number);
		if (l->disk->ops->open(l->disk, path, DISK_READ, &file, NULL))
			continue;
		l->total += file->ops->size(file);
		file->ops->close(file);
	}
}

static void has_come_to(void *context, struct log_pos pos)
{
	struct log_length *l = context;
	uint64_t done = 0;

	for (size_t i = 0; i < l->n && l->at[i].number <= pos.segment; i++)
		done = l->at[i].start;
	done += pos.offset;
	if (done < l->told + PROGRESS_STEP || done > l->total)
		return;
	l->told = done;
	l->how->progress(l->how->context, done, l->total);
}

/* ── All of it ── */

static enum fail check_log(struct checking *c, const struct store_settings *settings)
{
	struct log_length l = {.disk = settings->disk, .how = c->how};
	struct store_settings s = *settings;
	enum fail f;

	if (c->how->progress) {
		measure(&l);
		s.come_to = has_come_to;
		s.come_to_context = &l;
	}
	f = store_view(&s, (struct log_pos){0, 0}, &c->s, c->why);
	free(l.at);
	return f;
}

enum fail store_check(struct disk *disk, struct kv *index, struct loop *loop, const struct store_checking *how,
	struct store_check *out, struct why *w)
{
	struct store_settings s = {.loop = loop,
		.disk = disk,
		.kv = kv_open_memory(),
		.aside = how->aside,
		.report = how->report,
		.context = how->context};
	struct checking c = {.how = how, .out = out, .why = w};
	enum fail f;

	*out = (struct store_check){0};
	f = check_log(&c, &s);
	if (f)
		return f;
	out->rot = c.s->rot;
	if (how->progress)
		how->progress(how->context, 0, 0);
	f = check_accounts(&c, how->deep);
	if (!f && index)
		f = check_index(&c, &s, index);
	store_close(c.s);
	return f;
}

enum fail store_check_local(
	const char *dir, struct loop *loop, const struct store_checking *how, struct store_check *out, struct why *w)
{
	struct kv_settings settings = {0};
	char path[PATH_MAX];
	struct kv *index = NULL;
	struct disk *disk;
	struct stat st;
	enum fail f = disk_real(dir, &disk, w);

	if (f)
		return f;
	if (snprintf(path, sizeof(path), "%s/index", dir) >= (int)sizeof(path))
		f = why(w, FAIL_CONFIG, "The path of the mail store is too long.");
	settings.path = path;
	if (!f && stat(path, &st) == 0)
		f = kv_open_rocks(&settings, &index, w);
	if (f == FAIL_CORRUPT)
		f = FAIL_NONE;
	if (!f)
		f = store_check(disk, index, loop, how, out, w);
	if (!f && !index && out->accounts) {
		out->differences++;
		if (how->report)
			how->report(how->context, "there is no index, or it cannot be opened: it will be made anew");
	}
	if (index)
		index->ops->close(index);
	disk->ops->free(disk);
	return f;
}
