/* The index: what the log says, as rows of the key-value engine, so that opening need not read the log again. It is written only after the
 * log was synced (INV-1) and can always be made anew. Keys are big-endian, account first, so an account's rows lie together
 * (layout in doc/STORE-FORMAT.md, "The index"). Its format may change: another INDEX_VERSION makes it be rebuilt. */
#include "base/memory.h"
#include "store/device_inner.h"
#include "store/index_key.h"

enum { INDEX_VERSION = 8 };

/* ── The index as a whole ── */

static const char state_key[9] = {0}; /* account 0, kind 0: before everything */

/* Its log may hold what this Barid does not know either, where it would not look at it again. */
static enum fail newer_index(struct why *w)
{
	return why(w, FAIL_CONFIG,
		"The index was written by a newer version of Barid: start that one again, or remove the directory "
		"'index' "
		"of the shard to have it made anew from the log.");
}

enum fail index_state_get(struct store *s, struct index_state *out, struct why *w)
{
	struct buf value;
	struct span in, identity;
	uint8_t version;
	bool good;
	enum fail f;

	buf_init(&value, 4096);
	f = s->kv->ops->get(s->kv, span(state_key, sizeof(state_key)), &value, w);
	in = buf_span(&value);
	if (!f) {
		good = span_take_u8(&in, &version) && version == INDEX_VERSION &&
		       span_take_be32(&in, &out->reached.segment) && span_take_be32(&in, &out->reached.offset) &&
		       span_take_be32(&in, &out->identity_pos.segment) &&
		       span_take_be32(&in, &out->identity_pos.offset) && span_take_bytes(&in, IDENTITY_SIZE, &identity);
		if (good)
			memcpy(out->identity, identity.p, IDENTITY_SIZE);
		else
			f = buf_span(&value).n && (uint8_t)value.p[0] > INDEX_VERSION ? newer_index(w) : FAIL_CORRUPT;
	}
	buf_fini(&value);
	return f;
}

static void put_state(struct store *s)
{
	struct buf value;

	buf_init(&value, 256);
	buf_add_u8(&value, INDEX_VERSION);
	buf_add_u32(&value, s->reached.segment);
	buf_add_u32(&value, s->reached.offset);
	buf_add_u32(&value, s->identity_pos.segment);
	buf_add_u32(&value, s->identity_pos.offset);
	buf_add(&value, buf_span(&s->identity));
	kv_batch_put(&s->index, span(state_key, sizeof(state_key)), buf_span(&value));
	buf_fini(&value);
}

enum fail index_write(struct store *s, struct why *w)
{
	enum fail f;

	if (!s->partial)
		put_state(s);
	f = s->kv->ops->write(s->kv, &s->index, w);
	kv_batch_reset(&s->index);
	return f;
}

enum fail index_clear(struct store *s, struct why *w)
{
	char past[17];
	enum fail f;

	memset(past, 0xff, sizeof(past)); /* no key begins so: no account has that number */
	kv_batch_reset(&s->index);
	kv_batch_delete_range(&s->index, SPAN(""), span(past, sizeof(past)));
	f = s->kv->ops->write(s->kv, &s->index, w);
	kv_batch_reset(&s->index);
	return f;
}

/* ── Accounts and mailboxes ── */

void index_put_account(struct account *a)
{
	struct key k = key_begin(a->id, KEY_ACCOUNT);
	struct buf value;

	buf_init(&value, 256);
	buf_add_u64(&value, a->sequence);
	buf_add_u64(&value, a->partial);
	buf_add_u64(&value, a->next_message);
	buf_add_u64(&value, a->next_mailbox);
	buf_add_u32(&value, a->last_uidvalidity);
	buf_add_u64(&value, a->kept_count);
	buf_add_u64(&value, a->kept_size);
	buf_add_u8(&value, a->gone);
	buf_add_u8(&value, devices_rows(a) != 0);
	need_encode(&a->need, &value);
	kv_batch_put(&a->store->index, key_span(&k), buf_span(&value));
	buf_fini(&value);
}

void index_put_mailbox(struct mailbox *m)
{
	struct key k = mailbox_key(m, KEY_MAILBOX);
	struct buf value;

	buf_init(&value, 64 << 10);
	buf_add_u32(&value, m->uidvalidity);
	buf_add_u32(&value, m->uid_next);
	buf_add_u32(&value, m->messages);
	buf_add_u32(&value, m->unseen);
	buf_add_u32(&value, m->deleted_count);
	buf_add_u32(&value, m->recent_from);
	buf_add_u64(&value, m->highest_modseq);
	buf_add_u64(&value, m->size);
	buf_add_u8(&value, (uint8_t)m->use);
	buf_add_counted(&value, span_of(m->name));
	for (int bit = KEYWORD_FIRST_BIT; bit < 64; bit++)
		if (m->keywords_applied >> bit & 1) {
			buf_add_u8(&value, (uint8_t)bit);
			buf_add_counted(&value, mailbox_keyword_name(m, bit));
		}
	kv_batch_put(&m->account->store->index, key_span(&k), buf_span(&value));
	buf_fini(&value);
}

static bool take_mailbox(struct account *a, uint64_t id, struct span in)
{
	struct mailbox *m;
	struct span keyword;
	struct mailbox fixed = {0};
	struct span name;
	uint8_t use, bit;

	if (!span_take_be32(&in, &fixed.uidvalidity) || !span_take_be32(&in, &fixed.uid_next) ||
		!span_take_be32(&in, &fixed.messages) || !span_take_be32(&in, &fixed.unseen) ||
		!span_take_be32(&in, &fixed.deleted_count) || !span_take_be32(&in, &fixed.recent_from) ||
		!span_take_be64(&in, &fixed.highest_modseq) || !span_take_be64(&in, &fixed.size) ||
		!span_take_u8(&in, &use) || use > USE_TRASH || !span_take_counted(&in, &name))
		return false;
	m = account_add_mailbox(a, id, name);
	m->uidvalidity = fixed.uidvalidity;
	m->uid_next = m->uid_projected = m->unwritten.next = fixed.uid_next;
	m->messages = fixed.messages;
	m->unseen = fixed.unseen;
	m->deleted_count = fixed.deleted_count;
	m->recent_from = fixed.recent_from;
	m->highest_modseq = fixed.highest_modseq;
	m->size = fixed.size;
	m->use = use;
	while (in.n) {
		if (!span_take_u8(&in, &bit) || bit < KEYWORD_FIRST_BIT || bit > 63 ||
			!span_take_counted(&in, &keyword))
			return false;
		mailbox_define_keyword(m, bit, keyword);
	}
	return true;
}

struct loading {
	struct account *account;
	bool bad;
};

static bool load_mailbox(void *context, struct span key, struct span value)
{
	struct loading *l = context;

	l->bad = key.n != 17 || !take_mailbox(l->account, get_be(key.p + 9, 8), value);
	return !l->bad;
}

static bool load_subscription(void *context, struct span key, struct span value)
{
	struct loading *l = context;

	(void)value;
	account_set_subscribed(l->account, span_skip(key, 9), true);
	return true;
}

static bool load_device(void *context, struct span key, struct span value)
{
	struct loading *l = context;

	l->bad = !devices_take_row(l->account, span_skip(key, 9), value);
	return !l->bad;
}

static enum fail load_counters(struct kv *kv, bool near, struct account *a, bool *devices_out, struct why *w)
{
	struct key k = key_begin(a->id, KEY_ACCOUNT);
	struct buf value;
	struct span in;
	uint8_t gone, devices;
	enum fail f;

	buf_init(&value, 4096);
	f = (near ? kv->ops->get_near : kv->ops->get)(kv, key_span(&k), &value, w);
	in = buf_span(&value);
	if (!f && (!span_take_be64(&in, &a->sequence) || !span_take_be64(&in, &a->partial) ||
			  !span_take_be64(&in, &a->next_message) || !span_take_be64(&in, &a->next_mailbox) ||
			  !span_take_be32(&in, &a->last_uidvalidity) || !span_take_be64(&in, &a->kept_count) ||
			  !span_take_be64(&in, &a->kept_size) || !span_take_u8(&in, &gone) ||
			  !span_take_u8(&in, &devices) || !need_decode(&in, &a->need)))
		f = FAIL_CORRUPT;
	if (!f) {
		a->gone = gone != 0;
		*devices_out = devices != 0;
	}
	a->sequence_projected = a->sequence;
	buf_fini(&value);
	return f;
}

enum fail index_get_need(struct kv *kv, uint64_t account, struct need *out, struct why *w)
{
	struct account a = {.id = account};
	bool devices;
	enum fail f = load_counters(kv, false, &a, &devices, w);

	if (f == FAIL_CORRUPT)
		return index_bad_row(w);
	if (!f)
		*out = a.need;
	return f;
}

enum fail index_bad_row(struct why *w)
{
	return why_log(w, FAIL_CORRUPT, "The server's index has a problem.",
		"a row of the index cannot be read: stop the server, remove the index directory and start it again: it "
		"is rebuilt from the log");
}

/* An account that is not there has nothing. */
static enum fail peek(struct kv *kv, struct account *a, bool *devices_out, struct why *w)
{
	enum fail f = load_counters(kv, false, a, devices_out, w);

	if (f == FAIL_NOT_FOUND)
		return FAIL_NONE;
	return f == FAIL_CORRUPT ? index_bad_row(w) : f;
}

enum fail index_peek_kept(struct kv *kv, uint64_t account, uint64_t *count_out, struct why *w)
{
	struct account a = {.id = account};
	bool devices;
	enum fail f = peek(kv, &a, &devices, w);

	*count_out = a.kept_count;
	return f;
}

enum fail index_peek_devices(struct kv *kv, uint64_t account, bool *has_out, struct why *w)
{
	struct account a = {.id = account};

	*has_out = false;
	return peek(kv, &a, has_out, w);
}

enum fail index_load_account(struct account *a, bool near, struct why *w)
{
	struct kv *kv = a->store->kv;
	enum fail (*scan)(struct kv *, struct span, struct span, bool (*)(void *, struct span, struct span), void *,
		struct why *) = near ? kv->ops->scan_near : kv->ops->scan;
	struct key from = key_begin(a->id, KEY_MAILBOX), to = key_past(from);
	struct loading l = {a, false};
	bool devices = false;
	enum fail f = load_counters(kv, near, a, &devices, w);

	if (f == FAIL_NOT_FOUND)
		return FAIL_NONE; /* new */
	if (f == FAIL_CORRUPT)
		return index_bad_row(w);
	if (!f)
		f = scan(kv, key_span(&from), key_span(&to), load_mailbox, &l, w);
	if (!f && l.bad)
		return index_bad_row(w);
	if (f)
		return f;
	from = key_begin(a->id, KEY_SUBSCRIPTION);
	to = key_past(from);
	f = scan(kv, key_span(&from), key_span(&to), load_subscription, &l, w);
	if (f || !devices)
		return f;
	from = key_begin(a->id, KEY_DEVICE);
	to = key_past(from);
	f = scan(kv, key_span(&from), key_span(&to), load_device, &l, w);
	return !f && l.bad ? index_bad_row(w) : f;
}

static void delete_rows(struct mailbox *m, enum key_kind kind)
{
	struct key from = mailbox_key(m, kind), to = key_past(from);

	kv_batch_delete_range(&m->account->store->index, key_span(&from), key_span(&to));
}

void index_delete_mailbox(struct mailbox *m, bool structures_too)
{
	struct key k = mailbox_key(m, KEY_MAILBOX);

	for (size_t i = 0; structures_too && i < m->rows.n; i++)
		index_delete_structure(m->account, m->rows.p[i].body);
	delete_rows(m, KEY_ROW);
	delete_rows(m, KEY_VANISHED);
	kv_batch_delete(&m->account->store->index, key_span(&k));
}

void index_delete_account(struct account *a)
{
	struct key from = key_begin(a->id, KEY_ACCOUNT), to;

	from.n = 8;
	to = key_past(from);
	kv_batch_delete_range(&a->store->index, key_span(&from), key_span(&to));
}

void index_put_subscription(struct account *a, struct span name, bool on)
{
	struct key k = key_begin(a->id, KEY_SUBSCRIPTION);

	if (name.n > sizeof(k.p) - k.n)
		return;
	memcpy(k.p + k.n, name.p, name.n);
	k.n += name.n;
	if (on)
		kv_batch_put(&a->store->index, key_span(&k), SPAN(""));
	else
		kv_batch_delete(&a->store->index, key_span(&k));
}

/* ── Flushing ── */

static void flush_work(struct job *j)
{
	struct store *s = CONTAINER_OF(j, struct store, flush_job);

	s->flush_result = s->kv->ops->flush(s->kv, &s->flush_why);
}

static void flush_done(struct job *j)
{
	struct store *s = CONTAINER_OF(j, struct store, flush_job);

	s->busy--;
	s->flushing = false;
	/* Nothing is lost, the log has it all; but redoing it would take ever longer, so someone must look. */
	if (s->flush_result)
		store_report(s, "the index could not be flushed: %s", s->flush_why.log);
}

void index_flush_if_due(struct store *s)
{
	if (!s->threads || s->flushing || s->redo_bytes < REDO_MAX)
		return;
	s->redo_bytes = 0;
	s->flushing = true;
	s->busy++;
	s->flush_job.work = flush_work;
	s->flush_job.done = flush_done;
	job_start(&s->flush_job, s->loop);
}
