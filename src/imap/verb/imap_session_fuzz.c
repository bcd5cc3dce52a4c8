/* Sessions of IMAP under arbitrary bytes: store/session_fuzz.h. */
#include "store/session_fuzz.h"

#include "conf/settings.h"
#include "imap/verb/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings *settings;

	if (!settings)
		settings = settings_default();
	return session_fuzz(&imap_session_ops, settings, SPAN("login"), span(data, size));
}
