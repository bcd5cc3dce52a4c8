/* Time. */
#include "base/clock.h"

#include <time.h>

static int64_t wall_offset;

static int64_t read_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_wall_seconds(void)
{
	return read_us(CLOCK_REALTIME) / 1000000 + wall_offset;
}

int64_t clock_wall_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000 + wall_offset * 1000;
}

int64_t clock_mono_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

void clock_set_offset(int64_t seconds)
{
	wall_offset = seconds;
}
