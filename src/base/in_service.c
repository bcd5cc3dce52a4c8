/* The account in service. Must stay callable from a signal's handler. */
#include "base/in_service.h"

#include <stddef.h>

static _Thread_local volatile uint64_t own;
static _Thread_local struct service_word *shared;

void service_share(struct service_word *w)
{
	shared = w;
}

uint64_t service_account(void)
{
	return own;
}

uint64_t service_enter(uint64_t account)
{
	uint64_t before = own;

	own = account;
	if (shared) {
		shared->account = account;
		shared->entries++;
	}
	return before;
}

void service_leave(const uint64_t *before)
{
	(void)service_enter(*before);
}
