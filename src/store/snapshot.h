/* Between snapshot.c and snapshot_put.c (writing) and snapshot_redo.c: the layout of a part (doc/STORE-FORMAT.md, "Snapshot"). */
#ifndef STORE_SNAPSHOT_H
#define STORE_SNAPSHOT_H

enum { SNAPSHOT_VERSION = 1 };
enum snapshot_part_kind { PART_BEGIN = 0, PART_CHUNK = 1, PART_END = 2 };

#endif
