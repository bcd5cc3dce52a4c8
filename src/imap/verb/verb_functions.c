/* The dispatch of verbs.def. */
#include "imap/verb/verb_functions.h"

#include "imap/verb/session.h"

union verb_function {
	enum fail (*run)(struct command *c);
	const struct verb_steps *steps;
};

#define CODE_RUN(function)                                                                                             \
	{                                                                                                              \
		.run = verb_##function                                                                                 \
	}
#define CODE_STEP(function)                                                                                            \
	{                                                                                                              \
		.steps = &verb_##function##_steps                                                                      \
	}
#define CODE_HOLD(function) CODE_STEP(function)
#define CODE_DOOR(function)                                                                                            \
	{                                                                                                              \
		.run = NULL                                                                                            \
	}
static const union verb_function functions[] = {
#define VERB(word, shape, function, ...) CODE_##shape(function),
#include "imap/verbs.def"
#undef VERB
};

static uint64_t counts[VERB_COUNT];

static size_t index_of(const struct verb_row *row)
{
	return (size_t)(row - verb_row(0));
}

const struct verb_steps *verb_steps_of(const struct verb_row *row)
{
	return row->shape == STEP || row->shape == HOLD ? functions[index_of(row)].steps : NULL;
}

enum fail run_verb(struct command *c)
{
	return functions[index_of(c->row)].run(c);
}

void count_verb(enum verb_id id)
{
	counts[id]++;
}

uint64_t verb_count(size_t verb)
{
	return verb < VERB_COUNT ? counts[verb] : 0;
}
