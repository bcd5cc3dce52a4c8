/* The progress bar: redrawn at most ten times a second. */
#include "prog/command/progress.h"

#include <stdio.h>

#include "base/clock.h"

enum { WIDTH = 30, EVERY_MS = 100 };

void progress_begin(struct progress *p, const char *what, uint64_t total, bool on)
{
	*p = (struct progress){.what = what, .total = total, .on = on, .began_ms = clock_mono_ms()};
}

static void draw(const struct progress *p, int64_t now)
{
	double seconds = (double)(now - p->began_ms) / 1000 + 0.001, rate = (double)p->done / seconds;
	int filled = p->total ? (int)(p->done * WIDTH / p->total) : 0;
	double left = rate > 0 && p->total > p->done ? (double)(p->total - p->done) / rate : 0;

	fprintf(stderr, "\r%s [", p->what);
	for (int i = 0; i < WIDTH; i++)
		fputc(i < filled ? '#' : '.', stderr);
	fprintf(stderr, "] %llu of %llu, %.1f MB, %.0f/s, %.0f s left  ", (unsigned long long)p->done,
		(unsigned long long)p->total, (double)p->bytes / 1e6, rate, left);
}

void progress_step(struct progress *p, uint64_t bytes)
{
	progress_to(p, p->done + 1, p->bytes + bytes);
}

void progress_to(struct progress *p, uint64_t done, uint64_t bytes)
{
	int64_t now = clock_mono_ms();

	p->done = done;
	p->bytes = bytes;
	if (!p->on || now - p->shown_ms < EVERY_MS)
		return;
	p->shown_ms = now;
	draw(p, now);
}

void progress_end(struct progress *p)
{
	if (p->on && p->shown_ms)
		fprintf(stderr, "\r%100s\r", "");
}
