/* REFERENCES: who answers whom, by the message ids that messages name, then by subjects. RFC 5256 §3, the steps by their numbers.
 *
 * Everything is sorted rather than hashed, so that no mailbox can be made in which this takes quadratic time; and links to a parent are all that
 * is kept until the end: siblings stand together once the nodes are sorted by parent and date. */
#include <stdlib.h>

#include "base/memory.h"
#include "imap/verb/thread_own.h"

enum { CLIMB_MAX = 10000 /* generations that are looked through for a loop */ };

/* ── Message ids ── */

/* A place where a message id stands: a message's own, or one of its references. */
struct use {
	struct thread_text id; /* normal form */
	uint32_t known_as;     /* dense number of the id */
};
struct uses {
	struct thread_tree *t;
	struct use *at;
	size_t n, cap;
	uint32_t *node_of; /* by known_as; NOBODY: no message has it so far */
	size_t messages;
	size_t *from; /* of message i: its own id (or none: own[i] false), then its references, up to from[i + 1] */
	bool *own;
};

/* The next "<local@domain>" of `*s`, quotes taken away ("MUST normalize any msg-id"), at the end of the texts. */
static bool take_id(struct thread_tree *t, struct span *s, struct thread_text *out)
{
	for (;;) {
		size_t start = span_find_byte(*s, '<'), from = t->texts.n, i;
		bool quoted = false, at = false, bad = false;

		if (start == SIZE_MAX)
			return false;
		*s = span_skip(*s, start + 1);
		for (i = 0; i < s->n && (quoted || s->p[i] != '>'); i++) {
			char c = s->p[i];

			if (c == '"')
				quoted = !quoted;
			else if (quoted && c == '\\' && i + 1 < s->n)
				buf_add_byte(&t->texts, s->p[++i]);
			else
				buf_add_byte(&t->texts, c);
			at |= c == '@' && !quoted;
			bad |= !quoted && (c == ' ' || c == '\t' || c == '<');
		}
		if (i < s->n && at && !bad && t->texts.n > from) {
			*s = span_skip(*s, i + 1);
			*out = (struct thread_text){from, (uint32_t)(t->texts.n - from)};
			return true;
		}
		buf_truncate(&t->texts, from); /* no message id: look behind this '<' */
	}
}

static void add_use(struct uses *u, struct thread_text id)
{
	if (u->n == u->cap) {
		u->cap = u->cap ? u->cap * 2 : 256;
		u->at = memory_resize_array(u->at, u->cap, sizeof(*u->at));
	}
	u->at[u->n++] = (struct use){id, 0};
}

/* A span of the texts moves when they grow. */
static struct span raw_copy(const struct thread_tree *t, struct thread_text text, struct buf *copy)
{
	buf_reset(copy);
	buf_add(copy, thread_text(t, text));
	return buf_span(copy);
}

static void take_references(struct uses *u, const struct thread_node *m, struct buf *copy)
{
	struct span s = raw_copy(u->t, m->references, copy);
	size_t first = u->n;
	struct thread_text id;

	while (take_id(u->t, &s, &id))
		add_use(u, id);
	if (u->n == first) { /* "the first (if any) valid Message ID found in the In-Reply-To" */
		s = raw_copy(u->t, m->in_reply_to, copy);
		if (take_id(u->t, &s, &id))
			add_use(u, id);
	}
	if (u->n - first > THREAD_REFERENCES_MAX) {
		memmove(&u->at[first], &u->at[u->n - THREAD_REFERENCES_MAX], THREAD_REFERENCES_MAX * sizeof(*u->at));
		u->n = first + THREAD_REFERENCES_MAX;
	}
}

static void gather_uses(struct uses *u)
{
	struct buf copy;

	buf_init(&copy, SIZE_MAX);
	for (size_t i = 0; i < u->messages; i++) {
		const struct thread_node *m = &u->t->at[i];
		struct span s = raw_copy(u->t, m->id, &copy);
		struct thread_text id;

		u->from[i] = u->n;
		u->own[i] = take_id(u->t, &s, &id);
		if (u->own[i])
			add_use(u, id);
		take_references(u, m, &copy);
	}
	u->from[u->messages] = u->n;
	buf_fini(&copy);
}

static int by_id(const void *a, const void *b, void *context)
{
	const struct uses *u = context;

	return span_cmp(
		thread_text(u->t, u->at[*(const size_t *)a].id), thread_text(u->t, u->at[*(const size_t *)b].id));
}

/* Equal ids get equal numbers; each number the first message that has the id as its own. */
static void number_ids(struct uses *u)
{
	size_t *order = memory_resize_array(NULL, u->n + 1, sizeof(*order));
	uint32_t known = 0;

	for (size_t i = 0; i < u->n; i++)
		order[i] = i;
	if (u->n)
		qsort_r(order, u->n, sizeof(*order), by_id, u);
	for (size_t i = 0; i < u->n; i++) {
		known += i && by_id(&order[i - 1], &order[i], u) != 0;
		u->at[order[i]].known_as = known;
	}
	u->node_of = memory_resize_array(NULL, (size_t)known + 1, sizeof(*u->node_of));
	for (size_t i = 0; i <= known; i++)
		u->node_of[i] = NOBODY;
	for (uint32_t i = 0; i < u->messages; i++) {
		uint32_t *node = u->own[i] ? &u->node_of[u->at[u->from[i]].known_as] : NULL;

		if (node && *node == NOBODY)
			*node = i;
	}
	free(order);
}

/* ── Step 1: parents ── */

static bool would_loop(const struct thread_tree *t, uint32_t parent, uint32_t child)
{
	unsigned steps = 0;

	if (parent == child)
		return true;
	if (!t->at[child].children)
		return false;
	for (uint32_t i = parent; i != NOBODY; i = t->at[i].parent)
		if (i == child || ++steps > CLIMB_MAX)
			return true;
	return false;
}

static void set_parent(struct thread_tree *t, uint32_t child, uint32_t parent)
{
	if (t->at[child].parent != NOBODY)
		t->at[t->at[child].parent].children--;
	t->at[child].parent = parent;
	if (parent != NOBODY)
		t->at[parent].children++;
}

static void link_message(struct uses *u, uint32_t message)
{
	struct thread_tree *t = u->t;
	uint32_t last = NOBODY;

	for (size_t i = u->from[message] + u->own[message]; i < u->from[message + 1]; i++) {
		uint32_t *node = &u->node_of[u->at[i].known_as];

		if (*node == NOBODY) {
			*node = (uint32_t)t->n;
			(void)thread_node_add(t);
		}
		if (last != NOBODY && t->at[*node].parent == NOBODY && !would_loop(t, last, *node)) /* 1.A */
			set_parent(t, *node, last);
		last = *node;
	}
	set_parent(t, message, NOBODY); /* 1.B */
	if (last != NOBODY && !would_loop(t, last, message))
		set_parent(t, message, last);
}

/* ── Steps 2 and 3: dummies go ── Only the topmost may stay, with two children or more: so a message's parent is the nearest message above
 * it, or else the topmost dummy. */

static bool is_dummy(const struct thread_tree *t, uint32_t i)
{
	return t->at[i].number == 0;
}

static uint32_t real_parent(struct thread_tree *t, uint32_t i)
{
	uint32_t top = t->at[i].parent;

	while (top != NOBODY && is_dummy(t, top) && t->at[top].parent != NOBODY)
		top = t->at[top].parent;
	/* the dummies on the way remember, so that the next climbs less */
	for (uint32_t at = t->at[i].parent; at != top;) {
		uint32_t up = t->at[at].parent;

		t->at[at].parent = top;
		at = up;
	}
	return top;
}

static void prune(struct thread_tree *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		t->at[i].children = 0;
	for (uint32_t i = 0; i < t->n; i++) {
		if (is_dummy(t, i))
			continue;
		t->at[i].parent = real_parent(t, i);
		if (t->at[i].parent != NOBODY)
			t->at[t->at[i].parent].children++;
	}
	for (uint32_t i = 0; i < t->n; i++)
		t->at[i].gone = is_dummy(t, i) && t->at[i].children < 2;
	for (uint32_t i = 0; i < t->n; i++) {
		if (!is_dummy(t, i) && t->at[i].parent != NOBODY && t->at[t->at[i].parent].gone)
			t->at[i].parent = NOBODY;
		if (is_dummy(t, i))
			t->at[i].parent = NOBODY;
	}
}

/* ── Step 4: the root in order ── */

/* A dummy stands where its first child would, with its subject. */
static void date_dummies(struct thread_tree *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (is_dummy(t, i))
			t->at[i].order = 0;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct thread_node *m = &t->at[i];
		struct thread_node *p = m->parent == NOBODY ? NULL : &t->at[m->parent];

		if (!p || p->number || (p->order && thread_date_cmp(p, m) < 0))
			continue;
		p->date = m->date;
		p->order = m->order;
		p->subject = m->subject;
	}
}

static int by_place(const void *a, const void *b, void *context)
{
	const struct thread_tree *t = context;
	const struct thread_node *x = &t->at[*(const uint32_t *)a], *y = &t->at[*(const uint32_t *)b];

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return thread_date_cmp(x, y);
}

/* The nodes that are left by parent and date; those of the root come last. */
static uint32_t *in_place(struct thread_tree *t, size_t *n_out)
{
	uint32_t *order = memory_resize_array(NULL, t->n + 1, sizeof(*order));
	size_t n = 0;

	for (uint32_t i = 0; i < t->n; i++)
		if (!t->at[i].gone)
			order[n++] = i;
	if (n)
		qsort_r(order, n, sizeof(*order), by_place, t);
	*n_out = n;
	return order;
}

static size_t root_from(const struct thread_tree *t, const uint32_t *order, size_t n)
{
	size_t from = n;

	while (from && t->at[order[from - 1]].parent == NOBODY)
		from--;
	return from;
}

/* ── Step 5: threads of one subject ── */

struct subjects {
	struct thread_tree *t;
	uint32_t *number; /* by node: of its thread subject; 0 = none */
	uint32_t *table;  /* by number: the node that stands for it */
};

static int by_thread_subject(const void *a, const void *b, void *context)
{
	const struct thread_tree *t = context;

	return span_cmp(thread_text(t, t->at[*(const uint32_t *)a].subject),
		thread_text(t, t->at[*(const uint32_t *)b].subject));
}

static void number_subjects(struct subjects *s, const uint32_t *root, size_t n)
{
	uint32_t *sorted = memory_resize_array(NULL, n + 1, sizeof(*sorted));
	uint32_t known = 0;

	memcpy(sorted, root, n * sizeof(*sorted));
	if (n)
		qsort_r(sorted, n, sizeof(*sorted), by_thread_subject, s->t);
	s->number = memory_new((s->t->n + 1) * sizeof(*s->number));
	for (size_t i = 0; i < n; i++) {
		if (!s->t->at[sorted[i]].subject.n)
			continue;
		known += !known || by_thread_subject(&sorted[i - 1], &sorted[i], s->t) != 0;
		s->number[sorted[i]] = known;
	}
	s->table = memory_resize_array(NULL, (size_t)known + 1, sizeof(*s->table));
	for (size_t i = 0; i <= known; i++)
		s->table[i] = NOBODY;
	free(sorted);
}

/* 5.B */
static void fill_table(struct subjects *s, const uint32_t *root, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t *held = &s->table[s->number[root[i]]];
		const struct thread_node *now = &s->t->at[root[i]], *then;

		if (!s->number[root[i]])
			continue;
		then = *held == NOBODY ? NULL : &s->t->at[*held];
		if (!then || (then->number && (!now->number || (then->reply && !now->reply))))
			*held = root[i];
	}
}

/* Both get a new dummy as parent, which stands in the table from then on. */
static void join(struct subjects *s, uint32_t *held, uint32_t current)
{
	uint32_t dummy = (uint32_t)s->t->n;

	(void)thread_node_add(s->t);
	s->t->at[*held].parent = dummy;
	s->t->at[current].parent = dummy;
	*held = dummy;
}

/* 5.C. *adopter_out of a dummy that is merged: who has its children now. */
static void merge(struct subjects *s, const uint32_t *root, size_t n)
{
	struct thread_tree *t = s->t;
	uint32_t *adopter = memory_resize_array(NULL, t->n + 1, sizeof(*adopter));
	size_t before = t->n;

	for (size_t i = 0; i < before; i++)
		adopter[i] = NOBODY;
	for (size_t i = 0; i < n; i++) {
		uint32_t current = root[i], *held = &s->table[s->number[current]];

		if (!s->number[current] || *held == current)
			continue;
		if (is_dummy(t, *held) && is_dummy(t, current)) {
			adopter[current] = *held;
			t->at[current].gone = true;
		} else if (is_dummy(t, *held) || (t->at[current].reply && !t->at[*held].reply)) {
			t->at[current].parent = *held;
		} else {
			join(s, held, current);
		}
	}
	for (size_t i = 0; i < before; i++)
		if (t->at[i].parent != NOBODY && t->at[i].parent < before && adopter[t->at[i].parent] != NOBODY)
			t->at[i].parent = adopter[t->at[i].parent];
	free(adopter);
}

static void gather_subjects(struct thread_tree *t)
{
	size_t n, from;
	uint32_t *order = in_place(t, &n);
	struct subjects s = {.t = t};

	from = root_from(t, order, n);
	number_subjects(&s, order + from, n - from);
	fill_table(&s, order + from, n - from);
	merge(&s, order + from, n - from);
	free(s.number);
	free(s.table);
	free(order);
}

/* ── Step 6, and printing ── */

struct range {
	size_t next, end;
};
struct printing {
	struct thread_tree *t;
	const uint32_t *order;
	struct range *children; /* by node */
	struct range *stack;
	size_t depth, cap;
};

static void push(struct printing *p, struct range r)
{
	if (p->depth == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 64;
		p->stack = memory_resize_array(p->stack, p->cap, sizeof(*p->stack));
	}
	p->stack[p->depth++] = r;
}

/* The number, and what follows it: NOBODY, or the only child, to which the line goes on. Several children are pushed. */
static uint32_t print_node(struct printing *p, uint32_t node)
{
	struct range children = p->children[node];

	if (p->t->at[node].number)
		buf_addf(&p->t->out, "%u", p->t->at[node].number);
	if (children.next == children.end) {
		buf_add_byte(&p->t->out, ')');
		return NOBODY;
	}
	if (p->t->at[node].number)
		buf_add_byte(&p->t->out, ' ');
	if (children.end - children.next == 1)
		return p->order[children.next];
	push(p, children);
	return NOBODY;
}

static void print_thread(struct printing *p, uint32_t node)
{
	buf_add_byte(&p->t->out, '(');
	for (;;) {
		struct range *top;

		while (node != NOBODY)
			node = print_node(p, node);
		if (!p->depth)
			return;
		top = &p->stack[p->depth - 1];
		if (top->next < top->end) {
			buf_add_byte(&p->t->out, '(');
			node = p->order[top->next++];
		} else {
			p->depth--;
			buf_add_byte(&p->t->out, ')');
		}
	}
}

static void print_all(struct thread_tree *t)
{
	size_t n, from;
	uint32_t *order = in_place(t, &n);
	struct printing p = {.t = t, .order = order, .children = memory_new((t->n + 1) * sizeof(struct range))};

	from = root_from(t, order, n);
	for (size_t i = 0; i < from; i++) {
		struct range *r = &p.children[t->at[order[i]].parent];

		if (r->end == 0)
			r->next = i;
		r->end = i + 1;
	}
	if (from < n)
		buf_add_byte(&t->out, ' ');
	for (size_t i = from; i < n; i++)
		print_thread(&p, order[i]);
	free(p.children);
	free(p.stack);
	free(order);
}

void thread_by_references(struct thread_tree *t)
{
	struct uses u = {.t = t, .messages = t->n};

	u.from = memory_resize_array(NULL, t->n + 1, sizeof(*u.from));
	u.own = memory_new(t->n + 1);
	gather_uses(&u);
	number_ids(&u);
	for (uint32_t i = 0; i < u.messages; i++)
		link_message(&u, i);
	prune(t);
	date_dummies(t);
	gather_subjects(t);
	date_dummies(t);
	print_all(t);
	free(u.at);
	free(u.node_of);
	free(u.from);
	free(u.own);
}
