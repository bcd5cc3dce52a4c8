/* Settings of any bytes: either an object that passes its own check, or at least one problem; and an assignment of any
 * bytes never breaks an object. */
#include "conf/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings_problems problems;
	struct settings *s = settings_parse(span(data, size), &problems);
	struct why w;

	if (!s != (problems.n > 0))
		abort();
	for (size_t i = 0; i < problems.n; i++)
		if (!problems.at[i].text[0])
			abort();
	if (s && !settings_check(s, &problems))
		abort();
	settings_free(s);
	s = settings_default();
	if (settings_assign(s, span(data, size), &w) && !w.log[0])
		abort();
	settings_free(s);
	return 0;
}
