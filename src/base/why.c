/* Fills struct why. Control characters become '?', so that no text of a peer's can forge a line. */
#include "base/why.h"

#include <stdarg.h>

#include "base/span.h"

static void clean(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

enum fail why(struct why *w, enum fail f, const char *fmt, ...)
{
	va_list ap;

	if (!w)
		return f;
	va_start(ap, fmt);
	vsnprintf(w->log, sizeof w->log, fmt, ap);
	va_end(ap);
	clean(w->log);
	snprintf(w->text, sizeof w->text, "%.*s", (int)sizeof w->text - 1, w->log);
	return f;
}

enum fail why_log(struct why *w, enum fail f, const char *text, const char *fmt, ...)
{
	va_list ap;

	if (!w)
		return f;
	snprintf(w->text, sizeof w->text, "%s", text);
	va_start(ap, fmt);
	vsnprintf(w->log, sizeof w->log, fmt, ap);
	va_end(ap);
	clean(w->text);
	clean(w->log);
	return f;
}
