/* CREATE: RFC 3501 §6.3.3; with a special use: RFC 6154 §3. Missing parents are made as real mailboxes, so that no client meets a name it
 * cannot use. */
#include "imap/verb/special_use.h"
#include "imap/verb/verb_functions.h"
#include "imap/wire/capability.h"

/* (USE (\Sent)). More than one use, or one that does not exist, is answered NO [USEATTR]. */
static bool take_use(struct args *a, enum special_use *out, bool *known_out)
{
	if (!args_open(a))
		return false;
	if (!args_if_word(a, SPAN("USE")))
		return args_wrong(a, "USE is expected");
	if (!args_sp(a) || !args_open(a))
		return false;
	for (size_t n = 0; args_peek(a) != ')'; n++) {
		struct span word;

		if (!args_char(a, '\\') || !args_atom(a, &word))
			return false;
		*known_out &= n == 0 && special_use_find(span(word.p - 1, word.n + 1), out);
		(void)args_if(a, ' ');
	}
	return args_close(a) && args_close(a);
}

enum fail verb_create(struct command *c)
{
	struct args *a = &c->args;
	enum special_use use = USE_NONE;
	struct span name, normal;
	bool known = true;
	enum fail f;

	if (!args_mailbox(a, &name))
		return command_syntax(c);
	if (capability_on(a->capabilities, CAPABILITY_CREATE_SPECIAL_USE) && args_if(a, ' ') && args_peek(a) == '(' &&
		!take_use(a, &use, &known))
		return command_syntax(c);
	if (!args_end(a))
		return command_syntax(c);
	f = command_may(c, NULL, RIGHT_CREATE);
	if (!f && !known) {
		command_code(c, "USEATTR");
		f = command_fail(c, FAIL_CANNOT, "A mailbox has one use of RFC 6154, or none");
	}
	if (!f)
		f = command_normal_name(c, name, &normal);
	return f ? f : batch_mailbox_create(command_batch(c), normal, use, &c->why);
}
