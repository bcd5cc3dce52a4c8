/* Inside of prog/front only: the process that strangers talk to. It accepts, speaks TLS and the dialogues before login, and then only carries
 * bytes. It reads no mail and can name no account: a login gives it a ticket, and what the ticket stands for only auth and mail know.
 *
 *   listener.c    sockets ─► connections
 *   connection.c  a stream and its door; the hand-over to mail
 *   host.c        what doors may ask for (net/door.h), as messages to auth and mail
 *   front.c       the role: channels, certificate, the end */
#ifndef PROG_FRONT_FRONT_H
#define PROG_FRONT_FRONT_H

#include "base/list.h"
#include "net/door.h"
#include "net/stream.h"
#include "net/tls.h"
#include "prog/child.h"

enum { MAILS_MAX = 8 };

struct front;

struct mail_link {
	struct front *front;
	uint32_t shard;
	struct channel *channel; /* NULL while that mail is started anew */
};

struct front {
	struct child *child;
	struct tls_context *tls; /* NULL: there is no certificate */
	struct channel *auth;    /* NULL while it is started anew */
	struct mail_link mails[MAILS_MAX];
	struct list listeners;
	struct connection **slots; /* by the low bits of a connection's number */
	uint32_t slot_count, connection_count;
	uint32_t free_from; /* no slot below is free */
	uint64_t next_number;
	int64_t started_at; /* seconds: makes session ids unique across restarts */
	uint64_t accepted, refused, logins, failures;
	bool stopping;
};

struct connection {
	struct door_host host; /* first: doors know only this */
	struct front *front;
	const struct door_ops *ops;
	struct door *door; /* NULL once handed over */
	struct stream *stream;
	struct door_info info;
	struct kept_settings *settings;
	uint64_t number; /* never used again */
	struct timer deadline;
	struct deferred soon; /* failures that are answered from the loop; the end of a peer that has said all */
	bool started;         /* the greeting is out */
	bool awaiting;        /* auth owes an answer */
	bool resolving;       /* that answer is to RESOLVE */
	uint32_t request;     /* its number */
	enum fail failed;     /* why auth could not be asked: `soon` says so to the door */
	bool peer_ended, closing;
};

/* ── listener.c ── */
void listener_open(struct front *f, const struct msg_listen *m, int fd);
void listener_close(struct front *f, struct span address); /* "" = all */

/* ── connection.c ── */
void connection_open(struct front *f, const struct door_ops *ops, bool tls, int fd);
struct connection *connection_find(struct front *f, uint64_t number);
void connection_close(struct connection *c, uint64_t linger_ms);
/* auth has accepted: the connection goes to the shard's mail. */
void connection_hand_over(struct connection *c, const uint8_t ticket[16], uint32_t shard);
/* auth has answered: more input may be taken; a peer that had ended may be let go. */
void connection_answered(struct connection *c);
void connections_stop(struct front *f);

/* ── host.c ── */
extern const struct door_host_ops front_door_host;
/* Tells the door that auth could not be asked. */
void host_failed(struct connection *c);

/* Something ended: when the server stops and nothing is left, the process may go. */
void front_something_ended(struct front *f);

#endif
