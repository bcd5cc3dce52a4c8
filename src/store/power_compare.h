/* Whether an account is as the model says (power_model.h), as far as anybody can see it. Included by power_test.c only. */
#ifndef STORE_POWER_COMPARE_H
#define STORE_POWER_COMPARE_H

#include "store/inside.h"
#include "store/power_model.h"

enum { OPS_MAX = 200, ACCOUNT = 7 };

/* ── Bytes that follow from a tag ── */

static size_t octets_of(uint32_t tag)
{
	return tag % 31 == 7 ? 70000 : tag % 53 == 9 ? 270000 : tag * 2654435761u % 700;
}

static void fill(struct buf *out, uint32_t tag)
{
	buf_init(out, 1 << 20);
	buf_addf(out, "Subject: %x\r\n\r\n", tag);
	for (size_t n = octets_of(tag); n > 0; n--)
		buf_add_byte(out, (char)('a' + (tag + n) % 26));
}

static bool has_bytes(struct trial *t, const struct message *m, uint32_t tag)
{
	struct buf want, is;
	bool same;

	fill(&want, tag);
	buf_init(&is, 1 << 20);
	try_read(t, t->account, m, 0, 1 << 20, &is);
	same = span_eq(buf_span(&want), buf_span(&is));
	buf_fini(&want);
	buf_fini(&is);
	return same;
}

static uint32_t tag_of(struct trial *t, const struct message *m)
{
	struct buf is;
	uint32_t tag = 0;

	buf_init(&is, 1 << 20);
	try_read(t, t->account, m, 0, 100, &is);
	buf_add_byte(&is, '\0');
	(void)sscanf(is.p, "Subject: %x", &tag);
	buf_fini(&is);
	return tag;
}

/* ── Is it as the model says? ── */

struct comparison {
	struct trial *t;
	const struct pm_account *want;
	uint64_t sequences[OPS_MAX]; /* as found */
	uint64_t acked;              /* the newest sequence that is known */
	const char *wrong;           /* the first difference */
	char detail[200];
};

static bool wrong(struct comparison *c, const char *what, const char *where, uint64_t is, uint64_t want)
{
	if (c->wrong)
		return false;
	c->wrong = what;
	snprintf(c->detail, sizeof c->detail, "%s of %s: %llu, should be %llu", what, where, (unsigned long long)is,
		(unsigned long long)want);
	return false;
}

/* A change that was not answered has a sequence too, the same wherever it shows, and a later one than all that were. */
static bool sequence_fits(struct comparison *c, size_t op, uint64_t is)
{
	uint64_t *known = &c->sequences[op];

	if (!*known && is > c->acked)
		*known = is;
	return *known == is;
}

static unsigned flags_of(struct mailbox *m, uint64_t flags)
{
	int work = mailbox_keyword_bit(m, SPAN("Work")), todo = mailbox_keyword_bit(m, SPAN("Todo"));
	unsigned out = (unsigned)flags & MESSAGE_SYSTEM_FLAGS;

	out |= work >= 0 && flags >> work & 1 ? PM_WORK : 0;
	out |= todo >= 0 && flags >> todo & 1 ? PM_TODO : 0;
	return out;
}

static void compare_messages(struct comparison *c, struct mailbox *m, const struct pm_box *b)
{
	if (mailbox_count(m) != b->n) {
		wrong(c, "the messages", b->name, mailbox_count(m), b->n);
		return;
	}
	for (size_t i = 0; i < b->n; i++) {
		const struct pm_message *want = &b->at[i];
		struct message is;

		mailbox_at(m, i, &is);
		if (is.uid != want->uid)
			wrong(c, "a UID", b->name, is.uid, want->uid);
		else if (flags_of(m, is.flags) != want->flags)
			wrong(c, "the flags of a message", b->name, is.flags, want->flags);
		else if (!sequence_fits(c, want->op, is.modseq))
			wrong(c, "a modseq", b->name, is.modseq, c->sequences[want->op]);
		else if (!has_bytes(c->t, &is, want->tag))
			wrong(c, "the bytes of a message", b->name, tag_of(c->t, &is), want->tag);
	}
}

struct vanished {
	struct comparison *c;
	const struct pm_box *b;
	bool named[PM_GONE];
};

/* Every UID that is named is gone, since no later than is said (RFC 7162 §3.2.6 lets a UID be named again, never a live one). */
static void see_vanished(void *context, uint32_t first, uint32_t last, uint64_t modseq)
{
	struct vanished *v = context;

	for (size_t i = 0; i < v->b->n; i++)
		if (v->b->at[i].uid >= first && v->b->at[i].uid <= last)
			wrong(v->c, "a vanished UID that lives", v->b->name, v->b->at[i].uid, 0);
	if (last >= v->b->next)
		wrong(v->c, "a vanished UID that never was", v->b->name, last, v->b->next);
	for (size_t i = 0; i < v->b->gone_n; i++)
		if (v->b->gone[i].uid >= first && v->b->gone[i].uid <= last)
			v->named[i] |= sequence_fits(v->c, v->b->gone[i].op, modseq) ||
				       modseq > v->c->sequences[v->b->gone[i].op];
}

static void compare_vanished(struct comparison *c, const struct mailbox_info *info, const struct pm_box *b)
{
	struct vanished v = {.c = c, .b = b};
	struct why w;

	assert_int_equal(index_load_vanished(c->t->store->kv, ACCOUNT, info->id, 0, see_vanished, &v, &w), FAIL_NONE);
	for (size_t i = 0; i < b->gone_n; i++)
		if (!v.named[i])
			wrong(c, "a UID that vanished and is not named", b->name, 0, b->gone[i].uid);
}

static void compare_box(struct comparison *c, const struct pm_box *b)
{
	struct mailbox_info info;
	struct mailbox *m;

	if (account_mailbox_find(c->t->account, span_of(b->name), &info)) {
		wrong(c, "no mailbox", b->name, 0, 1);
		return;
	}
	if (b->id && (info.id != b->id || info.uidvalidity != b->validity))
		wrong(c, "UIDVALIDITY", b->name, info.uidvalidity, b->validity);
	if (info.uid_next != b->next)
		wrong(c, "UIDNEXT", b->name, info.uid_next, b->next);
	m = try_mailbox_id(c->t, c->t->account, info.id);
	compare_messages(c, m, b);
	mailbox_close(m);
	compare_vanished(c, &info, b);
}

static void compare_kept(struct comparison *c)
{
	struct kept_message kept[PM_KEPT + 1];
	bool seen[PM_KEPT] = {false};
	struct why w;
	size_t n;

	assert_int_equal(
		account_kept(c->t->account, (struct kept_place){0, 0}, ARRAY_LEN(kept), kept, &n, &w), FAIL_NONE);
	if (n != c->want->kept_n)
		wrong(c, "what is kept", "the account", n, c->want->kept_n);
	for (size_t i = 0; i < n && !c->wrong; i++) {
		uint32_t tag = tag_of(c->t, &kept[i].message);
		unsigned flags = (unsigned)kept[i].message.flags & MESSAGE_SYSTEM_FLAGS;
		size_t k = 0;

		while (k < c->want->kept_n && (seen[k] || c->want->kept[k].tag != tag ||
						      (c->want->kept[k].flags & MESSAGE_SYSTEM_FLAGS) != flags ||
						      !sequence_fits(c, c->want->kept[k].op, kept[i].place.sequence)))
			k++;
		if (k == c->want->kept_n || !has_bytes(c->t, &kept[i].message, tag))
			wrong(c, "a kept message", "the account", tag, 0);
		else
			seen[k] = true;
	}
}

static const struct span pm_device_names[PM_DEVICES] = {SPAN(""), SPAN("anna"), SPAN("\xd8\xb1\xd9\x8a\xd9\x85")};

static void compare_device(struct comparison *c, const struct pm_box *inbox, size_t i)
{
	const struct pm_device *want = &c->want->device[i];
	const struct account *a = c->t->account;
	struct device found;
	bool known = !account_device_find(a, pm_device_names[i], &found);

	if (known != want->known)
		wrong(c, "whether a device is known", pm_device_names[i].p, known, want->known);
	for (size_t k = 0; k < inbox->n && !c->wrong; k++) {
		uint32_t uid = inbox->at[k].uid;
		int marks = (account_device_downloaded(a, pm_device_names[i], uid) ? VISIT_RETRIEVED : 0) |
			    (account_device_deleted(a, pm_device_names[i], uid) ? VISIT_DELETED : 0);

		if (uid < PM_UIDS && marks != want->marks[uid])
			wrong(c, "the marks of a device", pm_device_names[i].p, (uint64_t)marks, want->marks[uid]);
	}
}

static bool compare(
	struct comparison *c, struct trial *t, const struct pm_account *want, const uint64_t sequences[OPS_MAX])
{
	size_t subscribed = account_subscriptions(t->account);

	memset(c, 0, sizeof *c);
	c->t = t;
	c->want = want;
	memcpy(c->sequences, sequences, sizeof c->sequences);
	for (size_t i = 0; i < OPS_MAX; i++)
		c->acked = c->sequences[i] > c->acked ? c->sequences[i] : c->acked;
	if (account_mailboxes(t->account) != c->want->boxes)
		wrong(c, "the mailboxes", "the account", account_mailboxes(t->account), c->want->boxes);
	for (size_t i = 0; i < c->want->boxes && !c->wrong; i++)
		compare_box(c, &c->want->box[i]);
	if (subscribed != c->want->subscribed_n)
		wrong(c, "the subscriptions", "the account", subscribed, c->want->subscribed_n);
	for (size_t i = 0; i < c->want->subscribed_n && !c->wrong; i++) {
		size_t k = 0;

		while (k < subscribed &&
			!span_eq(account_subscription_at(t->account, k), span_of(c->want->subscribed[i])))
			k++;
		if (k == subscribed)
			wrong(c, "no subscription", c->want->subscribed[i], 0, 1);
	}
	compare_kept(c);
	for (size_t i = 0; i < PM_DEVICES && !c->wrong; i++)
		compare_device(c, &c->want->box[0], i);
	return !c->wrong;
}

#endif
