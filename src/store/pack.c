/* Compression of mail at rest (pack.h). Must never give out more or fewer octets than there were. */
#include "store/pack.h"

#include <zstd.h>

#include "base/memory.h"

enum { LEVEL = 3, AT_ONCE_MAX = 8 << 10, SAVES = 10 /* a tenth */ };

static bool comes_back(struct span packed, struct span plain)
{
	char *again = memory_resize(NULL, plain.n + 1);
	size_t n = ZSTD_decompress(again, plain.n, packed.p, packed.n);
	bool same = !ZSTD_isError(n) && n == plain.n && !memcmp(again, plain.p, n);

	free(again);
	return same;
}

static void pack_work(struct job *j)
{
	struct packing *p = CONTAINER_OF(j, struct packing, job);
	size_t room = p->in.n - p->in.n / SAVES, n;

	p->out = memory_resize(NULL, room + 1);
	n = ZSTD_compress(p->out, room, p->in.p, p->in.n, LEVEL);
	p->result = FAIL_CANNOT; /* also where it did not fit the room that is worth it */
	if (ZSTD_isError(n) || n >= p->in.n || !comes_back(span(p->out, n), p->in))
		return;
	p->n = (uint32_t)n;
	p->result = FAIL_NONE;
}

static void job_done(struct job *j)
{
	struct packing *p = CONTAINER_OF(j, struct packing, job);

	p->done(p);
}

void pack_start(struct packing *p, struct loop *loop)
{
	p->job.work = pack_work;
	p->job.done = job_done;
	job_start(&p->job, loop);
}

static void unpack_work(struct job *j)
{
	struct packing *p = CONTAINER_OF(j, struct packing, job);
	size_t n;

	p->out = memory_resize(NULL, (size_t)p->n + 1);
	n = ZSTD_decompress(p->out, p->n, p->in.p, p->in.n);
	p->result = ZSTD_isError(n) || n != p->n ? FAIL_CORRUPT : FAIL_NONE;
}

bool unpack_start(struct packing *p, struct loop *loop)
{
	if (p->n <= AT_ONCE_MAX) {
		unpack_work(&p->job);
		return true;
	}
	p->job.work = unpack_work;
	p->job.done = job_done;
	job_start(&p->job, loop);
	return false;
}
