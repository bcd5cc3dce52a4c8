/* Tests of streams over socketpairs: input in any pieces, back-pressure, TLS and what must not survive its start, relays. */
#include "base/test.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/stream.h"
#include "net/tls.h"

struct peer {
	struct stream *stream;
	struct buf got;
	size_t least; /* takes nothing while fewer bytes are there */
	bool ended, closed, secured;
	unsigned writable;
};

static struct loop loop;

static size_t on_input(void *ctx, struct span bytes)
{
	struct peer *p = ctx;

	if (bytes.n < p->least)
		return 0;
	buf_add(&p->got, bytes);
	return bytes.n;
}

static void on_writable(void *ctx)
{
	((struct peer *)ctx)->writable++;
}

static void on_ended(void *ctx, enum fail f, const struct why *w)
{
	struct peer *p = ctx;

	(void)f;
	(void)w;
	p->ended = true;
	stream_close(p->stream, 100);
}

static void on_closed(void *ctx)
{
	((struct peer *)ctx)->closed = true;
}

static void on_secured(void *ctx, enum fail f, const struct why *w)
{
	(void)w;
	((struct peer *)ctx)->secured = f == FAIL_NONE;
}

static const struct stream_events events = {on_input, on_writable, on_ended, on_closed, on_secured};
static const struct stream_limits limits = {.input_max = 1000, .output_max = 4 << 20};

/* Turns the loop until `done` or two seconds are over. */
static bool turn_until(const bool *done)
{
	int64_t end = clock_mono_ms() + 2000;

	while (!*done && clock_mono_ms() < end)
		if (uv_run(&loop.uv, UV_RUN_NOWAIT) == 0 || !*done)
			poll(NULL, 0, 1);
	return *done;
}

static void turn_some(void)
{
	for (int i = 0; i < 20; i++) {
		uv_run(&loop.uv, UV_RUN_NOWAIT);
		poll(NULL, 0, 1);
	}
}

static int start(struct peer *p)
{
	int pair[2];

	memset(p, 0, sizeof *p);
	buf_init(&p->got, 8 << 20);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	p->stream = stream_new(&loop, pair[0], &limits, &events, p);
	return pair[1];
}

static void finish(struct peer *p, int fd)
{
	close(fd);
	if (!p->ended && !p->closed)
		stream_close(p->stream, 0);
	assert_true(turn_until(&p->closed));
	buf_fini(&p->got);
}

static void send_all(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void input_waits_until_it_is_taken(void **state)
{
	struct peer p;
	int fd = start(&p);

	(void)state;
	p.least = 6;
	send_all(fd, "abc");
	turn_some();
	assert_int_equal(p.got.n, 0);
	send_all(fd, "defg");
	turn_some();
	assert_true(span_eq(buf_span(&p.got), SPAN("abcdefg")));
	finish(&p, fd);
}

static void a_reader_that_takes_nothing_stops_the_sender(void **state)
{
	struct peer p;
	int fd = start(&p);
	char block[4096] = {0};

	(void)state;
	p.least = SIZE_MAX;
	send(fd, block, sizeof block, MSG_DONTWAIT);
	turn_some();
	assert_int_equal(stream_pending(p.stream).n, limits.input_max);
	finish(&p, fd);
}

static void a_slow_peer_costs_no_more_than_the_cap(void **state)
{
	struct peer p;
	int fd = start(&p);
	static char block[64 << 10];
	size_t accepted = 0;

	(void)state;
	while (stream_write(p.stream, span(block, sizeof block)) == FAIL_NONE)
		accepted += sizeof block;
	assert_int_equal(accepted, limits.output_max);
	assert_int_equal(stream_room(p.stream), 0);
	for (size_t got = 0; got < accepted;) {
		ssize_t n;

		uv_run(&loop.uv, UV_RUN_NOWAIT);
		n = recv(fd, block, sizeof block, MSG_DONTWAIT);
		got += n > 0 ? (size_t)n : 0;
	}
	turn_some();
	assert_true(p.writable > 0);
	assert_true(stream_room(p.stream) > 0);
	finish(&p, fd);
}

static void output_is_sent_before_the_end(void **state)
{
	struct peer p;
	int fd = start(&p);
	char text[16] = {0};

	(void)state;
	stream_write(p.stream, SPAN("* BYE\r\n"));
	stream_close(p.stream, 1000);
	turn_some();
	assert_int_equal(read(fd, text, sizeof text), 7);
	assert_int_equal(read(fd, text, sizeof text), 0);
	close(fd);
	assert_true(turn_until(&p.closed));
	buf_fini(&p.got);
}

/* ── TLS ── */

static void make_certificate(struct buf *chain, struct buf *key, long days)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *b = BIO_new(BIO_s_mem());
	char *p;
	long n;

	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -86400 * 2);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400 * days);
	X509_set_pubkey(x, k);
	X509_sign(x, k, EVP_sha256());
	PEM_write_bio_X509(b, x);
	n = BIO_get_mem_data(b, &p);
	buf_add(chain, span(p, (size_t)n));
	BIO_free(b);
	b = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(b, k, NULL, NULL, 0, NULL, NULL);
	n = BIO_get_mem_data(b, &p);
	buf_add(key, span(p, (size_t)n));
	BIO_free(b);
	X509_free(x);
	EVP_PKEY_free(k);
}

static struct tls_context *test_tls(void)
{
	struct tls_context *t = NULL;
	struct buf chain, key;
	struct why w;

	buf_init(&chain, 10000);
	buf_init(&key, 10000);
	make_certificate(&chain, &key, 1);
	assert_int_equal(tls_context_new(buf_span(&chain), buf_span(&key), "1.2", &t, &w), FAIL_NONE);
	buf_fini(&chain);
	buf_fini(&key);
	return t;
}

static SSL *client_of(int fd, SSL_CTX **ctx)
{
	SSL *ssl;

	*ctx = SSL_CTX_new(TLS_client_method());
	ssl = SSL_new(*ctx);
	SSL_set_fd(ssl, fd);
	SSL_set_connect_state(ssl);
	return ssl;
}

static bool client_connect(SSL *ssl, int fd)
{
	int64_t end = clock_mono_ms() + 2000;

	while (clock_mono_ms() < end) {
		struct pollfd p = {fd, POLLIN, 0};
		int r = SSL_do_handshake(ssl);

		if (r == 1)
			return true;
		if (SSL_get_error(ssl, r) != SSL_ERROR_WANT_READ)
			return false;
		uv_run(&loop.uv, UV_RUN_NOWAIT);
		poll(&p, 1, 5);
	}
	return false;
}

static void nothing_sent_in_the_clear_survives_the_handshake(void **state)
{
	struct tls_context *t = test_tls();
	struct peer p;
	int fd = start(&p);
	SSL_CTX *ctx;
	SSL *ssl = client_of(fd, &ctx);
	char text[8];

	(void)state;
	p.least = SIZE_MAX; /* a door that waits: the injected command stays in the stream */
	send_all(fd, "evil\r\n");
	turn_some();
	assert_int_equal(stream_pending(p.stream).n, 6);
	send_all(fd, "more\r\n"); /* still in the kernel */
	stream_write(p.stream, SPAN("go\r\n"));
	stream_start_tls(p.stream, t);
	p.least = 0;
	turn_some();
	assert_int_equal(read(fd, text, sizeof text), 4);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	assert_true(client_connect(ssl, fd));
	assert_true(turn_until(&p.secured));
	assert_int_equal(SSL_write(ssl, "good", 4), 4);
	turn_some();
	assert_true(span_eq(buf_span(&p.got), SPAN("good")));
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	finish(&p, fd);
	tls_context_unref(t);
}

static void a_relay_carries_both_ways_and_ends_in_order(void **state)
{
	struct tls_context *t = test_tls();
	struct peer p;
	int fd = start(&p), inner = -1;
	SSL_CTX *ctx;
	SSL *ssl = client_of(fd, &ctx);
	struct buf early;
	struct why w;
	char text[16];

	(void)state;
	buf_init(&early, 1000);
	stream_start_tls(p.stream, t);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	assert_true(client_connect(ssl, fd));
	assert_true(turn_until(&p.secured));
	p.least = SIZE_MAX;
	SSL_write(ssl, "early", 5);
	turn_some();
	assert_int_equal(stream_give_away(p.stream, &inner, &early, &w), FAIL_NONE);
	assert_true(span_eq(buf_span(&early), SPAN("early")));
	SSL_write(ssl, "up", 2);
	turn_some();
	assert_int_equal(read(inner, text, sizeof text), 2);
	send_all(inner, "last words");
	close(inner);
	turn_some();
	assert_int_equal(SSL_read(ssl, text, sizeof text), 10);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fd);
	assert_true(turn_until(&p.closed));
	buf_fini(&p.got);
	buf_fini(&early);
	tls_context_unref(t);
}

/* Every octet says its place. */
static void pattern(char *p, size_t n, size_t from)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (char)((from + i) * 31 + (from + i) / 251);
}

static void must_be_pattern(const char *p, size_t n, size_t from)
{
	char want[4096];

	assert_true(n <= sizeof want);
	pattern(want, n, from);
	assert_memory_equal(p, want, n);
}

/* What the server says, to a client that reads little at a time: all of it, then the end, said properly. */
static void read_down(SSL *ssl, size_t all, int inner)
{
	char text[4096], out[16384];
	size_t got = 0, given = 0;
	int n = 0;

	for (int turns = 0; turns < 20000 && got < all; turns++) {
		size_t left = all - given < sizeof out ? all - given : sizeof out;

		pattern(out, left, given);
		n = left ? (int)send(inner, out, left, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
		given += n > 0 ? (size_t)n : 0;
		if (given == all && left)
			shutdown(inner, SHUT_WR);
		uv_run(&loop.uv, UV_RUN_NOWAIT);
		n = turns % 3 ? 0 : SSL_read(ssl, text, sizeof text);
		if (n > 0)
			must_be_pattern(text, (size_t)n, got);
		got += n > 0 ? (size_t)n : 0;
	}
	assert_int_equal(got, all);
	turn_some();
	n = SSL_read(ssl, text, sizeof text);
	assert_int_equal(SSL_get_error(ssl, n), SSL_ERROR_ZERO_RETURN);
}

/* What the client says in many small records, then the end of its side, while the server reads little at a time. */
static void write_up(SSL *ssl, size_t all, int inner)
{
	char text[4096], out[700];
	size_t got = 0, given = 0;
	ssize_t n;
	bool ended = false;

	for (int turns = 0; turns < 20000 && got < all; turns++) {
		size_t left = all - given < sizeof out ? all - given : sizeof out;

		for (int i = 0; i < 8 && left; i++) {
			pattern(out, left, given);
			n = SSL_write(ssl, out, (int)left);
			given += n > 0 ? (size_t)n : 0;
			left = n > 0 ? (all - given < sizeof out ? all - given : sizeof out) : 0;
		}
		if (given == all && !ended)
			ended = SSL_shutdown(ssl) >= 0;
		uv_run(&loop.uv, UV_RUN_NOWAIT);
		n = turns % 3 ? 0 : recv(inner, text, sizeof text, MSG_DONTWAIT);
		if (n > 0)
			must_be_pattern(text, (size_t)n, got);
		got += n > 0 ? (size_t)n : 0;
	}
	assert_int_equal(got, all);
	turn_some();
	assert_int_equal(recv(inner, text, sizeof text, MSG_DONTWAIT), 0);
}

static void a_relay_loses_nothing_when_both_sides_are_slow(void **state)
{
	struct tls_context *t = test_tls();
	struct peer p;
	int fd = start(&p), inner = -1;
	SSL_CTX *ctx;
	SSL *ssl = client_of(fd, &ctx);
	struct buf early;
	struct why w;

	(void)state;
	buf_init(&early, 1000);
	stream_start_tls(p.stream, t);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	assert_true(client_connect(ssl, fd));
	assert_true(turn_until(&p.secured));
	assert_int_equal(stream_give_away(p.stream, &inner, &early, &w), FAIL_NONE);
	write_up(ssl, 1 << 20, inner);
	read_down(ssl, 2 << 20, inner); /* though the client has ended its side */
	close(inner);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fd);
	assert_true(turn_until(&p.closed));
	buf_fini(&p.got);
	buf_fini(&early);
	tls_context_unref(t);
}

/* The end in the same packet as the last words: the socket announces it once. */
static void the_end_may_come_with_the_last_words(void **state)
{
	struct tls_context *t = test_tls();
	struct peer p;
	int fd = start(&p);
	SSL_CTX *ctx;
	SSL *ssl = client_of(fd, &ctx);

	(void)state;
	stream_start_tls(p.stream, t);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	assert_true(client_connect(ssl, fd));
	assert_true(turn_until(&p.secured));
	SSL_write(ssl, "QUIT", 4);
	SSL_write(ssl, "\r\n", 2);
	SSL_shutdown(ssl);
	assert_true(turn_until(&p.ended));
	assert_true(span_eq(buf_span(&p.got), SPAN("QUIT\r\n")));
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	finish(&p, fd);
	tls_context_unref(t);
}

static void what_is_sent_stays_behind_what_was_written(void **state)
{
	struct peer p;
	int fd = start(&p);
	char text[16] = {0};

	(void)state;
	stream_write(p.stream, SPAN("one "));
	stream_send(p.stream, SPAN("two "));
	turn_some();
	stream_send(p.stream, SPAN("three"));
	assert_int_equal(stream_unsent(p.stream), 0); /* at once */
	assert_int_equal(read(fd, text, sizeof text), 13);
	assert_string_equal(text, "one two three");
	finish(&p, fd);
}

/* One handshake with `t`; whether it resumed `session`, which is replaced by the newest. */
static bool resumes(struct tls_context *t, SSL_SESSION **session)
{
	struct peer p;
	int fd = start(&p);
	SSL_CTX *ctx;
	SSL *ssl = client_of(fd, &ctx);
	bool resumed;
	char text[4];

	SSL_set_session(ssl, *session);
	SSL_SESSION_free(*session);
	stream_start_tls(p.stream, t);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	assert_true(client_connect(ssl, fd));
	assert_true(turn_until(&p.secured));
	stream_write(p.stream, SPAN("hi"));
	turn_some();
	assert_int_equal(SSL_read(ssl, text, sizeof text), 2);
	resumed = SSL_session_reused(ssl);
	*session = SSL_get1_session(ssl);
	SSL_shutdown(ssl);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	finish(&p, fd);
	return resumed;
}

/* Each front is a process with a context of its own, and the next connection may come to another. */
static void tickets_are_good_where_their_secret_is(void **state)
{
	struct tls_context *t[3] = {test_tls(), test_tls(), test_tls()};
	struct tls_tickets ours = {.key = "every front has it"}, other = {.key = "after a reload"};
	SSL_SESSION *session = NULL;

	(void)state;
	tls_context_use_tickets(t[0], &ours);
	tls_context_use_tickets(t[1], &ours);
	tls_context_use_tickets(t[2], &other);
	assert_false(resumes(t[0], &session));
	assert_true(resumes(t[1], &session));
	assert_true(resumes(t[0], &session));
	assert_false(resumes(t[2], &session));
	SSL_SESSION_free(session);
	for (int i = 0; i < 3; i++)
		tls_context_unref(t[i]);
}

static void a_plain_stream_is_given_away_whole(void **state)
{
	struct peer p;
	int fd = start(&p), given = -1;
	struct buf early;
	struct why w;
	char text[8];

	(void)state;
	buf_init(&early, 1000);
	p.least = SIZE_MAX;
	send_all(fd, "a2 NOOP\r\n");
	turn_some();
	assert_int_equal(stream_give_away(p.stream, &given, &early, &w), FAIL_NONE);
	assert_true(span_eq(buf_span(&early), SPAN("a2 NOOP\r\n")));
	assert_true(turn_until(&p.closed));
	send_all(fd, "later");
	assert_int_equal(read(given, text, sizeof text), 5);
	close(given);
	close(fd);
	buf_fini(&early);
	buf_fini(&p.got);
}

static void a_bad_certificate_is_explained(void **state)
{
	struct tls_context *t = NULL;
	struct buf chain, key, other;
	struct why w;

	(void)state;
	buf_init(&chain, 10000);
	buf_init(&key, 10000);
	buf_init(&other, 10000);
	make_certificate(&chain, &key, -1);
	assert_int_equal(tls_context_new(buf_span(&chain), buf_span(&key), "1.2", &t, &w), FAIL_CONFIG);
	assert_non_null(strstr(w.text, "expired on "));
	buf_reset(&chain);
	make_certificate(&chain, &other, 1);
	assert_int_equal(tls_context_new(buf_span(&chain), buf_span(&key), "1.2", &t, &w), FAIL_CONFIG);
	assert_string_equal(w.text, "its key file holds the key of another certificate");
	assert_int_equal(tls_context_new(SPAN("no pem"), buf_span(&key), "1.2", &t, &w), FAIL_CONFIG);
	buf_fini(&chain);
	buf_fini(&key);
	buf_fini(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(input_waits_until_it_is_taken),
		cmocka_unit_test(a_reader_that_takes_nothing_stops_the_sender),
		cmocka_unit_test(a_slow_peer_costs_no_more_than_the_cap),
		cmocka_unit_test(output_is_sent_before_the_end),
		cmocka_unit_test(nothing_sent_in_the_clear_survives_the_handshake),
		cmocka_unit_test(a_relay_carries_both_ways_and_ends_in_order),
		cmocka_unit_test(a_relay_loses_nothing_when_both_sides_are_slow),
		cmocka_unit_test(the_end_may_come_with_the_last_words),
		cmocka_unit_test(what_is_sent_stays_behind_what_was_written),
		cmocka_unit_test(tickets_are_good_where_their_secret_is),
		cmocka_unit_test(a_plain_stream_is_given_away_whole),
		cmocka_unit_test(a_bad_certificate_is_explained),
	};
	int failed;

	loop_init(&loop);
	failed = cmocka_run_group_tests_name("net/stream", tests, NULL, NULL);
	loop_fini(&loop);
	return failed;
}
