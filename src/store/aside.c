/* Accounts that are set aside: something of theirs crashes the process, so that nothing of them is touched until they are cleared. Nobody can open
 * them, and the redo passes their records over. Where it passed the first one over stands in the index; an opening that finds the account cleared
 * redoes from there, and what all others have had is recognised by its number (INV-21). Meanwhile no segment may go. */
#include "base/memory.h"
#include "store/index_key.h"

static struct aside_account *find(const struct store *s, uint64_t id)
{
	for (size_t i = 0; i < s->aside_count; i++)
		if (s->aside[i].id == id)
			return &s->aside[i];
	return NULL;
}

void aside_init(struct store *s, const struct store_aside *list)
{
	if (!list || !list->n)
		return;
	s->aside = memory_resize_array(NULL, list->n, sizeof(*s->aside));
	s->aside_count = list->n;
	for (size_t i = 0; i < list->n; i++)
		s->aside[i] = (struct aside_account){.id = list->accounts[i]};
}

bool store_is_aside(const struct store *s, uint64_t account)
{
	return find(s, account) != NULL;
}

enum fail aside_refuse(struct why *w, uint64_t account)
{
	return why_log(w, FAIL_UNAVAILABLE, "This mailbox is unavailable until an administrator has looked at it.",
		"account %llu is set aside, since its mail crashed the process: see 'barid status'",
		(unsigned long long)account);
}

enum fail store_next_account(struct store *s, uint64_t after, uint64_t *out, struct why *w)
{
	enum fail f;

	do {
		f = index_next_account(s->kv, after, &after, w);
	} while (!f && after && store_is_aside(s, after));
	*out = f ? 0 : after;
	return f;
}

/* ── Passing over ── */

static struct key passed_key(uint64_t account)
{
	struct key k = key_begin(0, KEY_PASSED);

	key_add(&k, account, 8);
	return k;
}

/* Of a batch, or of a part of a snapshot. */
static uint64_t account_of(uint8_t type, struct span payload)
{
	uint64_t account = 0;

	payload = span_skip(payload, type == RECORD_SNAPSHOT ? 2 : 1);
	return (type == RECORD_BATCH || type == RECORD_SNAPSHOT) && span_take_varint(&payload, &account) ? account : 0;
}

static void note(struct store *s, struct aside_account *a, struct log_pos pos)
{
	struct key k = passed_key(a->id);
	char value[8];

	a->passed = pos;
	put_be(value, pos.segment, 4);
	put_be(value + 4, pos.offset, 4);
	kv_batch_put(&s->index, key_span(&k), span(value, sizeof(value)));
}

bool aside_passes(struct store *s, struct log_pos pos, uint8_t type, struct span payload)
{
	struct aside_account *a = s->aside_count ? find(s, account_of(type, payload)) : NULL;

	if (a && (!a->passed.segment || log_pos_cmp(pos, a->passed) < 0))
		note(s, a, pos);
	return a != NULL;
}

/* ── Catching up ── */

struct catching_up {
	struct store *s;
	struct log_pos *from; /* NULL: the rows are done with */
};

static bool see_row(void *context, struct span key, struct span value)
{
	struct catching_up *c = context;
	struct log_pos pos;
	struct aside_account *a;
	uint64_t account;

	key = span_skip(key, 9);
	if (!span_take_be64(&key, &account) || !span_take_be32(&value, &pos.segment) ||
		!span_take_be32(&value, &pos.offset))
		return true;
	a = find(c->s, account);
	if (a)
		a->passed = pos;
	else if (!c->from)
		kv_batch_delete(&c->s->index, span(key.p - 17, 17));
	else if (log_pos_cmp(pos, *c->from) < 0)
		*c->from = pos;
	return true;
}

static enum fail each_row(struct store *s, struct log_pos *from, struct why *w)
{
	struct key first = key_begin(0, KEY_PASSED), past = key_past(first);
	struct catching_up c = {s, from};

	return s->kv->ops->scan(s->kv, key_span(&first), key_span(&past), see_row, &c, w);
}

enum fail aside_begin(struct store *s, struct log_pos *from, struct why *w)
{
	struct log_pos reached = *from;
	enum fail f = each_row(s, from, w);

	if (!f && log_pos_cmp(*from, reached) < 0)
		store_report(s, "what was passed over of accounts that were set aside is taken in now");
	return f;
}

enum fail aside_end(struct store *s, struct why *w)
{
	return each_row(s, NULL, w);
}

void aside_forget(struct store *s)
{
	for (size_t i = 0; i < s->aside_count; i++)
		s->aside[i].passed = (struct log_pos){0, 0};
}
