/* SORT and UID SORT: RFC 5256 §3, §4; RETURN: RFC 5267 §3 (esearch.h).
 *
 *   KEYS (header_walk, sort_key) ─► ORDER (order, on a worker) ─► TELL
 *
 * Holds a key a message, within a bound; never the messages. */
#include <stdlib.h>

#include "base/memory.h"
#include "imap/verb/esearch.h"
#include "imap/verb/header_walk.h"
#include "imap/verb/session.h"
#include "imap/verb/sort_key.h"

enum { KEYS_MAX = 128 << 20 };

struct sort_entry {
	size_t at; /* of its key in `keys` */
	uint32_t n, seq;
};

/* What the worker has to itself meanwhile. */
struct sorting {
	struct sort_entry *at;
	size_t n, cap;
	struct buf keys;
};

struct sort {
	struct header_walk walk;
	struct search_return is;
	struct esearch esearch;
	struct sort_criteria criteria;
	struct sorting *sorting;
	enum { SORT_KEYS, SORT_ORDER, SORT_TELL } phase;
	size_t told;
	bool told_head;
};

static void sorting_free(void *data)
{
	struct sorting *x = data;

	if (!x)
		return;
	free(x->at);
	buf_fini(&x->keys);
	free(x);
}

static enum fail add_entry(void *context, uint32_t seq, const struct message *m, const struct header_facts *facts)
{
	struct sort *s = context;
	struct sorting *x = s->sorting;
	size_t from = x->keys.n;

	sort_key_add(&s->criteria, m, facts, &x->keys);
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 256;
		x->at = memory_resize_array(x->at, x->cap, sizeof(*x->at));
	}
	x->at[x->n++] = (struct sort_entry){from, (uint32_t)(x->keys.n - from), seq};
	return x->keys.over ? FAIL_LIMIT : FAIL_NONE;
}

static bool next_sorted(const void *source, uint32_t *at, uint32_t *seq_out)
{
	const struct sorting *x = source;

	if (*at >= x->n)
		return false;
	*seq_out = x->at[(*at)++].seq;
	return true;
}

static enum fail sort_begin(struct command *c)
{
	struct sort *s = arena_alloc(&c->arena, sizeof(*s));
	enum fail f;

	if (!s)
		return command_fail(c, FAIL_LIMIT, "the command is too long");
	if (!search_return_take(&c->args, &s->is) ||
		(s->is.given && !capability_on(c->args.capabilities, CAPABILITY_ESORT)) ||
		!sort_criteria_take(&c->args, &s->criteria) || !args_sp(&c->args))
		return command_syntax(c);
	f = header_walk_begin(c, &s->walk, s->criteria.facts);
	if (f)
		return f;
	s->walk.each = add_entry;
	s->walk.context = s;
	s->sorting = NEW(struct sorting);
	buf_init(&s->sorting->keys, KEYS_MAX);
	esearch_init(&s->esearch, &s->is, next_sorted, s->sorting);
	c->state = s;
	return FAIL_NONE;
}

static void sort_end(struct command *c)
{
	struct sort *s = c->state;

	if (!s)
		return;
	header_walk_end(&s->walk);
	esearch_fini(&s->esearch);
	if (!command_works(c))
		sorting_free(s->sorting);
}

static enum step make_keys(struct command *c, struct sort *s)
{
	enum step step = header_walk_step(c, &s->walk);

	if (step != STEP_DONE)
		return step;
	s->phase = SORT_ORDER;
	return STEP_AGAIN;
}

static int entry_cmp(const void *a, const void *b, void *context)
{
	const struct sort_entry *x = a, *y = b;
	const struct sorting *of = context;
	int order = span_cmp(span(of->keys.p + x->at, x->n), span(of->keys.p + y->at, y->n));

	return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

static void order(void *data)
{
	struct sorting *x = data;

	if (x->n)
		qsort_r(x->at, x->n, sizeof(*x->at), entry_cmp, x);
}

static enum step tell(struct command *c, struct sort *s)
{
	struct view *view = c->session->view;
	struct buf *out = command_out(c);

	if (!command_has_room(c))
		return STEP_WAIT_OUTPUT;
	if (!s->told_head)
		buf_add_lit(out, "* SORT");
	s->told_head = true;
	for (size_t end = s->told + 512; s->told < s->sorting->n; s->told++) {
		uint32_t seq = s->sorting->at[s->told].seq;

		if (s->told == end)
			return STEP_AGAIN;
		buf_addf(out, " %u", c->uid ? view_uid(view, seq) : seq);
	}
	buf_add_lit(out, "\r\n");
	search_scan_say_unreadable(c, &s->walk.scan);
	return STEP_DONE;
}

static enum step sort_step(struct command *c)
{
	struct sort *s = c->state;

	switch (s->phase) {
	case SORT_KEYS: return make_keys(c, s);
	case SORT_ORDER: s->phase = SORT_TELL; return command_work(c, order, sorting_free, s->sorting);
	case SORT_TELL: break;
	}
	if (!s->is.given)
		return tell(c, s);
	search_scan_say_unreadable(c, &s->walk.scan);
	return esearch_step(c, &s->esearch);
}

const struct verb_steps verb_sort_steps = {sort_begin, sort_step, sort_end};
