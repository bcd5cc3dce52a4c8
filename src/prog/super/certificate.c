/* Certificates: read, checked, and made when there is none. Only super sees private keys on disk. */
#include "prog/super/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "net/tls.h"
#include "prog/super/data_dir.h"

enum { CHAIN_MAX = 128 << 10, KEY_MAX = 32 << 10, DAY = 86400, VALID_DAYS = 3650 };

void certificate_fini(struct certificate *c)
{
	buf_fini(&c->chain);
	buf_fini(&c->key);
}

static enum fail read_pem(const char *setting, const char *path, struct buf *out, struct why *w)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return why(w, errno == EACCES ? FAIL_NO_PERMISSION : FAIL_CONFIG, "%s: cannot read '%s' (%s)", setting,
			path, strerror(errno));
	while (n > 0) {
		char *p = buf_reserve(out, 4096);

		if (!p) {
			close(fd);
			return why(w, FAIL_CONFIG, "%s: '%s' is too long for a certificate or key", setting, path);
		}
		n = read(fd, p, 4096);
		buf_commit(out, n > 0 ? (size_t)n : 0);
	}
	close(fd);
	return n < 0 ? why(w, FAIL_IO, "%s: cannot read '%s' (%s)", setting, path, strerror(errno)) : FAIL_NONE;
}

/* ── Making one ── */

static bool add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *e;
	bool good;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	good = e && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return good;
}

static bool describe(X509 *x, EVP_PKEY *key, const char *hostname)
{
	X509_NAME *name = X509_get_subject_name(x);
	char names[400], common[65];
	BIGNUM *serial = BN_new();
	bool good;

	snprintf(names, sizeof names, "DNS:%s,DNS:localhost,IP:127.0.0.1,IP:::1", hostname);
	snprintf(common, sizeof common, "%.64s", hostname);
	good = serial && BN_rand(serial, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
	       BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x));
	BN_free(serial);
	return good && X509_set_version(x, X509_VERSION_3) && X509_gmtime_adj(X509_getm_notBefore(x), -DAY) &&
	       X509_time_adj_ex(X509_getm_notAfter(x), VALID_DAYS, 0, NULL) && X509_set_pubkey(x, key) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1, -1, 0) &&
	       X509_set_issuer_name(x, name) && add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(x, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(x, NID_ext_key_usage, "serverAuth") && add_extension(x, NID_subject_alt_name, names) &&
	       X509_sign(x, key, EVP_sha256()) > 0;
}

static bool keep_pem(BIO *bio, struct buf *out)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	return n > 0 && buf_add(out, span(p, (size_t)n)) == FAIL_NONE;
}

static bool generate(const char *hostname, struct buf *chain, struct buf *key_out)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *cert_pem = BIO_new(BIO_s_mem()), *key_pem = BIO_new(BIO_s_mem());
	bool good = key && x && cert_pem && key_pem && describe(x, key, hostname) && PEM_write_bio_X509(cert_pem, x) &&
		    PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL) && keep_pem(cert_pem, chain) &&
		    keep_pem(key_pem, key_out);

	BIO_free(cert_pem);
	BIO_free(key_pem);
	X509_free(x);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return good;
}

/* A name that would not be one inside a certificate (spaces, commas) is left to "localhost". */
static const char *plain_name(const char *hostname)
{
	for (const char *p = hostname; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '.' ||
			    *p == '-'))
			return "localhost";
	return strlen(hostname) <= 250 ? hostname : "localhost";
}

static enum fail make_own(const struct settings *s, const char *hostname, struct certificate *c, struct why *w)
{
	enum fail f;

	if (!generate(plain_name(hostname), &c->chain, &c->key))
		return why(w, FAIL_MEMORY, "cannot make a self-signed certificate");
	/* the key first: a certificate without its key would stop the next start */
	if ((f = data_dir_write(s, "tls/key.pem", buf_span(&c->key), 0600, w)))
		return f;
	return data_dir_write(s, "tls/cert.pem", buf_span(&c->chain), 0644, w);
}

/* ── Loading ── */

static enum fail load_own(const struct settings *s, const char *hostname, struct certificate *c, struct why *w)
{
	char cert[512], key[512];
	enum fail f;

	snprintf(cert, sizeof cert, "%s/tls/cert.pem", s->data_dir);
	snprintf(key, sizeof key, "%s/tls/key.pem", s->data_dir);
	c->self_signed = true;
	if (access(cert, F_OK) && errno == ENOENT)
		return make_own(s, hostname, c, w);
	if ((f = read_pem("data_dir", cert, &c->chain, w)))
		return f;
	return read_pem("data_dir", key, &c->key, w);
}

static enum fail load_set(const struct settings *s, struct certificate *c, struct why *w)
{
	char cert[512], key[512];
	enum fail f;

	settings_path(s, s->tls_cert, cert, sizeof cert);
	if ((f = read_pem("tls_cert", cert, &c->chain, w)))
		return f;
	if (!*s->tls_key)
		return read_pem("tls_key (empty: looked for in tls_cert)", cert, &c->key, w);
	settings_path(s, s->tls_key, key, sizeof key);
	return read_pem("tls_key", key, &c->key, w);
}

/* The files that a sentence is about. */
static enum fail say_file(const struct settings *s, enum fail f, const struct why *inner, struct why *w)
{
	if (!*s->tls_cert)
		return why(w, f,
			"the self-signed certificate '%s/tls/cert.pem': %s ('key.pem' beside it): remove both, and new "
			"ones "
			"are made",
			s->data_dir, inner->log);
	return why(w, f, "tls_cert '%s'%s%s%s: %s: renew it, or remove 'tls_cert' to use a self-signed one",
		s->tls_cert, *s->tls_key ? " with tls_key '" : "", s->tls_key, *s->tls_key ? "'" : "", inner->log);
}

enum fail certificate_load(const struct settings *s, const char *hostname, struct certificate *out, struct why *w)
{
	struct certificate c = {0};
	struct tls_context *context = NULL;
	struct why inner = {0};
	enum fail f;

	buf_init(&c.chain, CHAIN_MAX);
	buf_init(&c.key, KEY_MAX);
	f = *s->tls_cert ? load_set(s, &c, w) : load_own(s, hostname, &c, w);
	if (!f && (f = tls_context_new(buf_span(&c.chain), buf_span(&c.key), s->tls_min, &context, &inner)))
		f = say_file(s, f, &inner, w);
	if (f) {
		certificate_fini(&c);
		return f;
	}
	c.expires = tls_context_expires(context);
	random_bytes(c.tickets.key, sizeof c.tickets.key);
	tls_context_unref(context);
	certificate_fini(out);
	*out = c;
	return FAIL_NONE;
}

static enum fail put_aside(const struct settings *s, const char *name, struct why *w)
{
	char from[512], to[520];

	snprintf(from, sizeof from, "%s/tls/%s", s->data_dir, name);
	snprintf(to, sizeof to, "%s.damaged", from);
	if (rename(from, to) && errno != ENOENT)
		return why(w, FAIL_IO, "cannot rename '%s' (%s)", from, strerror(errno));
	return FAIL_NONE;
}

enum fail certificate_make_anew(const struct settings *s, const char *hostname, struct certificate *out, struct why *w)
{
	enum fail f = put_aside(s, "cert.pem", w);

	if (!f)
		f = put_aside(s, "key.pem", w);
	return f ? f : certificate_load(s, hostname, out, w);
}
