/* The types of settings, one function each. Parses only; opens and resolves nothing. */
#include "conf/value.h"

#include <arpa/inet.h>

#include "base/memory.h"

struct unit {
	char letter;
	uint64_t factor;
};

/* Large enough for any use, small enough that no sum or product of settings overflows. */
static const uint64_t size_limit = (uint64_t)1 << 50, duration_limit = (uint64_t)100 * 366 * 86400;

static bool complain(char *text, size_t size, const char *words)
{
	snprintf(text, size, "%s", words);
	return false;
}

static bool set_text(void *field, struct span value)
{
	char **at = field, *copy = memory_new(value.n + 1);

	if (value.n)
		memcpy(copy, value.p, value.n);
	free(*at);
	*at = copy;
	return true;
}

bool value_set_TEXT(void *field, struct span value, const char *form, char *text, size_t size)
{
	return set_text(field, value);
}

bool value_set_PATH(void *field, struct span value, const char *form, char *text, size_t size)
{
	return set_text(field, value);
}

bool value_set_BOOL(void *field, struct span value, const char *form, char *text, size_t size)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (span_eq_nocase(value, span_of(words[i]))) {
			*(bool *)field = i & 1;
			return true;
		}
	}
	return complain(text, size, "write 'yes' or 'no'");
}

/* "1-8" as bounds; other words bound it below only. Zero is allowed where the table's default is zero, which the table says as
 * "0 or ...". */
static void bounds_of(const char *form, uint64_t *low, uint64_t *high)
{
	struct span f = span_of(form), low_text;
	uint64_t a, b;

	*low = 1;
	*high = UINT32_MAX;
	if (span_take_until(&f, '-', &low_text) && span_u64(low_text, &a) && span_u64(f, &b)) {
		*low = a;
		*high = b;
	}
}

bool value_set_NUMBER(void *field, struct span value, const char *form, char *text, size_t size)
{
	bool zero = !strncmp(form, "0 or ", 5);
	uint64_t low, high, n;

	bounds_of(zero ? form + 5 : form, &low, &high);
	if (span_u64(value, &n) && ((n >= low && n <= high) || (zero && !n))) {
		*(uint64_t *)field = n;
		return true;
	}
	snprintf(text, size, "write a whole number from %llu to %llu%s", (unsigned long long)low,
		(unsigned long long)high, zero ? ", or 0" : "");
	return false;
}

static bool take_scaled(struct span value, const struct unit *units, size_t count, uint64_t limit, uint64_t *out)
{
	uint64_t n, factor = 0;

	if (!span_take_u64(&value, &n))
		return false;
	value = span_trim(value);
	for (size_t i = 0; i < count && value.n == 1; i++)
		if (units[i].letter == ascii_lower(value.p[0]))
			factor = units[i].factor;
	if (!value.n)
		factor = 1;
	if (!factor || n > limit / factor)
		return false;
	*out = n * factor;
	return true;
}

bool value_set_SIZE(void *field, struct span value, const char *form, char *text, size_t size)
{
	static const struct unit units[] = {{'b', 1}, {'k', 1 << 10}, {'m', 1 << 20}, {'g', 1 << 30}};

	if (take_scaled(value, units, ARRAY_LEN(units), size_limit, field))
		return true;
	return complain(text, size, "write a number of bytes, or a number with k, m or g, such as '64m'");
}

bool value_set_DURATION(void *field, struct span value, const char *form, char *text, size_t size)
{
	static const struct unit units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};

	if (take_scaled(value, units, ARRAY_LEN(units), duration_limit, field))
		return true;
	return complain(text, size, "write a number of seconds, or a number with s, m, h or d, such as '30m'");
}

static bool host_valid(const char *host)
{
	struct in6_addr address;

	return !strcmp(host, "*") || !strcmp(host, "localhost") || inet_pton(AF_INET, host, &address) == 1 ||
	       inet_pton(AF_INET6, host, &address) == 1;
}

static bool take_address(struct span word, struct listen_address *out)
{
	struct span host;
	uint32_t port;

	if (span_take(&word, SPAN("["))) {
		if (!span_take_until(&word, ']', &host) || !span_take(&word, SPAN(":")) ||
			span_find_byte(host, ':') == SIZE_MAX)
			return false;
	} else if (!span_take_until(&word, ':', &host)) {
		return false;
	}
	if (!span_u32(word, &port) || !port || port > UINT16_MAX || !span_cstr(host, out->host, sizeof(out->host)))
		return false;
	out->port = (uint16_t)port;
	return host_valid(out->host);
}

static bool take_list_word(struct span *s, struct span *out)
{
	size_t n = 0;

	while (s->n && (s->p[0] == ' ' || s->p[0] == '\t' || s->p[0] == ','))
		*s = span_skip(*s, 1);
	while (n < s->n && s->p[n] != ' ' && s->p[n] != '\t' && s->p[n] != ',')
		n++;
	*out = span_first(*s, n);
	*s = span_skip(*s, n);
	return n > 0;
}

bool value_set_LISTEN(void *field, struct span value, const char *form, char *text, size_t size)
{
	struct listen_list list = {0};
	struct span word;

	if (span_eq_nocase(value, SPAN("off")))
		value.n = 0;
	while (take_list_word(&value, &word)) {
		if (list.n == LISTEN_MAX)
			return complain(text, size, "at most 16 addresses are possible");
		if (!take_address(word, &list.at[list.n++]))
			return complain(text, size,
				"write 'host:port', where host is a numeric address, '*' for all, or 'localhost', such "
				"as "
				"'127.0.0.1:143' or '[::1]:143'; several with spaces between; 'off' for none");
	}
	*(struct listen_list *)field = list;
	return true;
}

bool value_set_CHOICE(void *field, struct span value, const char *form, char *text, size_t size)
{
	struct span words = span_of(form), word;

	while (span_take_word(&words, &word))
		if (span_eq_nocase(word, value))
			return set_text(field, word);
	snprintf(text, size, "write one of: %s", form);
	return false;
}

bool value_set_RETENTION(void *field, struct span value, const char *form, char *text, size_t size)
{
	uint64_t seconds = 0;
	char other[128];

	(void)form;
	if (!span_eq_nocase(value, SPAN("keep")) && !span_eq_nocase(value, SPAN("delete")) &&
		(!value_set_DURATION(&seconds, value, "", other, sizeof(other)) || !seconds || seconds > INT32_MAX))
		return complain(text, size, "write 'keep', 'delete', or how long after its download, such as '15d'");
	*(int64_t *)field = span_eq_nocase(value, SPAN("keep")) ? RETENTION_KEEP : (int64_t)seconds;
	return true;
}
