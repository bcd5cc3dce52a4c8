/* The date-time of RFC 5322 §3.3 with the obsolete forms of §4.3, and the asctime order that old programs write.
 * Must never depend on the machine's zone or locale. */
#include "mime/header.h"

enum { COMMENT_DEPTH_MAX = 20 };

struct date_reading {
	int day, month, year, hour, minute, second, zone;
	bool has_zone;
};

static const char month_names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

/* Blanks, commas and comments (RFC 5322 §3.2.2). */
static void skip_between(struct span *s)
{
	int depth = 0;

	while (s->n) {
		char c = *s->p;

		if (c == '(' && depth < COMMENT_DEPTH_MAX)
			depth++;
		else if (c == ')' && depth)
			depth--;
		else if (depth && c == '\\')
			*s = span_skip(*s, 1);
		else if (!depth && c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != ',')
			return;
		*s = span_skip(*s, 1);
	}
}

static bool take_number(struct span *s, uint32_t max, int *out, size_t *digits_out)
{
	struct span rest = *s;
	uint32_t v;

	if (!span_take_u32(&rest, &v) || v > max)
		return false;
	*digits_out = s->n - rest.n;
	*s = rest;
	*out = (int)v;
	return true;
}

static struct span take_letters(struct span *s)
{
	struct span word = span(s->p, 0);

	while (word.n < s->n && ascii_lower(s->p[word.n]) >= 'a' && ascii_lower(s->p[word.n]) <= 'z')
		word.n++;
	*s = span_skip(*s, word.n);
	return word;
}

/* 1 to 12, or 0. Longer words ("January") count by their first three letters. */
static int month_of(struct span word)
{
	for (int m = 0; m < 12 && word.n >= 3; m++)
		if (span_eq_nocase(span_first(word, 3), span(month_names + 3 * m, 3)))
			return m + 1;
	return 0;
}

/* RFC 5322 §4.3: two digits are 1950 to 2049, three count from 1900. */
static int full_year(int year, size_t digits)
{
	if (digits == 2)
		return year < 50 ? 2000 + year : 1900 + year;
	return digits == 3 ? 1900 + year : year;
}

/* A dot stands there in some old mail. */
static bool take_colon(struct span *s)
{
	struct span rest = *s;

	skip_between(&rest);
	if (!span_take(&rest, SPAN(":")) && !span_take(&rest, SPAN(".")))
		return false;
	skip_between(&rest);
	*s = rest;
	return true;
}

static bool read_time(struct span *s, struct date_reading *d)
{
	size_t digits;

	return take_number(s, 24, &d->hour, &digits) && take_colon(s) && take_number(s, 59, &d->minute, &digits) &&
	       (!take_colon(s) || take_number(s, 60, &d->second, &digits));
}

/* RFC 5322 §4.3: the North American names; military letters and all other words mean -0000. */
static int named_zone(struct span word)
{
	static const struct {
		char name[4];
		int minutes;
	} zones[] = {{"EST", -300}, {"EDT", -240}, {"CST", -360}, {"CDT", -300}, {"MST", -420}, {"MDT", -360},
		{"PST", -480}, {"PDT", -420}};

	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
		if (span_eq_nocase(word, span(zones[i].name, 3)))
			return zones[i].minutes;
	return 0;
}

static void read_zone(struct span *s, struct date_reading *d)
{
	struct span rest = *s;
	bool east = span_take(&rest, SPAN("+"));
	size_t digits;
	int hhmm;

	if (!east && !span_take(&rest, SPAN("-"))) {
		d->zone = named_zone(take_letters(s));
		d->has_zone = true;
		return;
	}
	*s = rest;
	if (!take_number(s, 9999, &hhmm, &digits))
		return;
	if (digits <= 2 && span_take(s, SPAN(":"))) { /* "+05:30" */
		int minutes;

		if (!take_number(s, 59, &minutes, &digits))
			return;
		hhmm = hhmm * 100 + minutes;
	} else if (digits <= 2) {
		hhmm *= 100;
	}
	if (hhmm % 100 > 59 || hhmm / 100 > 23)
		return;
	d->zone = (hhmm / 100 * 60 + hhmm % 100) * (east ? 1 : -1);
	d->has_zone = true;
}

static void skip_dash(struct span *s)
{
	span_take(s, SPAN("-"));
	skip_between(s);
}

/* day month year [time [zone]] */
static bool read_day_first(struct span *s, struct date_reading *d)
{
	size_t digits;

	if (!take_number(s, 31, &d->day, &digits))
		return false;
	skip_between(s);
	skip_dash(s);
	d->month = month_of(take_letters(s));
	skip_between(s);
	skip_dash(s);
	if (!d->month || !take_number(s, 9999, &d->year, &digits) || digits < 2)
		return false;
	d->year = full_year(d->year, digits);
	skip_between(s);
	if (s->n && *s->p >= '0' && *s->p <= '9' && !read_time(s, d))
		return false;
	skip_between(s);
	if (s->n)
		read_zone(s, d);
	return true;
}

/* The order of asctime: month (already read) day time [zone] year */
static bool read_month_first(struct span *s, struct date_reading *d)
{
	size_t digits;

	skip_between(s);
	if (!take_number(s, 31, &d->day, &digits))
		return false;
	skip_between(s);
	if (!read_time(s, d))
		return false;
	skip_between(s);
	if (s->n && (*s->p < '0' || *s->p > '9'))
		read_zone(s, d);
	skip_between(s);
	if (!take_number(s, 9999, &d->year, &digits) || digits != 4)
		return false;
	skip_between(s);
	if (s->n && !d->has_zone)
		read_zone(s, d);
	return true;
}

/* Days from 1970-01-01 in the Gregorian calendar; years run March to February so that the leap day comes last. */
static int64_t days_since_epoch(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t month_from_march = (month + 9) % 12;
	int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;

	return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static bool day_exists(const struct date_reading *d)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = d->year % 4 == 0 && (d->year % 100 != 0 || d->year % 400 == 0);

	return d->day >= 1 && d->day <= days[d->month - 1] + (d->month == 2 && leap);
}

bool mime_date_parse(struct span value, int64_t *seconds_out, int *zone_minutes_out)
{
	struct date_reading d = {0};
	struct span s = value, word;

	skip_between(&s);
	word = take_letters(&s);
	d.month = month_of(word);
	if (word.n && !d.month) { /* the day's name */
		span_take(&s, SPAN("."));
		skip_between(&s);
		d.month = month_of(take_letters(&s));
	}
	if (!(d.month ? read_month_first(&s, &d) : read_day_first(&s, &d)) || !day_exists(&d))
		return false;
	*seconds_out =
		((days_since_epoch(d.year, d.month, d.day) * 24 + d.hour) * 60 + d.minute - d.zone) * 60 + d.second;
	*zone_minutes_out = d.zone;
	return true;
}
