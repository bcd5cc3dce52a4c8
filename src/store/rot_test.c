/* Bit rot: a bit that turns anywhere in the log costs at most the message that it is in, and that one answers with an error, never with a wrong
 * octet; metadata is there all the same, from the index or, where that is made anew, from the footers; the check finds it; the store serves on.
 * BARID_ROT=N tries N places instead of a sample (`make test-rot`). */
#include "store/try_step.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/faulty.h"
#include "store/inside.h"
#include "store/verify.h"

enum { SAMPLE = 600, FILES = 64, MESSAGES = 80, SEGMENT = 20000 };

/* A store at rest: the files of its log, the rows of its index, and what is in it. */
struct master {
	char *file[FILES];
	size_t size[FILES];
	char name[FILES][40];
	size_t files, bytes;
	struct kv *index;
	struct buf facts; /* all but the octets */
	uint64_t sum[MESSAGES];
	size_t messages;
};

static void see_file(void *context, const char *name)
{
	struct master *m = context;

	assert_true(m->files < FILES);
	snprintf(m->name[m->files++], sizeof m->name[0], "log/%s", name);
}

static void read_files(struct disk *disk, struct master *m)
{
	struct disk_file *file;
	struct why w;

	assert_int_equal(disk->ops->list(disk, "log", see_file, m, &w), FAIL_NONE);
	for (size_t i = 0; i < m->files; i++) {
		assert_int_equal(disk->ops->open(disk, m->name[i], DISK_READ, &file, &w), FAIL_NONE);
		m->size[i] = (size_t)file->ops->size(file);
		m->file[i] = memory_new(m->size[i] + 1);
		assert_int_equal(file->ops->read(file, m->file[i], m->size[i], 0, &m->size[i], &w), FAIL_NONE);
		m->bytes += m->size[i];
		disk->ops->close(file);
	}
}

static struct disk *write_files(const struct master *m)
{
	struct disk *disk = disk_memory();
	struct why w;

	assert_int_equal(disk->ops->make_dir(disk, "log", &w), FAIL_NONE);
	for (size_t i = 0; i < m->files; i++) {
		struct iovec iov = {m->file[i], m->size[i]};
		struct disk_file *file;

		assert_int_equal(disk->ops->open(disk, m->name[i], DISK_CREATE | DISK_WRITE, &file, &w), FAIL_NONE);
		assert_int_equal(file->ops->write(file, &iov, 1, 0, &w), FAIL_NONE);
		disk->ops->close(file);
	}
	return disk;
}

static uint64_t sum_of(struct span s)
{
	uint64_t sum = 1469598103934665603u;

	for (size_t i = 0; i < s.n; i++)
		sum = (sum ^ (unsigned char)s.p[i]) * 1099511628211u;
	return sum;
}

/* Reads a message in pieces, as a client's FETCH does. */
static enum fail read_message(struct trial *t, const struct message *msg, struct buf *out, struct why *why)
{
	enum fail f = FAIL_NONE;

	buf_reset(out);
	while (!f && out->n < msg->size) {
		struct try_wait w;
		size_t before = out->n;

		try_wait_init(&w);
		f = try_finish(t, &w, message_read(t->account, msg, out->n, 700, out, &w.wait));
		*why = w.wait.why;
		assert_true(f || out->n > before);
	}
	return f;
}

struct seen {
	struct buf facts, bytes;
	size_t messages, lost;
	struct message_place place; /* of the bytes that are lost */
};

static void see_message(struct trial *t, struct mailbox *m, const struct message *msg, struct seen *s,
	struct master *master, bool first)
{
	struct why why;
	char uid[32];
	enum fail f = read_message(t, msg, &s->bytes, &why);

	buf_addf(&s->facts, "  %u %llx %llx %llu %llu %lld ", msg->uid, (unsigned long long)msg->id,
		(unsigned long long)msg->flags, (unsigned long long)msg->modseq, (unsigned long long)msg->size,
		(long long)msg->internal_date);
	message_uidl(m, msg, &s->facts);
	buf_add_byte(&s->facts, '\n');
	assert_true(s->messages < MESSAGES);
	if (first) {
		assert_int_equal(f, FAIL_NONE);
		master->sum[s->messages] = sum_of(buf_span(&s->bytes));
	} else if (f) {
		assert_int_equal(f, FAIL_CORRUPT);
		snprintf(uid, sizeof uid, "UID %u ", msg->uid);
		assert_non_null(strstr(why.text, uid)); /* it names the message */
		assert_true(!s->lost ||
			    !memcmp(&s->place, &msg->body_place, sizeof s->place)); /* copies share their bytes */
		s->place = msg->body_place;
		s->lost++;
	} else {
		assert_true(master->sum[s->messages] == sum_of(buf_span(&s->bytes)));
	}
	s->messages++;
}

/* Everything that a client sees: facts as text; octets against the master's. */
static size_t see_all(struct trial *t, struct master *master, bool first)
{
	struct seen s = {0};

	buf_init(&s.facts, 1 << 20);
	buf_init(&s.bytes, 1 << 20);
	for (size_t i = 0; i < account_mailboxes(t->account); i++) {
		struct mailbox_info info;
		struct mailbox *m;

		account_mailbox_at(t->account, i, &info);
		m = try_mailbox_id(t, t->account, info.id);
		buf_addf(&s.facts, "%.*s %llu %u %u %llu %u %u %u\n", SPAN_ARG(info.name), (unsigned long long)info.id,
			info.uidvalidity, info.uid_next, (unsigned long long)info.highest_modseq, info.messages,
			info.unseen, info.deleted);
		for (size_t k = 0; k < mailbox_count(m); k++) {
			struct message msg;

			mailbox_at(m, k, &msg);
			see_message(t, m, &msg, &s, master, first);
		}
		mailbox_close(m);
	}
	if (first) {
		master->messages = s.messages;
		master->facts = s.facts;
	} else {
		assert_int_equal(s.messages, master->messages);
		assert_true(span_eq(buf_span(&s.facts), buf_span(&master->facts)));
		buf_fini(&s.facts);
	}
	buf_fini(&s.bytes);
	return s.lost;
}

static void live(struct trial *t)
{
	uint64_t seed = 20261124;
	struct mailbox_info inbox = try_info(t->account, "INBOX"), sent = try_info(t->account, "Sent");
	struct mailbox *m;
	struct batch *b;
	struct why w;

	for (int i = 0; i < 48; i++) {
		b = batch_begin(t->account);
		try_stage_message(t, b, i % 3 ? inbox.id : sent.id, &seed, false);
		assert_int_equal(try_commit(t, b), FAIL_NONE);
	}
	m = try_mailbox(t, t->account, "INBOX");
	assert_int_equal(try_flags(t, m, 2, 4, FLAGS_ADD, MESSAGE_SEEN, "Work"), FAIL_NONE);
	b = batch_begin(t->account);
	for (size_t i = 0; i < 2; i++) {
		struct message msg;

		mailbox_at(m, i, &msg);
		assert_int_equal(batch_copy(b, m, &msg, sent.id, &w), FAIL_NONE);
		assert_int_equal(batch_move(b, m, &msg, try_info(t->account, "Archive").id, &w), FAIL_NONE);
	}
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	b = batch_begin(t->account);
	assert_int_equal(batch_expunge(b, m, 5, 5, &w), FAIL_NONE);
	assert_int_equal(try_commit(t, b), FAIL_NONE);
	mailbox_close(m);
	assert_int_equal(try_create(t, "Later"), FAIL_NONE);
	try_deliver(t, t->account, try_info(t->account, "Later").id, SPAN("Subject: late\r\n\r\nx\r\n"));
}

static void make(struct master *m)
{
	struct trial t = {0};
	struct disk *disk = disk_memory(), *kept = disk_faulty(disk); /* which does not free what is below */
	struct store_settings s = {.loop = &t.loop, .disk = kept, .kv = kv_open_memory(), .segment_size = SEGMENT};
	struct why w;

	loop_init(&t.loop);
	assert_int_equal(store_open(&s, &t.store, &w), FAIL_NONE);
	t.account = try_account(&t, 7);
	live(&t);
	see_all(&t, m, true);
	account_close(t.account);
	m->index = kv_open_memory();
	assert_int_equal(index_copy(s.kv, m->index, &w), FAIL_NONE);
	store_close(t.store);
	loop_fini(&t.loop);
	read_files(disk, m);
	disk->ops->free(disk);
}

static void master_free(struct master *m)
{
	for (size_t i = 0; i < m->files; i++)
		free(m->file[i]);
	m->index->ops->close(m->index);
	buf_fini(&m->facts);
	free(m);
}

/* With the index that was left, or with none. How many messages are lost. */
static size_t open_and_see(struct master *m, bool with_index)
{
	struct trial t = {0};
	struct store_settings s = {
		.loop = &t.loop, .disk = write_files(m), .kv = kv_open_memory(), .segment_size = SEGMENT};
	struct why w;
	size_t lost;
	enum fail f;

	loop_init(&t.loop);
	if (with_index)
		assert_int_equal(index_copy(m->index, s.kv, &w), FAIL_NONE);
	f = store_open(&s, &t.store, &w);
	if (f)
		print_error("%s\n", w.log);
	assert_int_equal(f, FAIL_NONE);
	t.account = try_account(&t, 7);
	lost = see_all(&t, m, false);
	assert_int_equal(see_all(&t, m, false), lost); /* and once more: the same */
	try_deliver(&t, t.account, try_info(t.account, "INBOX").id, SPAN("Subject: new\r\n\r\nx\r\n"));
	account_close(t.account);
	store_close(t.store);
	loop_fini(&t.loop);
	return lost;
}

static void hear(void *context, const char *text)
{
	(void)text;
	++*(size_t *)context;
}

static size_t check_finds(struct master *m)
{
	struct disk *disk = write_files(m);
	size_t said = 0;
	struct store_checking how = {.deep = true, .report = hear, .context = &said};
	struct store_check found;
	struct loop loop;
	struct why w;

	loop_init(&loop);
	assert_int_equal(store_check(disk, m->index, &loop, &how, &found, &w), FAIL_NONE);
	loop_fini(&loop);
	disk->ops->free(disk);
	return found.rot + found.unreadable + found.differences;
}

static size_t places_wanted(void)
{
	const char *set = getenv("BARID_ROT");
	uint64_t n;

	return set && span_u64(span_of(set), &n) ? (size_t)n : SAMPLE;
}

static void a_bit_costs_one_message_at_most(void **state)
{
	struct master *m = NEW(struct master);
	size_t wanted = places_wanted(), lost = 0, silent = 0;
	uint64_t dice = 7;

	(void)state;
	make(m);
	assert_true(m->files > 2 && m->messages > 15);
	assert_int_equal(check_finds(m), 0);
	assert_int_equal(open_and_see(m, true), 0);
	for (size_t i = 0; i < wanted; i++) {
		size_t at = m->bytes * i / wanted + try_random(&dice) % (m->bytes / wanted + 1), file = 0, found, now;
		char *byte, whole;

		for (; file + 1 < m->files && at >= m->size[file]; file++)
			at -= m->size[file];
		byte = &m->file[file][at % m->size[file]];
		whole = *byte;
		*byte ^= (char)(1 << try_random(&dice) % 8);
		now = open_and_see(m, true);
		assert_int_equal(open_and_see(m, false), now);
		found = check_finds(m);
		assert_true(found || !now);
		silent += !found;
		lost += now > 0;
		*byte = whole;
	}
	print_message("%zu places: %zu cost a message, the check found %zu\n", wanted, lost, wanted - silent);
	assert_true(lost > wanted / 4);
	master_free(m);
}

/* ── The index's own files ── */

static void shell(const char *dir, const char *script)
{
	char command[300];

	snprintf(command, sizeof command, "cd '%s' && %s", dir, script);
	assert_int_equal(system(command), 0);
}

struct index_file {
	char path[64];
	size_t size;
};

/* Files below DIR/index, the engine's notes for people apart. */
static size_t list_index(const char *dir, struct index_file *out, size_t max)
{
	char path[280];
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	snprintf(path, sizeof path, "%.64s/index", dir);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)) && n < max) {
		struct stat st;

		snprintf(out[n].path, sizeof out[n].path, "index/%.50s", e->d_name);
		snprintf(path, sizeof path, "%.64s/%s", dir, out[n].path);
		if (stat(path, &st) || !S_ISREG(st.st_mode) || !st.st_size || !strncmp(e->d_name, "LOG", 3))
			continue;
		out[n++].size = (size_t)st.st_size;
	}
	closedir(d);
	return n;
}

static void flip_in_file(const char *dir, const char *path, size_t at, char bit)
{
	char name[160], byte = 0;
	int fd;

	snprintf(name, sizeof name, "%.64s/%.64s", dir, path);
	fd = open(name, O_RDWR);
	assert_true(fd >= 0 && pread(fd, &byte, 1, (off_t)at) == 1);
	byte ^= bit;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

/* As super does: whatever the index does to it, it is opened again; and then everything is there. */
static void open_until_seen(struct master *m, const char *dir)
{
	bool seen = false;

	for (int tries = 0; !seen && tries < 3; tries++) {
		struct trial t = {0};
		struct account *a = NULL;
		struct try_wait w;
		enum fail f;

		loop_init(&t.loop);
		snprintf(t.dir, sizeof t.dir, "%.60s", dir);
		try_open_local(&t);
		try_wait_init(&w);
		f = try_finish(&t, &w, account_open(t.store, 7, &w.wait, &a));
		for (size_t i = 0; !f && i < account_mailboxes(a); i++) {
			struct mailbox_info info;
			struct mailbox *box = NULL;

			account_mailbox_at(a, i, &info);
			try_wait_init(&w);
			f = try_finish(&t, &w, mailbox_open(a, info.id, &w.wait, &box));
			if (!f)
				mailbox_close(box);
		}
		t.account = a;
		if (!f) {
			assert_int_equal(see_all(&t, m, false), 0);
			seen = true;
		}
		account_close(a);
		store_close(t.store);
		loop_fini(&t.loop);
	}
	assert_true(seen);
}

static void the_index_is_no_matter(void **state)
{
	struct master *m = NEW(struct master);
	struct index_file files[40];
	size_t n, wanted = places_wanted() / 20;
	char dir[] = "/tmp/barid-rot-test-XXXXXX", at[60], dir_removal[60];
	struct trial t = {0};
	uint64_t dice = 3;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(dir_removal, sizeof dir_removal, "rm -rf '%s'", dir);
	snprintf(at, sizeof at, "%s/master", dir);
	loop_init(&t.loop);
	snprintf(t.dir, sizeof t.dir, "%.60s", at);
	try_open_local(&t);
	t.account = try_account(&t, 7);
	live(&t);
	see_all(&t, m, true);
	account_close(t.account);
	store_close(t.store);
	loop_fini(&t.loop);
	n = list_index(at, files, ARRAY_LEN(files));
	assert_true(n >= 3);
	for (size_t i = 0; i < wanted; i++) {
		struct index_file *f = &files[i % n];

		shell(dir, "rm -rf copy && cp -r master copy");
		snprintf(at, sizeof at, "%s/copy", dir);
		flip_in_file(at, f->path, try_random(&dice) % f->size, (char)(1 << try_random(&dice) % 8));
		open_until_seen(m, at);
	}
	shell("/tmp", dir_removal);
	buf_fini(&m->facts);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bit_costs_one_message_at_most),
		cmocka_unit_test(the_index_is_no_matter),
	};

	return cmocka_run_group_tests_name("store/rot", tests, NULL, NULL);
}
