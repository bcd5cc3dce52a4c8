/* Capabilities: names, when they are shown, and which are switched off. */
#include "imap/wire/capability.h"

#include "conf/settings.h"
#include "imap/wire/reader.h"

enum {
	BEFORE = 1,
	AUTH = 2,
	ANY = BEFORE | AUTH,
	CLEAR = 4,
	SECRET = 8,
	NO_SECRET = 16,
	NUMBER = 32,
	PLUS = 64,
	MINUS = 128,
	FIXED = 256
};

static const unsigned shown_when[] = {
#define CAPABILITY(name, text, when, rfc) when,
#include "imap/capabilities.def"
#undef CAPABILITY
};

static const struct capability_name names[] = {
#define CAPABILITY(name, text, when, rfc) {text, ((when)&FIXED) != 0, ((when)&AUTH) != 0},
#include "imap/capabilities.def"
#undef CAPABILITY
};

static bool shown(size_t i, const struct capability_view *v)
{
	unsigned when = shown_when[i];

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
		buf_addf(out, "%s%s", first ? "" : " ", names[i].text);
		if (shown_when[i] & NUMBER)
			buf_addf(out, "=%llu", (unsigned long long)v->append_limit);
		first = false;
	}
}

bool capability_on(const struct capabilities *set, enum capability c)
{
	return !set || !(set->off >> c & 1);
}

size_t capability_names(const struct capability_name **out)
{
	*out = names;
	return ARRAY_LEN(names);
}

void capabilities_switch_off(struct capabilities *set, struct span list)
{
	struct span name;

	while (capability_names_next(&list, &name))
		for (size_t i = 0; i < CAPABILITY_COUNT; i++)
			if (!names[i].fixed && span_eq_nocase(span_of(names[i].text), name))
				set->off |= (uint64_t)1 << i;
}

uint64_t capabilities_unasked_max(const struct capabilities *set, bool minus)
{
	if (!capability_on(set, minus ? CAPABILITY_LITERAL_MINUS : CAPABILITY_LITERAL_PLUS))
		return 0;
	return minus ? LITERAL_MINUS_MAX : UINT64_MAX;
}

struct capabilities capabilities_of(const struct settings *s, bool tls_listener)
{
	struct capabilities set = {0};

	capabilities_switch_off(
		&set, capability_names_of(tls_listener, s->imap_capabilities_off, s->imaps_capabilities_off));
	return set;
}
