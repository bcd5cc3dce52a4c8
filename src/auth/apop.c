/* Sealing, unsealing, and the digest. Secrets are wiped from every place they were in. */
#include "auth/apop.h"

#include <gsasl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/random.h"
#include "base/utf8.h"

enum { NONCE = 12, TAG = 16, MD5_OCTETS = 16 };

static const char path[] = "apop.key", path_new[] = "apop.key.new";

/* ── The key ── */

static enum fail read_key(struct disk *d, struct apop_key *key, struct why *w)
{
	struct disk_file *f;
	size_t got = 0;
	enum fail failed = d->ops->open(d, path, DISK_READ, &f, w);

	if (failed)
		return failed;
	failed = f->ops->read(f, key->octets, sizeof key->octets, 0, &got, w);
	if (!failed && (got != sizeof key->octets || f->ops->size(f) != got))
		failed = why(w, FAIL_CORRUPT, "auth/apop.key is damaged: put it back from a backup");
	d->ops->close(f);
	return failed;
}

/* Under its name only once all of it is there. */
static enum fail make_key(struct disk *d, struct apop_key *key, struct why *w)
{
	struct iovec iov = {key->octets, sizeof key->octets};
	struct disk_file *f;
	enum fail failed;

	random_bytes(key->octets, sizeof key->octets);
	(void)!d->ops->remove(d, path_new, NULL); /* what a crash left */
	failed = d->ops->open(d, path_new, DISK_WRITE | DISK_CREATE, &f, w);
	if (failed)
		return failed;
	failed = f->ops->write(f, &iov, 1, 0, w);
	if (!failed)
		failed = f->ops->sync(f, w);
	d->ops->close(f);
	if (!failed)
		failed = d->ops->rename(d, path_new, path, w);
	return failed ? failed : d->ops->sync_dir(d, ".", w);
}

enum fail apop_key_load(struct disk *disk, bool make, struct apop_key *key, struct why *w)
{
	enum fail f;

	if (key->known)
		return FAIL_NONE;
	f = read_key(disk, key, w);
	if (f == FAIL_NOT_FOUND && make)
		f = make_key(disk, key, w);
	key->known = !f;
	return f;
}

/* ── Sealing ── */

static void bind_account(uint64_t account, unsigned char out[8])
{
	for (int i = 0; i < 8; i++)
		out[i] = (unsigned char)(account >> (56 - 8 * i));
}

/* nonce, ciphertext, tag */
static bool encrypt(const struct apop_key *key, uint64_t account, const char *secret, size_t n, unsigned char *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char bound[8];
	int done = 0, last = 0;
	bool ok;

	bind_account(account, bound);
	random_bytes(out, NONCE);
	ok = c && EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key->octets, out) &&
	     EVP_EncryptUpdate(c, NULL, &done, bound, sizeof bound) &&
	     EVP_EncryptUpdate(c, out + NONCE, &done, (const unsigned char *)secret, (int)n) &&
	     EVP_EncryptFinal_ex(c, out + NONCE + done, &last) &&
	     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, out + NONCE + n);
	EVP_CIPHER_CTX_free(c);
	return ok;
}

/* How many octets of secret, or 0: it was not sealed with this key for this account. */
static size_t decrypt(const struct apop_key *key, uint64_t account, struct span sealed, unsigned char *out)
{
	const unsigned char *in = (const unsigned char *)sealed.p;
	unsigned char bound[8], tag[TAG];
	EVP_CIPHER_CTX *c;
	int done = 0, last = 0;
	size_t n;
	bool ok;

	if (sealed.n <= NONCE + TAG || sealed.n > APOP_SEALED_MAX)
		return 0;
	n = sealed.n - NONCE - TAG;
	bind_account(account, bound);
	memcpy(tag, in + NONCE + n, TAG);
	c = EVP_CIPHER_CTX_new();
	ok = c && EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key->octets, in) &&
	     EVP_DecryptUpdate(c, NULL, &done, bound, sizeof bound) &&
	     EVP_DecryptUpdate(c, out, &done, in + NONCE, (int)n) &&
	     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, tag) && EVP_DecryptFinal_ex(c, out + done, &last);
	EVP_CIPHER_CTX_free(c);
	return ok ? n : 0;
}

static bool is_printable(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0;
}

enum fail apop_seal(const struct apop_key *key, uint64_t account, struct span secret, struct buf *out, struct why *w)
{
	char text[APOP_SECRET_MAX + 1], *prepared = NULL;
	unsigned char sealed[APOP_SEALED_MAX];
	enum fail f = FAIL_NONE;
	size_t n;

	if (!is_printable(secret) || !utf8_valid(secret) || !span_cstr(secret, text, sizeof text) ||
		gsasl_saslprep(text, 0, &prepared, NULL) != GSASL_OK || strlen(prepared) > APOP_SECRET_MAX ||
		!*prepared)
		f = why(w, FAIL_CANNOT,
			"A secret for APOP has 1 to %d octets of UTF-8 that SASLprep (RFC 4013) takes: no control "
			"characters, no "
			"mixture of writing directions.",
			APOP_SECRET_MAX);
	n = f ? 0 : strlen(prepared);
	if (!f && !encrypt(key, account, prepared, n, sealed))
		f = why(w, FAIL_UNAVAILABLE, "The secret could not be sealed.");
	if (!f && buf_add(out, span(sealed, NONCE + n + TAG)))
		f = why(w, FAIL_TOO_BIG, "The secret does not fit.");
	OPENSSL_cleanse(text, sizeof text);
	if (prepared)
		OPENSSL_cleanse(prepared, strlen(prepared));
	gsasl_free(prepared);
	return f;
}

/* ── The digest ── */

static bool md5(struct span timestamp, const unsigned char *secret, size_t n, unsigned char out[MD5_OCTETS])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c && EVP_DigestInit_ex(c, EVP_md5(), NULL) && EVP_DigestUpdate(c, timestamp.p, timestamp.n) &&
		  EVP_DigestUpdate(c, secret, n) && EVP_DigestFinal_ex(c, out, NULL);

	EVP_MD_CTX_free(c);
	return ok;
}

bool apop_matches(
	const struct apop_key *key, uint64_t account, struct span sealed, struct span timestamp, struct span digest)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char secret[APOP_SEALED_MAX], octets[MD5_OCTETS];
	char want[APOP_DIGEST_OCTETS];
	size_t n = decrypt(key, account, sealed, secret);
	bool ok = n && md5(timestamp, secret, n, octets);

	OPENSSL_cleanse(secret, sizeof secret);
	for (size_t i = 0; ok && i < sizeof want; i++)
		want[i] = hex[octets[i / 2] >> (i % 2 ? 0 : 4) & 15];
	return ok && digest.n == sizeof want && !CRYPTO_memcmp(digest.p, want, sizeof want);
}
