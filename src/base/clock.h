/* Time. The wall clock can be moved by tests (clock_set_offset), the monotonic one cannot. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_seconds(void); /* since 1970-01-01 UTC */
int64_t clock_wall_ms(void);
int64_t clock_mono_ms(void); /* never goes back; origin unspecified */
int64_t clock_mono_us(void);

/* Shifts the wall clock of this process by `seconds`: for tests that let days pass. */
void clock_set_offset(int64_t seconds);

#endif
