/* Channels: order, descriptors that travel, a full kernel, a peer that goes, a peer that speaks nonsense. */
#include "base/test.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc/channel.h"

struct end {
	struct channel *c;
	int messages, last_fd;
	uint64_t last;
	bool in_order, gone, close_in_message;
};

static void on_message(void *ctx, const struct msg *m, int fd)
{
	struct end *e = ctx;

	e->in_order = e->in_order && m->auth_cancel.connection == e->last + 1;
	e->last = m->auth_cancel.connection;
	e->messages++;
	if (e->last_fd >= 0)
		close(e->last_fd);
	e->last_fd = fd;
	if (e->close_in_message) {
		channel_close(e->c);
		e->c = NULL;
	}
}

static void on_gone(void *ctx, const char *how)
{
	struct end *e = ctx;

	e->gone = true;
}

static const struct channel_events events = {on_message, on_gone};

struct pair {
	struct loop loop;
	struct end a, b;
	int fds[2];
};

static int set_up(void **state)
{
	struct pair *p = calloc(1, sizeof *p);

	loop_init(&p->loop);
	assert_int_equal(channel_pair(p->fds), FAIL_NONE);
	p->a = p->b = (struct end){.last_fd = -1, .in_order = true};
	p->a.c = channel_new(&p->loop, p->fds[0], &events, &p->a);
	p->b.c = channel_new(&p->loop, p->fds[1], &events, &p->b);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct pair *p = *state;

	channel_close(p->a.c);
	channel_close(p->b.c);
	if (p->b.last_fd >= 0)
		close(p->b.last_fd);
	loop_fini(&p->loop);
	free(p);
	return 0;
}

static enum fail say(struct end *e, uint64_t n, int fd)
{
	struct msg m = {.kind = MSG_AUTH_CANCEL, .auth_cancel = {n}};

	return channel_send(e->c, &m, fd);
}

static void turn(struct pair *p, int n)
{
	for (int i = 0; i < n; i++)
		loop_turn(&p->loop);
}

static void a_descriptor_travels(void **state)
{
	struct pair *p = *state;
	int pipe_fds[2];
	char c = 0;

	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(say(&p->a, 1, pipe_fds[0]), FAIL_NONE);
	assert_int_equal(fcntl(pipe_fds[0], F_GETFD), -1); /* taken over */
	turn(p, 3);
	assert_int_equal(p->b.messages, 1);
	assert_true(p->b.last_fd >= 0);
	assert_true(fcntl(p->b.last_fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(pipe_fds[1], "x", 1), 1);
	assert_int_equal(read(p->b.last_fd, &c, 1), 1);
	assert_int_equal(c, 'x');
	close(pipe_fds[1]);
}

/* Far more than a socket holds: the rest waits in the queue, in order, and with its descriptors. */
static void many_arrive_in_order(void **state)
{
	struct pair *p = *state;
	uint64_t n = 20000;

	for (uint64_t i = 1; i <= n; i++)
		assert_int_equal(say(&p->a, i, i % 100 ? -1 : dup(1)), FAIL_NONE);
	assert_true(channel_unsent(p->a.c) > 0);
	for (int i = 0; i < 20000 && p->b.last < n; i++)
		loop_turn(&p->loop);
	assert_true(p->b.in_order);
	assert_int_equal(p->b.last, n);
	assert_true(p->b.last_fd >= 0);
	assert_int_equal(channel_unsent(p->a.c), 0);
}

static void a_queue_has_a_bound(void **state)
{
	struct pair *p = *state;
	static char text[200000];
	struct msg m = {.kind = MSG_RELOAD, .reload.settings = {text, sizeof text}};
	enum fail f = FAIL_NONE;

	memset(text, 'x', sizeof text);
	for (int i = 0; i < 1000 && !f; i++)
		f = channel_send(p->a.c, &m, -1);
	assert_int_equal(f, FAIL_LIMIT);
	assert_true(channel_unsent(p->a.c) <= CHANNEL_QUEUE_MAX);
}

static void gone_is_told_once_and_sending_fails(void **state)
{
	struct pair *p = *state;

	channel_close(p->b.c);
	p->b.c = NULL;
	turn(p, 3);
	assert_true(p->a.gone);
	p->a.gone = false;
	assert_int_equal(say(&p->a, 1, dup(1)), FAIL_CLOSED);
	turn(p, 3);
	assert_false(p->a.gone);
}

static void what_was_sent_before_the_end_arrives(void **state)
{
	struct pair *p = *state;

	assert_int_equal(say(&p->a, 1, -1), FAIL_NONE);
	channel_close(p->a.c);
	p->a.c = NULL;
	turn(p, 3);
	assert_int_equal(p->b.messages, 1);
	assert_true(p->b.gone);
}

static void nonsense_ends_the_channel(void **state)
{
	struct pair *p = *state;

	assert_int_equal(send(p->fds[0], "\xff\x01nonsense", 10, 0), 10);
	turn(p, 3);
	assert_int_equal(p->b.messages, 0);
	assert_true(p->b.gone);
}

static void closing_inside_a_message(void **state)
{
	struct pair *p = *state;

	p->b.close_in_message = true;
	assert_int_equal(say(&p->a, 1, -1), FAIL_NONE);
	assert_int_equal(say(&p->a, 2, -1), FAIL_NONE);
	turn(p, 3);
	assert_int_equal(p->b.messages, 1);
	assert_null(p->b.c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_descriptor_travels),
		TEST(many_arrive_in_order),
		TEST(a_queue_has_a_bound),
		TEST(gone_is_told_once_and_sending_fails),
		TEST(what_was_sent_before_the_end_arrives),
		TEST(nonsense_ends_the_channel),
		TEST(closing_inside_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
