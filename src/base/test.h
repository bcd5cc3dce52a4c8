/* What every x_test.c includes first: cmocka and the headers that it forgets to include. */
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#undef fail /* cmocka's macro: here it is an enum */

#endif
