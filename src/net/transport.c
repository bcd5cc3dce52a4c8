/* Socket and TLS calls. A process that uses them ignores SIGPIPE (stream_new sees to it). */
#include "net/transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>

static enum moved errno_result(const char *what, struct why *w)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return MOVED_WAIT;
	if (errno == EPIPE || errno == ECONNRESET)
		why(w, FAIL_CLOSED, "connection reset by peer");
	else
		why(w, FAIL_CLOSED, "%s: %s", what, strerror(errno));
	return MOVED_ERROR;
}

static enum moved tls_result(struct transport *t, int result, bool writing, struct why *w)
{
	char reason[128];

	switch (SSL_get_error(t->ssl, result)) {
	case SSL_ERROR_WANT_READ: t->write_wants_read = writing; return MOVED_WAIT;
	case SSL_ERROR_WANT_WRITE: t->read_wants_write = !writing; return MOVED_WAIT;
	case SSL_ERROR_ZERO_RETURN: return MOVED_END;
	case SSL_ERROR_SYSCALL:
		if (errno == 0)
			return MOVED_END;
		ERR_clear_error();
		return errno_result("TLS", w);
	default:
		tls_reason(reason, sizeof reason);
		why(w, FAIL_CLOSED, "TLS: %s", reason);
		return MOVED_ERROR;
	}
}

enum moved transport_read(struct transport *t, void *dst, size_t n, size_t *n_out, struct why *w)
{
	ssize_t got;

	t->read_wants_write = false;
	if (t->ssl) {
		int result = SSL_read_ex(t->ssl, dst, n, n_out);

		return result == 1 ? MOVED_SOME : tls_result(t, result, false, w);
	}
	got = recv(t->fd, dst, n, 0);
	if (got == 0)
		return MOVED_END;
	if (got < 0)
		return errno_result("receive", w);
	*n_out = (size_t)got;
	return MOVED_SOME;
}

enum moved transport_write(struct transport *t, const void *src, size_t n, size_t *n_out, struct why *w)
{
	ssize_t sent;

	t->write_wants_read = false;
	if (t->ssl) {
		int result = SSL_write_ex(t->ssl, src, n, n_out);

		return result == 1 ? MOVED_SOME : tls_result(t, result, true, w);
	}
	sent = send(t->fd, src, n, MSG_NOSIGNAL);
	if (sent < 0)
		return errno_result("send", w);
	*n_out = (size_t)sent;
	return MOVED_SOME;
}

enum moved transport_handshake(struct transport *t, struct why *w)
{
	int result = SSL_accept(t->ssl);
	enum moved m;

	t->read_wants_write = t->write_wants_read = false;
	if (result == 1)
		return MOVED_SOME;
	m = tls_result(t, result, false, w);
	if (m == MOVED_END) {
		why(w, FAIL_CLOSED, "TLS: the peer went away during the handshake");
		return MOVED_ERROR;
	}
	return m;
}

enum fail transport_secure(struct transport *t, struct tls_context *tls, struct why *w)
{
	char reason[128];

	ERR_clear_error();
	t->ssl = SSL_new(tls_context_ssl(tls));
	if (t->ssl && SSL_set_fd(t->ssl, t->fd)) {
		SSL_set_accept_state(t->ssl);
		return FAIL_NONE;
	}
	tls_reason(reason, sizeof reason);
	return why(w, FAIL_MEMORY, "TLS: %s", reason);
}

void transport_end(struct transport *t)
{
	if (t->ssl && SSL_is_init_finished(t->ssl)) {
		SSL_shutdown(t->ssl);
		ERR_clear_error();
	}
	shutdown(t->fd, SHUT_WR);
}

void transport_drain(struct transport *t)
{
	char waste[4096];

	while (recv(t->fd, waste, sizeof waste, MSG_DONTWAIT) > 0)
		;
}
