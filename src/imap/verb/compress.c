/* COMPRESS: RFC 4978 §3. The framework turns it on behind the reply (session_compress). */
#include "imap/verb/session.h"
#include "imap/verb/verb_functions.h"

enum fail verb_compress(struct command *c)
{
	struct imap_session *s = c->session;
	struct span mechanism;

	if (!args_atom(&c->args, &mechanism) || !args_end(&c->args))
		return command_syntax(c);
	if (!span_eq_nocase(mechanism, SPAN("DEFLATE")))
		return command_fail(c, FAIL_CANNOT, "DEFLATE is the only mechanism");
	if (s->compression) {
		command_code(c, "COMPRESSIONACTIVE");
		return command_fail(c, FAIL_CANNOT, "DEFLATE is active already");
	}
	s->compress_next = true;
	c->text = SPAN("DEFLATE active");
	return FAIL_NONE;
}
