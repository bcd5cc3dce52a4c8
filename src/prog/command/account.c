/* account add, list, show, passwd, apop, remove: through the running server, or in the directory itself when none runs. Passwords are
 * hashed here, so that none of them crosses a socket; what was read is wiped. */
#include <openssl/crypto.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "auth/directory.h"
#include "auth/password.h"
#include "base/clock.h"
#include "base/random.h"
#include "prog/auth/admin_client.h"
#include "prog/command/cli.h"

enum { USAGE = 64, REFUSED = 65, EXISTS = 73, BAD_SETTINGS = 78, GENERATED = 16, LINE_MAX_OCTETS = 2048 };

/* ── Passwords ── */

static bool read_line(FILE *in, char *dst, size_t size)
{
	size_t n;

	if (!fgets(dst, (int)size, in))
		return false;
	n = strlen(dst);
	if (n && dst[n - 1] == '\n')
		dst[--n] = '\0';
	if (n && dst[n - 1] == '\r')
		dst[--n] = '\0';
	return true;
}

static bool ask(const char *prompt, char *dst, size_t size)
{
	struct termios was, quiet;
	bool got;

	fprintf(stderr, "%s", prompt);
	tcgetattr(STDIN_FILENO, &was);
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	got = read_line(stdin, dst, size);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	fputc('\n', stderr);
	return got;
}

/* Without the letters and digits that are easily taken for each other. */
static void generate(char *dst)
{
	static const char letters[] = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

	for (size_t i = 0; i < GENERATED;) {
		uint8_t byte;

		random_bytes(&byte, sizeof byte);
		if (byte <
			256 / (sizeof letters - 1) * (sizeof letters - 1)) /* or some letters would come more often */
			dst[i++] = letters[byte % (sizeof letters - 1)];
	}
	dst[GENERATED] = '\0';
}

static int ask_twice(char *dst, size_t size)
{
	char again[PASSWORD_MAX + 2] = "";
	bool same;

	if (!isatty(STDIN_FILENO))
		return cli_error(
			USAGE, "there is no terminal to ask for the password: use --password-stdin or --generate");
	if (!ask("Password: ", dst, size) || !*dst || !ask("Again: ", again, sizeof again))
		return cli_error(USAGE, "no password was given");
	same = strcmp(dst, again) == 0;
	OPENSSL_cleanse(again, sizeof again);
	return same ? 0 : cli_error(USAGE, "the two passwords are not the same");
}

/* 0, or an exit code after saying why. */
static int get_password(struct cli *c, char *dst, size_t size)
{
	if (c->generate) {
		generate(dst);
		return 0;
	}
	if (c->password_stdin)
		return read_line(stdin, dst, size) && *dst ? 0 : cli_error(USAGE, "standard input holds no password");
	return ask_twice(dst, size);
}

/* `password` has PASSWORD_MAX + 2 octets; the caller wipes it. */
static int get_hash(struct cli *c, char *password, char *hash, size_t size)
{
	struct why w;
	int code = get_password(c, password, PASSWORD_MAX + 2);
	enum fail f = FAIL_NONE;

	if (!code)
		f = password_hash(span_of(password), hash, size, &w);
	return f ? cli_fail(f, &w) : code;
}

/* Once it holds: nobody needs the password of an account that was refused. */
static void say_generated(const struct cli *c, const char *password)
{
	if (c->generate)
		printf(c->json ? "{\"password\": \"%s\"}\n" : "password: %s\n", password);
}

/* ── Output ── */

static void say_account(struct cli *c, const struct admin_account *a)
{
	time_t when = (time_t)a->created;
	struct tm tm;
	char date[32];

	gmtime_r(&when, &tm);
	strftime(date, sizeof date, "%Y-%m-%d", &tm);
	if (!c->json) {
		printf("%6llu  shard %u  %s  %-8s  %s%s%s%s%s\n", (unsigned long long)a->id, a->shard, date,
			a->disabled ? "disabled" : "enabled", a->name, a->apop ? "  (APOP)" : "",
			*a->capabilities_off ? "  (off: " : "", a->capabilities_off, *a->capabilities_off ? ")" : "");
		return;
	}
	printf("{\"id\": %llu, \"name\": ", (unsigned long long)a->id);
	cli_json_string(stdout, span_of(a->name));
	printf(", \"shard\": %u, \"created\": %lld, \"disabled\": %s, \"apop\": %s, \"capabilities_off\": ", a->shard,
		(long long)a->created, a->disabled ? "true" : "false", a->apop ? "true" : "false");
	cli_json_string(stdout, span_of(a->capabilities_off));
	printf("}\n");
}

static void say_each(void *ctx, const struct admin_account *a)
{
	say_account(ctx, a);
}

static int begin(struct cli *c, struct admin_client **client)
{
	struct why w;
	enum fail f;

	if (!cli_settings(c))
		return BAD_SETTINGS;
	f = admin_open(c->settings, client, &w);
	return f ? cli_fail(f, &w) : 0;
}

static int finish(struct admin_client *client, enum fail f, const struct why *w)
{
	admin_close(client);
	return f ? cli_fail(f, w) : 0;
}

/* ── Adding ── */

static enum fail add_line(struct cli *c, struct admin_client *client, const char *line, struct why *w)
{
	struct span rest = span_of(line), name;
	char account[NAME_MAX_OCTETS + 1], hash[PASSWORD_HASH_MAX + 1];
	struct admin_account added;
	enum fail f;

	if (!span_take_until(&rest, '\t', &name) || !span_cstr(name, account, sizeof account))
		return why(w, FAIL_SYNTAX, "a name, a TAB and a password are wanted");
	if (c->hashed)
		f = span_cstr(rest, hash, sizeof hash) ? FAIL_NONE : why(w, FAIL_CANNOT, "that is no hash");
	else
		f = password_hash(rest, hash, sizeof hash, w);
	return f ? f : admin_account_add(client, account, hash, &added, w);
}

static int add_many(struct cli *c, struct admin_client *client)
{
	char line[LINE_MAX_OCTETS];
	struct why w;
	unsigned number = 0, added = 0, refused = 0;

	while (read_line(stdin, line, sizeof line)) {
		number++;
		if (!*line)
			continue;
		if (add_line(c, client, line, &w)) {
			refused++;
			cli_error(0, "line %u: %s", number, w.log);
		} else {
			added++;
		}
		OPENSSL_cleanse(line, sizeof line);
	}
	if (c->json)
		printf("{\"added\": %u, \"refused\": %u}\n", added, refused);
	else
		printf("%u added, %u refused\n", added, refused);
	admin_close(client);
	return refused ? REFUSED : 0;
}

static int add_one(struct cli *c, struct admin_client *client)
{
	char hash[PASSWORD_HASH_MAX + 1], password[PASSWORD_MAX + 2] = "";
	struct admin_account a;
	struct why w;
	enum fail f;
	int code;

	/* known before somebody has thought of a password */
	if (admin_account_show(client, c->words[0], &a, &w) == FAIL_NONE) {
		admin_close(client);
		return cli_error(EXISTS,
			"there is an account '%s' already: 'barid account passwd %s' changes its password", a.name,
			a.name);
	}
	code = get_hash(c, password, hash, sizeof hash);
	if (code) {
		admin_close(client);
		return code;
	}
	f = admin_account_add(client, c->words[0], hash, &a, &w);
	if (!f) {
		say_account(c, &a);
		say_generated(c, password);
	}
	OPENSSL_cleanse(password, sizeof password);
	return finish(client, f, &w);
}

int cli_account_add(struct cli *c)
{
	struct admin_client *client;
	int code;

	if ((c->word_count == 1) == c->many_stdin)
		return cli_error(USAGE, "'barid account add' wants a NAME, or --stdin");
	code = begin(c, &client);
	if (code)
		return code;
	return c->many_stdin ? add_many(c, client) : add_one(c, client);
}

/* ── The others ── */

int cli_account_list(struct cli *c)
{
	struct admin_client *client;
	struct why w;
	int code = begin(c, &client);

	return code ? code : finish(client, admin_account_list(client, say_each, c, &w), &w);
}

int cli_account_show(struct cli *c)
{
	struct admin_client *client;
	struct admin_account a;
	struct why w;
	enum fail f;
	int code = begin(c, &client);

	if (code)
		return code;
	f = admin_account_show(client, c->words[0], &a, &w);
	if (!f)
		say_account(c, &a);
	return finish(client, f, &w);
}

int cli_account_passwd(struct cli *c)
{
	char hash[PASSWORD_HASH_MAX + 1], password[PASSWORD_MAX + 2] = "";
	struct admin_client *client;
	struct admin_account a;
	struct why w;
	enum fail f;
	int code = begin(c, &client);

	if (code)
		return code;
	f = admin_account_show(client, c->words[0], &a, &w);
	if (f)
		return finish(client, f, &w);
	code = get_hash(c, password, hash, sizeof hash);
	if (code) {
		admin_close(client);
		return code;
	}
	f = admin_account_passwd(client, c->words[0], hash, &w);
	if (!f)
		say_generated(c, password);
	OPENSSL_cleanse(password, sizeof password);
	return finish(client, f, &w);
}

int cli_account_apop(struct cli *c)
{
	char secret[PASSWORD_MAX + 2] = "";
	struct admin_client *client;
	struct why w;
	enum fail f;
	int code = c->off ? 0 : get_password(c, secret, sizeof secret);

	if (!code)
		code = begin(c, &client);
	if (code)
		return code;
	f = admin_account_apop(client, c->words[0], c->off ? NULL : secret, &w);
	if (!f && !c->off)
		say_generated(c, secret);
	OPENSSL_cleanse(secret, sizeof secret);
	return finish(client, f, &w);
}

static int set_disabled(struct cli *c, bool disabled)
{
	struct admin_client *client;
	struct why w;
	int code = begin(c, &client);

	return code ? code : finish(client, admin_account_disable(client, c->words[0], disabled, &w), &w);
}

int cli_account_disable(struct cli *c)
{
	return set_disabled(c, true);
}

int cli_account_enable(struct cli *c)
{
	return set_disabled(c, false);
}

int cli_account_clear(struct cli *c)
{
	struct admin_client *client;
	struct why w;
	int code = begin(c, &client);

	return code ? code : finish(client, admin_account_clear(client, c->words[0], &w), &w);
}

static bool sure(struct cli *c)
{
	char answer[16];

	if (c->yes)
		return true;
	if (!isatty(STDIN_FILENO))
		return false;
	fprintf(stderr, "Remove the account '%s'%s? Nobody can log in to it any more. [y/N] ", c->words[0],
		c->purge ? " and all its mail, for good" : "");
	return read_line(stdin, answer, sizeof answer) && (*answer == 'y' || *answer == 'Y');
}

/* How long its mail stays. */
static void say_removed(struct cli *c, bool online)
{
	uint64_t keep = c->settings->keep_deleted;
	time_t until = (time_t)(clock_wall_seconds() + (int64_t)keep);
	char day[32];
	struct tm tm;

	if (c->purge || !keep) {
		printf("'%s' is removed; its mail goes for good %s\n", c->words[0],
			online ? "now" : "when the server starts");
		return;
	}
	localtime_r(&until, &tm);
	strftime(day, sizeof day, "%Y-%m-%d %H:%M", &tm);
	printf("'%s' is removed; its mail stays on the disk until %s, then it goes for good\n", c->words[0], day);
}

int cli_account_remove(struct cli *c)
{
	struct admin_client *client;
	struct why w;
	bool online;
	enum fail f;
	int code;

	if (!sure(c))
		return cli_error(USAGE, "'%s' is not removed: say --yes to do it without being asked", c->words[0]);
	code = begin(c, &client);
	if (code)
		return code;
	online = admin_is_online(client);
	f = admin_account_remove(client, c->words[0], c->purge, &w);
	if (!f)
		say_removed(c, online);
	return finish(client, f, &w);
}
