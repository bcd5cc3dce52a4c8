/* For the tests of this room: a step of a history, something random, staged and not yet committed. */
#ifndef STORE_TRY_STEP_H
#define STORE_TRY_STEP_H

#include "store/device.h"
#include "store/try.h"

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

/* A device comes and goes, or an administrator decides something about it. */
static TRY_UNUSED void try_stage_device(struct trial *t, struct batch *b, struct account *a, uint64_t *seed)
{
	static const struct span names[] = {SPAN(""), SPAN("desk"), SPAN("\xd9\x87\xd8\xa7\xd8\xaa\xd9\x81")};
	struct mailbox *inbox = try_mailbox(t, a, "INBOX");
	uint64_t r = try_random(seed);
	struct span name = names[r % ARRAY_LEN(names)];
	struct device_rules rules = {{DEVICE_KEEP, 0}, 5000000, (int64_t)(2000000 + (r >> 8 & 0xfffff) * 8)};
	struct device_policy policy = {(enum device_keep)(r >> 32 & 3), 1000000};
	unsigned char marks[64];
	uint32_t uids[64];
	size_t n = mailbox_count(inbox) < ARRAY_LEN(uids) ? mailbox_count(inbox) : ARRAY_LEN(uids);
	struct device device;
	struct why why;

	for (size_t i = 0; i < n; i++) {
		uids[i] = mailbox_uid_at(inbox, i);
		marks[i] = try_random(seed) & (VISIT_RETRIEVED | VISIT_DELETED);
	}
	if (r >> 40 & 3)
		assert_int_equal(
			batch_device_leave(b, inbox, &(struct device_visit){name, uids, marks, n}, &rules, &why),
			FAIL_NONE);
	else if (account_device_find(a, name, &device) || r >> 42 & 1)
		assert_int_equal(batch_devices_settle(b, inbox, &rules, &why), FAIL_NONE);
	else if (r >> 43 & 3)
		assert_int_equal(batch_device_policy(b, r >> 45 & 1 ? &name : NULL, policy, &why), FAIL_NONE);
	else
		assert_int_equal(batch_device_forget(b, name, &why), FAIL_NONE);
	mailbox_close(inbox);
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
	} else if ((r >> 35 & 7) == 2) {
		try_stage_device(t, b, a, seed);
	} else {
		m = try_mailbox_id(t, a, info.id);
		try_stage_rows(t, b, m, other.id, seed);
		mailbox_close(m);
	}
	return b;
}

#endif
