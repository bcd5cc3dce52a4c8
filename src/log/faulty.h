/* A disk for tests that passes every call on to another one, until it is told to fail. */
#ifndef LOG_FAULTY_H
#define LOG_FAULTY_H

#include "log/disk.h"

enum faulty_call {
	FAULTY_OPEN,
	FAULTY_WRITE,
	FAULTY_READ,
	FAULTY_READ_CACHED,
	FAULTY_SYNC,
	FAULTY_TRUNCATE,
	FAULTY_RENAME,
	FAULTY_REMOVE,
	FAULTY_MAKE_DIR,
	FAULTY_SYNC_DIR,
	FAULTY_LIST,
	FAULTY_CALLS
};

/* `below` stays the caller's and is not freed with this disk. */
struct disk *disk_faulty(struct disk *below);
/* From now on the `nth` call (from 1) of the kind fails with `f`, and every later one too when `for_good`. A write that fails
 * has written half of its bytes. nth = 0: none fails. */
void faulty_set(struct disk *faulty, enum faulty_call call, unsigned nth, enum fail f, bool for_good);
/* How many calls of the kind were made since the disk was made. */
unsigned faulty_count(struct disk *faulty, enum faulty_call call);

#endif
