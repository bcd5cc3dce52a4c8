/* POP3's capabilities: names, when they are listed, and which are switched off. */
#include "pop3/wire/capability.h"

#include "conf/settings.h"
#include "pop3/wire/command.h"

enum { ALWAYS = 1, STLS = 2, LOGIN = 4, EXPIRE = 8, DELAY = 16, DOOR = 32, FIXED = 64 };

static const struct {
	const char *arguments;
	unsigned when;
} rows[] = {
#define CAPABILITY(name, tag, arguments, when, rfc) {arguments, when},
#include "pop3/capabilities.def"
#undef CAPABILITY
};

static const struct capability_name names[] = {
#define CAPABILITY(name, tag, arguments, when, rfc) {tag, ((when)&FIXED) != 0, !((when)&DOOR)},
#include "pop3/capabilities.def"
#undef CAPABILITY
};

bool pop3_capability_on(const struct pop3_capabilities *set, enum pop3_capability c)
{
	return !(set->off >> c & 1);
}

size_t pop3_capability_names(const struct capability_name **out)
{
	*out = names;
	return ARRAY_LEN(names);
}

void pop3_capabilities_switch_off(struct pop3_capabilities *set, struct span list)
{
	struct span name;

	while (capability_names_next(&list, &name))
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			if (!names[i].fixed && span_eq_nocase(span_of(names[i].text), name))
				set->off |= (uint32_t)1 << i;
}

struct pop3_capabilities pop3_capabilities_of(const struct settings *s, bool tls_listener)
{
	struct pop3_capabilities set = {0};

	pop3_capabilities_switch_off(
		&set, capability_names_of(tls_listener, s->pop3_capabilities_off, s->pop3s_capabilities_off));
	return set;
}

/* ── CAPA ── */

void pop3_offer_expire(struct pop3_offer *o, int64_t seconds, bool user)
{
	enum { DAY = 86400 };

	if (seconds < 0)
		snprintf(o->expire, sizeof o->expire, "NEVER%s", user ? " USER" : "");
	else
		snprintf(o->expire, sizeof o->expire, "%lld%s", (long long)seconds / DAY, user ? " USER" : "");
}

static bool listed(enum pop3_capability c, const struct pop3_offer *o)
{
	unsigned now = ALWAYS | (o->stls ? STLS : 0) | (o->login ? LOGIN : 0) | (*o->expire ? EXPIRE : 0) |
		       (o->login_delay ? DELAY : 0);

	return rows[c].when & now && pop3_capability_on(&o->set, c);
}

static void add_capability(struct buf *out, const char *tag, const char *arguments)
{
	buf_addf(out, "%s%s%s\r\n", tag, *arguments ? " " : "", arguments);
}

void pop3_capa(struct buf *out, enum pop3_language l, const struct pop3_offer *o)
{
	char delay[24];

	snprintf(delay, sizeof delay, "%llu", (unsigned long long)o->login_delay);
	pop3_ok(out, l, "capabilities follow");
	for (enum pop3_capability c = 0; c < POP3_CAN_NONE; c++)
		if (listed(c, o))
			add_capability(out, names[c].text,
				c == POP3_CAN_EXPIRE        ? o->expire
				: c == POP3_CAN_LOGIN_DELAY ? delay
							    : rows[c].arguments);
	buf_add_lit(out, ".\r\n");
}
