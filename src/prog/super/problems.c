/* What an administrator who was woken at night must know: each thing that is wrong just now, in one sentence with its remedy. The names in "what" are
 * for programs: they do not change. */
#include <stdarg.h>
#include <time.h>

#include "base/clock.h"
#include "prog/super/server.h"

enum { WARN_DAYS = 14, DAY = 86400, TEXT_MAX = 1024 };

struct problems {
	struct buf *out;
	size_t n;
};

static void add(struct problems *p, const char *what, const char *fmt, ...) PRINTF(3, 4);
static void add(struct problems *p, const char *what, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_addf(p->out, "%s\n  {\"what\": \"%s\", \"text\": ", p->n++ ? "," : "", what);
	status_string(p->out, text);
	buf_add_byte(p->out, '}');
}

static void look_at_kid(struct problems *p, const struct server *s, const struct kid *k)
{
	unsigned deaths = kid_deaths_last_hour(k);

	if (!k->ready && s->state == SERVER_READY && !k->renewing)
		add(p, "process-down", "%s.%u is %s: its last lines in the log say why", k->role->name, k->index,
			status_of_kid(k));
	if (deaths)
		add(p, "restarts",
			"%s.%u died (%u in the last hour) and was started anew: 'process-died' in the log says how",
			k->role->name, k->index, deaths);
	if (k->report.disk_low)
		add(p, "disk-low",
			"the disk of shard %u is too full, so it takes no mail: make room on it; deliveries then come "
			"by themselves",
			k->index);
}

static void look_at_certificate(struct problems *p, const struct server *s)
{
	int64_t left = s->certificate.expires - clock_wall_seconds();

	if (left < 0)
		add(p, "certificate", "the certificate has expired: renew it, then send SIGHUP");
	else if (left < (int64_t)WARN_DAYS * DAY)
		add(p, "certificate", "the certificate expires in %lld days: renew it, then send SIGHUP",
			(long long)left / DAY);
}

static void look_at_account(struct problems *p, const struct set_aside_row *row)
{
	time_t when = (time_t)row->since;
	char date[32], name[32];
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", &tm);
	snprintf(name, sizeof name, "#%llu", (unsigned long long)row->account);
	add(p, "set-aside",
		"account %s is set aside since %s: its mail process (shard %u) crashed on it %d times within an hour. "
		"Its "
		"mail is safe, new mail for it waits at its senders. Upgrade Barid, or report the crash; then free it: "
		"barid account clear %s",
		*row->name ? row->name : name, date, row->shard, SET_ASIDE_CRASHES, *row->name ? row->name : name);
}

void problems_add(struct buf *out, const struct server *s)
{
	struct problems p = {.out = out};

	for (size_t i = 0; i < s->kid_count; i++)
		look_at_kid(&p, s, &s->kids[i]);
	for (size_t i = 0; i < s->set_aside.n; i++)
		look_at_account(&p, &s->set_aside.rows[i]);
	look_at_certificate(&p, s);
}
