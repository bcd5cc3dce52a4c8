/* Inside of prog/auth only: the process that knows who has an account, and which password opens it. It reads no mail.
 *
 *   front ─ AUTH_BEGIN, AUTH_LOGIN, AUTH_APOP ─► login.c ─► throttle, cache, a worker thread ─► AUTH_OK with a ticket, or AUTH_FAILED
 *   front ─ RESOLVE ─► answers.c ─► RESOLVED with a ticket          mail ─ REDEEM ─► answers.c ─► REDEEMED
 *   super ─ SET_ASIDE ─► set_aside.c: accounts that login.c and answers.c refuse
 *   run/admin.sock ─► admin.c: the command line's accounts and sessions */
#ifndef PROG_AUTH_AUTH_H
#define PROG_AUTH_AUTH_H

#include "auth/directory.h"
#include "auth/login_cache.h"
#include "auth/login_delay.h"
#include "auth/throttle.h"
#include "auth/ticket.h"
#include "auth/verifier.h"
#include "base/list.h"
#include "prog/child.h"

enum { AUTH_FRONTS_MAX = 64, AUTH_MAILS_MAX = 8 };

struct auth;

struct auth_link {
	struct auth *auth;
	uint32_t index;
	struct channel *channel;
};

struct auth {
	struct child *child;
	struct disk *disk;
	struct directory *directory;
	struct login_cache cache;
	struct login_delays delays;
	struct throttle throttle;
	struct apop_key apop_key;
	struct tickets tickets;
	struct verifier verifier;
	struct auth_link fronts[AUTH_FRONTS_MAX], mails[AUTH_MAILS_MAX];
	struct list logins; /* struct login */
	struct list admins; /* struct admin */
	uint64_t admin_sessions;
	int admin_fd; /* listening */
	uv_poll_t admin_poll;
	struct timer departed_timer;
	uint64_t login_count, failure_count;
	uint64_t *set_aside; /* accounts */
	size_t set_aside_count;
	struct list clearing; /* struct account_clearing */
	uint64_t clear_requests;
};

/* ── login.c ── */
void login_begin(struct auth_link *front, const struct msg_auth_begin *m);
void login_with_password(struct auth_link *front, const struct msg_auth_login *m);
void login_with_apop(struct auth_link *front, const struct msg_auth_apop *m);
void login_response(struct auth_link *front, const struct msg_auth_response *m);
void login_cancel(struct auth_link *front, uint64_t connection);
/* All of that front: it is gone. */
void logins_drop(struct auth_link *front);

/* ── answers.c ── */
void answer_resolve(struct auth_link *front, const struct msg_resolve *m);
void answer_redeem(struct auth_link *mail, const struct msg_redeem *m);
/* The account's sessions end, and nothing that was made for it is good any more. */
void account_closed(struct auth *a, uint64_t account, uint32_t shard, const char *text);

/* ── set_aside.c ── */
struct account_clearing; /* an administrator waits for super's answer */
bool is_set_aside(struct auth *a, uint64_t account);
/* SET_ASIDE, ACCOUNT_CLEARED. */
void set_aside_message(struct auth *a, const struct msg *m);
/* Asks super to serve the account again. `done` once, from the loop: FAIL_NONE, FAIL_NOT_FOUND = it is not set aside. */
struct account_clearing *set_aside_ask(
	struct auth *a, uint64_t account, void (*done)(void *ctx, enum fail f), void *ctx);
/* `done` is not called any more. Only before it was. NULL is fine. */
void set_aside_forget(struct account_clearing *c);

/* ── auth.c ── */
/* Makes the reserve file beside the accounts if it is missing and there is room. */
void auth_keep_ballast(struct auth *a);

/* ── departed.c ── */
void departed_start(struct auth *a);
void departed_stop(struct auth *a);
/* Those that are due are told to their mail processes, now. */
void departed_look(struct auth *a);
void departed_erased(struct auth_link *mail, uint64_t account);

/* ── admin.c ── */
FAILS admin_listen(struct auth *a, struct why *w);
void admin_start(struct auth *a);
void admin_stop(struct auth *a);

#endif
