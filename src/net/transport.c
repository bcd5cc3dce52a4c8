/* Socket and TLS calls. A process that uses them ignores SIGPIPE (stream_new sees to it). */
#include "net/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include "net/stream.h"

enum { SHORT_READ = 8 << 10 /* of TLS: half a record; with more there may be another behind it */ };

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

bool transport_holds_more(const struct transport *t)
{
	return t->ssl && (t->end_is_near || SSL_has_pending(t->ssl));
}

/* All records that are here, in one go: what pipelines sends small ones. The end or an error behind them shows in the next read. */
static enum moved read_records(struct transport *t, char *dst, size_t n, size_t *n_out, struct why *w)
{
	size_t got = 0, one = 0;
	int result;

	while ((result = SSL_read_ex(t->ssl, dst + got, n - got, &one)) == 1) {
		got += one;
		if (got == n || !SSL_has_pending(t->ssl))
			break;
	}
	if (got == 0)
		return tls_result(t, result, false, w);
	if (result != 1) {
		int error = SSL_get_error(t->ssl, result);

		t->read_wants_write = error == SSL_ERROR_WANT_WRITE;
		t->end_is_near = error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ;
		ERR_clear_error();
	}
	*n_out = got;
	t->drained = got < SHORT_READ && got < n && !transport_holds_more(t);
	return MOVED_SOME;
}

enum moved transport_read(struct transport *t, void *dst, size_t n, size_t *n_out, struct why *w)
{
	ssize_t got;

	t->read_wants_write = t->end_is_near = false;
	if (t->ssl)
		return read_records(t, dst, n, n_out, w);
	got = recv(t->fd, dst, n, 0);
	if (got == 0)
		return MOVED_END;
	if (got < 0)
		return errno_result("receive", w);
	*n_out = (size_t)got;
	t->drained = *n_out < n;
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

void transport_peer_text(const struct transport *t, char *dst, size_t size)
{
	struct sockaddr_storage a = {0};
	socklen_t n = sizeof a;

	if (getpeername(t->fd, (struct sockaddr *)&a, &n))
		snprintf(dst, size, "unknown");
	else if (a.ss_family == AF_INET)
		inet_ntop(AF_INET, &((struct sockaddr_in *)&a)->sin_addr, dst, (socklen_t)size);
	else if (a.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&((struct sockaddr_in6 *)&a)->sin6_addr))
		inet_ntop(AF_INET, &((struct sockaddr_in6 *)&a)->sin6_addr.s6_addr[12], dst, (socklen_t)size);
	else if (a.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&a)->sin6_addr, dst, (socklen_t)size);
	else
		snprintf(dst, size, "unix");
}

bool peer_is_loopback(const char *peer_text)
{
	struct span text = span_of(peer_text);

	return span_starts(text, SPAN("127.")) || span_eq(text, SPAN("::1")) || span_eq(text, SPAN("unix"));
}
