/* Whole sessions over a socketpair and the engine `mem`: the framework, the view, and the verbs about mailboxes. */
#include "base/test.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "imap/verb/session.h"
#include "store/batch.h"
#include "store/engine.h"

enum { PATIENCE = 20000 /* turns */ };

static struct loop loop;
static struct store *store;
static struct settings settings;
static char no_names[] = "";

/* One device: its end of the connection, and everything that was said to it. */
struct device {
	int fd;
	struct buf heard;
	struct session *session;
	bool ended;
	char how[40];
};

/* Those that a test that failed leaves behind. */
static struct device *devices[8];

/* ── The shard ── */

static void turn(void)
{
	(void)loop_turn(&loop);
	usleep(50);
}

static struct {
	struct store_wait wait;
	bool done;
	enum fail f;
} waiting;

static void waited(struct store_wait *w, enum fail f)
{
	(void)w;
	waiting.done = true;
	waiting.f = f;
}

static void wait_for(enum fail f)
{
	waiting.f = f;
	waiting.done = f != FAIL_BUSY;
	for (int i = 0; i < PATIENCE && !waiting.done; i++)
		turn();
	assert_true(waiting.done);
	assert_int_equal(waiting.f, FAIL_NONE);
}

static struct account *open_account(uint64_t id)
{
	struct account *a = NULL;

	store_wait_init(&waiting.wait, waited);
	wait_for(account_open(store, id, &waiting.wait, &a));
	return a;
}

static void deliver(uint64_t account, const char *mailbox, const char *text)
{
	struct account *a = open_account(account);
	struct mailbox_info info;
	struct body_writer *w = body_begin(store);
	struct body *body;
	struct batch *b = batch_begin(a);
	struct new_message m = {.internal_date = 1700000000};

	assert_int_equal(account_mailbox_find(a, span_of(mailbox), &info), FAIL_NONE);
	assert_int_equal(body_append(w, span_of(text), NULL), FAIL_NONE);
	assert_int_equal(body_end(w, &body, NULL), FAIL_NONE);
	m.body = body;
	assert_int_equal(batch_message(b, info.id, &m, NULL), FAIL_NONE);
	body_free(body);
	store_wait_init(&waiting.wait, waited);
	wait_for(batch_commit(b, &waiting.wait));
	batch_free(b);
	account_close(a);
}

static int set_up(void **state)
{
	struct why why;

	(void)state;
	loop_init(&loop);
	settings = (struct settings){.imap_idle_timeout = 1800,
		.message_size_max = 1 << 20,
		.imap_capabilities_off = no_names,
		.imaps_capabilities_off = no_names};
	return store_open_memory(&loop, &store, &why) ? -1 : 0;
}

static void leave(struct device *d);

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(devices); i++)
		if (devices[i])
			leave(devices[i]);
	for (int i = 0; i < 20; i++)
		turn();
	store_close(store);
	loop_fini(&loop);
	return 0;
}

/* ── Devices ── */

static void on_ended(void *ctx, struct session *s, const char *how)
{
	struct device *d = ctx;

	(void)s;
	d->ended = true;
	snprintf(d->how, sizeof(d->how), "%s", how);
}

static struct device *connect_early(uint64_t account, const char *early)
{
	static const struct stream_events none = {0};
	struct stream_limits limits = {64 << 10, 1 << 20};
	struct device *d = NEW(struct device);
	struct session_start start = {
		.loop = &loop, .user = "u", .session = "s", .peer = "p", .note = SPAN("l"), .settings = &settings};
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	d->fd = fds[0];
	for (size_t i = 0; i < ARRAY_LEN(devices); i++)
		if (!devices[i]) {
			devices[i] = d;
			break;
		}
	buf_init(&d->heard, 16 << 20);
	start.account = open_account(account);
	start.stream = stream_new(&loop, fds[1], &limits, &none, NULL);
	start.early = span_of(early);
	start.ended = on_ended;
	start.ctx = d;
	d->session = imap_session_ops.start(&start);
	return d;
}

static void hear(struct device *d)
{
	char some[4096];
	ssize_t n = read(d->fd, some, sizeof(some));

	if (n > 0)
		buf_add(&d->heard, span(some, (size_t)n));
}

static bool line_begins(struct span text, const char *with)
{
	for (struct span line; span_take_until(&text, '\n', &line);)
		if (span_starts(line, span_of(with)))
			return true;
	return false;
}

/* Until a line begins so. */
static void until(struct device *d, const char *line)
{
	for (int i = 0; i < PATIENCE && !line_begins(buf_span(&d->heard), line); i++) {
		turn();
		hear(d);
	}
	if (!line_begins(buf_span(&d->heard), line))
		fail_msg("no line '%s' in: %.*s", line, SPAN_ARG(buf_span(&d->heard)));
}

static void send_in(struct device *d, const char *text, size_t piece)
{
	struct span all = span_of(text);

	while (all.n) {
		struct span part = span_first(all, piece);
		ssize_t n = write(d->fd, part.p, part.n);

		if (n > 0)
			all = span_skip(all, (size_t)n);
		turn();
	}
}

/* Sends, and expects exactly this in answer. */
static void talk_in(struct device *d, const char *text, const char *answer, size_t piece)
{
	struct span want = span_of(answer);

	buf_reset(&d->heard);
	send_in(d, text, piece);
	for (int i = 0; i < PATIENCE && d->heard.n < want.n; i++) {
		turn();
		hear(d);
	}
	buf_add_byte(&d->heard, '\0');
	assert_string_equal(d->heard.p, answer);
	buf_reset(&d->heard);
}

static void talk(struct device *d, const char *text, const char *answer)
{
	talk_in(d, text, answer, SIZE_MAX);
}

static struct device *connect_device(uint64_t account)
{
	struct device *d = connect_early(account, "");

	until(d, "l OK [CAPABILITY IMAP4rev1 ");
	buf_reset(&d->heard);
	return d;
}

static void leave(struct device *d)
{
	for (size_t i = 0; i < ARRAY_LEN(devices); i++)
		if (devices[i] == d)
			devices[i] = NULL;
	close(d->fd);
	for (int i = 0; i < PATIENCE && !d->ended; i++)
		turn();
	assert_true(d->ended);
	buf_fini(&d->heard);
	free(d);
}

/* ── Tests ── */

static void greeting_and_logout(void **state)
{
	struct device *d = connect_early(1, "a NOOP\r\nb LO");

	(void)state;
	until(d, "a OK NOOP completed");
	assert_true(span_starts(buf_span(&d->heard), SPAN("l OK [CAPABILITY IMAP4rev1 ")));
	talk(d, "GOUT\r\nc NOOP\r\n", "* BYE Until next time\r\nb OK LOGOUT completed\r\n");
	for (int i = 0; i < PATIENCE && !d->ended; i++)
		turn();
	assert_string_equal(d->how, "logout");
	leave(d);
}

static void small_verbs(void **state)
{
	struct device *d = connect_device(1);

	(void)state;
	for (size_t piece = 1; piece < 100; piece *= 9) {
		talk_in(d, "a noop\r\nb NAMESPACE\r\n",
			"a OK NOOP completed\r\n* NAMESPACE ((\"\" \"/\")) NIL NIL\r\nb OK NAMESPACE completed\r\n",
			piece);
		talk_in(d, "c ENABLE CONDSTORE X\r\n", "* ENABLED\r\nc OK ENABLE completed\r\n", piece);
		talk_in(d, "d LOGIN a b\r\n", "d BAD LOGIN is for connections that are not logged in\r\n", piece);
		talk_in(d, "e CHECK\r\n", "e BAD No mailbox is selected\r\n", piece);
		talk_in(d, "f FROB\r\n", "f BAD Unknown command\r\n", piece);
		talk_in(d, "g NOOP x\r\n", "g BAD NOOP: there is more than the command takes\r\n", piece);
		talk_in(d, "h STATUS {5}\r\nINBOX (MESSAGES)\r\n",
			"+ OK\r\n* STATUS INBOX (MESSAGES 0)\r\nh OK STATUS completed\r\n", piece);
		talk_in(d, "i ID NIL\r\n",
			"* ID (\"name\" \"Barid\" \"version\" \"" BARID_VERSION "\")\r\ni OK ID completed\r\n", piece);
	}
	leave(d);
}

static void mailboxes(void **state)
{
	struct device *d = connect_device(1);

	(void)state;
	talk(d, "a LIST \"\" \"\"\r\n", "* LIST (\\Noselect) \"/\" \"\"\r\na OK LIST completed\r\n");
	talk(d, "b LIST \"\" *\r\n",
		"* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST (\\HasNoChildren \\Archive) \"/\" Archive\r\n"
		"* LIST (\\HasNoChildren \\Drafts) \"/\" Drafts\r\n* LIST (\\HasNoChildren \\Junk) \"/\" Junk\r\n"
		"* LIST (\\HasNoChildren \\Sent) \"/\" Sent\r\n* LIST (\\HasNoChildren \\Trash) \"/\" Trash\r\nb OK "
		"LIST completed\r\n");
	talk(d, "c CREATE Work/B&APw-cher/2024\r\n", "c OK CREATE completed\r\n");
	talk(d, "d LIST \"\" Work*\r\n",
		"* LIST (\\HasChildren) \"/\" Work\r\n* LIST (\\HasChildren) \"/\" Work/B&APw-cher\r\n"
		"* LIST (\\HasNoChildren) \"/\" Work/B&APw-cher/2024\r\nd OK LIST completed\r\n");
	talk(d, "e DELETE Work\r\n", "e OK DELETE completed\r\n");
	talk(d, "f LIST \"\" %\r\n",
		"* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST (\\HasNoChildren \\Archive) \"/\" Archive\r\n"
		"* LIST (\\HasNoChildren \\Drafts) \"/\" Drafts\r\n* LIST (\\HasNoChildren \\Junk) \"/\" Junk\r\n"
		"* LIST (\\HasNoChildren \\Sent) \"/\" Sent\r\n* LIST (\\HasNoChildren \\Trash) \"/\" Trash\r\n"
		"* LIST (\\Noselect \\HasChildren) \"/\" Work\r\nf OK LIST completed\r\n");
	talk(d, "g RENAME Work/B&APw-cher Books\r\n", "g OK RENAME completed\r\n");
	talk(d, "h LIST Books/ %\r\n", "* LIST (\\HasNoChildren) \"/\" Books/2024\r\nh OK LIST completed\r\n");
	talk(d, "i LIST \"\" \"Sent\" RETURN (SPECIAL-USE SUBSCRIBED)\r\n",
		"* LIST (\\HasNoChildren \\Sent \\Subscribed) \"/\" Sent\r\ni OK LIST completed\r\n");
	talk(d, "j LIST (SPECIAL-USE) \"\" J*\r\n",
		"* LIST (\\HasNoChildren \\Junk) \"/\" Junk\r\nj OK LIST completed\r\n");
	talk(d, "k SUBSCRIBE Books/2024\r\n", "k OK SUBSCRIBE completed\r\n");
	talk(d, "l LSUB \"\" B%\r\n", "* LSUB (\\Noselect) \"/\" Books\r\nl OK LSUB completed\r\n");
	talk(d, "m LSUB \"\" B*\r\n", "* LSUB () \"/\" Books/2024\r\nm OK LSUB completed\r\n");
	talk(d, "n UNSUBSCRIBE Books/2024\r\no LSUB \"\" B*\r\n",
		"n OK UNSUBSCRIBE completed\r\no OK LSUB completed\r\n");
	talk(d, "p LIST \"\" \"*\" RETURN (FROB)\r\n", "p BAD LIST: there is no such option\r\n");
	buf_reset(&d->heard);
	send_in(d, "q CREATE INBOX\r\nr DELETE Nowhere\r\ns DELETE INBOX\r\nt CREATE \"a\x01\"\r\n", SIZE_MAX);
	until(d, "q NO [ALREADYEXISTS] ");
	until(d, "r NO [NONEXISTENT] ");
	until(d, "s NO [CANNOT] ");
	until(d, "t NO [CANNOT] ");
	leave(d);
}

static const char select_empty[] =
	"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n"
	"* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] Flags that can be changed\r\n";

static void selecting(void **state)
{
	struct device *d = connect_device(1);

	(void)state;
	deliver(1, "INBOX", "Subject: a\r\n\r\nx\r\n");
	deliver(1, "INBOX", "Subject: b\r\n\r\nx\r\n");
	buf_reset(&d->heard);
	send_in(d, "a EXAMINE inbox\r\n", 1);
	until(d, "a OK [READ-ONLY] EXAMINE completed");
	assert_true(line_begins(buf_span(&d->heard), "* 2 EXISTS"));
	assert_true(line_begins(buf_span(&d->heard), "* 2 RECENT"));
	buf_reset(&d->heard);
	send_in(d, "b SELECT INBOX\r\n", SIZE_MAX);
	until(d, "b OK [READ-WRITE] SELECT completed");
	assert_true(span_starts(buf_span(&d->heard), span_of(select_empty)));
	assert_true(line_begins(buf_span(&d->heard), "* 2 RECENT"));
	assert_true(line_begins(buf_span(&d->heard), "* OK [UNSEEN 1] "));
	assert_true(line_begins(buf_span(&d->heard), "* OK [UIDNEXT 3] "));
	assert_true(line_begins(buf_span(&d->heard), "* OK [UIDVALIDITY "));
	talk(d, "c UNSELECT\r\n", "c OK UNSELECT completed\r\n");
	talk(d, "d UNSELECT\r\n", "d BAD No mailbox is selected\r\n");
	send_in(d, "e SELECT INBOX\r\n", SIZE_MAX);
	until(d, "e OK ");
	assert_true(line_begins(buf_span(&d->heard), "* 0 RECENT"));
	/* a failed SELECT leaves nothing selected */
	talk(d, "f SELECT Nowhere\r\n", "f NO [NONEXISTENT] There is no such mailbox\r\n");
	talk(d, "g CHECK\r\n", "g BAD No mailbox is selected\r\n");
	leave(d);
}

static void another_device_in_idle(void **state)
{
	struct device *d = connect_device(1), *e = connect_device(1);

	(void)state;
	deliver(1, "INBOX", "Subject: a\r\n\r\nx\r\n");
	send_in(d, "a SELECT INBOX\r\n", SIZE_MAX);
	until(d, "a OK ");
	send_in(e, "a SELECT INBOX\r\n", SIZE_MAX);
	until(e, "a OK ");
	talk(e, "b IDLE\r\n", "+ idling\r\n");
	deliver(1, "INBOX", "Subject: b\r\n\r\nx\r\n");
	talk(e, "", "* 2 EXISTS\r\n* 1 RECENT\r\n");
	talk(d, "c NOOP\r\n", "* 2 EXISTS\r\n* 1 RECENT\r\nc OK NOOP completed\r\n");
	talk(d, "d STORE 1 +FLAGS (\\Flagged $Work)\r\n",
		"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work)\r\n"
		"* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work \\*)] Flags that can be "
		"changed\r\n"
		"* 1 FETCH (FLAGS (\\Flagged \\Recent $Work))\r\nd OK STORE completed\r\n");
	until(e, "* 1 FETCH (FLAGS (\\Flagged $Work))");
	buf_reset(&e->heard);
	talk(d, "f STORE 1 +FLAGS.SILENT \\Deleted\r\ng EXPUNGE\r\n",
		"f OK STORE completed\r\n* 1 EXPUNGE\r\ng OK EXPUNGE completed\r\n");
	until(e, "* 1 EXPUNGE");
	/* what follows DONE in the same packet is served */
	talk(e, "done\r\nx NOOP\r\n", "b OK IDLE completed\r\nx OK NOOP completed\r\n");
	talk(e, "y IDLE\r\n", "+ idling\r\n");
	talk(e, "frob\r\n", "y BAD IDLE ends with DONE\r\n");
	leave(d);
	leave(e);
}

static void no_expunge_while_fetching(void **state)
{
	struct device *d = connect_device(1), *e = connect_device(1);

	(void)state;
	deliver(1, "INBOX", "Subject: a\r\n\r\nx\r\n");
	deliver(1, "INBOX", "Subject: b\r\n\r\nx\r\n");
	send_in(d, "a SELECT INBOX\r\n", SIZE_MAX);
	until(d, "a OK ");
	send_in(e, "a SELECT INBOX\r\n", SIZE_MAX);
	until(e, "a OK ");
	talk(d, "b STORE 1 +FLAGS.SILENT \\Deleted\r\nc EXPUNGE\r\n",
		"b OK STORE completed\r\n* 1 EXPUNGE\r\nc OK EXPUNGE completed\r\n");
	talk(e, "d FETCH 2 UID\r\n", "* 2 FETCH (UID 2)\r\n* 1 FETCH (FLAGS (\\Deleted))\r\nd OK FETCH completed\r\n");
	talk(e, "f UID FETCH 2 UID\r\n", "* 2 FETCH (UID 2)\r\n* 1 EXPUNGE\r\nf OK UID FETCH completed\r\n");
	talk(e, "g FETCH 2 UID\r\n", "g BAD no such message\r\n");
	leave(d);
	leave(e);
}

static void closing_expunges_silently(void **state)
{
	struct device *d = connect_device(1), *e = connect_device(1);

	(void)state;
	deliver(1, "INBOX", "Subject: a\r\n\r\nx\r\n");
	deliver(1, "INBOX", "Subject: b\r\n\r\nx\r\n");
	send_in(d, "a SELECT INBOX\r\n", SIZE_MAX);
	until(d, "a OK ");
	send_in(e, "a EXAMINE INBOX\r\n", SIZE_MAX);
	until(e, "a OK ");
	talk(d, "b STORE 2 +FLAGS.SILENT \\Deleted\r\nc CLOSE\r\n", "b OK STORE completed\r\nc OK CLOSE completed\r\n");
	until(e, "a OK ");
	talk(e, "d NOOP\r\n", "* 2 FETCH (FLAGS (\\Deleted))\r\n* 2 EXPUNGE\r\nd OK NOOP completed\r\n");
	talk(e, "f STORE 1 +FLAGS \\Seen\r\n", "f NO [NOPERM] The mailbox was opened read-only\r\n");
	leave(d);
	leave(e);
}

static void mailbox_deleted_under_a_session(void **state)
{
	struct device *d = connect_device(1), *e = connect_device(1), *f = connect_device(1);

	(void)state;
	talk(d, "a CREATE x\r\n", "a OK CREATE completed\r\n");
	send_in(d, "b SELECT x\r\n", SIZE_MAX);
	until(d, "b OK ");
	send_in(e, "b SELECT x\r\nc IDLE\r\n", SIZE_MAX);
	until(e, "+ ");
	send_in(f, "b SELECT x\r\n", SIZE_MAX);
	until(f, "b OK ");
	talk(d, "c DELETE x\r\nd CHECK\r\n", "c OK DELETE completed\r\nd BAD No mailbox is selected\r\n");
	until(e, "* BYE ");
	talk(f, "c NOOP\r\n", "c OK NOOP completed\r\n* BYE The selected mailbox has been deleted\r\n");
	leave(d);
	leave(e);
	leave(f);
}

static void appending(void **state)
{
	struct device *d = connect_device(1);

	(void)state;
	for (size_t piece = 1; piece < 100; piece *= 9) {
		buf_reset(&d->heard);
		send_in(d, "a APPEND INBOX (\\Seen) {17}\r\n", piece);
		until(d, "+ ");
		send_in(d, "Subject: a\r\n\r\nx\r\n\r\nb NOOP\r\n", piece);
		until(d, "b OK ");
		assert_true(line_begins(buf_span(&d->heard), "a OK [APPENDUID "));
		buf_reset(&d->heard);
		send_in(d, "c APPEND INBOX {17+}\r\nSubject: a\r\n\r\nx\r\n\r\nd NOOP\r\n", piece);
		until(d, "d OK ");
		assert_true(line_begins(buf_span(&d->heard), "c OK [APPENDUID "));
		/* refused: not asked for, or dropped */
		buf_reset(&d->heard);
		send_in(d, "e APPEND Nowhere {17}\r\nf APPEND Nowhere {17+}\r\nSubject: a\r\n\r\nx\r\n\r\ng NOOP\r\n",
			piece);
		until(d, "g OK ");
		assert_true(line_begins(buf_span(&d->heard), "e NO [TRYCREATE] "));
		assert_true(line_begins(buf_span(&d->heard), "f NO [TRYCREATE] "));
		buf_reset(&d->heard);
		send_in(d, "h APPEND INBOX {1+}\r\nx y\r\ni NOOP\r\n", piece);
		until(d, "i OK ");
		assert_true(line_begins(buf_span(&d->heard), "h BAD "));
	}
	leave(d);
}

static void budgets(void **state)
{
	struct device *d = connect_device(1);
	char *long_line = memory_new(70000 + 20);

	(void)state;
	memset(long_line, 'x', 70000);
	memcpy(long_line, "a NOOP ", 7);
	memcpy(long_line + 70000, "\r\nb NOOP\r\n", 11);
	talk(d, long_line, "a BAD [TOOBIG] The command is too long\r\nb OK NOOP completed\r\n");
	talk(d, "c LIST {300000}\r\nd NOOP\r\n", "c BAD [TOOBIG] The command is too long\r\nd OK NOOP completed\r\n");
	free(long_line);
	leave(d);
}

static void stopping(void **state)
{
	struct device *d = connect_device(1);

	(void)state;
	imap_session_ops.stop(d->session, "The server is going down");
	until(d, "* BYE The server is going down");
	leave(d);
}

/* An account that cannot be opened: the login itself is answered, by its tag. */
static void a_session_that_cannot_begin(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	imap_session_ops.refuse(SPAN("a1"), FAIL_UNAVAILABLE, "try again", &out);
	assert_true(
		span_eq(buf_span(&out), SPAN("a1 NO [UNAVAILABLE] try again\r\n* BYE [UNAVAILABLE] try again\r\n")));
	buf_reset(&out);
	imap_session_ops.refuse(span(NULL, 0), FAIL_UNAVAILABLE, "try again", &out);
	assert_true(span_eq(buf_span(&out), SPAN("* BYE [UNAVAILABLE] try again\r\n")));
	buf_fini(&out);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(greeting_and_logout),
		TEST(small_verbs),
		TEST(mailboxes),
		TEST(selecting),
		TEST(another_device_in_idle),
		TEST(no_expunge_while_fetching),
		TEST(closing_expunges_silently),
		TEST(mailbox_deleted_under_a_session),
		TEST(appending),
		TEST(budgets),
		TEST(stopping),
		TEST(a_session_that_cannot_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
