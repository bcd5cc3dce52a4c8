/* Inside of prog/mail only: one process that owns the mail of its shard's accounts. Network input reaches it only behind a login (sessions) or
 * behind a front's door (deliveries), and only for accounts that auth names in answer to a ticket.
 *
 *   front ─ SESSION_OPEN ─► redeem ─► account_open ─► session_ops.start        sessions.c
 *   front ─ DELIVERY_OPEN ─► lmtp_delivery_start ─► redeem, one a recipient    deliveries.c
 *   auth  ─ ADMIN_SESSION ─────────► account_open ─► session_ops.start         sessions.c */
#ifndef PROG_MAIL_MAIL_H
#define PROG_MAIL_MAIL_H

#include "base/list.h"
#include "lmtp/delivery.h"
#include "net/session.h"
#include "prog/child.h"
#include "store/device_walk.h"
#include "store/expire.h"
#include "store/store.h"

enum { FRONTS_MAX = 64, TICKET_SIZE = 16 };

/* Said to sessions when the store breaks: the process is about to end. */
#define STORE_PROBLEM "the mail store has a problem: reconnect in a moment"

struct mail;

struct front_link {
	struct mail *mail;
	uint32_t index;
	struct channel *channel;
};

struct mail {
	struct child *child;
	struct store *store;
	struct channel *auth; /* NULL while it is started anew */
	struct front_link fronts[FRONTS_MAX];
	struct list redeeming; /* struct redemption */
	uint64_t next_request;
	struct deferred fail_redeeming;
	struct list sessions;   /* struct mail_session */
	struct list erasures;   /* erasing.c */
	struct list deliveries; /* struct mail_delivery */
	uint32_t session_count, delivery_count;
	uint64_t delivered;
	struct expiry expiry; /* keeping.c */
	struct timer expiry_timer;
	struct device_walk devices;
	struct timer devices_timer;
	unsigned keep_halvings;    /* while the disk is low: how often the time was halved */
	struct timer memory_timer; /* memory.c */
	struct timer last_call;    /* for what has not ended by itself when the server stops */
	struct mail_reclaim *reclaim;
	bool stopping, broken;
};

/* ── redeem.c: tickets for accounts ── */

struct redemption {
	struct list link;
	uint64_t request;
	bool orphan; /* there is no auth to ask: it fails on the next turn */
	/* On the loop, never from inside redeem(). `m` lives until the call returns. */
	void (*done)(struct redemption *r, const struct msg_redeemed *m);
};
void redeem(struct mail *m, struct redemption *r, uint8_t kind, const uint8_t ticket[TICKET_SIZE], uint32_t front,
	uint64_t connection);
void redeem_cancel(struct redemption *r); /* also when none is under way and the struct was zeroed */
void redeem_answered(struct mail *m, const struct msg_redeemed *answer);
void redeem_auth_gone(struct mail *m);
void redeem_init(struct mail *m);

/* ── sessions.c ── */

void sessions_open(struct front_link *f, const struct msg_session_open *m, int fd);
void sessions_open_admin(struct mail *m, const struct msg_admin_session *a, int fd);
/* Ends the sessions of `account` (0 = all), with a text for their clients. */
void sessions_stop(struct mail *m, uint64_t account, const char *text);

/* ── deliveries.c ── */

void deliveries_open(struct front_link *f, const struct msg_delivery_open *m, int fd);
void deliveries_stop(struct mail *m);

/* ── erasing.c ── */

void erasing_begin(struct mail *m, uint64_t account);
void erasing_stop(struct mail *m); /* before the store is closed */

/* ── restored.c ── */

/* Once, after `barid restored`: before anything is served. A failure is one of the store. */
FAILS restored_renew(struct mail *m, const char *dir, struct why *w);

/* ── keeping.c ── */

void keeping_start(struct mail *m);
void keeping_reload(struct mail *m); /* the settings are other ones */
void keeping_stop(struct mail *m);   /* before the store is closed */

/* ── memory.c ── */

void memory_limits(void); /* before there are threads */
void memory_start(struct mail *m);

/* Something ended: when the server stops and nothing is left, the process may go. */
void mail_something_ended(struct mail *m);

#endif
