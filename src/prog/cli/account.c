/* barid account: through the running server, or in the directory itself when none runs (prog/auth/admin_client.h decides).
 * A password is never an argument: other users of the machine could read it. */
#include <inttypes.h>
#include <unistd.h>

#include "auth/directory.h"
#include "auth/password.h"
#include "base/memory.h"
#include "base/random.h"
#include "prog/auth/admin_client.h"
#include "prog/cli/commands.h"
#include "prog/cli/say.h"
#include "prog/cli/setup.h"
#include "prog/cli/terminal.h"

enum { GENERATED = 16, LINE_OCTETS_MAX = 2048 };

/* An open way to the accounts, with what it stands on. */
struct access {
	struct settings *settings;
	struct admin_client *client;
};

static void access_close(struct access *a)
{
	admin_close(a->client);
	settings_free(a->settings);
}

/* False: said, and the exit code is in *code. */
static bool access_open(const struct call *c, struct access *a, int *code)
{
	struct why w;
	enum fail f;

	*a = (struct access){0};
	a->settings = setup_settings(c, code);
	if (!a->settings)
		return false;
	f = admin_open(a->settings, &a->client, &w);
	if (!f)
		return true;
	*code = say_failure(f, &w);
	access_close(a);
	return false;
}

static const char *one_name(const struct call *c)
{
	return c->argument_count == 1 ? c->arguments[0] : NULL;
}

static int want_one_name(const struct call *c)
{
	return say(FAIL_SYNTAX, "%s: name one account: barid %s NAME", c->command->words, c->command->words);
}

/* ── Passwords ── */

/* Letters and digits that are not mistaken for each other; each equally likely. */
static void generate(char *dst)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	const unsigned fair = 256 / (sizeof letters - 1) * (sizeof letters - 1);
	unsigned char byte;

	for (size_t i = 0; i < GENERATED;) {
		random_bytes(&byte, 1);
		if (byte < fair)
			dst[i++] = letters[byte % (sizeof letters - 1)];
	}
	dst[GENERATED] = 0;
}

/* A line without its end; false at the end of the input. A line that is too long is cut to nothing, which is no password. */
static bool read_line(char *dst, int size)
{
	size_t n;

	if (!fgets(dst, size, stdin))
		return false;
	n = strlen(dst);
	if (n + 1 == (size_t)size && dst[n - 1] != '\n') {
		for (int ch = getchar(); ch != EOF && ch != '\n'; ch = getchar())
			continue;
		n = 0;
	}
	while (n && (dst[n - 1] == '\n' || dst[n - 1] == '\r'))
		n--;
	dst[n] = 0;
	return true;
}

static enum fail ask_twice(char *dst, size_t size, struct why *w)
{
	char again[PASSWORD_MAX + 2];
	bool same;

	if (!terminal_password("Password", dst, size))
		return why(w, FAIL_SYNTAX, "no password was given, and nothing was changed");
	same = terminal_password("The same again", again, sizeof again) && !strcmp(dst, again);
	explicit_bzero(again, sizeof again);
	return same ? FAIL_NONE : why(w, FAIL_SYNTAX, "the two passwords differ, and nothing was changed");
}

static enum fail take_password(const struct call *c, char *dst, size_t size, struct why *w)
{
	if (c->generate && c->password_stdin)
		return why(w, FAIL_SYNTAX, "--generate and --password-stdin exclude each other");
	if (c->generate) {
		generate(dst);
		return FAIL_NONE;
	}
	if (c->password_stdin)
		return read_line(dst, (int)size) && *dst
			       ? FAIL_NONE
			       : why(w, FAIL_SYNTAX, "standard input holds no password: its first line must be one");
	if (terminal_present())
		return ask_twice(dst, size, w);
	return why(w, FAIL_SYNTAX, "there is no terminal to ask for the password: use --password-stdin or --generate");
}

/* The hash of the password that the call gives; `shown` gets a generated one. */
static enum fail take_hash(const struct call *c, char *hash, char *shown, struct why *w)
{
	char password[PASSWORD_MAX + 2];
	enum fail f = take_password(c, password, sizeof password, w);

	if (!f)
		f = password_hash(span_of(password), hash, PASSWORD_HASH_MAX + 1, w);
	*shown = 0;
	if (!f && c->generate)
		snprintf(shown, GENERATED + 1, "%s", password);
	explicit_bzero(password, sizeof password);
	return f;
}

static void show_password(const struct call *c, const char *name, const char *password)
{
	if (!*password)
		return;
	if (c->json) {
		fputs("{\"name\": ", stdout);
		say_json_string(stdout, span_of(name));
		printf(", \"password\": \"%s\"}\n", password);
	} else {
		printf("%s\n", password);
	}
}

/* ── add ── */

/* Two of them at a time wait for each other, as long as the other needs for one account. */
static enum fail add_many(
	const struct call *c, struct admin_client *client, uint64_t *added, uint64_t *refused, struct why *w)
{
	char line[LINE_OCTETS_MAX], hash[PASSWORD_HASH_MAX + 1];
	struct progress progress;
	uint64_t number = 0;
	enum fail worst = FAIL_NONE;

	progress_begin(&progress, "accounts", c->quiet);
	while (read_line(line, sizeof line)) {
		struct admin_account row;
		char *tab = strchr(line, '\t');
		const char *given = hash;
		enum fail f = FAIL_NONE;

		number++;
		if (!*line)
			continue;
		if (!tab)
			f = why(w, FAIL_SYNTAX, "there is no TAB between name and password");
		else
			*tab++ = 0;
		if (!f && c->hashed)
			given = tab;
		else if (!f)
			f = password_hash(span_of(tab), hash, sizeof hash, w);
		if (!f)
			f = admin_account_add(client, line, given, &row, w);
		if (f) {
			progress_clear(&progress);
			fprintf(stderr, "barid: line %" PRIu64 " (%s): %s\n", number, tab ? line : "?", w->log);
			worst = f;
			++*refused;
			if (f == FAIL_IO || f == FAIL_DISK_FULL)
				break;
			continue;
		}
		progress.done = ++*added;
		progress_show(&progress);
	}
	progress_clear(&progress);
	explicit_bzero(line, sizeof line);
	return worst;
}

static int add_from_stdin(const struct call *c)
{
	uint64_t added = 0, refused = 0;
	struct access a;
	struct why w;
	enum fail f;
	int code;

	if (c->argument_count || c->password_stdin || c->generate)
		return say(FAIL_SYNTAX,
			"account add --stdin reads names and passwords from standard input: give none besides");
	if (!access_open(c, &a, &code))
		return code;
	f = add_many(c, a.client, &added, &refused, &w);
	access_close(&a);
	if (c->json)
		printf("{\"added\": %" PRIu64 ", \"refused\": %" PRIu64 "}\n", added, refused);
	else if (!c->quiet)
		printf("%" PRIu64 " accounts made, %" PRIu64 " refused\n", added, refused);
	return fail_row(f)->exit_code;
}

int cli_account_add(const struct call *c)
{
	char hash[PASSWORD_HASH_MAX + 1], shown[GENERATED + 1];
	const char *name = one_name(c);
	struct admin_account row;
	struct access a;
	struct why w;
	enum fail f;
	int code;

	if (c->from_stdin)
		return add_from_stdin(c);
	if (c->hashed)
		return say(FAIL_SYNTAX, "--hashed goes with --stdin");
	if (!name)
		return want_one_name(c);
	f = name_check(span_of(name), &w);
	if (!f)
		f = take_hash(c, hash, shown, &w); /* before the accounts are locked: it takes its time */
	if (f)
		return say_failure(f, &w);
	if (!access_open(c, &a, &code))
		return code;
	f = admin_account_add(a.client, name, hash, &row, &w);
	access_close(&a);
	if (f)
		return say_failure(f, &w);
	show_password(c, name, shown);
	return 0;
}

/* ── list, show ── */

static void show_account(const struct call *c, const struct admin_account *row, bool first)
{
	char created[40];

	say_time(row->created, created, sizeof created);
	if (!c->json) {
		printf("%-32s %6" PRIu64 "  %5u  %s  %s\n", row->name, row->id, row->shard, created,
			row->disabled ? "disabled" : "enabled");
		return;
	}
	fputs(first ? "" : ",\n ", stdout);
	fputs("{\"name\": ", stdout);
	say_json_string(stdout, span_of(row->name));
	printf(", \"id\": %" PRIu64 ", \"shard\": %u, \"created\": %" PRId64 ", \"disabled\": %s}", row->id, row->shard,
		row->created, row->disabled ? "true" : "false");
}

struct listing {
	const struct call *call;
	uint64_t n;
};

static void list_one(void *ctx, const struct admin_account *row)
{
	struct listing *l = ctx;

	if (!l->n && !l->call->json)
		printf("%-32s %6s  %5s  %-23s  %s\n", "NAME", "ID", "SHARD", "CREATED", "LOGIN");
	show_account(l->call, row, !l->n);
	l->n++;
}

int cli_account_list(const struct call *c)
{
	struct listing l = {.call = c};
	struct access a;
	struct why w;
	enum fail f;
	int code;

	if (c->argument_count)
		return say(FAIL_SYNTAX, "account list takes no name: 'barid account show NAME' shows one account");
	if (!access_open(c, &a, &code))
		return code;
	if (c->json)
		fputc('[', stdout);
	f = admin_account_list(a.client, list_one, &l, &w);
	if (c->json)
		fputs("]\n", stdout);
	else if (!f && !l.n)
		fputs("There are no accounts yet: 'barid account add NAME' makes one.\n", stdout);
	access_close(&a);
	return f ? say_failure(f, &w) : 0;
}

int cli_account_show(const struct call *c)
{
	struct admin_account row;
	struct access a;
	struct why w;
	enum fail f;
	int code;

	if (!one_name(c))
		return want_one_name(c);
	if (!access_open(c, &a, &code))
		return code;
	f = admin_account_show(a.client, one_name(c), &row, &w);
	access_close(&a);
	if (f)
		return say(f, "%s: %s", one_name(c), w.log);
	show_account(c, &row, true);
	if (c->json)
		fputc('\n', stdout);
	return 0;
}

/* ── passwd, remove ── */

int cli_account_passwd(const struct call *c)
{
	char hash[PASSWORD_HASH_MAX + 1], shown[GENERATED + 1];
	struct access a;
	struct why w;
	enum fail f;
	int code;

	if (!one_name(c))
		return want_one_name(c);
	f = take_hash(c, hash, shown, &w);
	if (f)
		return say_failure(f, &w);
	if (!access_open(c, &a, &code))
		return code;
	f = admin_account_passwd(a.client, one_name(c), hash, &w);
	access_close(&a);
	if (f)
		return say(f, "%s: %s", one_name(c), w.log);
	show_password(c, one_name(c), shown);
	return 0;
}

static bool may_remove(const struct call *c, int *code)
{
	char question[400];

	if (c->yes)
		return true;
	if (!terminal_present()) {
		*code = say(FAIL_SYNTAX, "account remove: there is no terminal to ask on: say --yes");
		return false;
	}
	snprintf(question, sizeof question, "Remove the account %s?", one_name(c));
	if (terminal_confirm(question))
		return true;
	*code = say(FAIL_CANNOT, "nothing was removed");
	return false;
}

int cli_account_remove(const struct call *c)
{
	struct access a;
	struct why w;
	enum fail f;
	int code;

	if (!one_name(c))
		return want_one_name(c);
	if (!may_remove(c, &code) || !access_open(c, &a, &code))
		return code;
	f = admin_account_remove(a.client, one_name(c), &w);
	access_close(&a);
	return f ? say(f, "%s: %s", one_name(c), w.log) : 0;
}
