/* Settings as processes hold them. */
#include "prog/kept_settings.h"

#include <unistd.h>

#include "base/memory.h"
#include "imap/wire/capability.h"

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

/* What only the room that reads a setting can tell. */
static bool check_values(const struct settings *s, struct settings_problems *problems)
{
	struct capabilities set = {0};
	struct span unknown;

	if (capabilities_switch_off(&set, span_of(s->imap_capabilities_off), &unknown))
		return true;
	settings_problem(problems, s->line[SETTINGS_KEY_imap_capabilities_off],
		"imap_capabilities_off: '%.*s' is no capability that can be switched off: write names as CAPABILITY "
		"shows them",
		SPAN_ARG(unknown));
	return false;
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
