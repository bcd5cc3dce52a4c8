/* Arenas: a chain of blocks, freed together. */
#include "base/arena.h"

#include "base/memory.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum { FIRST_BLOCK = 1024, ALIGN = 16 };

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(ALIGN) char data[];
};

void arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){.max = max};
}

static void free_after(struct arena_block *b)
{
	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
}

void arena_fini(struct arena *a)
{
	free_after(a->blocks);
	arena_init(a, a->max);
}

/* Only a small first block is worth keeping: an idle session keeps no buffers. */
void arena_reset(struct arena *a)
{
	struct arena_block *b = a->blocks;

	a->used = 0;
	if (!b)
		return;
	free_after(b->next);
	b->next = NULL;
	if (b->size > FIRST_BLOCK) {
		free(b);
		a->blocks = NULL;
		return;
	}
	b->used = 0;
	ASAN_POISON_MEMORY_REGION(b->data, b->size);
}

static struct arena_block *block_with_room(struct arena *a, size_t size)
{
	struct arena_block *b = a->blocks;
	size_t want;

	if (b && b->size - b->used >= size)
		return b;
	want = b ? b->size * 2 : FIRST_BLOCK;
	if (want > 65536)
		want = 65536;
	if (want < size)
		want = size;
	b = memory_resize(NULL, sizeof *b + want);
	b->used = 0;
	b->size = want;
	b->next = a->blocks;
	a->blocks = b;
	ASAN_POISON_MEMORY_REGION(b->data, b->size);
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b;
	char *p;

	if (size > a->max - a->used)
		return NULL;
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	b = block_with_room(a, size);
	p = b->data + b->used;
	b->used += size;
	a->used = a->used + size > a->max ? a->max : a->used + size;
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	memset(p, 0, size);
	return p;
}

struct span arena_dup(struct arena *a, struct span s)
{
	char *p = s.n < SIZE_MAX ? arena_alloc(a, s.n + 1) : NULL;

	if (!p)
		return span(NULL, 0);
	if (s.n)
		memcpy(p, s.p, s.n);
	return span(p, s.n);
}
