/* For the tests of verbs: sessions over socket pairs and the engine `mem`, and a client that asks and compares. Only for tests. */
#ifndef IMAP_VERB_VERB_BENCH_H
#define IMAP_VERB_VERB_BENCH_H

#include "base/test.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "imap/verb/session.h"
#include "store/engine.h"

#define WRONG(...)                                                                                                     \
	do {                                                                                                           \
		print_error(__VA_ARGS__);                                                                              \
		_fail(__FILE__, __LINE__);                                                                             \
	} while (0)

enum { BENCH_MS = 20000 };

struct bench {
	struct loop loop;
	struct store *store;
	struct settings *settings;
	struct store_wait wait;
	bool waited;
	enum fail result;
};

struct client {
	struct bench *bench;
	int fd;
	struct session *session;
	bool ended, hung_up;
	unsigned tag;
	struct buf in;
};

static inline void bench_waited(struct store_wait *w, enum fail f)
{
	struct bench *b = CONTAINER_OF(w, struct bench, wait);

	b->waited = true;
	b->result = f;
}

/* `dir`: engine `local` there; NULL: engine `mem`. */
static inline void bench_init(struct bench *b, const char *dir)
{
	struct why why;
	enum fail f;

	*b = (struct bench){0};
	loop_init(&b->loop);
	f = dir ? store_open_local(dir, &b->loop, 1 << 20, NULL, NULL, NULL, &b->store, &why)
		: store_open_memory(&b->loop, &b->store, &why);
	assert_int_equal(f, FAIL_NONE);
	b->settings = settings_default();
	assert_non_null(b->settings);
	store_wait_init(&b->wait, bench_waited);
}

static inline void bench_fini(struct bench *b)
{
	store_close(b->store);
	settings_free(b->settings);
	for (int i = 0; i < 1000 && loop_turn(&b->loop); i++)
		usleep(100);
	loop_fini(&b->loop);
}

static inline void client_ended(void *ctx, struct session *s, const char *how)
{
	(void)s;
	(void)how;
	((struct client *)ctx)->ended = true;
}

static inline size_t no_input(void *ctx, struct span bytes)
{
	(void)ctx;
	(void)bytes;
	return 0;
}

static inline void no_end(void *ctx, enum fail f, const struct why *w)
{
	(void)ctx;
	(void)f;
	(void)w;
}

/* One turn of the loop; what has come is in c->in. */
static inline void client_turn(struct client *c)
{
	char bytes[65536];
	ssize_t n = -1;

	loop_turn(&c->bench->loop);
	if (c->fd >= 0)
		n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n > 0)
		buf_add(&c->in, span(bytes, (size_t)n));
	else if (n == 0)
		c->hung_up = true;
	else
		usleep(50);
}

static inline void client_open(struct client *c, struct bench *b, uint64_t account)
{
	static const struct stream_events events = {.input = no_input, .ended = no_end};
	static const struct stream_limits limits = {.input_max = 128 << 10, .output_max = 40 << 20};
	struct session_start start = {.loop = &b->loop,
		.user = "amal",
		.session = "test",
		.peer = "unix",
		.note = SPAN("login"),
		.settings = b->settings,
		.ended = client_ended,
		.ctx = c};
	int fds[2];
	enum fail f;

	*c = (struct client){.bench = b};
	buf_init(&c->in, 64 << 20);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	b->waited = false;
	f = account_open(b->store, account, &b->wait, &start.account);
	for (int64_t until = clock_mono_ms() + BENCH_MS; f == FAIL_BUSY && !b->waited && clock_mono_ms() < until;)
		loop_turn(&b->loop);
	assert_int_equal(f == FAIL_BUSY ? b->result : f, FAIL_NONE);
	c->fd = fds[0];
	start.stream = stream_new(&b->loop, fds[1], &limits, &events, NULL);
	c->session = imap_session_ops.start(&start);
	for (int64_t until = clock_mono_ms() + BENCH_MS; c->in.n == 0 && clock_mono_ms() < until;)
		client_turn(c);
	assert_true(span_starts(buf_span(&c->in), SPAN("login OK ")));
}

static inline void client_close(struct client *c)
{
	close(c->fd);
	c->fd = -1;
	for (int64_t until = clock_mono_ms() + BENCH_MS; !c->ended && clock_mono_ms() < until;)
		client_turn(c);
	assert_true(c->ended);
	buf_fini(&c->in);
}

static inline void client_send(struct client *c, struct span bytes)
{
	while (bytes.n > 0) {
		ssize_t n = send(c->fd, bytes.p, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			bytes = span_skip(bytes, (size_t)n);
		else
			client_turn(c);
	}
}

/* Where the tagged reply begins, once it is whole; SIZE_MAX before. */
static inline size_t tagged_at(const struct client *c, const char *tag)
{
	struct span in = buf_span(&c->in);
	size_t at = span_starts(in, span_of(tag)) ? 0 : SIZE_MAX;
	char line[32];

	snprintf(line, sizeof(line), "\r\n%s", tag);
	if (at == SIZE_MAX) {
		at = span_find(in, span_of(line));
		at = at == SIZE_MAX ? at : at + 2;
	}
	return at == SIZE_MAX || span_find(span_skip(in, at), SPAN("\r\n")) == SIZE_MAX ? SIZE_MAX : at;
}

/* Sends a command; its whole answer is in c->in afterwards, with the tag taken off: "* 1 FETCH ...\r\nOK ...\r\n". */
static inline struct span client_ask(struct client *c, struct span command)
{
	char tag[16];
	size_t at = SIZE_MAX, n;

	snprintf(tag, sizeof(tag), "t%u ", ++c->tag);
	buf_reset(&c->in);
	client_send(c, span_of(tag));
	client_send(c, command);
	client_send(c, SPAN("\r\n"));
	for (int64_t until = clock_mono_ms() + BENCH_MS; at == SIZE_MAX && !c->hung_up && clock_mono_ms() < until;) {
		client_turn(c);
		at = tagged_at(c, tag);
	}
	if (at == SIZE_MAX)
		WRONG("%.*s: no reply, but: %.*s", SPAN_ARG(command), SPAN_ARG(buf_span(&c->in)));
	n = strlen(tag);
	memmove(c->in.p + at, c->in.p + at + n, c->in.n - at - n);
	buf_truncate(&c->in, c->in.n - n);
	return buf_span(&c->in);
}

/* The answer is exactly `answer`, of whose last line only the beginning counts. */
static inline void client_says(struct client *c, const char *command, const char *answer)
{
	struct span got = client_ask(c, span_of(command));
	size_t lines = strlen(answer);

	if (got.n < lines || !span_eq(span_first(got, lines), span_of(answer)) ||
		span_find(span_skip(got, lines), SPAN("\r\n")) != got.n - lines - 2)
		WRONG("%s:\n%.*s\nis not\n%s", command, SPAN_ARG(got), answer);
}

static inline void client_append(struct client *c, const char *mailbox, const char *arguments, struct span message)
{
	struct buf command;

	buf_init(&command, message.n + 1000);
	buf_addf(&command, "APPEND %s %s{%zu+}\r\n", mailbox, arguments, message.n);
	buf_add(&command, message);
	if (!span_starts(client_ask(c, buf_span(&command)), SPAN("OK [APPENDUID ")) &&
		span_find(buf_span(&c->in), SPAN("OK [APPENDUID ")) == SIZE_MAX)
		WRONG("APPEND: %.*s", SPAN_ARG(buf_span(&c->in)));
	buf_fini(&command);
}

/* Select INBOX; whatever it says. */
static inline void client_select(struct client *c, const char *mailbox)
{
	char command[100];

	snprintf(command, sizeof(command), "SELECT %s", mailbox);
	if (span_find(client_ask(c, span_of(command)), SPAN("OK [READ-WRITE]")) == SIZE_MAX)
		WRONG("SELECT: %.*s", SPAN_ARG(buf_span(&c->in)));
}

#endif
