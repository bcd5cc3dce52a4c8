/* What is common to both algorithms: the messages, and printing. */
#include "imap/verb/thread_own.h"

#include "base/memory.h"

struct thread_tree *thread_tree_new(enum thread_by by)
{
	struct thread_tree *t = NEW(struct thread_tree);

	t->by = by;
	buf_init(&t->texts, THREAD_BYTES_MAX);
	buf_init(&t->out, SIZE_MAX);
	return t;
}

void thread_tree_free(struct thread_tree *t)
{
	if (!t)
		return;
	free(t->at);
	buf_fini(&t->texts);
	buf_fini(&t->out);
	free(t);
}

static struct thread_text add_text(struct thread_tree *t, struct span s)
{
	struct thread_text text = {t->texts.n, (uint32_t)s.n};

	buf_add(&t->texts, s);
	return text;
}

struct thread_node *thread_node_add(struct thread_tree *t)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->at = memory_resize_array(t->at, t->cap, sizeof(*t->at));
	}
	t->at[t->n] = (struct thread_node){.parent = NOBODY};
	return &t->at[t->n++];
}

uint32_t thread_facts(enum thread_by by)
{
	uint32_t both = FACT_BIT(FACT_SENT) | FACT_BIT(FACT_BASE_SUBJECT);

	if (by == THREAD_ORDEREDSUBJECT)
		return both;
	return both | FACT_BIT(FACT_OWN_ID) | FACT_BIT(FACT_REFERENCES) | FACT_BIT(FACT_IN_REPLY_TO);
}

enum fail thread_tree_add(struct thread_tree *t, uint32_t number, int64_t date, const struct header_facts *facts)
{
	struct thread_node *m = thread_node_add(t);
	struct span subject;

	m->number = m->order = number;
	m->date = date;
	if (header_facts_base_subject(facts, &subject, &m->reply))
		m->subject = add_text(t, subject);
	m->id = add_text(t, header_fact(facts, FACT_OWN_ID));
	m->references = add_text(t, header_fact(facts, FACT_REFERENCES));
	m->in_reply_to = add_text(t, header_fact(facts, FACT_IN_REPLY_TO));
	return t->texts.over ? FAIL_LIMIT : FAIL_NONE;
}

struct span thread_text(const struct thread_tree *t, struct thread_text text)
{
	return span_first(span_skip(buf_span(&t->texts), text.at), text.n);
}

int thread_date_cmp(const struct thread_node *a, const struct thread_node *b)
{
	if (a->date != b->date)
		return a->date < b->date ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

void thread_tree_make(struct thread_tree *t)
{
	if (t->by == THREAD_REFERENCES)
		thread_by_references(t);
	else
		thread_by_subject(t);
}

struct span thread_tree_text(const struct thread_tree *t)
{
	return buf_span(&t->out);
}
