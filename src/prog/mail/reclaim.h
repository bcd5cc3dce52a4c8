/* Inside of prog/mail only: when space is given back. */
#ifndef PROG_MAIL_RECLAIM_H
#define PROG_MAIL_RECLAIM_H

#include "store/reclaim.h"

struct mail;
struct msg_report;

/* For tests: everything is moved and compressed all the time. */
extern bool mail_reclaim_restless;

void mail_reclaim_begin(struct mail *m); /* once the store is open */
/* An administrator asks for it: at once, also when the settings say no. */
void mail_reclaim_now(struct mail *m);
void mail_reclaim_stop(struct mail *m); /* before the store is closed */
void mail_reclaim_report(const struct mail *m, struct msg_report *out);

#endif
