/* Inside of the room net only: the SSL_CTX behind a tls_context. */
#ifndef NET_TLS_CONTEXT_H
#define NET_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "net/tls.h"

SSL_CTX *tls_context_ssl(struct tls_context *t);
/* The first reason on this thread's OpenSSL error queue, which is emptied. */
void tls_reason(char *dst, size_t size);

#endif
