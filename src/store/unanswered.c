/* What was written and never answered for. When a sync fails, all who wait are told that the outcome is unknown, and an MTA delivers again: should
 * the bytes have reached the disk all the same, everybody would have that mail twice. So the store that breaks leaves a note of how far it had
 * answered, and the next opening cuts the log off there: nobody was told of anything behind it. Without the note (a kill, a disk that takes not
 * even that) what is whole counts, as ever.
 *
 * The file `unanswered`: 32 octets: 8 of magic, then the generation, the position (segment, offset), and the checksum of all that. */

#include "log/disk.h"
#include "log/hash.h"
#include "store/inside.h"

static const char name[] = "unanswered";
enum { NOTE_SIZE = 32 };

void unanswered_note(struct store *s)
{
	struct log_cut cut = log_known_end(s->log);
	struct iovec iov = {NULL, NOTE_SIZE};
	struct disk_file *file;
	struct buf b;

	buf_init(&b, NOTE_SIZE);
	buf_add(&b, SPAN("BARIDEND"));
	buf_add_u64(&b, cut.generation);
	buf_add_u32(&b, cut.end.segment);
	buf_add_u32(&b, cut.end.offset);
	buf_add_u64(&b, XXH3_64bits(b.p, b.n));
	iov.iov_base = b.p;
	(void)!s->disk->ops->remove(s->disk, name, NULL);
	if (!s->disk->ops->open(s->disk, name, DISK_CREATE | DISK_WRITE, &file, NULL)) {
		/* The process goes on to end, the machine does not: even unsynced it will be read. */
		if (!file->ops->write(file, &iov, 1, 0, NULL))
			(void)!file->ops->sync(file, NULL);
		s->disk->ops->close(file);
	}
	buf_fini(&b);
}

void unanswered_read(struct store *s, struct log_cut *out)
{
	char bytes[NOTE_SIZE];
	struct span in = span(bytes, NOTE_SIZE);
	struct disk_file *file;
	struct log_cut cut;
	uint64_t sum;
	size_t got = 0;
	bool read;

	if (s->disk->ops->open(s->disk, name, DISK_READ, &file, NULL))
		return;
	read = !file->ops->read(file, bytes, NOTE_SIZE, 0, &got, NULL) && got == NOTE_SIZE;
	s->disk->ops->close(file);
	if (read && span_take(&in, SPAN("BARIDEND")) && span_take_be64(&in, &cut.generation) &&
		span_take_be32(&in, &cut.end.segment) && span_take_be32(&in, &cut.end.offset) &&
		span_take_be64(&in, &sum) && sum == XXH3_64bits(bytes, NOTE_SIZE - 8))
		*out = cut;
}

void unanswered_end(struct store *s)
{
	(void)!s->disk->ops->remove(s->disk, name, NULL); /* of an older generation it means nothing any more */
}
