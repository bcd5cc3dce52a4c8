/* From a row of verbs.def to its code. */
#ifndef IMAP_VERB_VERB_FUNCTIONS_H
#define IMAP_VERB_VERB_FUNCTIONS_H

#include "imap/verb/command.h"

/* Declares verb_x of every RUN row, and verb_x_steps of every STEP and HOLD row. */
#define DECLARE_RUN(function)  enum fail verb_##function(struct command *c);
#define DECLARE_STEP(function) extern const struct verb_steps verb_##function##_steps;
#define DECLARE_HOLD(function) DECLARE_STEP(function)
#define DECLARE_DOOR(function)
#define VERB(word, shape, function, ...) DECLARE_##shape(function)
#include "imap/verbs.def"
#undef VERB

/* NULL for RUN. */
const struct verb_steps *verb_steps_of(const struct verb_row *row);
/* Only for RUN. */
enum fail run_verb(struct command *c);
void count_verb(enum verb_id id);

#endif
