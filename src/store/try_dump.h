/* For the tests of this room: everything that a client could see of an account, as text. */
#ifndef STORE_TRY_DUMP_H
#define STORE_TRY_DUMP_H

#include "store/device_inner.h"
#include "store/try.h"

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

static TRY_UNUSED void try_dump_marks(const char *what, const struct marks *m, struct buf *out)
{
	for (size_t i = 0; i < m->n; i++)
		buf_addf(out, "  %s %u-%u at %u\n", what, m->at[i].first, m->at[i].last, m->at[i].time);
}

static TRY_UNUSED void try_dump_devices(struct account *a, struct buf *out)
{
	struct device_policy policy = account_device_policy(a);

	buf_addf(out, "policy %d %u\n", (int)policy.keep, policy.seconds);
	for (size_t i = 0; i < account_devices(a); i++) {
		const struct known_device *d = a->devices->at[i];

		buf_addf(out, "device '%s' seen %u policy %d %u\n", d->name, d->seen, (int)d->policy.keep,
			d->policy.seconds);
		try_dump_marks("downloaded", &d->downloaded, out);
		try_dump_marks("deleted", &d->deleted, out);
	}
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
	try_dump_devices(a, out);
}

static TRY_UNUSED void try_dump_new(struct trial *t, struct account *a, struct buf *out)
{
	buf_init(out, 64 << 20);
	try_dump(t, a, out);
	assert_false(out->over);
}

#endif
