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

/* thread_ids.c */
/* A place where a message id stands: a message's own, or one of its references. */
struct thread_id {
	struct thread_text id; /* normal form */
	uint32_t known_as;     /* dense number of the id */
};
struct thread_ids {
	struct thread_tree *t;
	struct thread_id *at;
	size_t n, cap;
	uint32_t *node_of; /* by known_as; NOBODY: no message has it so far */
	size_t messages;
	size_t *from; /* of message i: its own id (or none: own[i] false), then its references, up to from[i + 1] */
	bool *own;
};
void thread_ids_init(struct thread_ids *u, struct thread_tree *t);
void thread_ids_fini(struct thread_ids *u);

/* thread_print.c */
/* The nodes that are left by parent and date; those of the root come last. The caller frees them. */
uint32_t *thread_in_place(struct thread_tree *t, size_t *n_out);
/* Where those of the root begin. */
size_t thread_root(const struct thread_tree *t, const uint32_t *order, size_t n);
void thread_print(struct thread_tree *t);

void thread_by_subject(struct thread_tree *t);
void thread_by_references(struct thread_tree *t);

#endif
