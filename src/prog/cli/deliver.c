/* barid deliver: an LMTP client (RFC 2033) of the running server's socket. The message goes through as it comes: never held whole. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "prog/cli/commands.h"
#include "prog/cli/lmtp_client.h"
#include "prog/cli/say.h"
#include "prog/cli/setup.h"

/* How the whole went: what is worth trying again outweighs what is lost for good. */
static int worse(int a, int b)
{
	static const int order[] = {75, 67, 65};

	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a ? a : b;
}

static int exit_code(const struct lmtp_reply *r)
{
	if (r->code < 300)
		return 0;
	if (r->code < 500)
		return fail_row(FAIL_UNAVAILABLE)->exit_code;
	return r->code == 550 ? fail_row(FAIL_NOT_FOUND)->exit_code : fail_row(FAIL_CANNOT)->exit_code;
}

static void show(const struct call *c, const char *recipient, const struct lmtp_reply *r, bool first)
{
	if (c->json) {
		fputs(first ? "[" : ",\n ", stdout);
		fputs("{\"recipient\": ", stdout);
		say_json_string(stdout, span_of(recipient));
		printf(", \"accepted\": %s, \"code\": %u, \"text\": ", r->code < 300 ? "true" : "false", r->code);
		say_json_string(stdout, span_of(r->text));
		fputc('}', stdout);
	} else if (r->code >= 300) {
		fprintf(stderr, "barid: %s: %u %s\n", recipient, r->code, r->text);
	} else if (!c->quiet) {
		printf("%s: %s\n", recipient, r->text);
	}
}

/* The answers to RCPT; then, for those who were accepted, those to the message. */
static enum fail deliver_to(const struct call *c, struct lmtp_client *l, struct lmtp_reply *replies, struct why *w)
{
	int accepted = 0;
	enum fail f = lmtp_hello(l, w);

	if (!f)
		f = lmtp_mail(l, c->from ? c->from : "", w);
	for (int i = 0; i < c->argument_count && !f; i++) {
		f = lmtp_rcpt(l, c->arguments[i], &replies[i], w);
		accepted += !f && replies[i].code < 300;
	}
	if (f || !accepted)
		return f;
	f = lmtp_message(l, STDIN_FILENO, w);
	for (int i = 0; i < c->argument_count && !f; i++)
		if (replies[i].code < 300)
			f = lmtp_reply(l, &replies[i], w);
	return f;
}

static int deliver(const struct call *c, const struct settings *s)
{
	struct lmtp_reply *replies = memory_resize_array(NULL, (size_t)c->argument_count, sizeof *replies);
	struct lmtp_client *l = NULL;
	struct why w;
	enum fail f = lmtp_open(s, &l, &w);
	int code = 0;

	if (!f)
		f = deliver_to(c, l, replies, &w);
	lmtp_close(l);
	if (f)
		code = say_failure(f, &w);
	for (int i = 0; i < c->argument_count && !f; i++) {
		show(c, c->arguments[i], &replies[i], i == 0);
		code = worse(code, exit_code(&replies[i]));
	}
	if (!f && c->json)
		fputs("]\n", stdout);
	free(replies);
	return code;
}

static bool plain_address(const char *a)
{
	for (; *a; a++)
		if ((unsigned char)*a <= ' ' || *a == '<' || *a == '>' || *a == 0x7f)
			return false;
	return true;
}

int cli_deliver(const struct call *c)
{
	struct settings *s;
	int code;

	if (!c->argument_count)
		return say(FAIL_SYNTAX, "deliver: to whom? barid deliver [--from SENDER] RECIPIENT... < MESSAGE");
	for (int i = 0; i < c->argument_count; i++)
		if (!plain_address(c->arguments[i]) || !*c->arguments[i])
			return say(FAIL_SYNTAX, "deliver: '%s' is no address", c->arguments[i]);
	if (c->from && !plain_address(c->from))
		return say(FAIL_SYNTAX, "deliver: '%s' is no address", c->from);
	s = setup_settings(c, &code);
	if (!s)
		return code;
	code = deliver(c, s);
	settings_free(s);
	return code;
}
