/* Devices of POP3: each has its own view of the maildrop (INBOX), with marks of its own for what it has downloaded and what it has deleted.
 * A login names one (`anna/phone`); a login without is the device "". A message goes when every device that is known has let it go: has
 * deleted it, or its policy does, once it was downloaded. So an account that only ever had the device "" is as POP3 has always been.
 *
 * A device is known from the first batch_device_leave on, and forgotten by `batch_devices_settle` when it has not been seen for long.
 * Marks name UIDs of INBOX, which are never used again; what IMAP moves away or expunges is no longer in any maildrop. */
#ifndef STORE_DEVICE_H
#define STORE_DEVICE_H

#include "store/batch.h"

enum {
	DEVICES_MAX = 32,         /* of an account */
	DEVICE_NAME_MAX = 64,     /* octets */
	DEVICE_MARKS_MAX = 16384, /* ranges of each kind; past it the oldest are forgotten */
	DEVICE_SEEN_STEP = 3600,  /* seconds: "last seen" is written no more often when nothing else is */
	DEVICE_TIME_STEP = 3600,  /* times of downloads are rounded up to these */
};

/* What becomes of a message that the device has downloaded. */
enum device_keep { DEVICE_UNSET, DEVICE_KEEP, DEVICE_DELETE, DEVICE_AFTER };
struct device_policy {
	enum device_keep keep;
	uint32_t seconds; /* DEVICE_AFTER: after its download */
};
/* As settings have it: deleted so many seconds after the download; 0: at once; below: never. */
static inline struct device_policy device_policy_after(int64_t seconds)
{
	if (seconds < 0)
		return (struct device_policy){DEVICE_KEEP, 0};
	return (struct device_policy){seconds ? DEVICE_AFTER : DEVICE_DELETE, (uint32_t)seconds};
}
struct device {
	struct span name;            /* "" = of logins that name none; lives until the next loop turn */
	int64_t seen;                /* seconds since 1970 */
	struct device_policy policy; /* its own, or DEVICE_UNSET */
};

/* Checks a name, and brings it to the form in which it is kept (NFC): appends to `out`. FAIL_CANNOT: not UTF-8, control characters, a '/', too
 * long. "" is good. */
FAILS device_name_normal(struct span name, struct buf *out, struct why *w);

size_t account_devices(const struct account *a);
void account_device_at(const struct account *a, size_t i, struct device *out); /* ascending name */
/* FAIL_NOT_FOUND. */
FAILS account_device_find(const struct account *a, struct span name, struct device *out);
/* The account's own policy, or DEVICE_UNSET. */
struct device_policy account_device_policy(const struct account *a);
/* What holds for `name`, known or not: its own policy, else the account's, else `otherwise`. */
struct device_policy account_device_policy_of(
	const struct account *a, struct span name, struct device_policy otherwise);
/* When the device downloaded the message (rounded up), 0 = not that is known; whether it deleted it. */
int64_t account_device_downloaded(const struct account *a, struct span name, uint32_t uid);
bool account_device_deleted(const struct account *a, struct span name, uint32_t uid);

/* ── Changes. Names in their normal form ── */

struct device_rules {
	struct device_policy otherwise; /* of accounts and devices without one */
	uint64_t forget;                /* seconds unseen after which a device is forgotten; 0 = never */
	int64_t now;
};
/* Whether the device has let the message go: it is in its maildrop no more. */
bool account_device_let_go(const struct account *a, struct span name, uint32_t uid, const struct device_rules *rules);

/* What a session leaves behind that ends with QUIT. */
enum { VISIT_RETRIEVED = 1, VISIT_DELETED = 2 };
struct device_visit {
	struct span name;
	const uint32_t *uids;       /* of the messages that it showed, ascending */
	const unsigned char *marks; /* for each: VISIT_RETRIEVED, VISIT_DELETED */
	size_t n;
};
/* FAIL_LIMIT: it would be one device too many; to be asked before the visit. */
FAILS account_device_may_come(
	const struct account *a, struct span name, const struct device_rules *rules, struct why *w);
/* Stages its marks, and the expunge of all that every device has let go then; `inbox` is open. Stages nothing when nothing has changed. */
FAILS batch_device_leave(struct batch *b, struct mailbox *inbox, const struct device_visit *v,
	const struct device_rules *rules, struct why *w);
/* The same without a visit: forgets devices, and expunges what is due meanwhile. */
FAILS batch_devices_settle(struct batch *b, struct mailbox *inbox, const struct device_rules *rules, struct why *w);
/* `name` NULL: of the account. FAIL_NOT_FOUND: there is no such device. */
FAILS batch_device_policy(struct batch *b, const struct span *name, struct device_policy policy, struct why *w);
/* What only it kept is expunged by the next visit or batch_devices_settle. FAIL_NOT_FOUND. */
FAILS batch_device_forget(struct batch *b, struct span name, struct why *w);

#endif
