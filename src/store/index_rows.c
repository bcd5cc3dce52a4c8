/* The rows of messages in the index, and the copies of their structures; and when the index is flushed. */
#include "base/memory.h"
#include "store/index_key.h"

enum { ROW_SIZE = 64 };

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

bool index_take_row(struct span key, struct span value, uint64_t *mailbox_out, struct row *out)
{
	if (key.n != 21 || value.n != ROW_SIZE)
		return false;
	*mailbox_out = get_be(key.p + 9, 8);
	row_decode(value.p, (uint32_t)get_be(key.p + 17, 4), out);
	return true;
}

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
	return !f && l.bad ? index_bad_row(w) : f;
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
