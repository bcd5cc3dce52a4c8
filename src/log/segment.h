/* The table of a log's segment files: which there are, which are open, which are in use. Belongs to the log's owner thread;
 * a worker uses a file only between segment_use and segment_unuse of the owner. */
#ifndef LOG_SEGMENT_H
#define LOG_SEGMENT_H

#include "log/format.h"

struct segment {
	uint32_t number;
	uint64_t generation; /* 0: not known, nothing in it can be read */
	uint64_t bytes;
	uint64_t live_to; /* found by recovery: records before this offset are live, */
	bool whole;       /* up to its end, which must be there */
	bool sealed;
	bool unsynced; /* has bytes that no sync has covered */
	bool doomed;   /* to be removed when it may */
	unsigned pins; /* of those who will read it */
	unsigned uses; /* of its open file, at this moment */
	uint64_t used_at;
	struct disk_file *file; /* NULL: not open now */
};

struct segments {
	struct disk *disk;
	char *dir;
	struct segment **by_number; /* ascending */
	size_t count;
	size_t open_files;
	uint64_t clock;
	size_t doomed;
	uint32_t removable_below; /* see segments_proven */
	bool dir_changed;         /* names were added or removed since the directory was synced */
};

void segments_init(struct segments *s, struct disk *disk, const char *dir);
void segments_fini(struct segments *s);
/* Fills the table with what is in the directory. */
FAILS segments_load(struct segments *s, struct why *w);
struct segment *segment_find(const struct segments *s, uint32_t number);
/* Creates the file, without syncing anything. */
FAILS segment_create(struct segments *s, struct segment_header *h, struct segment **out, struct why *w);
/* Opens the file if it is not open; it stays so until segment_unuse. */
FAILS segment_use(struct segments *s, struct segment *segment, struct why *w);
void segment_unuse(struct segments *s, struct segment *segment);
/* Segments below `number` hold only groups that something written later proves to have been synced. Only such may go: recovery
 * takes a group that is not complete, and that nothing proves, for a torn write. */
void segments_proven(struct segments *s, uint32_t number);
/* Removes the file at once, or once nobody uses it and it is proven. */
FAILS segment_remove(struct segments *s, struct segment *segment, struct why *w);

#endif
