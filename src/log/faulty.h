/* A disk for tests that passes every call on to another one, counts it, and spoils those that it was told to (base/fault.h). */
#ifndef LOG_FAULTY_H
#define LOG_FAULTY_H

#include "base/fault.h"
#include "log/disk.h"

/* `below` stays the caller's and is not freed with this disk. */
struct disk *disk_faulty(struct disk *below);
/* The same with `below` freed with it, and a table that outlives it. */
struct disk *disk_faulty_over(struct disk *below, struct fault_table *table);
struct fault_table *faulty_table(struct disk *faulty);

/* What the next system call of this thread shall do: the fault that was met and cannot be played above the system calls (EINTR, PART). The
 * test program, which has these calls wrapped, takes it; elsewhere it has no effect. */
extern _Thread_local enum fault_what faulty_system_call;

/* In short: from now on the `nth` call (from 1) of the kind fails with `f` (FAIL_IO, FAIL_DISK_FULL), and every later one too when
 * `for_good`. A write that fails has written half of its bytes. nth = 0: none fails. */
void faulty_set(struct disk *faulty, enum fault_call call, unsigned nth, enum fail f, bool for_good);
/* How many calls of the kind were made since the table was made. */
unsigned faulty_count(struct disk *faulty, enum fault_call call);

#endif
