/* Capabilities: names, and when they are shown. */
#include "imap/wire/capability.h"

enum {
	BEFORE = 1,
	AUTH = 2,
	ANY = BEFORE | AUTH,
	CLEAR = 4,
	SECRET = 8,
	NO_SECRET = 16,
	NUMBER = 32,
	PLUS = 64,
	MINUS = 128
};

static const struct {
	struct span text;
	unsigned when;
} rows[] = {
#define CAPABILITY(name, text, when, rfc) {{text, sizeof(text) - 1}, when},
#include "imap/capabilities.def"
#undef CAPABILITY
};

static bool shown(size_t i, const struct capability_view *v)
{
	unsigned when = rows[i].when;

	return capability_on(v->set, (enum capability)i) && (when & (v->logged_in ? AUTH : BEFORE)) &&
	       (!(when & CLEAR) || v->tls_startable) && (!(when & SECRET) || v->secret_ok) &&
	       (!(when & NO_SECRET) || !v->secret_ok) && (!(when & PLUS) || !v->literal_minus) &&
	       (!(when & MINUS) || v->literal_minus);
}

void print_capabilities(struct buf *out, const struct capability_view *v)
{
	bool first = true;

	for (size_t i = 0; i < CAPABILITY_COUNT; i++) {
		if (!shown(i, v))
			continue;
		if (!first)
			buf_add_byte(out, ' ');
		buf_add(out, rows[i].text);
		if (rows[i].when & NUMBER)
			buf_addf(out, "%llu", (unsigned long long)v->append_limit);
		first = false;
	}
}

bool capability_on(const struct capabilities *set, enum capability c)
{
	return !set || !(set->off >> c & 1);
}

/* "APPENDLIMIT" for "APPENDLIMIT=": its number is no part of the name. */
static bool is_name(size_t i, struct span name)
{
	struct span text = rows[i].text;

	return span_eq_nocase(text, name) ||
	       (rows[i].when & NUMBER && span_eq_nocase(span_first(text, text.n - 1), name));
}

static bool switch_off(struct capabilities *set, struct span name)
{
	for (size_t i = CAPABILITY_IMAP4rev1 + 1; i < CAPABILITY_COUNT; i++) {
		if (!is_name(i, name))
			continue;
		set->off |= (uint64_t)1 << i;
		return true;
	}
	return false;
}

bool capabilities_switch_off(struct capabilities *set, struct span names, struct span *unknown_out)
{
	while (names.n) {
		size_t n = 0;

		while (n < names.n && names.p[n] != ' ' && names.p[n] != ',')
			n++;
		if (n && !switch_off(set, span_first(names, n))) {
			*unknown_out = span_first(names, n);
			return false;
		}
		names = span_skip(names, n + 1);
	}
	return true;
}
