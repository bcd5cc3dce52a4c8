/* Dates of IMAP: RFC 3501 §9 date, date-time. Proleptic Gregorian, years 1 to 9999. */
#ifndef IMAP_WIRE_DATE_H
#define IMAP_WIRE_DATE_H

#include "base/buf.h"

struct date_time {
	int64_t seconds; /* since 1970-01-01 UTC */
	int16_t zone;    /* minutes east of UTC */
};

/* The whole of `s`. */
bool date_parse(struct span s, int64_t *day_out);           /* 1-Feb-1994: days since 1970-01-01 */
bool date_time_parse(struct span s, struct date_time *out); /* without the quotes */
/* "01-Feb-1994 12:34:56 +0100" with the quotes: INTERNALDATE. */
void print_date_time(struct buf *out, int64_t seconds, int16_t zone);
/* The day (since 1970-01-01) that a clock `zone` minutes east of UTC showed at `seconds`: SEARCH compares days disregarding the zone. */
int64_t date_day(int64_t seconds, int16_t zone);

#endif
