/* Between the files of thread_tree.h. */
#ifndef IMAP_VERB_THREAD_OWN_H
#define IMAP_VERB_THREAD_OWN_H

#include "imap/verb/thread_tree.h"

enum { NOBODY = UINT32_MAX };

struct thread_text { /* in thread_tree.texts, which may move */
	size_t at;
	uint32_t n;
};

/* A message, or (number 0) a dummy for one that is not there. */
struct thread_node {
	uint32_t number;
	uint32_t order;    /* breaks ties of dates: the number; of a dummy its first child's */
	uint32_t parent;   /* index, or NOBODY: below the root */
	uint32_t children; /* how many have it as parent */
	bool reply;        /* or a forward, by its subject */
	bool gone;         /* a dummy that has been pruned */
	int64_t date;
	struct thread_text subject, id, references, in_reply_to;
};

struct thread_tree {
	enum thread_by by;
	struct thread_node *at; /* moves when one is added */
	size_t n, cap;
	struct buf texts;
	struct buf out;
};

struct thread_node *thread_node_add(struct thread_tree *t);
struct span thread_text(const struct thread_tree *t, struct thread_text text);
/* By sent date, then by number. Of a dummy: its first child's. */
int thread_date_cmp(const struct thread_node *a, const struct thread_node *b);

void thread_by_subject(struct thread_tree *t);
void thread_by_references(struct thread_tree *t);

#endif
