/* Account names: what they may be, how they compare, and what is detail in an address (RFC 5233 names it so). */
#include "auth/name.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "base/utf8.h"

static bool octet_allowed(unsigned char c)
{
	return c > ' ' && c != 0x7f && !strchr("\"\\()<>[]:;,/", c);
}

enum fail name_check(struct span text, struct why *w)
{
	size_t at = span_find_byte(text, '@');

	if (!text.n || text.n > NAME_MAX_OCTETS)
		return why(w, FAIL_CANNOT, "An account name has 1 to %d octets.", NAME_MAX_OCTETS);
	if (!utf8_valid(text))
		return why(w, FAIL_CANNOT, "An account name is UTF-8.");
	for (size_t i = 0; i < text.n; i++)
		if (!octet_allowed((unsigned char)text.p[i]))
			return why(w, FAIL_CANNOT,
				"An account name has no spaces, control characters, quotes, slashes or any of "
				"\\()<>[]:;,");
	if (text.p[0] == '-' || text.p[0] == '.')
		return why(w, FAIL_CANNOT, "An account name does not start with '%c'.", text.p[0]);
	if (at != SIZE_MAX && (!at || at + 1 == text.n || span_find_byte(span_skip(text, at + 1), '@') != SIZE_MAX))
		return why(w, FAIL_CANNOT, "An account name is 'user' or 'user@domain'.");
	return FAIL_NONE;
}

bool name_fold(struct span text, struct name *out)
{
	if (!text.n || !span_cstr(text, out->text, sizeof(out->text)))
		return false;
	out->n = out->local = text.n;
	for (size_t i = 0; i < text.n; i++) {
		out->text[i] = ascii_lower(text.p[i]);
		if (text.p[i] == '@')
			out->local = i;
	}
	return true;
}

bool name_compose(struct span text, char *dst, size_t size)
{
	utf8proc_uint8_t *composed = NULL;
	utf8proc_ssize_t n;
	bool good;

	if (span_is_ascii(text) || !utf8_valid(text))
		return false;
	n = utf8proc_map((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &composed,
		UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	good = n > 0 && !span_eq(span(composed, (size_t)n), text) && span_cstr(span(composed, (size_t)n), dst, size);
	free(composed);
	return good;
}

bool name_split_detail(struct span address, const char *delimiter, struct name *out, char *detail)
{
	struct name whole;
	size_t cut;
	struct span d;

	if (!delimiter[0] || !name_fold(address, &whole))
		return false;
	cut = span_find_byte(name_local(&whole), delimiter[0]);
	if (cut == SIZE_MAX || !cut)
		return false;
	d = span(address.p + cut + 1, whole.local - cut - 1);
	if (!utf8_valid(d) || !span_cstr(d, detail, DETAIL_MAX + 1))
		detail[0] = 0;
	*out = whole;
	memmove(out->text + cut, whole.text + whole.local, whole.n - whole.local + 1);
	out->n = whole.n - (whole.local - cut);
	out->local = cut;
	return true;
}

bool name_split_device(struct span login, struct span *account_out, char *device)
{
	size_t cut = span_find_byte(login, '/');
	struct span d;

	if (cut == SIZE_MAX || !cut)
		return false;
	d = span_skip(login, cut + 1);
	if (!d.n || !utf8_valid(d) || !span_cstr(d, device, DETAIL_MAX + 1))
		return false;
	*account_out = span_first(login, cut);
	return true;
}
