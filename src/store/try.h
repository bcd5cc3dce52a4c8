/* For the tests of this room: a store that is driven by hand, every wait waited for. Nothing here is part of the program. */
#ifndef STORE_TRY_H
#define STORE_TRY_H

#include "base/test.h"

#include "base/clock.h"
#include "base/memory.h"
#include "kv/kv.h"
#include "log/disk.h"
#include "log/log.h"
#include "store/batch.h"
#include "store/engine.h"
#include "store/feed.h"
#include "store/kept.h"

#define TRY_UNUSED __attribute__((unused))

struct trial {
	struct loop loop;
	struct store *store;
	struct account *account;
	char dir[64];
};

struct try_wait {
	struct store_wait wait;
	bool done;
	enum fail result;
};

static void try_done(struct store_wait *w, enum fail f)
{
	struct try_wait *t = CONTAINER_OF(w, struct try_wait, wait);

	assert_false(t->done);
	t->done = true;
	t->result = f;
}

static TRY_UNUSED void try_wait_init(struct try_wait *t)
{
	store_wait_init(&t->wait, try_done);
	t->done = false;
	t->result = FAIL_NONE;
}

/* Waits for what was answered FAIL_BUSY. */
static TRY_UNUSED enum fail try_finish_in(struct loop *loop, struct try_wait *w, enum fail f)
{
	if (f != FAIL_BUSY)
		return f;
	for (int turns = 0; !w->done; turns++) {
		assert_true(turns < 1000000);
		uv_run(&loop->uv, UV_RUN_ONCE);
	}
	return w->result;
}

static TRY_UNUSED enum fail try_finish(struct trial *t, struct try_wait *w, enum fail f)
{
	return try_finish_in(&t->loop, w, f);
}

/* Waits until an index that is being made anew is complete. */
static TRY_UNUSED void try_rebuilt_store(struct store *s, struct loop *loop)
{
	uint64_t done, all;

	while (store_rebuilding(s, &done, &all)) {
		assert_true(done <= all);
		assert_false(store_broken(s));
		uv_run(&loop->uv, UV_RUN_ONCE);
	}
}

static TRY_UNUSED void try_rebuilt(struct trial *t)
{
	try_rebuilt_store(t->store, &t->loop);
}

static TRY_UNUSED struct account *try_account(struct trial *t, uint64_t id)
{
	struct try_wait w;
	struct account *a = NULL;

	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, account_open(t->store, id, &w.wait, &a)), FAIL_NONE);
	assert_non_null(a);
	return a;
}

static TRY_UNUSED struct mailbox *try_mailbox_id(struct trial *t, struct account *a, uint64_t id)
{
	struct try_wait w;
	struct mailbox *m = NULL;

	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, mailbox_open(a, id, &w.wait, &m)), FAIL_NONE);
	assert_non_null(m);
	return m;
}

static TRY_UNUSED struct mailbox_info try_info(struct account *a, const char *name)
{
	struct mailbox_info info = {0};

	assert_int_equal(account_mailbox_find(a, span_of(name), &info), FAIL_NONE);
	return info;
}

static TRY_UNUSED struct mailbox *try_mailbox(struct trial *t, struct account *a, const char *name)
{
	return try_mailbox_id(t, a, try_info(a, name).id);
}

static TRY_UNUSED struct body *try_body(struct trial *t, struct span bytes)
{
	struct body_writer *w = body_begin(t->store);
	struct body *body = NULL;
	struct why why;

	assert_int_equal(body_append(w, bytes, &why), FAIL_NONE);
	assert_int_equal(body_end(w, &body, &why), FAIL_NONE);
	return body;
}

/* Commits, waits, frees. */
static TRY_UNUSED enum fail try_commit(struct trial *t, struct batch *b)
{
	struct try_wait w;
	enum fail f;

	try_wait_init(&w);
	f = try_finish(t, &w, batch_commit(b, &w.wait));
	batch_free(b);
	return f;
}

static TRY_UNUSED uint32_t try_deliver_flags(
	struct trial *t, struct account *a, uint64_t mailbox, struct span bytes, uint64_t flags)
{
	struct batch *b = batch_begin(a);
	struct body *body = try_body(t, bytes);
	struct new_message m = {.body = body, .flags = flags, .internal_date = 1000, .internal_zone = 60};
	struct try_wait w;
	struct why why;
	const uint32_t *uids;
	uint32_t uid;

	assert_int_equal(batch_message(b, mailbox, &m, &why), FAIL_NONE);
	body_free(body);
	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, batch_commit(b, &w.wait)), FAIL_NONE);
	assert_int_equal(batch_uids(b, &uids), 1);
	uid = uids[0];
	batch_free(b);
	return uid;
}

static TRY_UNUSED uint32_t try_deliver(struct trial *t, struct account *a, uint64_t mailbox, struct span bytes)
{
	return try_deliver_flags(t, a, mailbox, bytes, 0);
}

static TRY_UNUSED void try_read(
	struct trial *t, struct account *a, const struct message *m, uint64_t offset, size_t n, struct buf *out)
{
	struct try_wait w;

	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, message_read(a, m, offset, n, out, &w.wait)), FAIL_NONE);
}

static TRY_UNUSED enum fail try_flags(struct trial *t, struct mailbox *m, uint32_t first, uint32_t last,
	enum flag_change how, uint64_t system, const char *keyword)
{
	struct batch *b = batch_begin(t->account);
	struct span name = span_of(keyword ? keyword : "");
	struct flag_set set = {system, &name, keyword ? 1 : 0};
	struct why w;
	enum fail f = batch_flags(b, m, first, last, how, &set, &w);

	if (f) {
		batch_free(b);
		return f;
	}
	return try_commit(t, b);
}

static TRY_UNUSED enum fail try_create(struct trial *t, const char *name)
{
	struct batch *b = batch_begin(t->account);
	struct why w;

	assert_int_equal(batch_mailbox_create(b, span_of(name), USE_NONE, &w), FAIL_NONE);
	return try_commit(t, b);
}

static TRY_UNUSED uint64_t try_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 11;
}

/* ── Engines ── */

static TRY_UNUSED bool try_copy_entry(void *context, struct span key, struct span value)
{
	kv_batch_put(context, key, value);
	return true;
}

static TRY_UNUSED struct kv *try_copy_kv(struct kv *kv)
{
	struct kv *copy = kv_open_memory();
	struct kv_batch b;

	kv_batch_init(&b);
	assert_int_equal(kv->ops->scan(kv, SPAN(""), SPAN(""), try_copy_entry, &b, NULL), FAIL_NONE);
	assert_int_equal(copy->ops->write(copy, &b, NULL), FAIL_NONE);
	kv_batch_fini(&b);
	return copy;
}

static TRY_UNUSED void try_report(void *context, const char *text)
{
	(void)context;
	if (getenv("BARID_TRY_VERBOSE"))
		fprintf(stderr, "store: %s\n", text);
}

static TRY_UNUSED void try_open_local(struct trial *t)
{
	struct why w;
	enum fail f = store_open_local(t->dir, &t->loop, 0, NULL, try_report, NULL, &t->store, &w);

	if (f)
		print_error("%s\n", w.log);
	assert_int_equal(f, FAIL_NONE);
}

static TRY_UNUSED int try_setup_local(void **state)
{
	struct trial *t = NEW(struct trial);

	loop_init(&t->loop);
	snprintf(t->dir, sizeof(t->dir), "/tmp/barid-store-test-XXXXXX");
	if (!mkdtemp(t->dir))
		return -1;
	try_open_local(t);
	t->account = try_account(t, 7);
	*state = t;
	return 0;
}

static TRY_UNUSED int try_setup_memory(void **state)
{
	struct trial *t = NEW(struct trial);
	struct why w;

	loop_init(&t->loop);
	if (store_open_memory(&t->loop, &t->store, &w))
		return -1;
	t->account = try_account(t, 7);
	*state = t;
	return 0;
}

static TRY_UNUSED int try_teardown(void **state)
{
	struct trial *t = *state;
	char command[128];
	int status = 0;

	account_close(t->account);
	store_close(t->store);
	for (int i = 0; i < 10; i++)
		loop_turn(&t->loop);
	loop_fini(&t->loop);
	if (t->dir[0]) {
		snprintf(command, sizeof(command), "rm -rf '%s'", t->dir);
		status = system(command);
	}
	free(t);
	return status;
}

/* Closes the store and opens it again (engine local). */
static TRY_UNUSED void try_reopen(struct trial *t)
{
	account_close(t->account);
	store_close(t->store);
	try_open_local(t);
	t->account = try_account(t, 7);
}

#endif
