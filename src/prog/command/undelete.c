/* undelete: what was expunged from an account and is still kept is listed, or brought back into the mailboxes that it was in. */
#include <time.h>

#include "base/memory.h"
#include "imap/verb/search_text.h"
#include "prog/command/cli.h"
#include "prog/command/kept_client.h"

enum { USAGE = 64, BAD_SETTINGS = 78, PLACES_A_COMMAND = 200, TEXT_MAX = 64 << 10, COMMAND_MAX = 16 << 10 };

struct undelete {
	struct cli *cli;
	int64_t since;
	struct buf from, subject; /* folded */
	struct buf places;        /* counted, of those that match */
	uint64_t found, bytes;
	bool list;
};

/* ── Which ── */

static bool has_text(const struct buf *wanted, struct span text)
{
	CLEANUP(buf_fini) struct buf folded = {0};

	if (!wanted->n)
		return true;
	buf_init(&folded, TEXT_MAX * 12);
	search_fold(text, &folded);
	return search_finds(buf_span(&folded), buf_span(wanted));
}

static bool matches(const struct undelete *u, const struct kept_line *k)
{
	return k->expunged >= u->since && (!u->cli->mailbox || span_eq(k->mailbox, span_of(u->cli->mailbox))) &&
	       has_text(&u->from, k->from) && has_text(&u->subject, k->subject);
}

/* ── Telling ── */

/* Mail is anybody's text: no control characters on the terminal. At most `width` characters. */
static void put_text(struct span s, int width)
{
	int n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c & 0xc0) != 0x80 && n++ >= width)
			break;
		putchar(c < 0x20 || c == 0x7f || (c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0) ? '?'
														: c);
	}
	for (; n < width; n++)
		putchar(' ');
}

static void say_line(const struct kept_line *k)
{
	time_t when = (time_t)k->expunged;
	char date[32];
	struct tm tm;

	localtime_r(&when, &tm);
	strftime(date, sizeof date, "%Y-%m-%d %H:%M", &tm);
	printf("%s  ", date);
	put_text(k->mailbox, 16);
	printf("  ");
	put_text(k->from, 28);
	printf("  ");
	put_text(k->subject, 36);
	printf(" %8llu\n", (unsigned long long)k->size);
}

static void say_json(const struct undelete *u, const struct kept_line *k)
{
	printf("%s\n  {\"expunged\": %lld, \"size\": %llu, \"mailbox\": ", u->found ? "," : "", (long long)k->expunged,
		(unsigned long long)k->size);
	cli_json_string(stdout, k->mailbox);
	printf(", \"mailbox_gone\": %s, \"from\": ", k->gone ? "true" : "false");
	cli_json_string(stdout, k->from);
	printf(", \"subject\": ");
	cli_json_string(stdout, k->subject);
	printf("}");
}

static void take(void *ctx, const struct kept_line *k)
{
	struct undelete *u = ctx;

	if (!matches(u, k))
		return;
	if (!u->list)
		buf_add_counted(&u->places, k->place);
	else if (u->cli->json)
		say_json(u, k);
	else
		say_line(k);
	u->found++;
	u->bytes += k->size;
}

/* ── Bringing back ── */

static enum fail bring_back(struct undelete *u, struct imap_client *imap, uint64_t *back, struct why *w)
{
	struct span all = buf_span(&u->places), place;
	enum fail f = FAIL_NONE;

	while (!f && all.n) {
		CLEANUP(buf_fini) struct buf command = {0};
		uint64_t n = 0;

		buf_init(&command, COMMAND_MAX);
		buf_add_lit(&command, "XUNDELETE");
		for (int i = 0; i < PLACES_A_COMMAND && span_take_counted(&all, &place); i++)
			buf_addf(&command, " %.*s", SPAN_ARG(place));
		f = kept_command(imap, buf_span(&command), SPAN("UNDELETED"), &n, w);
		*back += n;
	}
	return f;
}

static enum fail run(struct undelete *u, uint64_t *back, struct why *w)
{
	struct imap_client *imap;
	enum fail f = imap_client_log_in(u->cli->settings, u->cli->words[0], &imap, w);

	if (f)
		return f;
	if (u->list && u->cli->json)
		printf("[");
	f = kept_list(imap, true, take, u, w);
	if (u->list && u->cli->json)
		printf("%s]\n", u->found ? "\n" : "");
	if (!f && !u->list)
		f = bring_back(u, imap, back, w);
	imap_client_close(imap);
	return f;
}

/* ── The command ── */

static void say_end(const struct undelete *u, uint64_t back)
{
	const struct cli *c = u->cli;

	if (u->list && !c->json && !c->quiet)
		fprintf(stderr, "%llu messages, %.1f MB%s\n", (unsigned long long)u->found, (double)u->bytes / 1e6,
			c->list || !u->found ? "" : "; to bring them back say which, or --all");
	else if (!u->list && c->json)
		printf("{\"found\": %llu, \"back\": %llu}\n", (unsigned long long)u->found, (unsigned long long)back);
	else if (!u->list && !c->quiet)
		printf("%llu messages are back\n", (unsigned long long)back);
}

int cli_undelete(struct cli *c)
{
	struct undelete u = {.cli = c};
	uint64_t back = 0;
	struct why w;
	enum fail f = c->since ? kept_moment(c->since, &u.since, &w) : FAIL_NONE;

	if (f)
		return cli_error(USAGE, "%s", w.log);
	if (!cli_settings(c))
		return BAD_SETTINGS;
	u.list = c->list || (!c->all && !c->since && !c->mailbox && !c->from && !c->subject);
	buf_init(&u.from, TEXT_MAX);
	buf_init(&u.subject, TEXT_MAX);
	buf_init(&u.places, SIZE_MAX);
	search_fold(span_of(c->from ? c->from : ""), &u.from);
	search_fold(span_of(c->subject ? c->subject : ""), &u.subject);
	f = run(&u, &back, &w);
	if (!f)
		say_end(&u, back);
	buf_fini(&u.from);
	buf_fini(&u.subject);
	buf_fini(&u.places);
	return f ? cli_fail(f, &w) : 0;
}
