/* A mailbox in memory: its rows (rows.c), loaded once and shared by all who have it open; and what readers ask of them. Rows change only in
 * apply*.c. */
#include "base/memory.h"
#include "store/condemn.h"
#include "store/inside.h"

/* ── Loading ── */

struct mailbox_opening {
	struct store_op op;
	struct list link; /* in mailbox->openers */
	struct mailbox **out;
};

struct load {
	struct job job;
	struct mailbox *mailbox;
	struct loaded_rows read;
	enum fail result;
	struct why why;
};

/* What came while they were read has higher uids than all of them, but may be among them. */
static void take_arrived(struct mailbox *m, struct loaded_rows *read)
{
	uint32_t last = read->rows.n ? read->rows.p[read->rows.n - 1].uid : 0;
	size_t from = rows_lower_bound(&m->arrived, last + 1), n = m->arrived.n - from;

	if (n)
		memcpy(rows_add_many(&read->rows, n), &m->arrived.p[from], n * sizeof(struct row));
	for (size_t i = 0; i < m->uidls.n; i++)
		uidls_keep(&read->uidls, m->uidls.at[i].uid, span_of(m->uidls.at[i].text));
	for (size_t i = 0; i < m->singles.n; i++)
		for (uint64_t bits = m->singles.at[i].bits; bits; bits &= bits - 1)
			singles_note(&read->singles, m->singles.at[i].base + (uint32_t)__builtin_ctzll(bits),
				m->account->store->block);
}

static void take_rows(struct mailbox *m, struct loaded_rows *read)
{
	take_arrived(m, read);
	mailbox_unload(m);
	m->rows = read->rows;
	m->uidls = read->uidls;
	m->singles = read->singles;
	m->seen_below = read->seen_below;
	*read = (struct loaded_rows){0};
	m->state = ROWS_LOADED;
	index_pack_if_due(m);
}

static enum fail read_rows(const struct mailbox *m, struct loaded_rows *out, struct why *w)
{
	struct store *s = m->account->store;
	enum fail f = index_load_rows(s->kv, m->account->id, m->id, s->block, out, w);

	out->seen_below = rows_seen_below(&out->rows, 1);
	return f;
}

enum fail mailbox_load_now(struct mailbox *m, struct why *w)
{
	struct loaded_rows read = {0};
	enum fail f;

	if (m->state == ROWS_LOADED)
		return FAIL_NONE;
	rows_reserve(&read.rows, m->messages);
	f = read_rows(m, &read, w);
	if (!f)
		take_rows(m, &read);
	loaded_rows_fini(&read);
	return f;
}

static void answer_openers(struct mailbox *m, enum fail f, const struct why *w)
{
	struct account *a = m->account;

	a->refs++; /* a callback may close whatever it likes */
	m->refs++;
	while (!list_empty(&m->openers)) {
		struct mailbox_opening *o = CONTAINER_OF(m->openers.next, struct mailbox_opening, link);

		list_remove(&o->link);
		if (!f && o->op.wait)
			*o->out = m;
		else
			mailbox_close(m);
		store_op_end(&o->op, f, w);
		free(o);
	}
	m->refs--;
	mailbox_settle(m);
	account_close(a);
}

static void load_work(struct job *j)
{
	struct load *l = CONTAINER_OF(j, struct load, job);

	l->result = read_rows(l->mailbox, &l->read, &l->why);
}

static void load_done(struct job *j)
{
	struct load *l = CONTAINER_OF(j, struct load, job);
	struct mailbox *m = l->mailbox;
	enum fail f = m->state == ROWS_LOADED ? FAIL_NONE : l->result; /* apply may have needed them meanwhile */

	m->account->store->busy--;
	if (f)
		mailbox_unload(m);
	else if (m->state != ROWS_LOADED)
		take_rows(m, &l->read);
	loaded_rows_fini(&l->read);
	answer_openers(m, condemn_answer(f), &l->why);
	free(l);
}

static void load_start(struct mailbox *m)
{
	struct load *l = NEW(struct load);

	m->state = ROWS_LOADING;
	l->mailbox = m;
	rows_reserve(&l->read.rows, m->messages);
	l->job.work = load_work;
	l->job.done = load_done;
	m->account->store->busy++;
	job_start(&l->job, m->account->store->loop);
}

void mailbox_unload(struct mailbox *m)
{
	if (!list_empty(&m->idle)) {
		list_remove(&m->idle);
		m->account->store->idle_rows -= m->idle_rows;
	}
	list_remove(&m->packing);
	rows_fini(&m->rows);
	rows_fini(&m->arrived);
	uidls_fini(&m->uidls);
	singles_fini(&m->singles);
	m->state = ROWS_ABSENT;
}

void mailbox_free(struct mailbox *m)
{
	mailbox_unload(m);
	columns_forget(m);
	index_forget_rows(m);
	feed_fini(m);
	list_remove(&m->wake);
	list_remove(&m->leaving);
	list_remove(&m->dirty);
	for (int i = 0; m->keywords && i < KEYWORDS_MAX; i++)
		free(m->keywords[i]);
	free(m->keywords);
	free(m->name);
	free(m);
}

/* Nobody has it open: rows are kept for a while in case someone returns, those of a deleted mailbox are not. */
void mailbox_settle(struct mailbox *m)
{
	struct store *s = m->account->store;

	if (m->refs || m->state == ROWS_LOADING || !list_empty(&m->openers))
		return;
	if (m->gone) {
		mailbox_free(m);
		return;
	}
	if (m->state != ROWS_LOADED)
		return;
	if (!list_empty(&m->idle)) {
		list_remove(&m->idle);
		s->idle_rows -= m->idle_rows;
	}
	m->idle_rows = m->rows.n;
	s->idle_rows += m->idle_rows;
	m->idle_since = s->idle_period;
	list_append(&s->idle_mailboxes, &m->idle);
	while (s->idle_rows > ROWS_KEPT_MAX)
		mailbox_unload(CONTAINER_OF(s->idle_mailboxes.next, struct mailbox, idle));
}

void store_forget_idle(struct store *s)
{
	while (!list_empty(&s->idle_mailboxes)) {
		struct mailbox *m = CONTAINER_OF(s->idle_mailboxes.next, struct mailbox, idle);

		if (m->idle_since == s->idle_period)
			break;
		mailbox_unload(m);
	}
	s->idle_period++;
}

void mailbox_hold(struct mailbox *m)
{
	if (!list_empty(&m->idle)) {
		list_remove(&m->idle);
		m->account->store->idle_rows -= m->idle_rows;
	}
	m->refs++;
	m->account->refs++;
}

enum fail mailbox_open(struct account *a, uint64_t id, struct store_wait *w, struct mailbox **out)
{
	struct mailbox *m = account_by_id(a, id);
	struct mailbox_opening *o;
	enum fail f;

	if (!m)
		return why(w ? &w->why : NULL, FAIL_NOT_FOUND, "There is no such mailbox.");
	if (m->state == ROWS_ABSENT && !a->store->threads) {
		f = mailbox_load_now(m, w ? &w->why : NULL);
		if (f)
			return f;
	}
	mailbox_hold(m);
	if (m->state == ROWS_LOADED) {
		*out = m;
		return FAIL_NONE;
	}
	o = NEW(struct mailbox_opening);
	o->out = out;
	store_op_begin(&o->op, w);
	list_append(&m->openers, &o->link);
	if (m->state == ROWS_ABSENT)
		load_start(m);
	return FAIL_BUSY;
}

void mailbox_close(struct mailbox *m)
{
	struct account *a;

	if (!m)
		return;
	a = m->account;
	m->refs--;
	mailbox_settle(m);
	account_close(a);
}

/* ── What is asked ── */

uint64_t mailbox_id(const struct mailbox *m)
{
	return m->id;
}

struct account *mailbox_account(const struct mailbox *m)
{
	return m->account;
}

bool mailbox_deleted(const struct mailbox *m)
{
	return m->gone;
}

size_t mailbox_count(const struct mailbox *m)
{
	return m->rows.n;
}

void mailbox_at(const struct mailbox *m, size_t i, struct message *out)
{
	row_message(&m->rows.p[i], out);
	out->mailbox = (struct mailbox *)(uintptr_t)m;
}

uint32_t mailbox_uid_at(const struct mailbox *m, size_t i)
{
	return m->rows.p[i].uid;
}

size_t mailbox_lower_bound(const struct mailbox *m, uint32_t uid)
{
	return rows_lower_bound(&m->rows, uid);
}

uint32_t mailbox_first_unseen(struct mailbox *m)
{
	size_t i;

	m->seen_below = rows_seen_below(&m->rows, m->seen_below);
	i = rows_lower_bound(&m->rows, m->seen_below);
	return i < m->rows.n && !(m->rows.p[i].flags & MESSAGE_SEEN) ? m->rows.p[i].uid : 0;
}

static const struct ghost *find_ghost(const struct mailbox *m, uint32_t uid)
{
	size_t lo = 0, hi = m->ghost_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->ghosts[mid].row.uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == m->ghost_count || m->ghosts[lo].row.uid != uid || m->ghosts[lo].event < m->feed.base)
		return NULL;
	return &m->ghosts[lo];
}

bool mailbox_message(const struct mailbox *m, uint32_t uid, struct message *out)
{
	size_t i = rows_lower_bound(&m->rows, uid);
	const struct ghost *g;

	if (i < m->rows.n && m->rows.p[i].uid == uid) {
		mailbox_at(m, i, out);
		return true;
	}
	g = find_ghost(m, uid);
	if (!g)
		return false;
	row_message(&g->row, out);
	out->mailbox = (struct mailbox *)(uintptr_t)m;
	return true;
}

void message_uidl(const struct mailbox *m, const struct message *msg, struct buf *out)
{
	const char *kept = mailbox_kept_uidl(m, msg->uid);

	if (kept) {
		buf_add(out, span_of(kept));
		return;
	}
	buf_add_hex(out, m->account->id);
	buf_add_byte(out, '.');
	buf_add_hex(out, msg->id);
}

void mailbox_count_row(struct mailbox *m, const struct row *r, int sign)
{
	m->messages += (uint32_t)sign;
	if (!(r->flags & MESSAGE_SEEN))
		m->unseen += (uint32_t)sign;
	if (r->flags & MESSAGE_DELETED)
		m->deleted_count += (uint32_t)sign;
	if (sign > 0)
		m->size += r->size;
	else
		m->size -= r->size;
}
