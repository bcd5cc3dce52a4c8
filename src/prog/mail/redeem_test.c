/* Tickets between mail and auth: one that was forged, used, expired, or made for another connection, kind or front names no account; and
 * nobody waits for ever for an auth that is gone. Auth's side is the real table of tickets behind a real channel. */
#include "base/test.h"

#include "auth/ticket.h"
#include "prog/mail/mail.h"

enum { LIFETIME_MS = 30000, FRONT = 3, CONNECTION = 77, ACCOUNT = 4242 };

struct world {
	struct child child;
	struct mail mail;
	struct channel *auth_end;
	struct tickets tickets;
	int64_t now;
	bool silent; /* auth does not answer */
};

struct question {
	struct redemption r;
	int answers;
	enum fail fail;
	uint64_t account;
};

static void answered(struct redemption *r, const struct msg_redeemed *m)
{
	struct question *q = CONTAINER_OF(r, struct question, r);

	q->answers++;
	q->fail = m->fail;
	q->account = m->account;
}

/* As prog/auth does. */
static void auth_hears(void *ctx, const struct msg *m, int fd)
{
	struct world *w = ctx;
	struct msg out = {.kind = MSG_REDEEMED, .redeemed.request = m->redeem.request};
	struct ticket what;

	if (w->silent)
		return;
	out.redeemed.fail = ticket_redeem(
		&w->tickets, m->redeem.ticket, m->redeem.kind, m->redeem.front, m->redeem.connection, w->now, &what);
	if (!out.redeemed.fail)
		out.redeemed.account = what.account;
	assert_int_equal(channel_send(w->auth_end, &out, -1), FAIL_NONE);
}

static void mail_hears(void *ctx, const struct msg *m, int fd)
{
	struct world *w = ctx;

	redeem_answered(&w->mail, &m->redeemed);
}

static void gone(void *ctx, const char *how)
{
}

static const struct channel_events auth_events = {auth_hears, gone}, mail_events = {mail_hears, gone};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	int fds[2];

	loop_init(&w->child.loop);
	w->mail.child = &w->child;
	redeem_init(&w->mail);
	tickets_init(&w->tickets);
	assert_int_equal(channel_pair(fds), FAIL_NONE);
	w->mail.auth = channel_new(&w->child.loop, fds[0], &mail_events, w);
	w->auth_end = channel_new(&w->child.loop, fds[1], &auth_events, w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	channel_close(w->mail.auth);
	channel_close(w->auth_end);
	tickets_fini(&w->tickets);
	loop_fini(&w->child.loop);
	free(w);
	return 0;
}

static void issue(struct world *w, uint8_t kind, uint8_t code[TICKET_SIZE])
{
	struct ticket t = {.kind = kind, .front = FRONT, .connection = CONNECTION, .account = ACCOUNT};

	assert_int_equal(ticket_issue(&w->tickets, &t, w->now, LIFETIME_MS, code), FAIL_NONE);
}

static enum fail ask(struct world *w, struct question *q, uint8_t kind, const uint8_t code[TICKET_SIZE], uint32_t front,
	uint64_t connection)
{
	*q = (struct question){.r.done = answered};
	redeem(&w->mail, &q->r, kind, code, front, connection);
	assert_int_equal(q->answers, 0); /* never from inside */
	for (int i = 0; i < 10 && !q->answers; i++)
		loop_turn(&w->child.loop);
	assert_int_equal(q->answers, 1);
	return q->fail;
}

static void a_good_ticket_is_good_once(void **state)
{
	struct world *w = *state;
	uint8_t code[TICKET_SIZE];
	struct question q;

	issue(w, TICKET_LOGIN, code);
	assert_int_equal(ask(w, &q, TICKET_LOGIN, code, FRONT, CONNECTION), FAIL_NONE);
	assert_int_equal(q.account, ACCOUNT);
	assert_int_equal(ask(w, &q, TICKET_LOGIN, code, FRONT, CONNECTION), FAIL_AUTH);
	assert_int_equal(q.account, 0);
}

static void a_forged_ticket_names_nobody(void **state)
{
	struct world *w = *state;
	uint8_t code[TICKET_SIZE], none[TICKET_SIZE] = {0};
	struct question q;

	issue(w, TICKET_LOGIN, code);
	assert_int_equal(ask(w, &q, TICKET_LOGIN, none, FRONT, CONNECTION), FAIL_AUTH);
	code[5] ^= 1;
	assert_int_equal(ask(w, &q, TICKET_LOGIN, code, FRONT, CONNECTION), FAIL_AUTH);
	assert_int_equal(q.account, 0);
}

static void an_old_ticket_is_refused(void **state)
{
	struct world *w = *state;
	uint8_t code[TICKET_SIZE];
	struct question q;

	issue(w, TICKET_LOGIN, code);
	w->now += LIFETIME_MS + 1;
	assert_int_equal(ask(w, &q, TICKET_LOGIN, code, FRONT, CONNECTION), FAIL_AUTH);
}

static void a_ticket_of_another_connection_or_kind_is_refused(void **state)
{
	struct world *w = *state;
	uint8_t code[TICKET_SIZE];
	struct question q;

	issue(w, TICKET_LOGIN, code);
	assert_int_equal(ask(w, &q, TICKET_LOGIN, code, FRONT, CONNECTION + 1), FAIL_AUTH);
	issue(w, TICKET_LOGIN, code);
	assert_int_equal(ask(w, &q, TICKET_LOGIN, code, FRONT + 1, CONNECTION), FAIL_AUTH);
	issue(w, TICKET_DELIVERY, code);
	assert_int_equal(ask(w, &q, TICKET_LOGIN, code, FRONT, CONNECTION), FAIL_AUTH);
}

static void without_auth_it_fails_soon(void **state)
{
	struct world *w = *state;
	uint8_t code[TICKET_SIZE] = {0};
	struct question first = {.r.done = answered}, q;

	w->silent = true;
	redeem(&w->mail, &first.r, TICKET_LOGIN, code, FRONT, CONNECTION);
	loop_turn(&w->child.loop);
	channel_close(w->mail.auth);
	w->mail.auth = NULL;
	redeem_auth_gone(&w->mail);
	assert_int_equal(ask(w, &q, TICKET_LOGIN, code, FRONT, CONNECTION), FAIL_UNAVAILABLE);
	assert_int_equal(first.answers, 1);
	assert_int_equal(first.fail, FAIL_UNAVAILABLE);
}

static void one_that_was_given_up_is_not_answered(void **state)
{
	struct world *w = *state;
	uint8_t code[TICKET_SIZE];
	struct question given_up = {.r.done = answered}, q;

	issue(w, TICKET_LOGIN, code);
	redeem(&w->mail, &given_up.r, TICKET_LOGIN, code, FRONT, CONNECTION);
	redeem_cancel(&given_up.r);
	assert_int_equal(ask(w, &q, TICKET_LOGIN, code, FRONT, CONNECTION), FAIL_AUTH); /* used up by the first */
	assert_int_equal(given_up.answers, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_ticket_is_good_once),
		TEST(a_forged_ticket_names_nobody),
		TEST(an_old_ticket_is_refused),
		TEST(a_ticket_of_another_connection_or_kind_is_refused),
		TEST(without_auth_it_fails_soon),
		TEST(one_that_was_given_up_is_not_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
