/* Threads: RFC 5256 §3 (BASE.6.4.THREAD), the algorithms ORDEREDSUBJECT and REFERENCES. Pure: messages are given one by one in the order of their
 * sequence numbers, the text of the THREAD response comes out. About n log n. */
#ifndef IMAP_VERB_THREAD_TREE_H
#define IMAP_VERB_THREAD_TREE_H

#include "imap/verb/header_facts.h"

enum thread_by { THREAD_ORDEREDSUBJECT, THREAD_REFERENCES };

enum {
	THREAD_BYTES_MAX = 256 << 20, /* of subjects and message ids */
	THREAD_REFERENCES_MAX = 200,  /* of one message that are followed: the newest */
};

struct thread_tree;

struct thread_tree *thread_tree_new(enum thread_by by);
void thread_tree_free(struct thread_tree *t); /* NULL is fine */
/* The facts of a header that are needed. */
uint32_t thread_facts(enum thread_by by);
/* `number`: what is printed. `date`: the sent date, seconds. A message of which nothing is known is a thread of its own. FAIL_LIMIT past
 * THREAD_BYTES_MAX. */
FAILS thread_tree_add(struct thread_tree *t, uint32_t number, int64_t date, const struct header_facts *facts);
/* Once, after the last: makes the threads. May run on a worker thread. */
void thread_tree_make(struct thread_tree *t);
/* " (1 2)(3)" or nothing at all; stands until the tree is freed. */
struct span thread_tree_text(const struct thread_tree *t);

#endif
