/* A file beside a log that does nothing but take up room. Opening a log writes; so a disk that is full to the last byte would keep it from being
 * opened, and from being read or made smaller. Then the ballast is given up, and made again when there is room. */
#ifndef LOG_BALLAST_H
#define LOG_BALLAST_H

#include "log/disk.h"

/* Before a log is opened: removes the ballast if hardly anything is free. True when it did. */
bool ballast_open(struct disk *d);
/* Removes it; false: there was none. */
bool ballast_give_up(struct disk *d);
/* Makes it if it is missing and there is room for several of its size. Nothing that must succeed. */
void ballast_keep(struct disk *d, uint64_t size);

#endif
