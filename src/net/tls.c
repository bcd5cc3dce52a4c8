/* TLS contexts from PEM bytes. Never opens a file: who reads the key is the supervisor's business. */
#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "base/memory.h"

struct tls_context {
	SSL_CTX *ssl;
	unsigned refs;
	int64_t expires;
};

void tls_reason(char *dst, size_t size)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	snprintf(dst, size, "%s", reason ? reason : "no reason given");
	ERR_clear_error();
}

static int64_t asn1_seconds(const ASN1_TIME *t)
{
	struct tm tm;

	return t && ASN1_TIME_to_tm(t, &tm) ? (int64_t)timegm(&tm) : 0;
}

/* Leaf first, then the rest of the chain, as PEM files have them. */
static enum fail use_chain(struct tls_context *t, struct span pem, struct why *w)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *cert;
	size_t n = 0;

	while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (n++ == 0) {
			t->expires = asn1_seconds(X509_get0_notAfter(cert));
			SSL_CTX_use_certificate(t->ssl, cert);
			X509_free(cert);
		} else if (!SSL_CTX_add0_chain_cert(t->ssl, cert)) {
			X509_free(cert);
		}
	}
	BIO_free(bio);
	ERR_clear_error();
	return n ? FAIL_NONE : why(w, FAIL_CONFIG, "it holds no certificate in PEM form");
}

static enum fail use_key(struct tls_context *t, struct span pem, struct why *w)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	int used = 0;

	BIO_free(bio);
	if (!key) {
		ERR_clear_error();
		return why(w, FAIL_CONFIG, "its key file holds no private key in PEM form (or one with a passphrase)");
	}
	used = SSL_CTX_use_PrivateKey(t->ssl, key) == 1 && SSL_CTX_check_private_key(t->ssl) == 1;
	EVP_PKEY_free(key);
	ERR_clear_error();
	return used ? FAIL_NONE : why(w, FAIL_CONFIG, "its key file holds the key of another certificate");
}

static enum fail check_expiry(const struct tls_context *t, struct why *w)
{
	time_t when = (time_t)t->expires;
	struct tm tm;
	char text[32];

	if (t->expires > clock_wall_seconds())
		return FAIL_NONE;
	gmtime_r(&when, &tm);
	strftime(text, sizeof text, "%Y-%m-%d", &tm);
	return why(w, FAIL_CONFIG, "expired on %s", text);
}

/* Idle connections shall hold no record buffers; sessions resume by tickets, so nothing is kept for them here. */
static void set_rules(SSL_CTX *ssl, const char *min)
{
	SSL_CTX_set_min_proto_version(ssl, span_eq(span_of(min), SPAN("1.3")) ? TLS1_3_VERSION : TLS1_2_VERSION);
	SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
					 SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(
		ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ssl, 1); /* clients use one; each costs as much as a tenth of a handshake */
	SSL_CTX_set_read_ahead(ssl, 1);  /* a record's head and body, and all that were pipelined, in one call */
}

void tls_context_use_tickets(struct tls_context *t, const struct tls_tickets *tickets)
{
	struct tls_tickets copy = *tickets;

	SSL_CTX_set_tlsext_ticket_keys(t->ssl, copy.key, sizeof copy.key);
	OPENSSL_cleanse(&copy, sizeof copy);
}

enum fail tls_context_new(struct span chain, struct span key, const char *min, struct tls_context **out, struct why *w)
{
	struct tls_context *t = NEW(struct tls_context);
	enum fail f;

	t->refs = 1;
	t->ssl = SSL_CTX_new(TLS_server_method());
	if (!t->ssl) {
		tls_context_unref(t);
		return why(w, FAIL_MEMORY, "TLS could not be set up");
	}
	set_rules(t->ssl, min);
	f = use_chain(t, chain, w);
	if (!f)
		f = use_key(t, key, w);
	if (!f)
		f = check_expiry(t, w);
	if (f) {
		tls_context_unref(t);
		return f;
	}
	*out = t;
	return FAIL_NONE;
}

struct tls_context *tls_context_ref(struct tls_context *t)
{
	t->refs++;
	return t;
}

void tls_context_unref(struct tls_context *t)
{
	if (!t || --t->refs)
		return;
	SSL_CTX_free(t->ssl);
	free(t);
}

int64_t tls_context_expires(const struct tls_context *t)
{
	return t->expires;
}

SSL_CTX *tls_context_ssl(struct tls_context *t)
{
	return t->ssl;
}
