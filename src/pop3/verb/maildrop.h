/* The maildrop of one session: INBOX as it was at login, without what the session's device has let go (store/device.h). Messages keep their numbers and stay readable whatever other sessions do
 * (this stands for the lock of RFC 1939 §3); what is marked deleted goes at QUIT, all or nothing. */
#ifndef POP3_VERB_MAILDROP_H
#define POP3_VERB_MAILDROP_H

#include "store/batch.h"
#include "store/device.h"
#include "store/feed.h"
#include "store/gate.h"

struct maildrop {
	struct account *account;
	struct mailbox *mailbox;
	struct feed_reader reader; /* never advances: that keeps the snapshot */
	uint32_t *uids;
	uint64_t *sizes;
	unsigned char *marks; /* VISIT_RETRIEVED, VISIT_DELETED */
	uint32_t count;       /* messages at login, deleted marks included */
	uint32_t left;        /* without those marked deleted */
	uint64_t left_size;
	struct user user;
	const struct settings *settings;
	char device[DEVICE_NAME_MAX + 1]; /* "" = the login named none */
};

/* The device that a login name named; FAIL_AUTH when it is no device's name. */
FAILS maildrop_set_device(struct maildrop *m, const char *name, struct why *w);
/* What becomes of what the device downloads. */
struct device_policy maildrop_policy(const struct maildrop *m);

/* Opens INBOX; `m` is zeroed but for account, user, settings and device. FAIL_BUSY: w->done, then maildrop_take. FAIL_LIMIT: too many devices. */
FAILS maildrop_open(struct maildrop *m, struct store_wait *w);
/* Takes the snapshot once the mailbox is open. */
void maildrop_take(struct maildrop *m);
/* Closes the mailbox; the account is the session's. */
void maildrop_close(struct maildrop *m);

/* Message `number` (from 1) unless it does not exist or is marked deleted. */
bool maildrop_has(const struct maildrop *m, uint32_t number);
bool maildrop_message(const struct maildrop *m, uint32_t number, struct message *out);
/* It has been sent whole. */
void maildrop_retrieved(struct maildrop *m, uint32_t number);
/* The highest number that the device downloaded in sessions before, or 0. */
uint32_t maildrop_last(const struct maildrop *m);
void maildrop_delete(struct maildrop *m, uint32_t number);
/* What RETR sends of it is of another size. */
void maildrop_set_size(struct maildrop *m, uint32_t number, uint64_t size);
void maildrop_reset(struct maildrop *m);
/* Stages what QUIT changes: the device's marks, and the expunge of what no device needs any more. */
FAILS maildrop_stage(struct maildrop *m, struct batch *b, struct why *w);

#endif
