/* purge: what was expunged from an account and is still kept goes for good. */
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "prog/command/cli.h"
#include "prog/command/kept_client.h"

enum { USAGE = 64, BAD_SETTINGS = 78 };

struct purge {
	int64_t until;
	uint64_t count, bytes;
};

static void count(void *ctx, const struct kept_line *k)
{
	struct purge *p = ctx;

	if (k->expunged > p->until)
		return;
	p->count++;
	p->bytes += k->size;
}

static bool sure(const struct cli *c, const struct purge *p)
{
	char answer[16];

	if (c->yes || !p->count)
		return true;
	if (!isatty(STDIN_FILENO))
		return false;
	fprintf(stderr, "Delete %llu expunged messages of '%s' (%.1f MB) for good? [y/N] ",
		(unsigned long long)p->count, c->words[0], (double)p->bytes / 1e6);
	return fgets(answer, sizeof answer, stdin) && (*answer == 'y' || *answer == 'Y');
}

static enum fail purge_now(
	const struct cli *c, const struct purge *p, struct imap_client *imap, uint64_t *gone, struct why *w)
{
	char command[64];

	if (c->all)
		snprintf(command, sizeof command, "XPURGE ALL");
	else
		snprintf(command, sizeof command, "XPURGE %lld", (long long)p->until);
	return kept_command(imap, span_of(command), SPAN("PURGED"), gone, w);
}

int cli_purge(struct cli *c)
{
	struct purge p = {.until = INT64_MAX};
	struct imap_client *imap;
	uint64_t gone = 0;
	struct why w;
	enum fail f = c->older_than ? kept_moment(c->older_than, &p.until, &w) : FAIL_NONE;

	if (f)
		return cli_error(USAGE, "%s", w.log);
	if (!c->all == !c->older_than)
		return cli_error(USAGE, "say --all, or --older-than and how long ago it was expunged");
	if (!cli_settings(c))
		return BAD_SETTINGS;
	f = imap_client_log_in(c->settings, c->words[0], &imap, &w);
	if (f)
		return cli_fail(f, &w);
	f = kept_list(imap, false, count, &p, &w);
	if (!f && !sure(c, &p)) {
		imap_client_close(imap);
		return cli_error(USAGE, "nothing is deleted: say --yes to do it without being asked");
	}
	if (!f)
		f = purge_now(c, &p, imap, &gone, &w);
	imap_client_close(imap);
	if (f)
		return cli_fail(f, &w);
	if (c->json)
		printf("{\"purged\": %llu}\n", (unsigned long long)gone);
	else if (!c->quiet)
		printf("%llu messages are gone for good; their space is given back within a day\n",
			(unsigned long long)gone);
	return 0;
}
