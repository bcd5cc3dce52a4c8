/* The face that a protocol after login shows to `mail`. */
#ifndef NET_SESSION_H
#define NET_SESSION_H

#include "base/buf.h"
#include "net/stream.h"

struct settings;
struct account;
struct session;

struct session_start {
	struct loop *loop;
	struct stream *stream;   /* the session owns it from here on: stream_set_owner, in the end stream_close */
	struct account *account; /* open; the session calls account_close in the end */
	const char *user;        /* as whom, for answers */
	const char *device;      /* that the login name named, as it was written; "" = none (POP3) */
	const char *session;     /* id, for log lines */
	const char *peer;
	bool tls;
	bool tls_listener; /* it came to the listener inside TLS, not to the one with STARTTLS or STLS */
	struct span
		capabilities_off; /* what is switched off for the account besides the listener's: names, as conf/capability_names.h has them */
	bool preauth;      /* an administrator's own connection: greet with PREAUTH (IMAP), no tag to answer */
	struct span note;  /* of door_ops.handover */
	struct span early; /* bytes that came behind the login command: input before anything from the stream */
	const struct settings *settings; /* valid until the session has ended */
	void (*ended)(void *ctx, struct session *s,
		const char *
			how); /* the session is over and freed; `how` for the log line ("logout", "timeout", "closed by peer") */
	void *ctx;
};

struct session_ops {
	const char *protocol;
	/* Answers the login and serves from then on. */
	struct session *(*start)(const struct session_start *start);
	/* Appends what a client is told, once, whose session cannot begin. */
	void (*refuse)(struct span note, enum fail f, const char *text, struct buf *out);
	/* Ends soon, saying `text` where the protocol has words for it (BYE, -ERR): shutdown, account removed. `ended` follows. */
	void (*stop)(struct session *s, const char *text);
	/* How long its client has said nothing, in milliseconds; 0 while something is being done for it; -1 once it is over and only its last
	 * words are on their way. */
	int64_t (*idle_ms)(const struct session *s);
};

#endif
