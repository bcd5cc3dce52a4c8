/* The dialogue of POP3 before login under arbitrary bytes: net/door_fuzz.h. */
#include "net/door_fuzz.h"

#include "conf/settings.h"
#include "pop3/door/door.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings *settings;

	if (!settings)
		settings = settings_default();
	return door_fuzz(&pop3_door_ops, settings, span(data, size));
}
