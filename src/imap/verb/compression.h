/* COMPRESS=DEFLATE: RFC 4978, raw DEFLATE (RFC 1951) in both directions. Between batches of answers it holds no memory but what the client may
 * still refer to: the last 32 KB at most of what it sent. */
#ifndef IMAP_VERB_COMPRESSION_H
#define IMAP_VERB_COMPRESSION_H

#include "base/buf.h"

enum { COMPRESSION_PIECE = 16 << 10 /* plain octets that are taken or given at once */ };

struct compression;

struct compression *compression_new(void);
void compression_free(struct compression *z); /* NULL is fine */

/* Cuts what it can use off `*in`, and appends at most COMPRESSION_PIECE plain octets to `out`. FAIL_SYNTAX: that is no DEFLATE, or its end: the
 * connection cannot go on. */
FAILS compression_take(struct compression *z, struct span *in, struct buf *out);
/* Compresses at most COMPRESSION_PIECE octets; what comes of it so far is appended to `out`. */
void compression_put(struct compression *z, struct span plain, struct buf *out);
/* Something that was put is not out yet. */
bool compression_holds(const struct compression *z);
/* All that was put is out afterwards, in whole octets, and nothing that comes later refers to it. */
void compression_flush(struct compression *z, struct buf *out);
/* Gives up the memory that is not needed until something comes or goes. After compression_flush. */
void compression_rest(struct compression *z);

#endif
