/* The dialogue of IMAP before login under arbitrary bytes: net/door_fuzz.h. */
#include "net/door_fuzz.h"

#include "conf/settings.h"
#include "imap/door/door.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings *settings;

	if (!settings)
		settings = settings_default();
	return door_fuzz(&imap_door_ops, settings, span(data, size));
}
