/* pop set, pop forget: what becomes of mail that devices of POP3 have downloaded, and which devices there are no more. */
#include "base/memory.h"
#include "prog/command/cli.h"
#include "prog/command/pop_client.h"

enum { USAGE = 64, BAD_SETTINGS = 78, COMMAND_MAX = 4096 };

enum fail pop_command(struct imap_client *imap, const char *text, const char *name, const char *tail,
	void (*each)(void *ctx, struct span text), void *ctx, struct why *w)
{
	CLEANUP(buf_fini) struct buf command = {0};
	unsigned tag = imap_begin(imap);
	enum fail f;

	buf_init(&command, COMMAND_MAX);
	buf_addf(&command, "XPOP %s", text);
	if (name)
		buf_addf(&command, " {%zu+}\r\n%s%s", strlen(name), name, tail);
	buf_add_lit(&command, "\r\n");
	if (command.over)
		return why(w, FAIL_CANNOT, "that name is too long");
	f = imap_put(imap, buf_span(&command), w);
	if (!f)
		f = imap_finish(imap, tag, each, ctx, w);
	if (f == FAIL_CANNOT && span_find(span_of(w->text), SPAN("[NONEXISTENT]")) != SIZE_MAX)
		return why(w, FAIL_NOT_FOUND, "there is no such device");
	return f;
}

static int run(struct cli *c, const char *text, const char *name, const char *tail, const char *said)
{
	struct imap_client *imap;
	struct why w;
	enum fail f;

	if (!cli_settings(c))
		return BAD_SETTINGS;
	f = imap_client_log_in(c->settings, c->words[0], &imap, &w);
	if (f)
		return cli_fail(f, &w);
	f = pop_command(imap, text, name, tail, NULL, NULL, &w);
	imap_client_close(imap);
	if (f)
		return cli_fail(f, &w);
	if (!c->quiet)
		printf("%s\n", said);
	return 0;
}

int cli_pop_forget(struct cli *c)
{
	return run(c, "FORGET", c->words[1], "", "forgotten");
}

int cli_pop_set(struct cli *c)
{
	struct span how = span_of(c->words[1]);
	char policy[32], text[64];
	int64_t seconds = 0;

	if (span_eq_nocase(how, SPAN("default")))
		snprintf(policy, sizeof policy, " UNSET");
	else if (!settings_retention(how, &seconds))
		return cli_error(USAGE, "say 'keep', 'delete', how long after its download ('15d'), or 'default'");
	else if (seconds == RETENTION_KEEP)
		snprintf(policy, sizeof policy, " KEEP");
	else if (!seconds)
		snprintf(policy, sizeof policy, " DELETE");
	else
		snprintf(policy, sizeof policy, " %lld", (long long)seconds);
	if (c->device)
		return run(c, "SET DEVICE", c->device, policy, "set");
	snprintf(text, sizeof text, "SET ACCOUNT%s", policy);
	return run(c, text, NULL, NULL, "set");
}
