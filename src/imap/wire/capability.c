/* Capabilities. The set that is switched on is one per process: which clients it serves is a matter of its settings. */
#include "imap/wire/capability.h"

enum { BEFORE = 1, AUTH = 2, ANY = BEFORE | AUTH, CLEAR = 4, SECRET = 8, NO_SECRET = 16, NUMBER = 32 };

static const struct {
	struct span text;
	unsigned when;
} rows[] = {
#define CAPABILITY(name, text, when, rfc) {{text, sizeof(text) - 1}, when},
#include "imap/capabilities.def"
#undef CAPABILITY
};

static bool switched_off[CAPABILITY_COUNT];

static bool shown(size_t i, const struct capability_view *v)
{
	unsigned when = rows[i].when;

	return !switched_off[i] && (when & (v->logged_in ? AUTH : BEFORE)) && (!(when & CLEAR) || v->tls_startable) &&
	       (!(when & SECRET) || v->secret_ok) && (!(when & NO_SECRET) || !v->secret_ok);
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

void capability_set(enum capability c, bool on)
{
	switched_off[c] = !on;
}

bool capability_on(enum capability c)
{
	return !switched_off[c];
}
