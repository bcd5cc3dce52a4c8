/* Heap memory that cannot fail. */
#include "base/memory.h"

static void *checked(void *p)
{
	if (!p) {
		fputs("barid: out of memory: this process stops and is started again\n", stderr);
		abort();
	}
	return p;
}

void *memory_new(size_t size)
{
	return checked(calloc(1, size ? size : 1));
}

void *memory_resize(void *p, size_t size)
{
	return checked(realloc(p, size ? size : 1));
}

void *memory_resize_array(void *p, size_t count, size_t size)
{
	return checked(reallocarray(p, count ? count : 1, size));
}

char *memory_dup(const char *cstr)
{
	return checked(strdup(cstr));
}
