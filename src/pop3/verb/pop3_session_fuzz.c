/* Sessions of POP3 under arbitrary bytes: store/session_fuzz.h. */
#include "store/session_fuzz.h"

#include "conf/settings.h"
#include "pop3/verb/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings *settings;

	if (!settings)
		settings = settings_default();
	return session_fuzz(&pop3_session_ops, settings, SPAN(""), span(data, size));
}
