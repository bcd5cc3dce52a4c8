/* The ballast: one file, `reserve`. Its content is nothing, so it is neither synced nor checked. */
#include "log/ballast.h"

enum { OPENING_NEEDS = 1 << 20, ROOM_FACTOR = 4 };

static const char path[] = "reserve";

bool ballast_give_up(struct disk *d)
{
	return d->ops->remove(d, path, NULL) == FAIL_NONE;
}

bool ballast_open(struct disk *d)
{
	uint64_t room;

	return d->ops->space(d, &room, NULL) == FAIL_NONE && room < OPENING_NEEDS && ballast_give_up(d);
}

void ballast_keep(struct disk *d, uint64_t size)
{
	struct disk_file *f;
	uint64_t room;

	if (d->ops->space(d, &room, NULL) || room / ROOM_FACTOR < size ||
		d->ops->open(d, path, DISK_CREATE | DISK_WRITE, &f, NULL))
		return; /* or it is there */
	if (f->ops->allocate(f, size, NULL))
		(void)!ballast_give_up(d); /* what it took is of no use to anybody */
	d->ops->close(f);
}
