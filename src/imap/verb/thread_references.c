/* REFERENCES: who answers whom, by the message ids that messages name, then by subjects. RFC 5256 §3, the steps by their numbers.
 *
 * Links to a parent are all that is kept until the end: siblings stand together once the nodes are sorted by parent and date (thread_print.c). */
#include <stdlib.h>

#include "base/memory.h"
#include "imap/verb/thread_own.h"

enum { CLIMB_MAX = 10000 /* generations that are looked through for a loop */ };

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

static void link_message(struct thread_ids *u, uint32_t message)
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
	uint32_t *order = thread_in_place(t, &n);
	struct subjects s = {.t = t};

	from = thread_root(t, order, n);
	number_subjects(&s, order + from, n - from);
	fill_table(&s, order + from, n - from);
	merge(&s, order + from, n - from);
	free(s.number);
	free(s.table);
	free(order);
}

void thread_by_references(struct thread_tree *t)
{
	struct thread_ids u;

	thread_ids_init(&u, t);
	for (uint32_t i = 0; i < u.messages; i++)
		link_message(&u, i);
	prune(t);
	date_dummies(t);
	gather_subjects(t);
	date_dummies(t);
	thread_print(t);
	thread_ids_fini(&u);
}
