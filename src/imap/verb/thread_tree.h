/* Threads: RFC 5256 §3 (BASE.6.4.THREAD), the algorithms ORDEREDSUBJECT and REFERENCES. Pure: messages are given one by one in the order of their
 * sequence numbers, the text of the THREAD response comes out. About n log n. */
#ifndef IMAP_VERB_THREAD_TREE_H
#define IMAP_VERB_THREAD_TREE_H

#include "base/buf.h"

enum thread_by { THREAD_ORDEREDSUBJECT, THREAD_REFERENCES };

enum {
	THREAD_BYTES_MAX = 256 << 20, /* of subjects and message ids */
	THREAD_REFERENCES_MAX = 200,  /* of one message that are followed: the newest */
};

struct thread_tree;

struct thread_tree *thread_tree_new(enum thread_by by);
void thread_tree_free(struct thread_tree *t); /* NULL is fine */
/* `number`: what is printed. `date`: the sent date, seconds. `header`: of the message. FAIL_LIMIT past THREAD_BYTES_MAX. */
FAILS thread_tree_add(struct thread_tree *t, uint32_t number, int64_t date, struct span header);
/* Once, after the last: makes the threads. May run on a worker thread. */
void thread_tree_make(struct thread_tree *t);
/* " (1 2)(3)" or nothing at all; stands until the tree is freed. */
struct span thread_tree_text(const struct thread_tree *t);

#endif
