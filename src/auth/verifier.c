/* Password checks on worker threads. */
#include "auth/verifier.h"

#include <openssl/crypto.h>

#include "auth/directory.h"
#include "auth/password.h"
#include "base/memory.h"

struct verification {
	struct list link;
	struct verifier *verifier;
	struct job job;
	char *password;
	size_t password_n;
	char hash[PASSWORD_HASH_MAX + 1];
	bool known, ok;
	void (*done)(void *ctx, bool ok);
	void *ctx;
};

void verifier_init(struct verifier *v, struct loop *l, size_t threads)
{
	*v = (struct verifier){.loop = l, .most = threads};
	list_init(&v->waiting);
}

static void work(struct job *j)
{
	struct verification *x = CONTAINER_OF(j, struct verification, job);

	x->ok = password_verify(span(x->password, x->password_n), x->known ? x->hash : NULL);
}

static void start_some(struct verifier *v);

static void verification_free(struct verification *x)
{
	OPENSSL_cleanse(x->password, x->password_n);
	free(x->password);
	OPENSSL_cleanse(x, sizeof *x);
	free(x);
}

static void done(struct job *j)
{
	struct verification *x = CONTAINER_OF(j, struct verification, job);
	struct verifier *v = x->verifier;

	v->running--;
	start_some(v);
	if (x->done)
		x->done(x->ctx, x->ok);
	verification_free(x);
}

static void start_some(struct verifier *v)
{
	while (v->running < v->most && !list_empty(&v->waiting)) {
		struct verification *x = CONTAINER_OF(v->waiting.next, struct verification, link);

		list_remove(&x->link);
		v->queued--;
		v->running++;
		x->job.work = work;
		x->job.done = done;
		job_start(&x->job, v->loop);
	}
}

enum fail verifier_check(struct verifier *v, struct span password, const char *hash,
	void (*done_call)(void *ctx, bool ok), void *ctx, struct verification **out, struct why *w)
{
	struct verification *x;

	if (v->queued >= VERIFIER_QUEUE_MAX)
		return why(w, FAIL_UNAVAILABLE, "too many logins at once: try again in a moment");
	x = NEW(struct verification);
	x->verifier = v;
	x->password = memory_new(password.n + 1);
	x->password_n = password.n;
	if (password.n)
		memcpy(x->password, password.p, password.n);
	x->known = hash != NULL;
	snprintf(x->hash, sizeof x->hash, "%s", hash ? hash : "");
	x->done = done_call;
	x->ctx = ctx;
	list_append(&v->waiting, &x->link);
	v->queued++;
	*out = x;
	start_some(v);
	return FAIL_NONE;
}

void verifier_forget(struct verification *x)
{
	x->done = NULL;
	if (list_empty(&x->link))
		return; /* a thread has it: done() frees it */
	list_remove(&x->link);
	x->verifier->queued--;
	verification_free(x);
}
