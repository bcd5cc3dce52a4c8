/* Mail at rest is compressed (zstd), in pieces of at most LOG_CHUNK_MAX octets, each on its own. On a worker, but for small ones. */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include "base/buf.h"
#include "loop/loop.h"

struct packing {
	struct job job;
	struct span in;   /* the caller's, until done */
	char *out;        /* the caller's from then on: free() */
	uint32_t n;       /* octets of it; unpacking: how many there must be */
	enum fail result; /* packing: FAIL_CANNOT when it is not worth it; unpacking: FAIL_CORRUPT */
	void (*done)(struct packing *p);
};

/* Compresses p->in; worth it when it saves a tenth. Always on a worker: `done` follows. What comes out has been unpacked again, and was the same. */
void pack_start(struct packing *p, struct loop *loop);
/* The other way, p->n octets: true = done at once (`done` is not called), false: on a worker. */
bool unpack_start(struct packing *p, struct loop *loop);

#endif
