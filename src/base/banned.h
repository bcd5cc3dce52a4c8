/* Functions that have no place here: each reads or writes without a bound, keeps hidden
 * state, or cannot report an error. Included by span.h, so by everything. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(name) name##_is_banned__see_base_banned_h

#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef stpcpy
#undef sprintf
#undef vsprintf
#undef strtok
#undef strtok_r
#undef alloca
#define strcpy(a, b)      BANNED(strcpy)
#define strcat(a, b)      BANNED(strcat)
#define strncpy(a, b, c)  BANNED(strncpy)
#define strncat(a, b, c)  BANNED(strncat)
#define stpcpy(a, b)      BANNED(stpcpy)
#define sprintf(...)      BANNED(sprintf)
#define vsprintf(a, b, c) BANNED(vsprintf)
#define strtok(a, b)      BANNED(strtok)
#define strtok_r(a, b, c) BANNED(strtok_r)
#define alloca(a)         BANNED(alloca)
#define atoi(a)           BANNED(atoi)
#define atol(a)           BANNED(atol)
#define atoll(a)          BANNED(atoll)
#define atof(a)           BANNED(atof)
#define localtime(a)      BANNED(localtime)
#define gmtime(a)         BANNED(gmtime)
#define ctime(a)          BANNED(ctime)
#define asctime(a)        BANNED(asctime)

#endif
