/* The pauses as they are in the server. */
#include "prog/pauses.h"

struct pauses pauses = {.restart_ms = 100, .last_word_ms = 500, .devices_ms = 300000};
