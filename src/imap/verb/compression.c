/* The two directions of COMPRESS. A compressor that has been flushed in full can be thrown away: the stream goes on with a new one, as blocks after
 * that point do not refer to what was before. A decompressor can be, too, between two blocks, when the last 32 KB are kept. RFC 1951 §3.2. */
#include "imap/verb/compression.h"

#include <zlib.h>

#include "base/memory.h"

enum {
	RAW_BITS = -15,
	OUT_BITS = -13, /* a window of 8 KB and 48 KB of memory: answers are flushed too often for more to pay */
	OUT_MEMORY = 7,
	DICTIONARY_MAX = 32 << 10,
	BLOCK_ENDS = 128, /* z_stream.data_type: between two blocks */
	LAST_BLOCK = 64,  /* what follows it is the end, which only this stream knows */
	BITS_LEFT = 63,
};

struct compression {
	z_stream in, out;
	bool has_in, has_out, holds;
	struct buf dictionary; /* of `in`, while it rests */
};

struct compression *compression_new(void)
{
	struct compression *z = NEW(struct compression);

	buf_init(&z->dictionary, DICTIONARY_MAX);
	return z;
}

static void end_in(struct compression *z)
{
	if (z->has_in)
		inflateEnd(&z->in);
	z->has_in = false;
}

static void end_out(struct compression *z)
{
	if (z->has_out)
		deflateEnd(&z->out);
	z->has_out = false;
}

void compression_free(struct compression *z)
{
	if (!z)
		return;
	end_in(z);
	end_out(z);
	buf_fini(&z->dictionary);
	free(z);
}

/* zlib fails here for want of memory only. */
static void must(int result)
{
	if (result != Z_OK)
		abort();
}

static void begin_in(struct compression *z)
{
	if (z->has_in)
		return;
	z->in = (z_stream){.zalloc = Z_NULL};
	must(inflateInit2(&z->in, RAW_BITS));
	if (z->dictionary.n)
		must(inflateSetDictionary(&z->in, (const Bytef *)z->dictionary.p, (uInt)z->dictionary.n));
	buf_fini(&z->dictionary);
	z->has_in = true;
}

enum fail compression_take(struct compression *z, struct span *in, struct buf *out)
{
	struct span part = span_first(*in, 1 << 20);
	char *room = buf_reserve(out, COMPRESSION_PIECE);
	int result;

	if (!room)
		return FAIL_TOO_BIG;
	begin_in(z);
	z->in.next_in = (Bytef *)(uintptr_t)part.p;
	z->in.avail_in = (uInt)part.n;
	z->in.next_out = (Bytef *)room;
	z->in.avail_out = COMPRESSION_PIECE;
	/* Z_BLOCK stops at block ends, where it can be put to rest; so it is asked until there is nothing more. */
	do
		result = inflate(&z->in, Z_BLOCK);
	while (result == Z_OK && z->in.avail_in && z->in.avail_out);
	buf_commit(out, COMPRESSION_PIECE - z->in.avail_out);
	*in = span_skip(*in, part.n - z->in.avail_in);
	return result == Z_OK || result == Z_BUF_ERROR ? FAIL_NONE : FAIL_SYNTAX;
}

static void begin_out(struct compression *z)
{
	if (z->has_out)
		return;
	z->out = (z_stream){.zalloc = Z_NULL};
	must(deflateInit2(&z->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED, OUT_BITS, OUT_MEMORY, Z_DEFAULT_STRATEGY));
	z->has_out = true;
}

static void squeeze(struct compression *z, struct span plain, int flush, struct buf *out)
{
	begin_out(z);
	z->out.next_in = (Bytef *)(uintptr_t)plain.p;
	z->out.avail_in = (uInt)plain.n;
	do {
		char *room = buf_reserve(out, COMPRESSION_PIECE);

		if (!room)
			abort(); /* the caller's buffer is to hold what a piece can come to */
		z->out.next_out = (Bytef *)room;
		z->out.avail_out = COMPRESSION_PIECE;
		(void)deflate(&z->out, flush);
		buf_commit(out, COMPRESSION_PIECE - z->out.avail_out);
	} while (z->out.avail_out == 0);
}

void compression_put(struct compression *z, struct span plain, struct buf *out)
{
	squeeze(z, span_first(plain, COMPRESSION_PIECE), Z_NO_FLUSH, out);
	z->holds = true;
}

bool compression_holds(const struct compression *z)
{
	return z->holds;
}

void compression_flush(struct compression *z, struct buf *out)
{
	if (z->holds)
		squeeze(z, span(NULL, 0), Z_FULL_FLUSH, out);
	z->holds = false;
}

void compression_rest(struct compression *z)
{
	uInt n = 0;
	char *room;

	if (!z->holds)
		end_out(z);
	if (!z->has_in || !(z->in.data_type & BLOCK_ENDS) || z->in.data_type & (BITS_LEFT | LAST_BLOCK))
		return; /* in the midst of a block: it must stay */
	must(inflateGetDictionary(&z->in, Z_NULL, &n));
	room = n ? buf_reserve(&z->dictionary, n) : NULL;
	if (room) {
		must(inflateGetDictionary(&z->in, (Bytef *)room, &n));
		buf_commit(&z->dictionary, n);
	}
	end_in(z);
}
