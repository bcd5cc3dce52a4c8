/* The face that a door (a protocol before login) shows to `front`, and what `front` offers a door. A door parses and answers;
 * it does no I/O of its own, knows no mail, and can name no account: after a login `front` hands the connection to `mail`. */
#ifndef NET_DOOR_H
#define NET_DOOR_H

#include "base/buf.h"
#include "base/why.h"

struct settings;
struct stream;
struct door;
struct door_host;

struct door_info {
	char session[24];                /* the connection's id in every log line */
	char peer[64];                   /* numeric address */
	bool peer_is_loopback;           /* or a unix socket */
	bool tls;                        /* secured now */
	bool tls_listener;               /* it came to the listener inside TLS; STARTTLS and STLS change nothing here */
	bool tls_available;              /* STARTTLS/STLS may be offered (not yet secured, a certificate is there) */
	bool cleartext_ok;               /* logins are accepted as the connection stands */
	const char *hostname;            /* for greetings and Received */
	const struct settings *settings; /* never NULL; may be a newer object after each call (reload) */
};

struct recipient_answer {   /* LMTP RCPT, from auth */
	uint8_t ticket[16]; /* what `mail` redeems; says nothing by itself */
	uint32_t shard;
};

struct door_host_ops {
	const struct door_info *(*info)(struct door_host *h);
	void (*write)(struct door_host *h, struct span bytes);
	/* Starts a handshake when the output is out; everything received so far is dropped. Then door_ops.secured. */
	void (*start_tls)(struct door_host *h);
	/* SASL: mechanism and initial response (p NULL = none), decoded. Answers: door_ops.challenge or auth_done. */
	void (*authenticate)(struct door_host *h, struct span mechanism, struct span initial);
	void (*respond)(struct door_host *h, struct span response);
	void (*cancel)(struct door_host *h);
	/* LOGIN, USER/PASS. Answer: door_ops.auth_done. */
	void (*login)(struct door_host *h, struct span user, struct span password);
	/* APOP: the digest of `timestamp`, which the door gave in its greeting, and a secret. Answer: door_ops.auth_done. */
	void (*apop)(struct door_host *h, struct span user, struct span timestamp, struct span digest);
	/* LMTP: an address (local part and domain, unquoted). Answer: door_ops.resolved. */
	void (*resolve)(struct door_host *h, struct span address);
	/* LMTP: a new stream to the shard's `mail`, at whose other end lmtp_delivery runs. NULL: that `mail` is not there just now. */
	struct stream *(*delivery)(struct door_host *h, uint32_t shard, void *ctx);
	/* Offers the input that was not taken again, on the next turn. */
	void (*poke)(struct door_host *h);
	/* Sends what is queued and ends the connection. */
	void (*close)(struct door_host *h);
	/* A deadline: door_ops.timeout after `ms` unless set again. 0 = none. */
	void (*deadline)(struct door_host *h, uint64_t ms);
};

struct door_host {
	const struct door_host_ops *ops;
};

struct door_ops {
	const char *protocol; /* "imap", "pop3", "lmtp": also how `mail` finds its session_ops */
	struct door *(*new)(struct door_host *h);
	void (*free)(struct door *d);
	void (*start)(struct door *d); /* the greeting */
	size_t (*input)(struct door *d,
		struct span bytes); /* as stream_events.input; takes nothing while an answer is awaited */
	void (*secured)(struct door *d, enum fail f);
	void (*challenge)(struct door *d, struct span text); /* raw, the door encodes it */
	/* FAIL_NONE: the door takes no more input; `front` asks handover() and gives the connection to `mail`. Else `text` may be shown. */
	void (*auth_done)(struct door *d, enum fail f, const char *text);
	void (*handover)(struct door *d,
		struct buf *note_out); /* what the session needs to know (IMAP: the tag of the login command) */
	void (*resolved)(struct door *d, enum fail f, const struct recipient_answer *a,
		const char *text); /* NULL where the door never resolves */
	/* Whether an answer is on its way to what it has taken, other than auth's: a peer that has ended its side still gets it.
	 * The door pokes when that changes. NULL: never. */
	bool (*owes)(const struct door *d);
	void (*timeout)(struct door *d);
	void (*shutdown)(struct door *d); /* the server stops: say so (BYE, 421) and close */
};

#endif
