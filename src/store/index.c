/* The index: what the log says, as rows of the key-value engine, so that opening need not read the log again. It is written only after the
 * log was synced (INV-1) and can always be made anew. Keys are big-endian, account first, so an account's rows lie together
 * (layout in doc/STORE-FORMAT.md, "The index"). Its format may change: another INDEX_VERSION makes it be rebuilt. */
#include "base/memory.h"
#include "store/inside.h"

enum { INDEX_VERSION = 1, ROW_SIZE = 64, KEY_SIZE = 600 };

enum key_kind {
	KEY_ACCOUNT = 'a',
	KEY_MAILBOX = 'b',
	KEY_SUBSCRIPTION = 'c',
	KEY_ROW = 'm',
	KEY_STRUCTURE = 's',
	KEY_UIDL = 'u',
	KEY_VANISHED = 'v'
};

struct key {
	char p[KEY_SIZE];
	size_t n;
};

static void put_be(char *dst, uint64_t v, size_t bytes)
{
	for (size_t i = bytes; i-- > 0; v >>= 8)
		dst[i] = (char)(v & 0xff);
}

static uint64_t get_be(const char *src, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)src[i];
	return v;
}

static void key_add(struct key *k, uint64_t v, size_t bytes)
{
	put_be(k->p + k->n, v, bytes);
	k->n += bytes;
}

static struct key key_begin(uint64_t account, enum key_kind kind)
{
	struct key k;

	k.n = 0;
	key_add(&k, account, 8);
	key_add(&k, kind, 1);
	return k;
}

static struct span key_span(const struct key *k)
{
	return span(k->p, k->n);
}

static struct key mailbox_key(const struct mailbox *m, enum key_kind kind)
{
	struct key k = key_begin(m->account->id, kind);

	key_add(&k, m->id, 8);
	return k;
}

static struct key uid_key(const struct mailbox *m, enum key_kind kind, uint32_t uid)
{
	struct key k = mailbox_key(m, kind);

	key_add(&k, uid, 4);
	return k;
}

static struct key structure_key(const struct account *a, struct log_pos body)
{
	struct key k = key_begin(a->id, KEY_STRUCTURE);

	key_add(&k, body.segment, 4);
	key_add(&k, body.offset, 4);
	return k;
}

/* The first key past all that begin with `prefix`. */
static struct key key_past(struct key prefix)
{
	for (size_t i = prefix.n; i-- > 0;) {
		prefix.n = i + 1;
		if (++prefix.p[i])
			break;
	}
	return prefix;
}

/* ── The index as a whole ── */

static const char state_key[9] = {0}; /* account 0, kind 0: before everything */

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
			f = FAIL_CORRUPT;
	}
	buf_fini(&value);
	return f;
}

enum fail index_write(struct store *s, struct why *w)
{
	struct buf value;
	enum fail f;

	buf_init(&value, 256);
	buf_add_u8(&value, INDEX_VERSION);
	buf_add_u32(&value, s->reached.segment);
	buf_add_u32(&value, s->reached.offset);
	buf_add_u32(&value, s->identity_pos.segment);
	buf_add_u32(&value, s->identity_pos.offset);
	buf_add(&value, buf_span(&s->identity));
	kv_batch_put(&s->index, span(state_key, sizeof(state_key)), buf_span(&value));
	buf_fini(&value);
	f = s->kv->ops->write(s->kv, &s->index, w);
	kv_batch_reset(&s->index);
	return f;
}

struct clearing {
	struct kv_batch *batch;
	size_t left;
};

static bool clear_key(void *context, struct span key, struct span value)
{
	struct clearing *c = context;

	(void)value;
	kv_batch_delete(c->batch, key);
	return --c->left > 0;
}

enum fail index_clear(struct store *s, struct why *w)
{
	struct clearing c = {&s->index, 0};
	enum fail f;

	do {
		kv_batch_reset(&s->index);
		c.left = 10000;
		f = s->kv->ops->scan(s->kv, SPAN(""), SPAN(""), clear_key, &c, w);
		if (!f)
			f = s->kv->ops->write(s->kv, &s->index, w);
	} while (!f && !c.left);
	kv_batch_reset(&s->index);
	return f;
}

/* ── Accounts and mailboxes ── */

void index_put_account(struct account *a)
{
	struct key k = key_begin(a->id, KEY_ACCOUNT);
	struct buf value;

	buf_init(&value, 64);
	buf_add_u64(&value, a->sequence);
	buf_add_u64(&value, a->next_message);
	buf_add_u64(&value, a->next_mailbox);
	buf_add_u32(&value, a->last_uidvalidity);
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
	m->uid_next = m->uid_projected = fixed.uid_next;
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

static enum fail load_counters(struct account *a, struct why *w)
{
	struct key k = key_begin(a->id, KEY_ACCOUNT);
	struct buf value;
	struct span in;
	enum fail f;

	buf_init(&value, 4096);
	f = a->store->kv->ops->get(a->store->kv, key_span(&k), &value, w);
	in = buf_span(&value);
	if (!f && (!span_take_be64(&in, &a->sequence) || !span_take_be64(&in, &a->next_message) ||
			  !span_take_be64(&in, &a->next_mailbox) || !span_take_be32(&in, &a->last_uidvalidity)))
		f = FAIL_CORRUPT;
	a->sequence_projected = a->sequence;
	buf_fini(&value);
	return f;
}

static enum fail bad_index(struct why *w)
{
	return why_log(w, FAIL_CORRUPT, "The server's index has a problem.",
		"a row of the index cannot be read: stop the server, remove the index directory and start it again: it "
		"is rebuilt from the log");
}

enum fail index_load_account(struct account *a, struct why *w)
{
	struct kv *kv = a->store->kv;
	struct key from = key_begin(a->id, KEY_MAILBOX), to = key_past(from);
	struct loading l = {a, false};
	enum fail f = load_counters(a, w);

	if (f == FAIL_NOT_FOUND)
		return FAIL_NONE; /* new */
	if (f == FAIL_CORRUPT)
		return bad_index(w);
	if (!f)
		f = kv->ops->scan(kv, key_span(&from), key_span(&to), load_mailbox, &l, w);
	if (!f && l.bad)
		return bad_index(w);
	if (f)
		return f;
	from = key_begin(a->id, KEY_SUBSCRIPTION);
	to = key_past(from);
	return kv->ops->scan(kv, key_span(&from), key_span(&to), load_subscription, &l, w);
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

/* ── Messages ── */

static void row_encode(const struct row *r, char *p)
{
	put_be(p, r->flags, 8);
	put_be(p + 8, r->modseq, 8);
	put_be(p + 16, r->id, 8);
	put_be(p + 24, (uint64_t)r->internal_date, 8);
	put_be(p + 32, r->body.segment, 4);
	put_be(p + 36, r->body.offset, 4);
	put_be(p + 40, r->prefix_pos.segment, 4);
	put_be(p + 44, r->prefix_pos.offset, 4);
	put_be(p + 48, r->size, 4);
	put_be(p + 52, r->save_date, 4);
	put_be(p + 56, (uint16_t)r->zone, 2);
	put_be(p + 58, r->prefix, 2);
	put_be(p + 60, 0, 4);
}

static void row_decode(const char *p, uint32_t uid, struct row *r)
{
	r->uid = uid;
	r->flags = get_be(p, 8);
	r->modseq = get_be(p + 8, 8);
	r->id = get_be(p + 16, 8);
	r->internal_date = (int64_t)get_be(p + 24, 8);
	r->body = (struct log_pos){(uint32_t)get_be(p + 32, 4), (uint32_t)get_be(p + 36, 4)};
	r->prefix_pos = (struct log_pos){(uint32_t)get_be(p + 40, 4), (uint32_t)get_be(p + 44, 4)};
	r->size = (uint32_t)get_be(p + 48, 4);
	r->save_date = (uint32_t)get_be(p + 52, 4);
	r->zone = (int16_t)get_be(p + 56, 2);
	r->prefix = (uint16_t)get_be(p + 58, 2);
}

void index_put_row(struct mailbox *m, const struct row *r)
{
	struct key k = uid_key(m, KEY_ROW, r->uid);
	char value[ROW_SIZE];

	row_encode(r, value);
	kv_batch_put(&m->account->store->index, key_span(&k), span(value, sizeof(value)));
}

void index_delete_row(struct mailbox *m, const struct row *r, bool structure_too)
{
	struct key k = uid_key(m, KEY_ROW, r->uid);

	kv_batch_delete(&m->account->store->index, key_span(&k));
	if (mailbox_kept_uidl(m, r->uid))
		index_put_uidl(m, r->uid, SPAN(""));
	if (structure_too)
		index_delete_structure(m->account, r->body);
}

struct rows_loading {
	struct rows *rows;
	bool bad;
};

static bool load_row(void *context, struct span key, struct span value)
{
	struct rows_loading *l = context;

	l->bad = key.n != 21 || value.n != ROW_SIZE;
	if (!l->bad)
		row_decode(value.p, (uint32_t)get_be(key.p + 17, 4), rows_add(l->rows));
	return !l->bad;
}

enum fail index_load_rows(struct kv *kv, uint64_t account, uint64_t mailbox, struct rows *rows, struct why *w)
{
	struct key from = key_begin(account, KEY_ROW), to;
	struct rows_loading l = {rows, false};
	enum fail f;

	key_add(&from, mailbox, 8);
	to = key_past(from);
	f = kv->ops->scan(kv, key_span(&from), key_span(&to), load_row, &l, w);
	return !f && l.bad ? bad_index(w) : f;
}

static bool load_uidl(void *context, struct span key, struct span value)
{
	if (key.n == 21)
		mailbox_keep_uidl(context, (uint32_t)get_be(key.p + 17, 4), value);
	return true;
}

enum fail index_load_uidls(struct mailbox *m, struct why *w)
{
	struct kv *kv = m->account->store->kv;
	struct key from = mailbox_key(m, KEY_UIDL), to = key_past(from);

	return kv->ops->scan(kv, key_span(&from), key_span(&to), load_uidl, m, w);
}

void index_put_uidl(struct mailbox *m, uint32_t uid, struct span text)
{
	struct key k = uid_key(m, KEY_UIDL, uid);

	if (text.n)
		kv_batch_put(&m->account->store->index, key_span(&k), text);
	else
		kv_batch_delete(&m->account->store->index, key_span(&k));
}

void index_put_vanished(struct mailbox *m, uint32_t first, uint32_t last, uint64_t modseq)
{
	struct key k = mailbox_key(m, KEY_VANISHED);
	char value[4];

	key_add(&k, modseq, 8);
	key_add(&k, first, 4);
	put_be(value, last, 4);
	kv_batch_put(&m->account->store->index, key_span(&k), span(value, sizeof(value)));
}

struct vanished_loading {
	void (*each)(void *context, uint32_t first, uint32_t last, uint64_t modseq);
	void *context;
};

static bool load_vanished(void *context, struct span key, struct span value)
{
	struct vanished_loading *l = context;

	if (key.n == 29 && value.n == 4)
		l->each(l->context, (uint32_t)get_be(key.p + 25, 4), (uint32_t)get_be(value.p, 4),
			get_be(key.p + 17, 8));
	return true;
}

enum fail index_load_vanished(struct mailbox *m,
	void (*each)(void *context, uint32_t first, uint32_t last, uint64_t modseq), void *context, struct why *w)
{
	struct kv *kv = m->account->store->kv;
	struct key from = mailbox_key(m, KEY_VANISHED), to = key_past(from);
	struct vanished_loading l = {each, context};

	return kv->ops->scan(kv, key_span(&from), key_span(&to), load_vanished, &l, w);
}

static bool delete_key(void *context, struct span key, struct span value)
{
	(void)value;
	kv_batch_delete(context, key);
	return true;
}

void index_delete_mailbox(struct mailbox *m)
{
	struct store *s = m->account->store;
	struct key k = mailbox_key(m, KEY_MAILBOX), from = mailbox_key(m, KEY_VANISHED), to = key_past(from);

	for (size_t i = 0; i < m->rows.n; i++)
		index_delete_row(m, &m->rows.p[i], true);
	/* Best effort: runs that stay behind belong to an id that is never used again. */
	(void)s->kv->ops->scan(s->kv, key_span(&from), key_span(&to), delete_key, &s->index, NULL);
	kv_batch_delete(&s->index, key_span(&k));
}

enum fail index_delete_account(struct account *a, struct why *w)
{
	struct store *s = a->store;
	struct key from = key_begin(a->id, KEY_ACCOUNT), to;
	enum fail f = index_write(s, w); /* what was gathered before must be there to be deleted */

	from.n = 8;
	to = key_past(from);
	return f ? f : s->kv->ops->scan(s->kv, key_span(&from), key_span(&to), delete_key, &s->index, w);
}

/* ── Structures: a copy of what stands in the body's record, nearer at hand ── */

void index_put_structure(struct account *a, struct log_pos body, struct span structure)
{
	struct key k = structure_key(a, body);

	kv_batch_put(&a->store->index, key_span(&k), structure);
}

void index_delete_structure(struct account *a, struct log_pos body)
{
	struct key k = structure_key(a, body);

	kv_batch_delete(&a->store->index, key_span(&k));
}

enum fail index_get_structure(struct account *a, struct log_pos body, struct buf *out, struct why *w)
{
	struct key k = structure_key(a, body);

	return a->store->kv->ops->get(a->store->kv, key_span(&k), out, w);
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
