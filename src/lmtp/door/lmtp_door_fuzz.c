/* The dialogue of LMTP under arbitrary bytes: net/door_fuzz.h. */
#include "net/door_fuzz.h"

#include "conf/settings.h"
#include "lmtp/door/door.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings *settings;

	if (!settings)
		settings = settings_default();
	return door_fuzz(&lmtp_door_ops, settings, span(data, size));
}
