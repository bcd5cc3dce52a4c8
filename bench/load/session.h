/* A simulated client: walks through the steps of a workload on one connection.
 *
 *     setup steps ──end──► SESSION_READY ──session_start──► loop steps ──end──► (on_done) loop steps or SESSION_READY
 */
#ifndef LOAD_SESSION_H
#define LOAD_SESSION_H

#include "answer.h"
#include "connection.h"
#include "histogram.h"

/* What all sessions of a run share. */
struct crowd {
	struct script script;
	struct target target;
	const char *login_suffix; /* behind the account's name in LOGIN */
	const char *password;
	unsigned users, first_user, next_user;
	size_t message_size;
	uint64_t next_message, next_number; /* {n} counts from 1 */
	uint64_t any, next_any;             /* {any}: one of 1..any, all over it, the same in each run */
	int poll;
	uint64_t first_sum; /* of `expect same`, 0 = none yet */

	bool going;     /* between start and end: whoever ends an operation begins the next */
	int64_t end_us; /* no operation begins after this (monotonic), 0 = no limit of time */
	uint64_t begun, most, done, reused, bytes; /* operations; `most` 0 = no limit of number */
	struct histogram latency;
};

enum session_state { SESSION_SETUP, SESSION_READY, SESSION_RUNS };

struct session {
	struct crowd *crowd;
	struct connection c;
	struct answer a;
	enum session_state state;
	unsigned at;           /* step of setup or loop */
	unsigned repeat_at, i; /* the step behind "repeat", and how often it has been reached */
	int timer;             /* of a pause, -1 = none: readable once it is over */
	bool sent; /* the last step sent: the next send forgets what was seen only when something was awaited since */
	unsigned user;
	uint64_t message; /* its number, once its size has been `announced` */
	bool announced;
	int64_t began_ns;
};

void session_init(struct session *s, struct crowd *crowd);
void session_fini(struct session *s);
/* Begins the setup. */
void session_setup(struct session *s);
/* Begins an operation unless the run's limits are reached. */
void session_start(struct session *s);
/* After the connection became ready for reading or writing: goes as far as it can. */
void session_ready(struct session *s);
int64_t mono_ns(void);

#endif
