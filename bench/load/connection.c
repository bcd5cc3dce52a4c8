/* Sockets and TLS of the load generator; must not know any protocol. */
#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "die.h"

static struct target *resuming; /* whose session on_session keeps; there is one target that resumes a process */

static int on_session(SSL *tls UNUSED, SSL_SESSION *session)
{
	if (!resuming)
		return 0;
	SSL_SESSION_free(resuming->session);
	resuming->session = session;
	return 1;
}

void target_init(struct target *t, uint16_t port, bool tls, bool resume)
{
	*t = (struct target){.port = port, .resume = resume};
	if (!tls)
		return;
	t->tls = SSL_CTX_new(TLS_client_method());
	if (!t->tls)
		die("SSL_CTX_new failed");
	SSL_CTX_set_mode(
		t->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(t->tls, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(t->tls, on_session);
	resuming = resume ? t : NULL;
}

void target_fini(struct target *t)
{
	resuming = NULL;
	SSL_SESSION_free(t->session);
	SSL_CTX_free(t->tls);
}

void connection_init(struct connection *c)
{
	*c = (struct connection){.fd = -1};
	buf_init(&c->out, CONNECTION_OUT_MAX);
}

void connection_open(struct connection *c, struct target *t)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(t->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		die("socket: %m");
	if (connect(c->fd, (struct sockaddr *)&to, sizeof to))
		die("connect to port %u: %m", t->port);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	buf_reset(&c->out);
	if (!t->tls)
		return;
	c->tls = SSL_new(t->tls);
	if (!c->tls || !SSL_set_fd(c->tls, c->fd))
		die("SSL_new failed");
	if (t->resume && t->session) {
		/* of its own: a connection that ends may spoil the session for the others that share it */
		SSL_SESSION *own = SSL_SESSION_dup(t->session);
		if (!own || !SSL_set_session(c->tls, own))
			die("a TLS session cannot be set");
		SSL_SESSION_free(own);
	}
	c->shaking = true;
}

void connection_close(struct connection *c)
{
	if (c->tls) {
		SSL_shutdown(c->tls);
		SSL_free(c->tls);
		ERR_clear_error();
		c->tls = NULL;
	}
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	buf_fini(&c->out);
}

static bool waits(struct connection *c, int result)
{
	int e = SSL_get_error(c->tls, result);
	ERR_clear_error();
	return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE;
}

static bool shake(struct connection *c)
{
	int r = SSL_connect(c->tls);
	if (r != 1) {
		if (!waits(c, r))
			die("TLS handshake failed");
		return false;
	}
	c->shaking = false;
	c->reused = SSL_session_reused(c->tls);
	return true;
}

bool connection_flush(struct connection *c)
{
	if (c->shaking && !shake(c))
		return false;
	size_t at = 0;
	while (at < c->out.n) {
		ssize_t n;
		if (c->tls) {
			n = SSL_write(c->tls, c->out.p + at, (int)(c->out.n - at));
			if (n <= 0 && !waits(c, (int)n))
				die("TLS write failed");
		} else {
			n = send(c->fd, c->out.p + at, c->out.n - at, MSG_NOSIGNAL);
			if (n < 0 && errno != EAGAIN)
				die("send: %m");
		}
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	buf_consume(&c->out, at);
	return c->out.n == 0;
}

bool connection_read(struct connection *c, struct buf *in)
{
	int one = 1;
	size_t before = in->n;
	for (;;) {
		char *p = buf_reserve(in, ANSWER_READ);
		if (!p)
			die("an answer is larger than %d bytes", ANSWER_BYTES_MAX);
		ssize_t n;
		if (c->tls) {
			n = SSL_read(c->tls, p, ANSWER_READ);
			if (n <= 0)
				return waits(c, (int)n) || in->n > before; /* the end is seen next time */
		} else {
			n = recv(c->fd, p, ANSWER_READ, 0);
			if (n < 0 && errno == EAGAIN)
				return true;
			if (n <= 0)
				return false;
		}
		buf_commit(in, (size_t)n);
		if (!c->tls || in->n >= ANSWER_READ)
			break;
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one); /* it does not stay set */
	return true;
}
