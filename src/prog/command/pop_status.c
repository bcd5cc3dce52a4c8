/* pop status: the devices of an account, and what each has of its maildrop. Names are anybody's text: none reaches a terminal as it came. */
#include <time.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "prog/command/cli.h"
#include "prog/command/pop_client.h"

enum { BAD_SETTINGS = 78, SPACE = 4096, DAY = 86400, DEVICES_MOST = 64, COLUMN = 16 };

struct pop_status {
	struct cli *cli;
	struct buf space;
	size_t devices, messages;
	bool bad, account_said;
};

/* ── Reading ── */

static bool take_word(struct span *text, struct span *out)
{
	struct span rest = *text;

	span_take(&rest, SPAN(" "));
	if (!span_take_word(&rest, out))
		return false;
	*text = rest;
	return true;
}

static bool take_number(struct span *text, uint64_t *out)
{
	struct span word;

	return take_word(text, &word) && span_u64(word, out);
}

/* ── Telling ── */

static void put_text(struct span s, int width)
{
	uint32_t c;
	int n = 0;

	while (s.n && n < width) {
		struct span at = s;

		if (!utf8_take(&s, &c))
			break;
		printf("%.*s", (int)(at.n - s.n), at.p);
		n++;
	}
	printf("%*s", width - n, "");
}

static void put_date(int64_t seconds)
{
	time_t when = (time_t)seconds;
	char date[32];
	struct tm tm;

	localtime_r(&when, &tm);
	strftime(date, sizeof date, "%Y-%m-%d %H:%M", &tm);
	printf("%s", date);
}

/* UNSET, KEEP, DELETE or seconds, as the settings have it. */
static void policy_text(struct span word, char *out, size_t size)
{
	uint64_t seconds;

	if (span_eq(word, SPAN("UNSET")))
		snprintf(out, size, "default");
	else if (span_eq(word, SPAN("KEEP")))
		snprintf(out, size, "keep");
	else if (span_eq(word, SPAN("DELETE")))
		snprintf(out, size, "delete");
	else if (span_u64(word, &seconds) && seconds % DAY == 0)
		snprintf(out, size, "%llud", (unsigned long long)(seconds / DAY));
	else
		snprintf(out, size, "%.*ss", SPAN_ARG(word));
}

static bool say_account(struct pop_status *p, struct span text)
{
	struct span own, now;
	char a[32], b[32];
	uint64_t n;

	if (!take_word(&text, &own) || !take_word(&text, &now) || !take_number(&text, &n))
		return false;
	policy_text(own, a, sizeof a);
	policy_text(now, b, sizeof b);
	if (p->cli->json)
		printf("{\"policy\": \"%s\", \"holds\": \"%s\", \"messages\": %llu, \"devices\": [", a, b,
			(unsigned long long)n);
	else
		printf("%llu messages; what was downloaded: %s%s\n\n%-20s  %-16s  %-8s %10s %8s %8s\n",
			(unsigned long long)n, b, span_eq(own, SPAN("UNSET")) ? " (pop3_retention)" : "", "device",
			"last seen", "policy", "downloaded", "let go", "waiting");
	p->account_said = true;
	return true;
}

static bool say_device(struct pop_status *p, struct span text)
{
	struct span name, own, now;
	uint64_t seen, downloaded, let_go, waiting;
	char a[32], b[32];

	if (!imap_take_string(&text, &p->space, &name) || !take_number(&text, &seen) || !take_word(&text, &own) ||
		!take_word(&text, &now) || !take_number(&text, &downloaded) || !take_number(&text, &let_go) ||
		!take_number(&text, &waiting) || p->devices == DEVICES_MOST)
		return false;
	policy_text(own, a, sizeof a);
	policy_text(now, b, sizeof b);
	if (p->cli->json) {
		printf("%s\n  {\"device\": ", p->devices ? "," : "");
		cli_json_string(stdout, name);
		printf(", \"seen\": %llu, \"policy\": \"%s\", \"holds\": \"%s\", \"downloaded\": %llu, \"let_go\": "
		       "%llu, "
		       "\"waiting\": %llu}",
			(unsigned long long)seen, a, b, (unsigned long long)downloaded, (unsigned long long)let_go,
			(unsigned long long)waiting);
	} else {
		put_text(name.n ? name : SPAN("\"\""), 20);
		printf("  ");
		put_date((int64_t)seen);
		printf("  %-8s %10llu %8llu %8llu\n", b, (unsigned long long)downloaded, (unsigned long long)let_go,
			(unsigned long long)waiting);
	}
	p->devices++;
	return true;
}

static void say_what(struct pop_status *p, struct span what, bool first)
{
	uint64_t when = 0;
	bool downloaded = span_u64(what, &when), gone = span_eq(what, SPAN("GONE"));

	if (p->cli->json && downloaded)
		printf("%s%llu", first ? "" : ", ", (unsigned long long)when);
	else if (p->cli->json)
		printf("%s%s", first ? "" : ", ", gone ? "\"let go\"" : "null");
	else if (downloaded)
		printf("  "), put_date((int64_t)when);
	else
		printf("  %-*s", COLUMN, gone ? "let go" : "waiting");
}

static bool say_message(struct pop_status *p, struct span text)
{
	struct span list, what;
	uint64_t uid, size;

	if (!take_number(&text, &uid) || !take_number(&text, &size) || !span_take(&text, SPAN(" (")) ||
		!span_take_until(&text, ')', &list))
		return false;
	if (p->cli->json)
		printf("%s\n  {\"uid\": %llu, \"size\": %llu, \"devices\": [", p->messages ? "," : "], \"each\": [",
			(unsigned long long)uid, (unsigned long long)size);
	else
		printf("%s%10llu %10llu", p->messages ? "" : "\n       UID     octets  of each device, as above\n",
			(unsigned long long)uid, (unsigned long long)size);
	for (bool first = true; span_take_word(&list, &what); first = false)
		say_what(p, what, first);
	printf(p->cli->json ? "]}" : "\n");
	p->messages++;
	return true;
}

static void take_response(void *ctx, struct span text)
{
	struct pop_status *p = ctx;
	bool good = true;

	buf_reset(&p->space);
	if (span_take(&text, SPAN("POPACCOUNT ")))
		good = say_account(p, text);
	else if (span_take(&text, SPAN("POPDEVICE ")))
		good = say_device(p, text);
	else if (span_take(&text, SPAN("POPMESSAGE ")))
		good = say_message(p, text);
	p->bad |= !good;
}

int cli_pop_status(struct cli *c)
{
	struct pop_status p = {.cli = c};
	struct imap_client *imap;
	struct why w;
	enum fail f;

	if (!cli_settings(c))
		return BAD_SETTINGS;
	f = imap_client_log_in(c->settings, c->words[0], &imap, &w);
	if (f)
		return cli_fail(f, &w);
	buf_init(&p.space, SPACE);
	f = pop_command(imap, c->messages ? "STATUS MESSAGES" : "STATUS", NULL, NULL, take_response, &p, &w);
	imap_client_close(imap);
	buf_fini(&p.space);
	if (p.account_said && c->json)
		printf("%s]}\n", p.devices || p.messages ? "\n" : "");
	if (!f && (p.bad || !p.account_said))
		f = why(&w, FAIL_CORRUPT, "what the server says of its devices makes no sense");
	return f ? cli_fail(f, &w) : 0;
}
