/* deliver: an LMTP client (RFC 2033, RFC 6531) over the server's unix socket. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/utf8.h"
#include "prog/command/cli.h"

enum { USAGE = 64, REFUSED = 65, NO_USER = 67, UNAVAILABLE = 69, UNREADABLE = 74, TRY_AGAIN = 75, BAD_SETTINGS = 78 };

struct lmtp {
	FILE *in, *out;
	char line[1024]; /* the last line of the last reply */
	int code;        /* of it */
};

static int connect_to(struct cli *c, struct lmtp *l)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[4096];
	int fd, e;

	if (!*c->settings->lmtp_socket)
		return cli_error(BAD_SETTINGS, "'lmtp_socket' is empty: there is no way in for 'barid deliver'");
	settings_path(c->settings, c->settings->lmtp_socket, path, sizeof path);
	if (!span_cstr(span_of(path), address.sun_path, sizeof address.sun_path))
		return cli_error(BAD_SETTINGS, "'%s' is too long for a socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) {
		e = errno;
		if (fd >= 0)
			close(fd);
		if (e == EACCES)
			return cli_error(
				77, "'%s' may not be used by this user: see the setting 'lmtp_socket_mode'", path);
		return cli_error(
			UNAVAILABLE, "no server answers on '%s' (%s): start it with 'barid serve'", path, strerror(e));
	}
	l->in = fdopen(fd, "r");
	l->out = fdopen(dup(fd), "w");
	return l->in && l->out ? 0 : TRY_AGAIN;
}

/* One reply, all its lines. */
static bool read_reply(struct lmtp *l)
{
	fflush(l->out);
	do {
		uint32_t code;

		if (!fgets(l->line, sizeof l->line, l->in) || !span_u32(span_first(span_of(l->line), 3), &code))
			return false;
		l->code = (int)code;
	} while (l->line[3] == '-');
	return true;
}

static bool command(struct lmtp *l, const char *word, const char *argument, const char *end)
{
	fprintf(l->out, "%s%s%s\r\n", word, argument, end);
	return read_reply(l);
}

static int exit_code_of(int reply)
{
	return reply < 300 ? 0 : reply < 500 ? TRY_AGAIN : reply == 550 ? NO_USER : REFUSED;
}

/* Trying again may help some of them: that is what the caller must know. */
static void worse(int *code, int other)
{
	if (*code == 0 || other == TRY_AGAIN)
		*code = other ? other : *code;
}

static void say_reply(const char *recipient, const struct lmtp *l)
{
	struct span text = span_trim(span_of(l->line));

	cli_error(0, "%s: %.*s", recipient, SPAN_ARG(text));
}

/* Line by line, so that a dot at a line's start can be doubled; CRLF for every line end. */
static bool send_content(struct lmtp *l)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&line, &size, stdin)) > 0) {
		bool ended = line[n - 1] == '\n';
		size_t text = (size_t)n - ended;

		if (ended && text && line[text - 1] == '\r')
			text--;
		if (line[0] == '.')
			fputc('.', l->out);
		fwrite(line, 1, text, l->out);
		fputs("\r\n", l->out);
	}
	free(line);
	if (ferror(stdin))
		return false; /* no dot: half a message must not be taken for a whole one */
	fputs(".\r\n", l->out);
	return true;
}

static int lost(void)
{
	return cli_error(TRY_AGAIN, "the server ended the conversation: see its log");
}

/* Those who were accepted stand in `who`. A negative result: go on. */
static int name_recipients(struct cli *c, struct lmtp *l, const char **who, size_t *accepted, int *code)
{
	for (size_t i = 0; i < c->word_count; i++) {
		if (!command(l, "RCPT TO:<", c->words[i], ">"))
			return lost();
		if (l->code < 300)
			who[(*accepted)++] = c->words[i];
		else
			say_reply(c->words[i], l);
		worse(code, exit_code_of(l->code));
	}
	return *accepted ? -1 : *code;
}

/* Said only where an address needs it (RFC 6531 §3.4). */
static bool wants_smtputf8(const struct cli *c)
{
	bool ascii = !c->from || span_is_ascii(span_of(c->from));

	for (size_t i = 0; i < c->word_count; i++)
		ascii = ascii && span_is_ascii(span_of(c->words[i]));
	return !ascii;
}

static int transact(struct cli *c, struct lmtp *l)
{
	static const char *who[CLI_WORDS_MAX];
	size_t accepted = 0;
	int code = 0, end;

	if (!read_reply(l) || !command(l, "LHLO ", "localhost", "") ||
		!command(l, "MAIL FROM:<", c->from ? c->from : "", wants_smtputf8(c) ? "> SMTPUTF8" : ">"))
		return lost();
	if (l->code >= 300)
		return cli_error(exit_code_of(l->code), "%s", l->line);
	end = name_recipients(c, l, who, &accepted, &code);
	if (end >= 0)
		return end;
	if (!command(l, "DATA", "", ""))
		return lost();
	if (l->code != 354)
		return cli_error(TRY_AGAIN, "%s", l->line);
	if (!send_content(l))
		return cli_error(UNREADABLE, "standard input cannot be read: nothing has been delivered");
	for (size_t i = 0; i < accepted; i++) {
		if (!read_reply(l))
			return lost();
		if (l->code >= 300)
			say_reply(who[i], l);
		worse(&code, exit_code_of(l->code));
	}
	command(l, "QUIT", "", "");
	return code;
}

static bool clean(const char *address)
{
	return !strpbrk(address, "<>\r\n") && utf8_valid(span_of(address));
}

int cli_deliver(struct cli *c)
{
	struct lmtp l = {0};
	int code;

	for (size_t i = 0; i < c->word_count; i++)
		if (!clean(c->words[i]))
			return cli_error(USAGE, "'%s' is no address", c->words[i]);
	if (c->from && !clean(c->from))
		return cli_error(USAGE, "'%s' is no address", c->from);
	if (!cli_settings(c))
		return BAD_SETTINGS;
	code = connect_to(c, &l);
	if (!code)
		code = transact(c, &l);
	if (l.in)
		fclose(l.in);
	if (l.out)
		fclose(l.out);
	return code;
}
