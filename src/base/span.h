/* Borrowed bytes: a pointer and a length, never NUL-terminated by contract, never owned.
 * Every parser takes spans; numbers from a peer are read only through the checked helpers here. What every parser calls for
 * every few octets is inline. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/banned.h"

struct span {
	const char *p;
	size_t n;
};

#define SPAN(literal) ((struct span){"" literal, sizeof(literal) - 1})
/* For printf's "%.*s". */
#define SPAN_ARG(s)   (int)(s).n, (s).p

static inline struct span span_of(const char *cstr)
{
	return (struct span){cstr, strlen(cstr)};
}

static inline struct span span(const void *p, size_t n)
{
	return (struct span){p, n};
}

/* ASCII only; independent of the locale. */
static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
static inline char ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static inline bool span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
bool span_eq_nocase(struct span a, struct span b); /* ASCII case only */
static inline bool span_starts(struct span s, struct span prefix)
{
	return s.n >= prefix.n && span_eq((struct span){s.p, prefix.n}, prefix);
}
bool span_starts_nocase(struct span s, struct span prefix);
bool span_ends(struct span s, struct span suffix);
int span_cmp(struct span a, struct span b); /* bytewise, shorter first */

/* The first `needle` in `s`: its offset, or SIZE_MAX. */
size_t span_find(struct span s, struct span needle);
size_t span_find_byte(struct span s, char c);

/* `s` without its first `n` bytes (all of it when shorter). */
static inline struct span span_skip(struct span s, size_t n)
{
	if (n > s.n)
		n = s.n;
	return n ? span(s.p + n, s.n - n) : s;
}
/* The first `n` bytes of `s` (all when shorter). */
static inline struct span span_first(struct span s, size_t n)
{
	return span(s.p, n < s.n ? n : s.n);
}
/* `s` without spaces, tabs, CR and LF at both ends. */
struct span span_trim(struct span s);

/* Cuts the bytes before the first `c` off `*s` into `*out`, and drops `c` itself. False, nothing changed, when there is none. */
bool span_take_until(struct span *s, char c, struct span *out);
/* Cuts `prefix` off when `*s` starts with it. */
bool span_take(struct span *s, struct span prefix);
bool span_take_nocase(struct span *s, struct span prefix);
/* The next word, ended by spaces or the end. False when only spaces are left. */
bool span_take_word(struct span *s, struct span *out);

/* The whole of `s` as an unsigned decimal number: at least one digit, nothing else, no overflow. */
bool span_u32(struct span s, uint32_t *out);
bool span_u64(struct span s, uint64_t *out);
/* Cuts a leading decimal number off `*s`. False, nothing changed, without a digit or on overflow. */
bool span_take_u32(struct span *s, uint32_t *out);
bool span_take_u64(struct span *s, uint64_t *out);

/* A NUL-terminated copy for the libc border, or false when it does not fit or holds a NUL. */
MUST_USE bool span_cstr(struct span s, char *dst, size_t size);

#endif
