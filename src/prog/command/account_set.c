/* account set: what an account is not offered. Which names there are is known here, by the tables of the protocols; the accounts directory keeps
 * what it is given. */
#include "imap/wire/capability.h"
#include "pop3/wire/capability.h"
#include "prog/auth/admin_client.h"
#include "prog/command/cli.h"

enum { USAGE = 64, BAD_SETTINGS = 78 };

/* Of either protocol: an account has one list. */
static enum fail check_capabilities(const char *list, struct why *w)
{
	struct capability_name both[CAPABILITY_COUNT + POP3_CAN_NONE];
	const struct capability_name *names;
	size_t n = capability_names(&names);

	memcpy(both, names, n * sizeof *names);
	n += pop3_capability_names(&names);
	memcpy(both + CAPABILITY_COUNT, names, POP3_CAN_NONE * sizeof *names);
	return capability_names_check(span_of(list), FOR_ACCOUNT, both, n, w);
}

int cli_account_set(struct cli *c)
{
	struct admin_client *client;
	struct why w;
	enum fail f;

	if (strcmp(c->words[1], "capabilities_off") != 0)
		return cli_error(USAGE, "an account has no '%s': write 'capabilities_off'", c->words[1]);
	if (check_capabilities(c->words[2], &w))
		return cli_error(USAGE, "%s", w.log);
	if (!cli_settings(c))
		return BAD_SETTINGS;
	f = admin_open(c->settings, &client, &w);
	if (f)
		return cli_fail(f, &w);
	f = admin_account_capabilities_off(client, c->words[0], c->words[2], &w);
	admin_close(client);
	return f ? cli_fail(f, &w) : 0;
}
