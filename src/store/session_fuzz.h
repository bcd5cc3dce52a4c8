/* For the fuzzers of protocols after login: sessions over socket pairs and the engine `mem`. An input is pieces, each a length octet and that many octets:
 * what is sent at once. Properties: the session takes all that it is sent or ends, says no more than its bound at a time, and ends when its client goes. */
#ifndef STORE_SESSION_FUZZ_H
#define STORE_SESSION_FUZZ_H

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/session.h"
#include "net/stream.h"
#include "store/batch.h"
#include "store/engine.h"
#include "store/store.h"

enum {
	SESSION_FUZZ_STORE = 2000, /* inputs that one store serves */
	SESSION_FUZZ_TURNS = 200000,
};

struct fuzzed_session {
	struct loop *loop;
	int fd;
	bool ended;
};

static struct loop fuzz_loop;
static struct store *fuzz_store;
static struct store_wait fuzz_wait;
static bool fuzz_waited;

static inline void hold_session(bool property)
{
	if (!property)
		abort();
}

/* Threads of the store get their turn too, on a busy machine as well: after a minute it is no patience any more. */
static inline void fuzz_patience(int turn)
{
	hold_session(turn < SESSION_FUZZ_TURNS);
	if (turn > 100)
		usleep(300);
}

static inline void fuzz_wait_over(struct store_wait *w, enum fail f)
{
	(void)w;
	hold_session(f == FAIL_NONE);
	fuzz_waited = true;
}

static inline void fuzz_until_waited(enum fail f)
{
	hold_session(f == FAIL_NONE || f == FAIL_BUSY);
	for (int i = 0; f == FAIL_BUSY && !fuzz_waited; i++) {
		loop_turn(&fuzz_loop);
		fuzz_patience(i);
	}
	fuzz_waited = false;
}

static inline struct account *fuzz_account(void)
{
	struct account *a = NULL;

	fuzz_until_waited(account_open(fuzz_store, 1, &fuzz_wait, &a));
	return a;
}

static inline void fuzz_deliver(const char *text)
{
	struct account *a = fuzz_account();
	struct body_writer *w = body_begin(fuzz_store);
	struct batch *b = batch_begin(a);
	struct new_message m = {.internal_date = 1700000000};
	struct mailbox_info inbox;
	struct body *body = NULL;

	hold_session(account_mailbox_find(a, SPAN("INBOX"), &inbox) == FAIL_NONE);
	hold_session(body_append(w, span_of(text), NULL) == FAIL_NONE && body_end(w, &body, NULL) == FAIL_NONE);
	m.body = body;
	hold_session(batch_message(b, inbox.id, &m, NULL) == FAIL_NONE);
	body_free(body);
	fuzz_until_waited(batch_commit(b, &fuzz_wait));
	batch_free(b);
	account_close(a);
}

/* A store with three messages, and a new one from time to time, so that what inputs leave in it does not pile up. */
static inline void fuzz_open_store(void)
{
	static int uses;
	struct why why;

	if (fuzz_store && ++uses % SESSION_FUZZ_STORE)
		return;
	if (fuzz_store)
		store_close(fuzz_store);
	else
		loop_init(&fuzz_loop);
	store_wait_init(&fuzz_wait, fuzz_wait_over);
	hold_session(store_open_memory(&fuzz_loop, &fuzz_store, &why) == FAIL_NONE);
	fuzz_deliver("From: a@b\r\nSubject: one\r\n\r\n.\r\n..\r\nhello\r\n");
	fuzz_deliver("Subject: two\r\nContent-Type: multipart/mixed; "
		     "boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
		     "Subject: in\r\n\r\ny\r\n--b--\r\n");
	fuzz_deliver("Subject: =?utf-8?B?2KjYsdmK2K8=?=\r\nContent-Type: text/plain; "
		     "charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
		     "2KjYsdmK2K8=\r\n");
}

static inline void fuzz_session_ended(void *ctx, struct session *s, const char *how)
{
	(void)s;
	hold_session(how != NULL);
	((struct fuzzed_session *)ctx)->ended = true;
}

static inline size_t fuzz_no_input(void *ctx, struct span bytes)
{
	(void)ctx;
	(void)bytes;
	return 0;
}

static inline void fuzz_no_end(void *ctx, enum fail f, const struct why *w)
{
	(void)ctx;
	(void)f;
	(void)w;
}

/* A turn of the shard, and what it said is read away. Returns whether it said anything. */
static inline bool fuzz_turn(struct fuzzed_session *c)
{
	char bytes[65536];

	loop_turn(&fuzz_loop);
	return recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0;
}

static inline void fuzz_send(struct fuzzed_session *c, struct span bytes)
{
	for (int i = 0; bytes.n && !c->ended; i++) {
		ssize_t n = send(c->fd, bytes.p, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL);

		bytes = span_skip(bytes, n > 0 ? (size_t)n : 0);
		fuzz_turn(c);
		fuzz_patience(i);
	}
}

static inline int session_fuzz(
	const struct session_ops *ops, const struct settings *settings, struct span note, struct span in)
{
	static const struct stream_events events = {.input = fuzz_no_input, .ended = fuzz_no_end};
	static const struct stream_limits limits = {.input_max = 128 << 10, .output_max = 4 << 20};
	struct fuzzed_session c = {0};
	struct session_start start = {.loop = &fuzz_loop,
		.user = "amal",
		.device = "",
		.session = "fuzz",
		.peer = "unix",
		.note = note,
		.settings = settings};
	int fds[2];

	fuzz_open_store();
	hold_session(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	c.fd = fds[0];
	start.account = fuzz_account();
	start.ended = fuzz_session_ended;
	start.ctx = &c;
	start.stream = stream_new(&fuzz_loop, fds[1], &limits, &events, NULL);
	(void)ops->start(&start);
	while (in.n && !c.ended) {
		size_t n = (unsigned char)in.p[0];

		in = span_skip(in, 1);
		fuzz_send(&c, span_first(in, n));
		in = span_skip(in, n < in.n ? n : in.n);
	}
	for (int quiet = 0; quiet < 3 && !c.ended;)
		quiet = fuzz_turn(&c) ? 0 : quiet + 1;
	shutdown(c.fd, SHUT_WR);
	for (int i = 0; !c.ended; i++) {
		fuzz_turn(&c);
		fuzz_patience(i);
	}
	close(c.fd);
	return 0;
}

#endif
