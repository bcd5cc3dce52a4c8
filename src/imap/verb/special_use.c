/* Special uses by name: RFC 6154 §2. */
#include "imap/verb/special_use.h"

#include "base/attr.h"

static const char *const names[] = {
	[USE_NONE] = "",
	[USE_ALL] = "\\All",
	[USE_ARCHIVE] = "\\Archive",
	[USE_DRAFTS] = "\\Drafts",
	[USE_FLAGGED] = "\\Flagged",
	[USE_JUNK] = "\\Junk",
	[USE_SENT] = "\\Sent",
	[USE_TRASH] = "\\Trash",
};

const char *special_use_name(enum special_use use)
{
	return names[use];
}

bool special_use_find(struct span name, enum special_use *out)
{
	for (size_t i = USE_NONE + 1; i < ARRAY_LEN(names); i++) {
		if (!span_eq_nocase(name, span_of(names[i])))
			continue;
		*out = (enum special_use)i;
		return true;
	}
	return false;
}
