/* The accounts directory: rows in memory, each change one durable record, compaction when what was superseded outweighs. Here: its opening and
 * its end; directory_inner.h tells what is where. */
#include "auth/directory_inner.h"
#include "base/memory.h"

enum fail directory_open(struct disk *disk, bool read_only, struct directory **out, struct why *w)
{
	struct log_settings settings = {.dir = DIRECTORY_LOG, .read_only = read_only};
	struct directory *d = NEW(struct directory);
	enum fail f;

	d->disk = disk;
	directory_rows_init(d);
	f = directory_redo(d, disk, &settings, w);
	/* What was damaged has two good copies again; the old ones stay until compaction. So do records without numbers get them. */
	if (!f && !read_only && (d->rot.segment || d->next_change == 1))
		f = directory_write_anew(d, w);
	if (!f && !read_only)
		f = directory_compact_if_heavy(d, w);
	if (f) {
		directory_close(d);
		return f;
	}
	*out = d;
	return FAIL_NONE;
}

bool directory_was_damaged(const struct directory *d, uint32_t *segment_out, uint32_t *offset_out)
{
	*segment_out = d->rot.segment;
	*offset_out = d->rot.offset;
	return d->rot.segment != 0;
}

void directory_close(struct directory *d)
{
	if (!d)
		return;
	if (d->log)
		log_close(d->log);
	directory_rows_fini(d);
	free(d);
}
