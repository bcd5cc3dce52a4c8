/* Passwords: hashing and verifying by crypt(3) of libxcrypt. Non-ASCII ones are prepared by SASLprep first (RFC 4013), so that a
 * password is the same in whatever form a keyboard composes it, and by whatever mechanism it comes. */
#include "auth/password.h"

#include <crypt.h>
#include <gsasl.h>
#include <openssl/crypto.h>

#include "auth/directory.h"
#include "base/memory.h"
#include "base/utf8.h"

/* Of no password that anybody has; with the cost that password_hash uses. */
static const char nobodys_hash[] = "$y$j9T$rELEX95zy.o3LeIbt.rAa0$/qkIIeNGKyqkRBQMpvnrtNuCm7Wb2NSWGOO1GdTxgyC";

struct prepared {
	char text[PASSWORD_MAX + 1];
	bool usable;
};

static void prepare(struct span password, struct prepared *out)
{
	char *better = NULL;

	out->usable = password.n && span_cstr(password, out->text, sizeof(out->text));
	if (!out->usable) {
		snprintf(out->text, sizeof(out->text), "no password"); /* what costs as much to refuse */
		return;
	}
	if (span_is_ascii(password) || !utf8_valid(password) ||
		gsasl_saslprep(out->text, GSASL_ALLOW_UNASSIGNED, &better, NULL) != GSASL_OK)
		return;
	if (strlen(better) && strlen(better) <= PASSWORD_MAX)
		snprintf(out->text, sizeof(out->text), "%s", better);
	OPENSSL_cleanse(better, strlen(better));
	gsasl_free(better);
}

/* crypt(3) with memory of its own; false when it refuses the setting. */
static bool hash_with(const char *password, const char *setting, char *dst, size_t size)
{
	struct crypt_data *data = NEW(struct crypt_data);
	const char *hash = crypt_rn(password, setting, data, sizeof(*data));
	bool ok = hash && hash[0] != '*' && strlen(hash) < size;

	if (ok)
		snprintf(dst, size, "%s", hash);
	OPENSSL_cleanse(data, sizeof(*data));
	free(data);
	return ok;
}

enum fail password_hash(struct span password, char *dst, size_t size, struct why *w)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct prepared p;
	bool ok;

	prepare(password, &p);
	if (!p.usable) {
		OPENSSL_cleanse(&p, sizeof(p));
		return why(w, FAIL_CANNOT, "A password has 1 to %d octets and no NUL.", PASSWORD_MAX);
	}
	ok = crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof(setting)) && hash_with(p.text, setting, dst, size);
	OPENSSL_cleanse(&p, sizeof(p));
	return ok ? FAIL_NONE : why(w, FAIL_UNAVAILABLE, "The password could not be hashed.");
}

static bool same(const char *a, const char *b)
{
	size_t n = strlen(a);

	return strlen(b) == n && !CRYPTO_memcmp(a, b, n);
}

bool password_verify(struct span password, const char *hash)
{
	char got[PASSWORD_HASH_MAX + 1];
	struct prepared p;
	bool ok;

	prepare(password, &p);
	ok = hash_with(p.text, hash ? hash : nobodys_hash, got, sizeof(got)) && same(got, hash ? hash : nobodys_hash);
	ok = ok && hash && p.usable;
	OPENSSL_cleanse(&p, sizeof(p));
	OPENSSL_cleanse(got, sizeof(got));
	return ok;
}

bool password_hash_valid(const char *hash)
{
	int known = crypt_checksalt(hash);

	/* any two letters are a salt of 1979's DES: a password that somebody took for its hash would pass */
	return hash[0] == '$' && (known == CRYPT_SALT_OK || known == CRYPT_SALT_METHOD_LEGACY);
}
