/* The types of settings: how a value is written, and how it is told that it is not. Inside the room only. */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "conf/settings.h"

enum { VALUE_MAX = 2048 };

/* Parses `value` (trimmed, without NUL) of a setting with the third column `form` into the field at `field`, whose C type is
 * that of the setting's type. On failure the field is as it was, and `text` says what to write instead. */
typedef bool value_set(void *field, struct span value, const char *form, char *text, size_t size);

value_set value_set_TEXT, value_set_PATH, value_set_BOOL, value_set_NUMBER, value_set_SIZE, value_set_DURATION,
	value_set_LISTEN, value_set_CHOICE, value_set_RETENTION;

#endif
