/* Dates of IMAP, by arithmetic alone: the C library's calendar knows time zones that are not the client's. */
#include "imap/wire/date.h"

enum { DAY = 86400 };

static const char month_names[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Days since 1970-01-01 of a date of the Gregorian calendar; the year is counted from March, so that the leap day comes last. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct ymd {
	int64_t year, month, day;
};

static struct ymd ymd_of(int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t d = z - era * 146097;
	int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	int64_t of_year = d - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;

	return (struct ymd){
		.year = y + era * 400 + (m >= 10),
		.month = m < 10 ? m + 3 : m - 9,
		.day = of_year - (153 * m + 2) / 5 + 1,
	};
}

static bool take_digits(struct span *s, size_t least, size_t most, int64_t *out)
{
	size_t n = 0;
	int64_t v = 0;

	for (; n < s->n && n < most && s->p[n] >= '0' && s->p[n] <= '9'; n++)
		v = v * 10 + (s->p[n] - '0');
	if (n < least)
		return false;
	*s = span_skip(*s, n);
	*out = v;
	return true;
}

static bool take_month(struct span *s, int64_t *out)
{
	for (size_t i = 0; i < ARRAY_LEN(month_names); i++) {
		if (span_take_nocase(s, span(month_names[i], 3))) {
			*out = (int64_t)i + 1;
			return true;
		}
	}
	return false;
}

/* "1-Feb-1994" */
static bool take_date(struct span *s, int64_t *day_out)
{
	int64_t year, month, day;
	struct ymd back;

	if (!take_digits(s, 1, 2, &day) || !span_take(s, SPAN("-")) || !take_month(s, &month) ||
		!span_take(s, SPAN("-")) || !take_digits(s, 4, 4, &year) || year == 0 || day == 0)
		return false;
	*day_out = days_of(year, month, day);
	back = ymd_of(*day_out);
	return back.month == month && back.day == day;
}

bool date_parse(struct span s, int64_t *day_out)
{
	return take_date(&s, day_out) && s.n == 0;
}

static bool take_zone(struct span *s, int64_t *minutes_out)
{
	bool west = span_starts(*s, SPAN("-"));
	int64_t hours, minutes;

	if (!span_take(s, west ? SPAN("-") : SPAN("+")) || !take_digits(s, 2, 2, &hours) ||
		!take_digits(s, 2, 2, &minutes) || minutes > 59)
		return false;
	*minutes_out = (west ? -1 : 1) * (hours * 60 + minutes);
	return true;
}

bool date_time_parse(struct span s, struct date_time *out)
{
	int64_t day, hour, minute, second, zone;

	(void)span_take(&s, SPAN(" "));
	if (!take_date(&s, &day) || !span_take(&s, SPAN(" ")) || !take_digits(&s, 2, 2, &hour) ||
		!span_take(&s, SPAN(":")) || !take_digits(&s, 2, 2, &minute) || !span_take(&s, SPAN(":")) ||
		!take_digits(&s, 2, 2, &second) || !span_take(&s, SPAN(" ")) || !take_zone(&s, &zone) || s.n)
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	out->seconds = day * DAY + hour * 3600 + minute * 60 + second - zone * 60;
	out->zone = (int16_t)zone;
	return true;
}

int64_t date_day(int64_t seconds, int16_t zone)
{
	int64_t local = seconds + (int64_t)zone * 60;

	return local / DAY - (local % DAY < 0);
}

static void put_two(char *to, int64_t number)
{
	to[0] = (char)('0' + number / 10);
	to[1] = (char)('0' + number % 10);
}

void print_date_time(struct buf *out, int64_t seconds, int16_t zone)
{
	int64_t day = date_day(seconds, zone);
	int64_t of_day = seconds + (int64_t)zone * 60 - day * DAY;
	struct ymd d = ymd_of(day);
	int abs_zone = zone < 0 ? -zone : zone;
	char text[] = "\"00-Jan-0000 00:00:00 +0000\"";

	/* A stored time outside of what the grammar can say (four digits) is shown as the nearest that it can. */
	if (d.year < 1)
		d = (struct ymd){1, 1, 1};
	if (d.year > 9999)
		d = (struct ymd){9999, 12, 31};
	put_two(text + 1, d.day);
	memcpy(text + 4, month_names[d.month - 1], 3);
	put_two(text + 8, d.year / 100);
	put_two(text + 10, d.year % 100);
	put_two(text + 13, of_day / 3600);
	put_two(text + 16, of_day / 60 % 60);
	put_two(text + 19, of_day % 60);
	text[22] = zone < 0 ? '-' : '+';
	put_two(text + 23, abs_zone / 60 % 100);
	put_two(text + 25, abs_zone % 60);
	buf_add(out, span(text, sizeof text - 1));
}
