/* IDLE: RFC 2177. Held until DONE; every change is told as the feed wakes the session. No timer is involved. */
#include "imap/verb/verb_functions.h"

static enum fail idle_begin(struct command *c)
{
	if (!args_end(&c->args))
		return command_syntax(c);
	command_continue(c, "idling");
	return FAIL_NONE;
}

static enum step idle_step(struct command *c)
{
	struct span line;

	if (command_line_take(c, &line)) {
		if (span_eq_nocase(span_trim(line), SPAN("DONE")))
			return STEP_DONE;
		command_fail(c, FAIL_SYNTAX, "IDLE ends with DONE");
		return STEP_FAIL;
	}
	return command_tell(c, true) == STEP_WAIT_OUTPUT ? STEP_WAIT_OUTPUT : STEP_WAIT_EVENT;
}

const struct verb_steps verb_idle_steps = {idle_begin, idle_step, NULL};
