/* What an LMTP door and the delivery in `mail` say to each other over their stream: frames of a type, a length, and bytes.
 *
 *   door ─► delivery   BEGIN envelope · DATA bytes … · END      (or ABORT instead of END)
 *   delivery ─► door   RESULT, one a recipient, in any order
 *
 * One transaction at a time, any number after each other. */
#ifndef LMTP_WIRE_RELAY_H
#define LMTP_WIRE_RELAY_H

#include "base/buf.h"
#include "base/fail.h"
#include "net/stream.h"

enum { RELAY_FRAME_MAX = 256 << 10, RELAY_HEAD = 5, RELAY_DATA_MAX = 32 << 10, RELAY_RECIPIENTS_MAX = 400 };
enum relay_type { RELAY_BEGIN = 'B', RELAY_DATA = 'D', RELAY_END = 'E', RELAY_ABORT = 'A', RELAY_RESULT = 'R' };

/* For the streams at both ends: a whole frame fits. */
extern const struct stream_limits relay_stream_limits;

struct relay_frame {
	enum relay_type type;
	struct span payload;
};
/* Cuts a frame off the front: how many octets it takes, 0 = more are needed. FAIL_SYNTAX: these are no frames. */
FAILS relay_take(struct span bytes, struct relay_frame *out, size_t *n_out);
/* Appends a frame's head; its payload of `n` bytes follows. */
void relay_head(struct buf *out, enum relay_type type, size_t n);

struct relay_recipient {
	uint32_t index;      /* the door's number of it, comes back in RESULT */
	struct span ticket;  /* 16 octets, redeemed with auth */
	struct span address; /* as RCPT named it, for Received */
};
struct relay_envelope {
	struct span sender; /* "" = the null path */
	struct span client; /* what LHLO said */
	struct span peer;   /* numeric address */
	struct span session;
	bool utf8;           /* SMTPUTF8 was said: the addresses may be UTF-8 (RFC 6531) */
	uint32_t recipients; /* how many follow */
	struct span rest;    /* relay_recipient_take cuts them off here */
};
/* Begins a BEGIN payload; then relay_add_recipient for each. */
void relay_add_envelope(struct buf *out, const struct relay_envelope *e);
void relay_add_recipient(struct buf *out, const struct relay_recipient *r);
FAILS relay_envelope_take(struct span payload, struct relay_envelope *out);
FAILS relay_recipient_take(struct relay_envelope *e, struct relay_recipient *out);

struct relay_result {
	uint32_t index;
	enum fail fail;
	struct span text; /* safe to send */
};
void relay_add_result(struct buf *out, const struct relay_result *r); /* the whole frame */
FAILS relay_result_take(struct span payload, struct relay_result *out);

#endif
