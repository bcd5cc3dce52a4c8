/* Accounts from the command line: through the running server's admin socket, or, when none runs, in the directory itself under the data
 * directory's lock. Blocking; for the command line only. */
#ifndef PROG_AUTH_ADMIN_CLIENT_H
#define PROG_AUTH_ADMIN_CLIENT_H

#include "base/span.h"
#include "base/why.h"
#include "conf/settings.h"

struct admin_client;

struct admin_account {
	uint64_t id;
	uint32_t shard;
	int64_t created; /* seconds since 1970 UTC */
	bool disabled;
	bool apop; /* has a secret for APOP */
	char name[256];
	char capabilities_off[256]; /* names; "" = none */
};

/* FAIL_BUSY: a server has the data directory but does not answer; FAIL_NO_PERMISSION, FAIL_IO with one sentence. */
FAILS admin_open(const struct settings *s, struct admin_client **out, struct why *w);
void admin_close(struct admin_client *c);
/* Whether a server runs on the data directory, without touching its lock. FAIL_NOT_FOUND: none does; FAIL_NO_PERMISSION: this user may not know. */
FAILS admin_probe(const struct settings *s, struct why *w);
bool admin_is_online(const struct admin_client *c);

/* `hash` is a crypt(5) hash: password_hash() makes one. FAIL_EXISTS, FAIL_NOT_FOUND, FAIL_CANNOT (bad name or hash). */
FAILS admin_account_add(
	struct admin_client *c, const char *name, const char *hash, struct admin_account *out, struct why *w);
FAILS admin_account_show(struct admin_client *c, const char *name, struct admin_account *out, struct why *w);
FAILS admin_account_list(
	struct admin_client *c, void (*each)(void *ctx, const struct admin_account *a), void *ctx, struct why *w);
FAILS admin_account_passwd(struct admin_client *c, const char *name, const char *hash, struct why *w);
/* A secret for APOP, or NULL: it has none any more. FAIL_CANNOT. */
FAILS admin_account_apop(struct admin_client *c, const char *name, const char *secret, struct why *w);
/* `names`: as conf/capability_names.h has them, and known to be some; "" = none is off any more. FAIL_CANNOT: too long. */
FAILS admin_account_capabilities_off(struct admin_client *c, const char *name, const char *names, struct why *w);
/* `purge`: its mail goes at once, when a server runs; else it stays as long as the setting keep_deleted says. */
FAILS admin_account_remove(struct admin_client *c, const char *name, bool purge, struct why *w);
FAILS admin_account_disable(struct admin_client *c, const char *name, bool disabled, struct why *w);
/* One that was set aside is served again; of one that was removed meanwhile the number, "#7", is as good. FAIL_NOT_FOUND: there is no such account, or it is not set aside. */
FAILS admin_account_clear(struct admin_client *c, const char *name, struct why *w);

/* Asks the running server to give disk space back now; it does so while it serves. FAIL_UNAVAILABLE without one. */
FAILS admin_reclaim(struct admin_client *c, struct why *w);

/* Turns the connection into a session of that account ("imap"): the caller owns *fd_out, a blocking socket; the client is closed.
 * FAIL_UNAVAILABLE without a running server. */
FAILS admin_session(struct admin_client *c, const char *name, const char *protocol, int *fd_out, struct why *w);

#endif
