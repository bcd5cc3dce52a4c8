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
static TRY_UNUSED enum fail try_finish(struct trial *t, struct try_wait *w, enum fail f)
{
	if (f != FAIL_BUSY)
		return f;
	for (int turns = 0; !w->done; turns++) {
		assert_true(turns < 1000000);
		uv_run(&t->loop.uv, UV_RUN_ONCE);
	}
	return w->result;
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

/* ── Everything that a client could see of an account, as text ── */

static TRY_UNUSED void try_dump_bytes(struct trial *t, struct account *a, const struct message *msg, struct buf *out)
{
	uint64_t sum = 1469598103934665603u;
	struct buf bytes;

	buf_init(&bytes, 2 << 20);
	for (uint64_t at = 0; at < msg->size; at += bytes.n) {
		buf_reset(&bytes);
		try_read(t, a, msg, at, 1 << 20, &bytes);
		assert_true(bytes.n > 0);
		for (size_t i = 0; i < bytes.n; i++)
			sum = (sum ^ (unsigned char)bytes.p[i]) * 1099511628211u;
	}
	buf_fini(&bytes);
	buf_addf(out, " sum %llx\n", (unsigned long long)sum);
}

static TRY_UNUSED void try_dump_message(
	struct trial *t, struct account *a, struct mailbox *m, const struct message *msg, struct buf *out)
{
	buf_addf(out, "  %u id %llx flags %llx modseq %llu size %llu date %lld %d saved %lld uidl ", msg->uid,
		(unsigned long long)msg->id, (unsigned long long)msg->flags, (unsigned long long)msg->modseq,
		(unsigned long long)msg->size, (long long)msg->internal_date, msg->internal_zone,
		(long long)msg->save_date);
	message_uidl(m, msg, out);
	try_dump_bytes(t, a, msg, out);
}

static TRY_UNUSED void try_dump_kept(struct trial *t, struct account *a, struct buf *out)
{
	struct kept_mailboxes *gone;
	struct kept_mailbox mailbox;
	struct kept_message kept[3];
	struct kept_place after = {0, 0};
	uint64_t count = 0, size = 0;
	size_t n;
	struct why w;

	assert_int_equal(kept_mailboxes_load(a, &gone, &w), FAIL_NONE);
	do {
		assert_int_equal(account_kept(a, after, ARRAY_LEN(kept), kept, &n, &w), FAIL_NONE);
		for (size_t i = 0; i < n; i++) {
			buf_addf(out, "kept %llu id %llx of %llu", (unsigned long long)kept[i].place.sequence,
				(unsigned long long)kept[i].place.id, (unsigned long long)kept[i].mailbox);
			if (kept_mailbox_find(gone, kept[i].mailbox, &mailbox))
				buf_addf(out, " that was %.*s", SPAN_ARG(mailbox.name));
			buf_addf(out, " flags %llx uid %u size %llu", (unsigned long long)kept[i].message.flags,
				kept[i].message.uid, (unsigned long long)kept[i].message.size);
			try_dump_bytes(t, a, &kept[i].message, out);
			after = kept[i].place;
			count++;
			size += kept[i].message.size;
		}
	} while (n == ARRAY_LEN(kept));
	kept_mailboxes_free(gone);
	assert_true(account_kept_count(a) == count);
	assert_true(account_kept_size(a) == size);
}

static TRY_UNUSED void try_dump(struct trial *t, struct account *a, struct buf *out)
{
	for (size_t i = 0; i < account_mailboxes(a); i++) {
		struct mailbox_info info;
		struct mailbox *m;

		account_mailbox_at(a, i, &info);
		buf_addf(out,
			"%.*s id %llu validity %u next %u modseq %llu messages %u unseen %u deleted %u recent %u size "
			"%llu "
			"use %d %s\n",
			SPAN_ARG(info.name), (unsigned long long)info.id, info.uidvalidity, info.uid_next,
			(unsigned long long)info.highest_modseq, info.messages, info.unseen, info.deleted,
			info.recent_from, (unsigned long long)info.size, (int)info.special_use,
			info.subscribed ? "subscribed" : "");
		m = try_mailbox_id(t, a, info.id);
		for (int bit = KEYWORD_FIRST_BIT; bit < 64; bit++) {
			struct span name = mailbox_keyword_name(m, bit);

			if (name.p)
				buf_addf(out, "  keyword %d %.*s\n", bit, SPAN_ARG(name));
		}
		assert_int_equal(mailbox_count(m), info.messages);
		for (size_t k = 0; k < mailbox_count(m); k++) {
			struct message msg;

			mailbox_at(m, k, &msg);
			try_dump_message(t, a, m, &msg, out);
		}
		mailbox_close(m);
	}
	for (size_t i = 0; i < account_subscriptions(a); i++)
		buf_addf(out, "subscribed %.*s\n", SPAN_ARG(account_subscription_at(a, i)));
	try_dump_kept(t, a, out);
}

static TRY_UNUSED void try_dump_new(struct trial *t, struct account *a, struct buf *out)
{
	buf_init(out, 64 << 20);
	try_dump(t, a, out);
	assert_false(out->over);
}

/* ── A step of a history: something random, staged and not yet committed ── */

static TRY_UNUSED uint64_t try_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 11;
}

static TRY_UNUSED void try_stage_message(
	struct trial *t, struct batch *b, uint64_t mailbox, uint64_t *seed, bool may_be_big)
{
	static const struct span names[] = {
		{"$Forwarded", 10}, {"Work", 4}, {"Todo", 4}, {"\xd8\xa8\xd8\xb1\xd9\x8a\xd8\xaf", 8}};
	char bytes[2000];
	uint64_t r = try_random(seed);
	int n = snprintf(bytes, sizeof bytes, "Subject: %016llx\r\n\r\n", (unsigned long long)r);
	struct body_writer *w = body_begin(t->store);
	struct new_message m = {.flags = r & MESSAGE_SYSTEM_FLAGS,
		.keywords = &names[r % 4],
		.keyword_count = r >> 8 & 1,
		.internal_date = (int64_t)(r & 0xffffff),
		.internal_zone = (int16_t)((int)(r % 1440) - 720)};
	struct body *body;
	struct why why;
	size_t copies = may_be_big && r % 16 == 3 ? 200 : 1;

	memset(bytes + n, 'x', sizeof bytes - (size_t)n);
	for (size_t i = 0; i < copies; i++)
		assert_int_equal(body_append(w, span(bytes, (size_t)n + r % (sizeof bytes - 100)), &why), FAIL_NONE);
	assert_int_equal(body_end(w, &body, &why), FAIL_NONE);
	m.body = body;
	if (r >> 9 & 1)
		m.prefix = SPAN("Return-Path: <someone@example.org>\r\n");
	if (r >> 10 & 1)
		m.uidl = span(bytes + 9, 10);
	assert_int_equal(batch_message(b, mailbox, &m, &why), FAIL_NONE);
	body_free(body);
}

static TRY_UNUSED void try_stage_tree(struct trial *t, struct batch *b, uint64_t *seed, const struct mailbox_info *info)
{
	char name[40];
	uint64_t r = try_random(seed);
	struct why why;

	(void)t;
	snprintf(name, sizeof name, "box %llu/%llu", (unsigned long long)(r % 5), (unsigned long long)(r >> 8 & 3));
	if (r % 3 == 0 && !span_eq(info->name, SPAN("INBOX")))
		assert_int_equal(batch_mailbox_delete(b, info->id, &why), FAIL_NONE);
	else if (r % 3 == 1)
		assert_int_equal(batch_mailbox_rename(b, info->id, span_of(name), &why), FAIL_NONE);
	else
		assert_int_equal(batch_mailbox_create(b, span_of(name), USE_NONE, &why), FAIL_NONE);
	assert_int_equal(batch_subscribe(b, span_of(name), r & 1, &why), FAIL_NONE);
}

static TRY_UNUSED void try_stage_rows(struct trial *t, struct batch *b, struct mailbox *m, uint64_t to, uint64_t *seed)
{
	uint64_t r = try_random(seed);
	struct span keyword = SPAN("Work");
	struct flag_set set = {r >> 16 & MESSAGE_SYSTEM_FLAGS, &keyword, r >> 24 & 1};
	uint32_t first = 1 + (uint32_t)(r % 12), last = first + (uint32_t)(r >> 8) % 4;
	struct message msg;
	struct why why;

	(void)t;
	switch (r >> 32 & 3) {
	case 0: assert_int_equal(batch_expunge(b, m, first, last, &why), FAIL_NONE); return;
	case 1: assert_int_equal(batch_flags(b, m, first, last, r >> 40 & 1, &set, &why), FAIL_NONE); return;
	case 2: assert_int_equal(batch_flags(b, m, first, UINT32_MAX, FLAGS_REPLACE, &set, &why), FAIL_NONE); return;
	default: break;
	}
	for (size_t i = 0; i < mailbox_count(m) && i < 3; i++) {
		mailbox_at(m, i, &msg);
		if (r >> 41 & 1)
			assert_int_equal(batch_move(b, m, &msg, to, &why), FAIL_NONE);
		else
			assert_int_equal(batch_copy(b, m, &msg, to, &why), FAIL_NONE);
	}
}

/* Brings some of what is kept back, or purges the oldest. */
static TRY_UNUSED void try_stage_kept(struct trial *t, struct batch *b, struct account *a, uint64_t to, uint64_t *seed)
{
	struct kept_message kept[8];
	struct kept_mailboxes *gone;
	uint64_t r = try_random(seed);
	struct why why;
	size_t n;

	(void)t;
	assert_int_equal(account_kept(a, (struct kept_place){0, 0}, ARRAY_LEN(kept), kept, &n, &why), FAIL_NONE);
	assert_int_equal(kept_mailboxes_load(a, &gone, &why), FAIL_NONE);
	if (n && r % 4 == 0)
		assert_int_equal(batch_purge(b, kept[(r >> 8) % n].place, &why), FAIL_NONE);
	for (size_t i = 0; i < n && r % 4; i++)
		if (r >> (16 + i) & 1)
			assert_int_equal(batch_undelete(b, &kept[i], gone, to, &why), FAIL_NONE);
	kept_mailboxes_free(gone);
}

/* One change of an account, anything that a client may ask for. */
static TRY_UNUSED struct batch *try_random_batch(struct trial *t, struct account *a, uint64_t *seed, bool may_be_big)
{
	struct batch *b = batch_begin(a);
	struct mailbox_info info, other;
	uint64_t r = try_random(seed);
	struct mailbox *m;
	struct why why;

	account_mailbox_at(a, r % 3 ? 0 : (r >> 8) % account_mailboxes(a), &info);
	account_mailbox_at(a, (r >> 16) % account_mailboxes(a), &other);
	if (r >> 32 & 1 || r >> 33 & 1) {
		try_stage_message(t, b, info.id, seed, may_be_big);
		if (r >> 34 & 1)
			assert_int_equal(batch_recent(b, info.id, info.uid_next, &why), FAIL_NONE);
	} else if ((r >> 35 & 7) == 0) {
		try_stage_tree(t, b, seed, &info);
	} else if ((r >> 35 & 7) == 1) {
		try_stage_kept(t, b, a, other.id, seed);
	} else {
		m = try_mailbox_id(t, a, info.id);
		try_stage_rows(t, b, m, other.id, seed);
		mailbox_close(m);
	}
	return b;
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
