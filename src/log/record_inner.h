/* The history that disk_record.c writes and record_state.c plays back. No other file includes it. */
#ifndef LOG_RECORD_INNER_H
#define LOG_RECORD_INNER_H

#include <pthread.h>

#include "log/record.h"

enum change_kind {
	CHANGE_CREATE,
	CHANGE_WRITE,
	CHANGE_TRUNCATE,
	CHANGE_SYNC,
	CHANGE_FAILED_SYNC,
	CHANGE_RENAME,
	CHANGE_REMOVE,
	CHANGE_MAKE_DIR,
	CHANGE_SYNC_DIR,
};

struct change {
	enum change_kind kind;
	bool dropped;   /* a sync that has not been */
	unsigned inode; /* of CREATE, WRITE, TRUNCATE, SYNC; from 1 */
	char *path, *to;
	uint64_t offset; /* of the write; or the new size */
	char *bytes;
	size_t n;
};

struct record_name {
	char *path;
	unsigned inode;
};

struct recording {
	struct disk base;
	struct disk *below;
	pthread_mutex_t lock;
	unsigned lies;
	unsigned fail_sync; /* syncs until the one that fails; 0: none does */
	struct change *changes;
	size_t count;
	unsigned inodes;
	struct record_name *names; /* as they are now */
	size_t name_count;
};

struct recording *recording_of(struct disk *d);

#endif
