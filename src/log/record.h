/* The recording disk, for tests: keeps the history of every call that changes something, and makes any state that a power loss
 * may leave at any point of it. What is not synced may be there, be gone, or be half there:
 *
 *   file bytes      each 512-byte block written since the last sync of the file: any of its versions since then, or as it was
 *   file size       as it was synced, as it is now, or any block boundary between; what lies beyond what was written is zeros
 *   names           each creation, renaming, removal since the last sync of its directory: done or undone
 *
 * A file whose name is gone is gone, synced or not. A block of 512 bytes is written whole or not at all. */
#ifndef LOG_RECORD_H
#define LOG_RECORD_H

#include "log/disk.h"

/* Decides what a power loss leaves. At random from a seed, or, for short histories, every decision once. */
enum { RECORD_DECISIONS_MAX = 256 };
struct record_dice {
	bool exhaustive;
	uint64_t seed;
	unsigned used;
	uint32_t choice[RECORD_DECISIONS_MAX], of[RECORD_DECISIONS_MAX];
};
struct record_dice record_dice_random(uint64_t seed);
struct record_dice record_dice_exhaustive(void);
/* The next combination; false when all were seen (for random dice: never false). */
bool record_dice_next(struct record_dice *dice);

/* What a recording disk can be made to do wrong, so that a test shows that it would see it. */
enum record_lie { RECORD_HONEST = 0, RECORD_SYNC_IS_NOTHING = 1, RECORD_SYNC_DIR_IS_NOTHING = 2 };

/* A disk in memory that keeps its history. Starts from nothing, or from a copy of `from`, all of which is then safe. */
struct disk *disk_record(unsigned lies, struct disk *from);
/* The `nth` sync of a file from now on (from 1) fails, as a kernel fails it: what had been written since the last sync is still read
 * back, and later syncs succeed, but the disk never gets those bytes unless they are written again. */
void record_fail_sync(struct disk *recording, unsigned nth);
/* How many changes were made so far: a point in history. */
size_t record_point(struct disk *recording);
/* What is missing in the code, played with the history alone: change `at` (from 0), when it is a sync, has not been; again, and it has.
 * False when it is no sync. */
bool record_drop_sync(struct disk *recording, size_t at);
/* When change `at` is a write and the next one the sync of its file: they came in the other order; again, and they did not. False when
 * they are not. */
bool record_swap_sync(struct disk *recording, size_t at);
/* How many times as many random histories and states as usual a test shall try: the variable POWER, else 1. */
unsigned record_effort(void);
/* How many states record_state has made in this process. */
size_t record_states(void);
/* A fresh memory disk as a power loss right after the first `point` changes may leave it. */
struct disk *record_state(struct disk *recording, size_t point, struct record_dice *dice);

#endif
