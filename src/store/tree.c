/* The list of an account's mailboxes and subscriptions as it is: lookup and the changes that apply.c makes to it. Order by name, INBOX first. */
#include "base/memory.h"
#include "store/inside.h"

static int name_cmp(struct span a, struct span b)
{
	bool a_inbox = span_eq(a, SPAN("INBOX")), b_inbox = span_eq(b, SPAN("INBOX"));

	if (a_inbox || b_inbox)
		return (int)b_inbox - (int)a_inbox;
	return span_cmp(a, b);
}

/* Where `name` is or belongs. */
static size_t name_place(const struct account *a, struct span name)
{
	size_t lo = 0, hi = a->mailbox_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (name_cmp(span_of(a->by_name[mid]->name), name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static size_t id_place(const struct account *a, uint64_t id)
{
	size_t lo = 0, hi = a->mailbox_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (a->by_id[mid]->id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct mailbox *account_by_id(const struct account *a, uint64_t id)
{
	size_t i = id_place(a, id);

	return i < a->mailbox_count && a->by_id[i]->id == id ? a->by_id[i] : NULL;
}

struct mailbox *account_by_name(const struct account *a, struct span name)
{
	size_t i = name_place(a, name);

	return i < a->mailbox_count && span_eq(span_of(a->by_name[i]->name), name) ? a->by_name[i] : NULL;
}

static char *name_copy(struct span name)
{
	char *copy = memory_new(name.n + 1);

	memcpy(copy, name.p, name.n);
	return copy;
}

static void insert(struct mailbox **array, size_t count, size_t at, struct mailbox *m)
{
	memmove(&array[at + 1], &array[at], (count - at) * sizeof(struct mailbox *));
	array[at] = m;
}

static void cut(struct mailbox **array, size_t count, size_t at)
{
	memmove(&array[at], &array[at + 1], (count - at - 1) * sizeof(struct mailbox *));
}

struct mailbox *account_add_mailbox(struct account *a, uint64_t id, struct span name)
{
	struct mailbox *m = NEW(struct mailbox);

	m->account = a;
	m->id = id;
	m->name = name_copy(name);
	m->uid_next = m->uid_projected = 1;
	m->recent_from = 1;
	m->highest_modseq = 1;
	feed_init(&m->feed);
	list_init(&m->dirty);
	list_init(&m->openers);
	list_init(&m->idle);
	list_init(&m->leaving);
	list_init(&m->wake);
	list_init(&m->packing);
	list_init(&m->columns);
	if (a->mailbox_count == a->mailbox_cap) {
		a->mailbox_cap = a->mailbox_cap ? a->mailbox_cap * 2 : 8;
		a->by_id = memory_resize_array(a->by_id, a->mailbox_cap, sizeof(struct mailbox *));
		a->by_name = memory_resize_array(a->by_name, a->mailbox_cap, sizeof(struct mailbox *));
	}
	insert(a->by_id, a->mailbox_count, id_place(a, id), m);
	insert(a->by_name, a->mailbox_count, name_place(a, name), m);
	a->mailbox_count++;
	return m;
}

/* By identity: names may repeat for a moment while a tree is being renamed. */
static size_t by_name_index(const struct account *a, const struct mailbox *m)
{
	size_t i = name_place(a, span_of(m->name));

	while (a->by_name[i] != m)
		i++;
	return i;
}

void account_remove_mailbox(struct mailbox *m)
{
	struct account *a = m->account;

	cut(a->by_name, a->mailbox_count, by_name_index(a, m));
	cut(a->by_id, a->mailbox_count, id_place(a, m->id));
	a->mailbox_count--;
	list_remove(&m->dirty);
	index_forget_rows(m);
	m->gone = true;
	list_append(&a->store->gone_mailboxes, &m->leaving);
	mailbox_settle(m);
}

void account_rename_mailbox(struct mailbox *m, struct span name)
{
	struct account *a = m->account;

	cut(a->by_name, a->mailbox_count, by_name_index(a, m));
	a->mailbox_count--;
	free(m->name);
	m->name = name_copy(name);
	insert(a->by_name, a->mailbox_count, name_place(a, name), m);
	a->mailbox_count++;
}

bool account_subscribed(const struct account *a, struct span name, size_t *at_out)
{
	size_t lo = 0, hi = a->subscription_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (name_cmp(span_of(a->subscriptions[mid]), name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (at_out)
		*at_out = lo;
	return lo < a->subscription_count && span_eq(span_of(a->subscriptions[lo]), name);
}

void account_set_subscribed(struct account *a, struct span name, bool on)
{
	size_t at;

	if (account_subscribed(a, name, &at) == on)
		return;
	if (!on) {
		free(a->subscriptions[at]);
		a->subscription_count--;
		memmove(&a->subscriptions[at], &a->subscriptions[at + 1],
			(a->subscription_count - at) * sizeof(char *));
		return;
	}
	if (a->subscription_count == a->subscription_cap) {
		a->subscription_cap = a->subscription_cap ? a->subscription_cap * 2 : 8;
		a->subscriptions = memory_resize_array(a->subscriptions, a->subscription_cap, sizeof(char *));
	}
	memmove(&a->subscriptions[at + 1], &a->subscriptions[at], (a->subscription_count - at) * sizeof(char *));
	a->subscriptions[at] = name_copy(name);
	a->subscription_count++;
}

/* ── What is asked ── */

static void fill_info(const struct mailbox *m, struct mailbox_info *out)
{
	*out = (struct mailbox_info){
		.id = m->id,
		.uidvalidity = m->uidvalidity,
		.uid_next = m->uid_next,
		/* Of a batch that is half applied more is to come with that number: nobody may take it for seen. */
		.highest_modseq = m->highest_modseq > m->account->sequence ? m->account->sequence : m->highest_modseq,
		.messages = m->messages,
		.unseen = m->unseen,
		.deleted = m->deleted_count,
		.recent_from = m->recent_from,
		.size = m->size,
		.name = span_of(m->name),
		.special_use = m->use,
		.subscribed = account_subscribed(m->account, span_of(m->name), NULL),
	};
}

size_t account_mailboxes(const struct account *a)
{
	return a->mailbox_count;
}

void account_mailbox_at(const struct account *a, size_t i, struct mailbox_info *out)
{
	fill_info(a->by_name[i], out);
}

enum fail account_mailbox_find(const struct account *a, struct span name, struct mailbox_info *out)
{
	struct mailbox *m = account_by_name(a, span_eq_nocase(name, SPAN("INBOX")) ? SPAN("INBOX") : name);

	if (!m)
		return FAIL_NOT_FOUND;
	fill_info(m, out);
	return FAIL_NONE;
}

enum fail account_mailbox_info(const struct account *a, uint64_t id, struct mailbox_info *out)
{
	struct mailbox *m = account_by_id(a, id);

	if (!m)
		return FAIL_NOT_FOUND;
	fill_info(m, out);
	return FAIL_NONE;
}

size_t account_subscriptions(const struct account *a)
{
	return a->subscription_count;
}

struct span account_subscription_at(const struct account *a, size_t i)
{
	return span_of(a->subscriptions[i]);
}
