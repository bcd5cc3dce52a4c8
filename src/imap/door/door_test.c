/* The door against a host that writes down what it is asked. */
#include "base/test.h"

#include "conf/settings.h"
#include "imap/door/door.h"

struct host {
	struct door_host face; /* first */
	struct door_info info;
	struct settings settings;
	struct buf log;
	struct door *door;
};

static char no_names[] = "";

static struct host *of(struct door_host *h)
{
	return (struct host *)h;
}

static const struct door_info *on_info(struct door_host *h)
{
	return &of(h)->info;
}
static void on_write(struct door_host *h, struct span bytes)
{
	buf_add(&of(h)->log, bytes);
}
static void on_start_tls(struct door_host *h)
{
	buf_add_lit(&of(h)->log, "<tls>");
}
static void on_authenticate(struct door_host *h, struct span mechanism, struct span initial)
{
	buf_addf(&of(h)->log, "<auth %.*s %s%.*s>", SPAN_ARG(mechanism), initial.p ? "" : "none", (int)initial.n,
		initial.p ? initial.p : "");
}
static void on_respond(struct door_host *h, struct span response)
{
	buf_addf(&of(h)->log, "<respond %.*s>", SPAN_ARG(response));
}
static void on_cancel(struct door_host *h)
{
	buf_add_lit(&of(h)->log, "<cancel>");
}
static void on_login(struct door_host *h, struct span user, struct span password)
{
	buf_addf(&of(h)->log, "<login %.*s %.*s>", SPAN_ARG(user), SPAN_ARG(password));
}
static void on_poke(struct door_host *h)
{
	(void)h;
}
static void on_close(struct door_host *h)
{
	buf_add_lit(&of(h)->log, "<close>");
}
static void on_deadline(struct door_host *h, uint64_t ms)
{
	(void)h;
	(void)ms;
}

static const struct door_host_ops host_ops = {
	.info = on_info,
	.write = on_write,
	.start_tls = on_start_tls,
	.authenticate = on_authenticate,
	.respond = on_respond,
	.cancel = on_cancel,
	.login = on_login,
	.poke = on_poke,
	.close = on_close,
	.deadline = on_deadline,
};

static struct host *begin(bool tls)
{
	static struct host h;

	h = (struct host){.face = {&host_ops}};
	h.settings.login_timeout = 60;
	h.settings.imap_capabilities_off = h.settings.imaps_capabilities_off = no_names;
	h.info = (struct door_info){.tls = tls,
		.tls_available = !tls,
		.cleartext_ok = tls,
		.hostname = "mail.example",
		.settings = &h.settings};
	buf_init(&h.log, 1 << 20);
	h.door = imap_door_ops.new(&h.face);
	imap_door_ops.start(h.door);
	buf_reset(&h.log);
	return &h;
}

static void end(struct host *h)
{
	imap_door_ops.free(h->door);
	buf_fini(&h->log);
}

/* Byte by byte; what was not taken is offered no more. */
static size_t give(struct host *h, const char *text)
{
	size_t taken = 0;

	for (size_t i = 0; text[i]; i++)
		taken += imap_door_ops.input(h->door, span(text + i, 1));
	return taken;
}

static void said(struct host *h, const char *want)
{
	buf_add_byte(&h->log, '\0');
	assert_string_equal(h->log.p, want);
	buf_reset(&h->log);
}

static void greeting(void **state)
{
	struct host *h = begin(false);

	(void)state;
	imap_door_ops.start(h->door);
	said(h, "* OK [CAPABILITY IMAP4rev1 ENABLE ID IDLE LITERAL+ LOGINDISABLED SASL-IR STARTTLS] mail.example Barid "
		"is ready\r\n");
	end(h);
}

static void simple(void **state)
{
	struct host *h = begin(true);

	(void)state;
	give(h, "a noop\r\n");
	said(h, "a OK NOOP completed\r\n");
	give(h, "b ID NIL\r\n");
	said(h, "* ID (\"name\" \"Barid\")\r\nb OK ID completed\r\n");
	give(h, "c CAPABILITY\r\n");
	said(h, "* CAPABILITY IMAP4rev1 AUTH=LOGIN AUTH=PLAIN ENABLE ID IDLE LITERAL+ SASL-IR\r\nc OK CAPABILITY "
		"completed\r\n");
	give(h, "d SELECT INBOX\r\n");
	said(h, "d BAD Log in first\r\n");
	give(h, "e FROBNICATE\r\n");
	said(h, "e BAD Unknown command\r\n");
	give(h, "+\r\n");
	said(h, "* BAD a command begins with a tag\r\n");
	give(h, "f LOGOUT\r\n");
	said(h, "* BYE Until next time\r\nf OK LOGOUT completed\r\n<close>");
	end(h);
}

static void login(void **state)
{
	struct host *h = begin(true);
	struct buf note;

	(void)state;
	give(h, "a LOGIN {3}\r\nfoo {3+}\r\nbar\r\n");
	said(h, "+ OK\r\n<login foo bar>");
	assert_int_equal(give(h, "b NOOP\r\n"), 0);
	imap_door_ops.auth_done(h->door, FAIL_AUTH, "wrong");
	said(h, "a NO [AUTHENTICATIONFAILED] wrong\r\n");
	give(h, "b LOGIN \"f o\" \"b\\\"\"\r\n");
	said(h, "<login f o b\">");
	imap_door_ops.auth_done(h->door, FAIL_NONE, NULL);
	assert_int_equal(give(h, "c NOOP\r\n"), 0);
	buf_init(&note, 100);
	imap_door_ops.handover(h->door, &note);
	assert_true(span_eq(buf_span(&note), SPAN("b")));
	buf_fini(&note);
	end(h);
}

static void cleartext(void **state)
{
	struct host *h = begin(false);

	(void)state;
	give(h, "a LOGIN foo bar\r\n");
	said(h, "a NO [PRIVACYREQUIRED] Logging in needs TLS\r\n");
	give(h, "b AUTHENTICATE PLAIN AGEAYg==\r\n");
	said(h, "b NO [PRIVACYREQUIRED] Logging in needs TLS\r\n");
	give(h, "c STARTTLS\r\n");
	said(h, "c OK Begin TLS negotiation now\r\n<tls>");
	assert_int_equal(give(h, "d NOOP\r\n"), 0);
	h->info.tls = h->info.cleartext_ok = true;
	imap_door_ops.secured(h->door, FAIL_NONE);
	give(h, "e STARTTLS\r\n");
	said(h, "e BAD TLS is active already\r\n");
	end(h);
}

static void sasl(void **state)
{
	struct host *h = begin(true);

	(void)state;
	give(h, "a AUTHENTICATE LOGIN\r\n");
	said(h, "<auth LOGIN none>");
	imap_door_ops.challenge(h->door, SPAN("Username:"));
	said(h, "+ VXNlcm5hbWU6\r\n");
	give(h, "Zm9v\r\n");
	said(h, "<respond foo>");
	imap_door_ops.challenge(h->door, SPAN(""));
	said(h, "+ \r\n");
	give(h, "*\r\n");
	said(h, "<cancel>a BAD AUTHENTICATE cancelled\r\n");
	give(h, "b AUTHENTICATE PLAIN =\r\n");
	said(h, "<auth PLAIN >");
	imap_door_ops.challenge(h->door, SPAN(""));
	give(h, "{5}\r\n");
	said(h, "+ \r\n<cancel>b BAD The response is not base64\r\n");
	give(h, "c AUTHENTICATE PLAIN YWJj\r\n");
	said(h, "<auth PLAIN abc>");
	imap_door_ops.auth_done(h->door, FAIL_UNAVAILABLE, "");
	said(h, "c NO [UNAVAILABLE] Login failed\r\n");
	give(h, "d AUTHENTICATE PLAIN !!\r\n");
	said(h, "d BAD The initial response is not base64\r\n");
	end(h);
}

static void budgets(void **state)
{
	struct host *h = begin(true);

	(void)state;
	give(h, "a LOGIN {9000}\r\n");
	said(h, "a BAD [TOOBIG] The command is too long\r\n");
	give(h, "b NOOP\r\n");
	said(h, "b OK NOOP completed\r\n");
	for (int i = 0; i < 9; i++)
		give(h, "x y\r\n");
	buf_reset(&h->log);
	give(h, "x y\r\n");
	said(h, "x BAD Unknown command\r\n* BYE Too many commands that are none\r\n<close>");
	end(h);
}

static void ends(void **state)
{
	struct host *h = begin(true);

	(void)state;
	imap_door_ops.timeout(h->door);
	said(h, "* BYE Logging in took too long\r\n<close>");
	imap_door_ops.shutdown(h->door);
	said(h, "");
	end(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(greeting),
		cmocka_unit_test(simple),
		cmocka_unit_test(login),
		cmocka_unit_test(cleartext),
		cmocka_unit_test(sasl),
		cmocka_unit_test(budgets),
		cmocka_unit_test(ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
