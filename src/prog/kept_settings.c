/* Settings as processes hold them. */
#include "prog/kept_settings.h"

#include <unistd.h>

#include "base/memory.h"
#include "imap/wire/capability.h"
#include "pop3/wire/capability.h"

struct kept_settings *kept_settings_new(struct settings *s)
{
	struct kept_settings *k = NEW(struct kept_settings);

	k->s = s;
	k->refs = 1;
	return k;
}

struct kept_settings *kept_settings_ref(struct kept_settings *k)
{
	k->refs++;
	return k;
}

void kept_settings_unref(struct kept_settings *k)
{
	if (!k || --k->refs)
		return;
	settings_free(k->s);
	free(k);
}

static bool assign_all(struct settings *s, struct span overrides, struct settings_problems *problems)
{
	struct span line;
	bool good = true;

	while (span_take_until(&overrides, '\n', &line)) {
		struct why w;

		if (settings_assign(s, line, &w)) {
			settings_problem(problems, 0, "%s", w.log);
			good = false;
		}
	}
	return good;
}

/* What only the rooms that read a setting can tell. */
static bool check_values(const struct settings *s, struct settings_problems *problems)
{
	const struct capability_name *imap, *pop3;
	size_t imap_n = capability_names(&imap), pop3_n = pop3_capability_names(&pop3);
	const struct {
		const char *key;
		unsigned line;
		struct span list;
		const struct capability_name *names;
		size_t n;
	} lists[] = {
#define LIST(key, list, protocol) {#key, s->line[SETTINGS_KEY_##key], list, protocol, protocol##_n}
		LIST(imap_capabilities_off, span_of(s->imap_capabilities_off), imap),
		LIST(imaps_capabilities_off, capability_names_of(true, "", s->imaps_capabilities_off), imap),
		LIST(pop3_capabilities_off, span_of(s->pop3_capabilities_off), pop3),
		LIST(pop3s_capabilities_off, capability_names_of(true, "", s->pop3s_capabilities_off), pop3),
#undef LIST
	};
	bool good = true;

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct why w;

		if (!capability_names_check(lists[i].list, FOR_LISTENER, lists[i].names, lists[i].n, &w))
			continue;
		settings_problem(problems, lists[i].line, "%s: %s", lists[i].key, w.log);
		good = false;
	}
	return good;
}

struct settings *settings_from(struct span text, struct span overrides, struct settings_problems *problems)
{
	struct settings *s = settings_parse(text, problems);

	if (!s)
		return NULL;
	if (assign_all(s, overrides, problems) && (!overrides.n || settings_check(s, problems)) &&
		check_values(s, problems))
		return s;
	settings_free(s);
	return NULL;
}

void settings_hostname(const struct settings *s, char *dst, size_t size)
{
	if (*s->hostname)
		snprintf(dst, size, "%s", s->hostname);
	else if (gethostname(dst, size - 1) || !*dst)
		snprintf(dst, size, "localhost");
	dst[size - 1] = 0;
}
