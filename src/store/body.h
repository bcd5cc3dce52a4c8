/* The head of a body record, between who writes it (body.c) and who reads it (read.c). */
#ifndef STORE_BODY_H
#define STORE_BODY_H

enum { BODY_VERSION = 1, BODY_HEAD = 32, BODY_CHUNK_ENTRY = 12 };
enum body_form { BODY_INLINE = 0, BODY_CHUNKED = 1 };

/* The head is followed by the bytes (inline) or the list of chunks (segment, offset, length: 4 octets each), then by the structure. All chunks
 * but the last have LOG_CHUNK_MAX octets. */

#endif
