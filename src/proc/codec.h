/* Messages between processes as structs, and as bytes: `number version field ...`, big-endian, texts and bytes counted. All of it follows
 * from messages.def. Decoding is strict: an unknown number, another version, a field past its bound, a forbidden octet or a byte too many
 * is FAIL_CORRUPT; it allocates nothing and never reads past the span. */
#ifndef PROC_CODEC_H
#define PROC_CODEC_H

#include "base/buf.h"
#include "base/fail.h"

#define MESSAGE(NAME, name, number, version) struct msg_##name {
#define U8(f)                                uint8_t f;
#define U32(f)                               uint32_t f;
#define U64(f)                               uint64_t f;
#define FLAG(f)                              bool f;
#define FAILURE(f)                           enum fail f;
#define FIXED(f, size)                       uint8_t f[size];
#define BYTES(f, most)                       struct span f;
#define TEXT(f, most)                        struct span f;
#define END                                                                                                            \
	}                                                                                                              \
	;
#include "proc/messages.def"
#include "proc/messages_undef.h"

enum msg_kind {
#define MESSAGE(NAME, name, number, version) MSG_##NAME = number,
#define U8(f)
#define U32(f)
#define U64(f)
#define FLAG(f)
#define FAILURE(f)
#define FIXED(f, size)
#define BYTES(f, most)
#define TEXT(f, most)
#define END
#include "proc/messages.def"
#undef MESSAGE
};

/* One message. Spans are borrowed: from the sender's memory, or from the bytes that were decoded. */
struct msg {
	enum msg_kind kind;
	union {
#define MESSAGE(NAME, name, number, version) struct msg_##name name;
#include "proc/messages.def"
#include "proc/messages_undef.h"
	};
};

enum ticket_kind { TICKET_LOGIN = 1, TICKET_DELIVERY = 2 };

enum { MSG_MAX = 320 << 10 }; /* octets of the longest message, encoded */

/* Appends. FAIL_TOO_BIG: a field is longer than its bound, or the buffer's cap; FAIL_CANNOT: no such kind, or a text that is none. */
FAILS msg_encode(const struct msg *m, struct buf *out);
/* The whole of `bytes` as one message, or FAIL_CORRUPT. */
FAILS msg_decode(struct span bytes, struct msg *out);
/* "AUTH_BEGIN", or "?". */
const char *msg_name(enum msg_kind kind);

#endif
