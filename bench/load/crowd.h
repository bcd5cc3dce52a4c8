/* Many sessions in one thread: their setup, a run, and its figures. */
#ifndef LOAD_CROWD_H
#define LOAD_CROWD_H

#include "session.h"

/* Sets up `count` sessions, at most `at_once` at a time; returns when all are ready. */
struct session *crowd_setup(struct crowd *crowd, unsigned count, unsigned at_once);
/* Runs operations on all sessions until the limits of `crowd` are reached and all have ended. */
void crowd_run(struct crowd *crowd, struct session *sessions, unsigned count);
/* Waits at most `ms` for something to happen and lets the sessions concerned go on. `on_idle` is told of a session that has
 * input and no step to go on with. */
void crowd_turn(struct crowd *crowd, int ms, void (*on_idle)(struct session *, void *), void *arg);

#endif
