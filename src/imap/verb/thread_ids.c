/* Which message ids the messages have and name: normal forms, each with a number of its own. RFC 5256 §3 (REFERENCES). Sorted
 * rather than hashed, so that no mailbox can be made in which this takes quadratic time. */
#include <stdlib.h>

#include "base/memory.h"
#include "imap/verb/thread_own.h"

/* What may not stand in a message id, or ends it. */
static bool ends_id(char c)
{
	return c == '>' || c == '<' || c == ' ' || c == '\t';
}

/* The next "<local@domain>" of `*s`, quotes taken away ("MUST normalize any msg-id"), at the end of the texts. */
static bool take_id(struct thread_tree *t, struct span *s, struct thread_text *out)
{
	for (;;) {
		size_t start = span_find_byte(*s, '<'), from = t->texts.n, i;
		bool quoted = false, at = false;

		if (start == SIZE_MAX)
			return false;
		*s = span_skip(*s, start + 1);
		for (i = 0; i < s->n && (quoted || !ends_id(s->p[i])); i++) {
			char c = s->p[i];

			if (c == '"')
				quoted = !quoted;
			else if (quoted && c == '\\' && i + 1 < s->n)
				buf_add_byte(&t->texts, s->p[++i]);
			else
				buf_add_byte(&t->texts, c);
			at |= c == '@' && !quoted;
		}
		if (i < s->n && s->p[i] == '>' && at && t->texts.n > from) {
			*s = span_skip(*s, i + 1);
			*out = (struct thread_text){from, (uint32_t)(t->texts.n - from)};
			return true;
		}
		buf_truncate(&t->texts, from); /* no message id */
		*s = span_skip(*s,
			i < s->n
				? i
				: 0); /* past it, so that nothing is looked at again and again; but a quote that never ends may hide one */
	}
}

static void add_use(struct thread_ids *u, struct thread_text id)
{
	if (u->n == u->cap) {
		u->cap = u->cap ? u->cap * 2 : 256;
		u->at = memory_resize_array(u->at, u->cap, sizeof(*u->at));
	}
	u->at[u->n++] = (struct thread_id){id, 0};
}

/* A span of the texts moves when they grow. */
static struct span raw_copy(const struct thread_tree *t, struct thread_text text, struct buf *copy)
{
	buf_reset(copy);
	buf_add(copy, thread_text(t, text));
	return buf_span(copy);
}

static void take_references(struct thread_ids *u, const struct thread_node *m, struct buf *copy)
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

static void gather_uses(struct thread_ids *u)
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
	const struct thread_ids *u = context;

	return span_cmp(
		thread_text(u->t, u->at[*(const size_t *)a].id), thread_text(u->t, u->at[*(const size_t *)b].id));
}

/* Equal ids get equal numbers; each number the first message that has the id as its own. */
static void number_ids(struct thread_ids *u)
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

void thread_ids_init(struct thread_ids *u, struct thread_tree *t)
{
	*u = (struct thread_ids){.t = t, .messages = t->n};
	u->from = memory_resize_array(NULL, t->n + 1, sizeof(*u->from));
	u->own = memory_new(t->n + 1);
	gather_uses(u);
	number_ids(u);
}

void thread_ids_fini(struct thread_ids *u)
{
	free(u->at);
	free(u->node_of);
	free(u->from);
	free(u->own);
}
