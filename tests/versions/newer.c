/* barid-newer DATA WHAT: makes one thing of a stopped server's data directory what a newer Barid would have written, with its checksums right. For
 * tests only: such a store has to be refused. */
#include <fcntl.h>
#include <unistd.h>

#include "base/memory.h"
#include "kv/kv.h"
#include "log/format.h"

enum { NEWER = 200 };

static char path[4096];

static void fail_if(bool bad, const char *what)
{
	if (!bad)
		return;
	fprintf(stderr, "barid-newer: %s\n", what);
	exit(1);
}

static struct log *open_log(struct disk *disk, const char *dir)
{
	struct log_settings settings = {.dir = dir};
	struct log *log = NULL;
	struct why w = {0};

	fail_if(log_open(disk, &settings, NULL, (struct log_pos){0, 0}, NULL, &log, &w), w.log);
	return log;
}

static void committed(struct log_commit *c, enum log_result result)
{
	(void)c;
	fail_if(result != LOG_DONE, "cannot commit");
}

/* One record more at the end of the log. */
static struct log_pos append(const char *root, const char *dir, uint8_t type, struct span payload)
{
	struct log_commit commit = {.done = committed};
	struct log_pos pos;
	struct disk *disk;
	struct log *log;
	struct why w = {0};

	fail_if(disk_real(root, &disk, &w), w.log);
	log = open_log(disk, dir);
	fail_if(log_append(log, type, &payload, 1, &pos, &w), w.log);
	log_commit(log, &commit);
	log_close(log);
	disk->ops->free(disk);
	return pos;
}

/* The header of the segment at the end, with a newer version; or only that of the record at `pos`. */
static void raise_version(const char *root, const char *dir, struct log_pos pos, bool whole_segment)
{
	char head[SEGMENT_START], record[RECORD_HEADER_SIZE], name[SEGMENT_NAME_SIZE];
	struct segment_header h;
	struct record_header r;
	int fd;

	segment_name(pos.segment, name);
	snprintf(path, sizeof path, "%s/%s/%s", root, dir, name);
	fd = open(path, O_RDWR);
	fail_if(fd < 0 || pread(fd, head, sizeof head, 0) != sizeof head ||
			!segment_header_get(span(head, sizeof head), &h),
		path);
	if (whole_segment) {
		h.version = NEWER;
		segment_header_put(&h, head);
		fail_if(pwrite(fd, head, sizeof head, 0) != sizeof head, path);
	} else {
		fail_if(pread(fd, record, sizeof record, pos.offset) != sizeof record ||
				!record_header_get(record, h.generation, pos, &r),
			path);
		r.version = NEWER;
		record_header_put(&r, h.generation, pos, record);
		fail_if(pwrite(fd, record, sizeof record, pos.offset) != sizeof record, path);
	}
	close(fd);
}

static void newer_index(const char *root)
{
	static const char state_key[9] = {0}, state[] = {(char)NEWER, 0, 0, 0};
	struct kv_settings settings = {.path = path};
	struct kv_batch b;
	struct kv *kv = NULL;
	struct why w = {0};

	snprintf(path, sizeof path, "%s/index", root);
	fail_if(kv_open_rocks(&settings, &kv, &w), w.log);
	kv_batch_init(&b);
	kv_batch_put(&b, span(state_key, sizeof state_key), span(state, sizeof state));
	fail_if(kv->ops->write(kv, &b, &w) || kv->ops->flush(kv, &w), w.log);
	kv_batch_fini(&b);
	kv->ops->close(kv);
}

static void newer_layout(const char *data)
{
	static const char text[] = "barid 200\nshards 2\n";
	int fd;

	snprintf(path, sizeof path, "%s/layout", data);
	fd = open(path, O_WRONLY | O_TRUNC);
	fail_if(fd < 0 || write(fd, text, sizeof text - 1) != sizeof text - 1, path);
	close(fd);
}

/* Records that are whole, and more than this Barid knows. */
static const struct {
	const char *what;
	bool accounts;
	uint8_t type;
	struct span payload;
} records[] = {
	{"record-type", false, 0x3f, {"\1what", 5}},
	{"store", false, 1,
		{"\310\0\0\0\0\0\0\0"
		 "12345678"
		 "12345678"
		 "12345678",
			32}},
	{"batch", false, 5, {"\310\1\177\1", 4}},
	{"op", false, 5, {"\1\1\177\1\310\0", 6}},
	{"snapshot", false, 6, {"\310\0\1\1", 4}},
	{"account", true, 1, {"\310\0\0\0\0\0\0\0\1", 9}},
	{"account-type", true, 9, {"\1\0\0\0\0\0\0\0\1", 9}},
};

int main(int argc, char **argv)
{
	static char shard[2048], auth[2048];
	static const struct span account = {"\1\0\0\0\0\0\0\0\1", 9}, batch = {"\1\1\177\1", 4};
	const char *what = argc == 3 ? argv[2] : "";
	bool accounts = !strncmp(what, "accounts-", 9);

	fail_if(argc != 3, "DATA WHAT");
	snprintf(shard, sizeof shard, "%s/shard-0", argv[1]);
	snprintf(auth, sizeof auth, "%s/auth", argv[1]);
	for (size_t i = 0; i < ARRAY_LEN(records); i++)
		if (!strcmp(what, records[i].what)) {
			append(records[i].accounts ? auth : shard, records[i].accounts ? "accounts" : "log",
				records[i].type, records[i].payload);
			return 0;
		}
	if (!strcmp(what, "index"))
		newer_index(shard);
	else if (!strcmp(what, "layout"))
		newer_layout(argv[1]);
	else if (accounts)
		raise_version(
			auth, "accounts", append(auth, "accounts", 2, account), !strcmp(what, "accounts-segment"));
	else if (!strcmp(what, "segment") || !strcmp(what, "record"))
		raise_version(shard, "log", append(shard, "log", 5, batch), !strcmp(what, "segment"));
	else
		fail_if(true, what);
	return 0;
}
