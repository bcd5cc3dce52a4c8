/* SASL exchanges. GNU SASL asks for the verdict in a callback, at once; the verdict takes a worker thread and a while. So the callback
 * keeps what is claimed and agrees, and the exchange's end is not yet a login: the caller verifies. */
#include "auth/sasl.h"

#include <gsasl.h>
#include <openssl/crypto.h>

#include "base/memory.h"
#include "base/utf8.h"

/* Mechanisms that are offered, and whether the server speaks first even when the client sent something ahead (LOGIN's "User Name"). */
static const struct mechanism {
	const char *name;
	bool server_first;
	const char *prompts[2]; /* instead of the library's, or NULL */
} mechanisms[] = {
	{"PLAIN", false, {NULL}},                    /* RFC 4616 */
	{"LOGIN", true, {"Username:", "Password:"}}, /* draft-murchison-sasl-login; the prompts that clients know */
};

struct sasl {
	Gsasl *library;
	Gsasl_session *session;
	const struct mechanism *mechanism;
	char *user, *password;
	size_t challenges;
};

static char *kept(const char *s)
{
	return memory_dup(s ? s : "");
}

static int on_callback(Gsasl *library, Gsasl_session *session, Gsasl_property what)
{
	struct sasl *s = gsasl_session_hook_get(session);
	const char *other;

	(void)library;
	if (what != GSASL_VALIDATE_SIMPLE || s->user)
		return GSASL_NO_CALLBACK;
	s->user = kept(gsasl_property_fast(session, GSASL_AUTHID));
	s->password = kept(gsasl_property_fast(session, GSASL_PASSWORD));
	other = gsasl_property_fast(session, GSASL_AUTHZID);
	return other && *other && strcmp(other, s->user) != 0 ? GSASL_AUTHENTICATION_ERROR : GSASL_OK;
}

static const struct mechanism *find(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++)
		if (span_eq_nocase(name, span_of(mechanisms[i].name)))
			return &mechanisms[i];
	return NULL;
}

enum fail sasl_new(struct span mechanism, struct sasl **out, struct why *w)
{
	const struct mechanism *m = find(mechanism);
	struct sasl *s;

	if (!m)
		return why(w, FAIL_CANNOT, "this mechanism is not offered here");
	s = NEW(struct sasl);
	s->mechanism = m;
	if (gsasl_init(&s->library) != GSASL_OK) {
		free(s);
		return why(w, FAIL_MEMORY, "authentication could not be set up");
	}
	gsasl_callback_set(s->library, on_callback);
	if (gsasl_server_start(s->library, m->name, &s->session) != GSASL_OK) {
		sasl_free(s);
		return why(w, FAIL_CANNOT, "this mechanism is not offered here");
	}
	gsasl_session_hook_set(s->session, s);
	*out = s;
	return FAIL_NONE;
}

static void wipe(char *secret)
{
	if (secret)
		OPENSSL_cleanse(secret, strlen(secret));
	free(secret);
}

/* The library frees its own copy as it is. */
static void wipe_property(Gsasl_session *session, Gsasl_property what)
{
	const char *copy = gsasl_property_fast(session, what);

	if (copy)
		OPENSSL_cleanse((char *)(uintptr_t)copy, strlen(copy));
}

void sasl_free(struct sasl *s)
{
	if (!s)
		return;
	wipe(s->user);
	wipe(s->password);
	if (s->session) {
		wipe_property(s->session, GSASL_PASSWORD);
		gsasl_finish(s->session);
	}
	gsasl_done(s->library);
	free(s);
}

static void add_challenge(const struct sasl *s, struct span text, struct buf *out)
{
	const char *prompt =
		s->challenges < ARRAY_LEN(s->mechanism->prompts) ? s->mechanism->prompts[s->challenges] : NULL;

	buf_add(out, prompt ? span_of(prompt) : text);
}

static char *kept_span(struct span s)
{
	char *p = memory_new(s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

/* The library gives up on what SASLprep does not take: Arabic letters that end in a digit (RFC 3454 §6), a tab, Latin-1. SASLprep is
 * RECOMMENDED only (RFC 4616 §2); auth/password.c takes such a password as it is, so it has to come through. */
static enum sasl_result plain_as_it_came(struct sasl *s, struct span message)
{
	struct span other, user;

	if (s->user || !span_take_until(&message, 0, &other) || !span_take_until(&message, 0, &user) || !user.n ||
		!message.n || span_find_byte(message, 0) != SIZE_MAX || (other.n && !span_eq(other, user)))
		return SASL_FAILED;
	s->user = kept_span(user);
	s->password = kept_span(message);
	return SASL_CREDENTIALS;
}

enum sasl_result sasl_step(struct sasl *s, struct span response, struct buf *out)
{
	char *text = NULL;
	size_t n = 0;
	int result = gsasl_step(s->session, response.n ? response.p : NULL, response.n, &text, &n);

	if (result == GSASL_NEEDS_MORE && out)
		add_challenge(s, span(text, n), out);
	gsasl_free(text);
	if (result == GSASL_NEEDS_MORE) {
		s->challenges++;
		return SASL_CHALLENGE;
	}
	if (result == GSASL_SASLPREP_ERROR && !s->mechanism->server_first)
		return plain_as_it_came(s, response);
	return result == GSASL_OK && s->user ? SASL_CREDENTIALS : SASL_FAILED;
}

/* Clients that send LOGIN's name ahead: the challenge that it answers is passed over. */
enum sasl_result sasl_begin(struct sasl *s, struct span initial, struct buf *out)
{
	if (initial.p && initial.n == 0 && !s->mechanism->server_first)
		return SASL_FAILED; /* "=": an empty response is none that these mechanisms know */
	if (!initial.p || !s->mechanism->server_first)
		return sasl_step(s, initial, out);
	if (sasl_step(s, SPAN(""), NULL) != SASL_CHALLENGE)
		return SASL_FAILED;
	return sasl_step(s, initial, out);
}

struct sasl_credentials sasl_credentials(const struct sasl *s)
{
	return (struct sasl_credentials){span_of(s->user), span_of(s->password)};
}

bool sasl_prepared_name(struct span name, char *dst, size_t size)
{
	char text[1025], *better = NULL;
	bool ok;

	if (span_is_ascii(name) || !utf8_valid(name) || !span_cstr(name, text, sizeof text) ||
		gsasl_saslprep(text, 0, &better, NULL) != GSASL_OK)
		return false;
	ok = *better && strlen(better) < size;
	if (ok)
		snprintf(dst, size, "%s", better);
	gsasl_free(better);
	return ok;
}
