/* What no single line of the settings can tell: contradictions, and values that cannot work. Looks at no file. */
#include "conf/settings.h"

#include <arpa/inet.h>
#include <sys/un.h>

struct checking {
	const struct settings *s;
	struct settings_problems *problems;
};

#define LINE(c, key) ((c)->s->line[SETTINGS_KEY_##key])

static bool is_loopback(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	if (!strcmp(host, "localhost"))
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* Which addresses a host covers: 4 and 6, and whether all of them. */
struct cover {
	bool four, six, all;
	unsigned char address[16];
};

static struct cover cover_of(const char *host)
{
	struct cover c = {0};
	static const unsigned char zero[16];

	if (!strcmp(host, "*")) {
		c.four = c.six = c.all = true;
	} else if (!strcmp(host, "localhost")) {
		c.four = c.six = true;
		memcpy(c.address, (unsigned char[]){127, 0, 0, 1}, 4);
		c.address[15] = 1; /* both loopback addresses at once: never equal to one that is written as a number */
	} else if (inet_pton(AF_INET, host, c.address) == 1) {
		c.four = true;
		c.all = !memcmp(c.address, zero, 4);
	} else if (inet_pton(AF_INET6, host, c.address) == 1) {
		c.six = true;
		c.all = !memcmp(c.address, zero, 16);
	}
	return c;
}

static bool same_place(const char *a, const char *b)
{
	struct cover x = cover_of(a), y = cover_of(b);

	if (!((x.four && y.four) || (x.six && y.six)))
		return false;
	if (x.all || y.all)
		return true;
	if (x.four && x.six)
		return is_loopback(b) && (y.six || !strcmp(b, "127.0.0.1") || !strcmp(b, "localhost"));
	if (y.four && y.six)
		return same_place(b, a);
	return !memcmp(x.address, y.address, 16);
}

struct listener {
	const char *key;
	unsigned line;
	const struct listen_address *at;
};

static void check_listeners(struct checking *c)
{
	struct listener all[5 * LISTEN_MAX];
	size_t n = 0;

#define COLLECT(name)                                                                                                  \
	for (size_t i = 0; i < c->s->name.n; i++)                                                                      \
		all[n++] = (struct listener){#name, LINE(c, name), &c->s->name.at[i]};
	COLLECT(imap_listen)
	COLLECT(imaps_listen)
	COLLECT(pop3_listen)
	COLLECT(pop3s_listen)
	COLLECT(lmtp_listen)
#undef COLLECT
	for (size_t j = 1; j < n; j++) {
		for (size_t i = 0; i < j; i++) {
			if (all[i].at->port != all[j].at->port || !same_place(all[i].at->host, all[j].at->host))
				continue;
			settings_problem(c->problems, all[j].line ? all[j].line : all[i].line,
				"%s and %s both listen on port %u of the same address: give one of them another port, "
				"or 'off'",
				all[i].key, all[j].key, all[i].at->port);
			break;
		}
	}
}

static void check_lmtp(struct checking *c)
{
	struct span mode = span_of(c->s->lmtp_socket_mode);
	bool octal = mode.n >= 3 && mode.n <= 4;

	for (size_t i = 0; i < mode.n; i++)
		octal = octal && mode.p[i] >= '0' && mode.p[i] <= '7';
	if (!octal)
		settings_problem(c->problems, LINE(c, lmtp_socket_mode),
			"lmtp_socket_mode = %.20s: write three or four octal digits, such as '0660'", mode.p);
	for (size_t i = 0; i < c->s->lmtp_listen.n && !c->s->lmtp_remote; i++) {
		if (is_loopback(c->s->lmtp_listen.at[i].host))
			continue;
		settings_problem(c->problems, LINE(c, lmtp_listen),
			"lmtp_listen = %s:%u lets other machines deliver mail unasked: write 127.0.0.1, or lmtp_remote "
			"= yes if that is meant",
			c->s->lmtp_listen.at[i].host, c->s->lmtp_listen.at[i].port);
	}
}

static void check_socket_paths(struct checking *c)
{
	size_t room = sizeof(((struct sockaddr_un *)0)->sun_path);
	char path[4096];

	settings_path(c->s, "run/admin.sock", path, sizeof(path));
	if (strlen(path) >= room)
		settings_problem(c->problems, LINE(c, data_dir),
			"data_dir is too long for the sockets below it: choose one of at most %zu bytes",
			room - sizeof("/run/admin.sock"));
	settings_path(c->s, c->s->lmtp_socket, path, sizeof(path));
	if (c->s->lmtp_socket[0] && strlen(path) >= room)
		settings_problem(c->problems, LINE(c, lmtp_socket),
			"lmtp_socket is too long for a socket: at most %zu bytes", room - 1);
}

static bool hostname_valid(const char *name)
{
	if (strlen(name) > 253)
		return false;
	for (const char *p = name; *p; p++)
		if (!(*p >= '0' && *p <= '9') && !(ascii_lower(*p) >= 'a' && ascii_lower(*p) <= 'z') &&
			!strchr("-._", *p))
			return false;
	return name[0] != '.' && name[0] != '-';
}

static void check_words(struct checking *c)
{
	const char *user = c->s->user, *delimiter = c->s->recipient_delimiter;

	if (!user[0] || !strcmp(user, "root") || !strcmp(user, "0"))
		settings_problem(c->problems, LINE(c, user),
			"user = %s: name an unprivileged user of this machine, such as 'barid'", user);
	if (!c->s->data_dir[0])
		settings_problem(c->problems, LINE(c, data_dir),
			"data_dir is empty: name a directory, such as '/var/lib/barid'");
	if (delimiter[0] && (delimiter[1] || !strchr("+-_.=#/!%&*^~", delimiter[0])))
		settings_problem(c->problems, LINE(c, recipient_delimiter),
			"recipient_delimiter = %.20s: write one character, such as '+', or nothing", delimiter);
	if (!hostname_valid(c->s->hostname))
		settings_problem(c->problems, LINE(c, hostname),
			"hostname = %.60s: write a domain name in ASCII, such as 'mail.example.org'", c->s->hostname);
	if (c->s->tls_key[0] && !c->s->tls_cert[0])
		settings_problem(c->problems, LINE(c, tls_key),
			"tls_key without tls_cert: name the certificate too, or neither");
	if (c->s->message_size_max < 1024)
		settings_problem(
			c->problems, LINE(c, message_size_max), "message_size_max: write at least 1k, such as '64m'");
	if (!c->s->login_timeout)
		settings_problem(c->problems, LINE(c, login_timeout),
			"login_timeout = 0 would end every connection: write a duration, such as '1m'");
}

bool settings_check(const struct settings *s, struct settings_problems *problems)
{
	struct checking c = {s, problems};
	size_t before = problems->n + problems->more;

	check_words(&c);
	check_listeners(&c);
	check_lmtp(&c);
	check_socket_paths(&c);
	return problems->n + problems->more == before;
}
