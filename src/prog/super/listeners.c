/* Listening sockets: TCP of both families, and the unix socket of LMTP. Binds, never accepts. */
#include "prog/super/listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

struct wanted {
	const char *setting, *protocol;
	bool tls;
};

static enum fail refuse(struct why *w, const struct wanted *for_, const char *address, int error)
{
	if (error == EADDRINUSE)
		return why(w, FAIL_BUSY,
			"%s = %s: another program listens there: stop it, or set %s to another address", for_->setting,
			address, for_->setting);
	if (error == EACCES)
		return why(w, FAIL_NO_PERMISSION,
			"%s = %s: this user may not listen there (ports below 1024 need root): set %s to a higher "
			"port, or start as root",
			for_->setting, address, for_->setting);
	if (error == EADDRNOTAVAIL)
		return why(w, FAIL_CONFIG,
			"%s = %s: this machine does not have that address: set %s to one that it has", for_->setting,
			address, for_->setting);
	return why(w, FAIL_IO, "%s = %s: cannot listen there (%s)", for_->setting, address, strerror(error));
}

static struct listener *find(struct listeners *l, const char *address)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->at[i].address, address))
			return &l->at[i];
	return NULL;
}

static enum fail add(struct listeners *l, int fd, const struct wanted *for_, const char *address, struct why *w)
{
	struct listener *one = &l->at[l->n];

	if (l->n == LISTENERS_MAX) {
		close(fd);
		return why(w, FAIL_CONFIG, "%s: too many addresses", for_->setting);
	}
	l->n++;
	*one = (struct listener){.fd = fd, .protocol = for_->protocol, .tls = for_->tls};
	snprintf(one->address, sizeof one->address, "%s", address);
	return FAIL_NONE;
}

/* The same address for the same purpose is kept; for another one it is opened anew under the next name, which must fail: one socket only. */
static bool is_kept(struct listeners *l, const struct wanted *for_, const char *address)
{
	struct listener *known = find(l, address);

	if (!known || strcmp(known->protocol, for_->protocol) || known->tls != for_->tls)
		return false;
	known->old = false;
	return true;
}

static int bind_tcp(const struct sockaddr *a, socklen_t n)
{
	int fd = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1, error;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (a->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (!bind(fd, a, n) && !listen(fd, BACKLOG))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* `optional`: the second family of "*" and "localhost", which a machine may not have. */
static enum fail open_tcp(
	struct listeners *l, const struct wanted *for_, const char *host, uint16_t port, bool optional, struct why *w)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	bool is_six = inet_pton(AF_INET6, host, &six.sin6_addr) == 1;
	char address[128];
	int fd;

	if (!is_six && inet_pton(AF_INET, host, &four.sin_addr) != 1)
		return why(w, FAIL_CONFIG, "%s = %s:%u: write a numeric address, '*' or 'localhost'", for_->setting,
			host, port);
	snprintf(address, sizeof address, is_six ? "[%s]:%u" : "%s:%u", host, port);
	if (is_kept(l, for_, address))
		return FAIL_NONE;
	fd = is_six ? bind_tcp((struct sockaddr *)&six, sizeof six) : bind_tcp((struct sockaddr *)&four, sizeof four);
	if (fd < 0 && optional && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		return FAIL_NONE;
	if (fd < 0)
		return refuse(w, for_, address, errno);
	return add(l, fd, for_, address, w);
}

static enum fail open_list(
	struct listeners *l, const struct listen_list *list, const struct wanted *for_, struct why *w)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 0; i < list->n && !f; i++) {
		const struct listen_address *a = &list->at[i];
		bool all = !strcmp(a->host, "*"), local = !strcmp(a->host, "localhost");

		if (!all && !local) {
			f = open_tcp(l, for_, a->host, a->port, false, w);
			continue;
		}
		f = open_tcp(l, for_, all ? "0.0.0.0" : "127.0.0.1", a->port, false, w);
		if (!f)
			f = open_tcp(l, for_, all ? "::" : "::1", a->port, true, w);
	}
	return f;
}

/* A socket file that nobody answers at is what a killed server left behind. */
static bool is_stale(const struct sockaddr_un *a)
{
	struct stat st;
	int fd;
	bool stale;

	if (lstat(a->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	stale = fd >= 0 && connect(fd, (const struct sockaddr *)a, sizeof *a) && errno == ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	return stale;
}

static enum fail open_unix(struct listeners *l, const struct settings *s, struct why *w)
{
	const struct wanted for_ = {"lmtp_socket", "lmtp", false};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char path[256];
	mode_t mode = (mode_t)strtoul(s->lmtp_socket_mode, NULL, 8), before;
	int fd, error;

	settings_path(s, s->lmtp_socket, path, sizeof path);
	if (strlen(path) >= sizeof a.sun_path)
		return why(w, FAIL_CONFIG,
			"lmtp_socket = %s: longer than the %zu characters that a socket's path may have", path,
			sizeof a.sun_path - 1);
	if (is_kept(l, &for_, path))
		return FAIL_NONE;
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (is_stale(&a))
		unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	before = umask(~mode & 0777);
	error = fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, BACKLOG) ? errno : 0;
	umask(before);
	if (!error)
		return add(l, fd, &for_, path, w);
	if (fd >= 0)
		close(fd);
	return refuse(w, &for_, path, error);
}

static enum fail open_all(struct listeners *l, const struct settings *s, struct why *w)
{
	const struct {
		const struct listen_list *list;
		struct wanted for_;
	} all[] = {
		{&s->imap_listen, {"imap_listen", "imap", false}},
		{&s->imaps_listen, {"imaps_listen", "imap", true}},
		{&s->pop3_listen, {"pop3_listen", "pop3", false}},
		{&s->pop3s_listen, {"pop3s_listen", "pop3", true}},
		{&s->lmtp_listen, {"lmtp_listen", "lmtp", false}},
	};
	enum fail f = FAIL_NONE;

	for (size_t i = 0; i < ARRAY_LEN(all) && !f; i++)
		f = open_list(l, all[i].list, &all[i].for_, w);
	if (!f && *s->lmtp_socket)
		f = open_unix(l, s, w);
	return f;
}

enum fail listeners_open(struct listeners *l, const struct settings *s, struct why *w)
{
	size_t before = l->n;
	enum fail f;

	for (size_t i = 0; i < l->n; i++)
		l->at[i].old = true;
	f = open_all(l, s, w);
	if (!f)
		return FAIL_NONE;
	while (l->n > before)
		listeners_close(l, l->n - 1);
	for (size_t i = 0; i < l->n; i++)
		l->at[i].old = false;
	return f;
}

void listeners_close(struct listeners *l, size_t i)
{
	close(l->at[i].fd);
	if (l->at[i].address[0] == '/')
		unlink(l->at[i].address);
	memmove(&l->at[i], &l->at[i + 1], (l->n - i - 1) * sizeof l->at[0]);
	l->n--;
}
