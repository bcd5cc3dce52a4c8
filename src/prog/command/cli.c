/* The command line's front door: finds the command, reads its options, loads the settings. Knows no command but by its row. */
#include "prog/command/cli.h"

#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/nearest.h"
#include "prog/kept_settings.h"

enum { USAGE = 64, UNWRITABLE = 74, PATH_MAX_HERE = 4096 };

static const struct cli_command commands[] = {
#define ANY -1
#define COMMAND(words, function, least, most, options, arguments, help, more)                                          \
	{words, cli_##function, least, most, options, arguments, help, more},
#include "prog/command/cli.def"
#undef COMMAND
#undef ANY
};

static const struct cli_option options[] = {
#define FLAG  'F'
#define VALUE 'V'
#define MANY  'M'
#define OPTION(name, member, type, takes, everywhere, help)                                                            \
	{name, type, takes, everywhere, help, offsetof(struct cli, member)},
#include "prog/command/options.def"
#undef OPTION
#undef FLAG
#undef VALUE
#undef MANY
};

size_t cli_commands(const struct cli_command **out)
{
	*out = commands;
	return ARRAY_LEN(commands);
}

size_t cli_options(const struct cli_option **out)
{
	*out = options;
	return ARRAY_LEN(options);
}

bool cli_takes(const struct cli_command *command, const struct cli_option *option)
{
	struct span rest = span_of(command->options), word;

	while (span_take_word(&rest, &word))
		if (span_eq(word, span_of(option->name)))
			return true;
	return option->everywhere;
}

/* ── Errors ── */

int cli_error(int exit_code, const char *fmt, ...)
{
	va_list ap;

	fputs("barid: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return exit_code;
}

int cli_fail(enum fail f, const struct why *w)
{
	return cli_error(fail_row(f)->exit_code, "%s", w->log);
}

void cli_json_string(FILE *out, struct span s)
{
	fputc('"', out);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

bool cli_on_terminal(void)
{
	return isatty(STDERR_FILENO) != 0;
}

/* ── Settings ── */

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static const char *find_settings(const struct cli *c)
{
	static char path[PATH_MAX_HERE];
	const char *named = getenv("BARID_CONFIG");

	if (c->config)
		return c->config;
	if (c->data) {
		snprintf(path, sizeof path, "%s/barid.conf", c->data);
		return exists(path) ? path : NULL;
	}
	if (named && *named)
		return named;
	return exists("/etc/barid/barid.conf") ? "/etc/barid/barid.conf" : NULL;
}

static bool say_problems(const struct cli *c, const struct settings_problems *p)
{
	const char *file = c->settings_path ? c->settings_path : "settings";

	for (size_t i = 0; i < p->n; i++) {
		if (p->at[i].line)
			fprintf(stderr, "barid: %s:%u: %s\n", file, p->at[i].line, p->at[i].text);
		else
			fprintf(stderr, "barid: %s: %s\n", file, p->at[i].text);
	}
	if (p->more)
		fprintf(stderr, "barid: and %zu more\n", p->more);
	return false;
}

bool cli_settings(struct cli *c)
{
	struct settings_problems problems = {0};
	struct buf text, overrides;
	struct why w;
	enum fail f = FAIL_NONE;

	c->settings_path = find_settings(c);
	buf_init(&text, SETTINGS_FILE_MAX);
	buf_init(&overrides, SETTINGS_FILE_MAX);
	if (c->settings_path)
		f = settings_read_file(c->settings_path, &text, &w);
	for (int i = 0; i < c->set_count; i++)
		buf_addf(&overrides, "%s\n", c->set[i]);
	if (!f)
		c->settings = settings_from(buf_span(&text), buf_span(&overrides), &problems);
	buf_fini(&text);
	buf_fini(&overrides);
	if (f) {
		cli_fail(f, &w);
		return false;
	}
	return c->settings ? true : say_problems(c, &problems);
}

/* ── Options ── */

static const struct cli_option *find_option(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (span_eq(name, span_of(options[i].name)))
			return &options[i];
	return NULL;
}

static int unknown_option(const char *word)
{
	struct nearest n;

	nearest_begin(&n, span_of(word + 2));
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		nearest_offer(&n, options[i].name);
	if (nearest_close(&n))
		return cli_error(USAGE, "there is no option '%s': did you mean '--%s'?", word, nearest_close(&n));
	return cli_error(USAGE, "there is no option '%s': see 'barid help'", word);
}

static int keep_value(struct cli *c, const struct cli_option *o, char *value)
{
	static char data_dir[PATH_MAX_HERE];

	if (o->type == 'V')
		memcpy((char *)c + o->offset, &value, sizeof value);
	else if (c->set_count < CLI_SETS_MAX - 1)
		c->set[c->set_count++] = value;
	else
		return cli_error(USAGE, "too many --set");
	if (o->offset == offsetof(struct cli, data)) {
		snprintf(data_dir, sizeof data_dir, "data_dir=%s", value);
		c->set[c->set_count++] = data_dir;
	}
	return 0;
}

/* The command line as it is read. */
struct reading {
	struct cli *cli;
	int argc;
	char **argv;
	const struct cli_option *used[ARRAY_LEN(options)];
	size_t used_count;
};

/* "--name", "--name VALUE", "--name=VALUE": how many words it took, or a negative exit code. */
static int take_option(struct reading *r, int i)
{
	struct span name = span_of(r->argv[i] + 2);
	size_t equals = span_find_byte(name, '=');
	const struct cli_option *o = find_option(span_first(name, equals));
	char *value = equals == SIZE_MAX ? NULL : r->argv[i] + 2 + equals + 1;
	bool on = true;

	if (!o)
		return -unknown_option(r->argv[i]);
	if (o->type == 'F' && value)
		return -cli_error(USAGE, "--%s takes no value", o->name);
	if (r->used_count < ARRAY_LEN(r->used))
		r->used[r->used_count++] = o;
	if (o->type == 'F') {
		memcpy((char *)r->cli + o->offset, &on, sizeof on);
		return 1;
	}
	if (value)
		return keep_value(r->cli, o, value) ? -USAGE : 1;
	if (i + 1 >= r->argc)
		return -cli_error(USAGE, "--%s wants %s", o->name, o->takes);
	return keep_value(r->cli, o, r->argv[i + 1]) ? -USAGE : 2;
}

/* ── Commands ── */

/* How many of `words` are the command's own; 0 = it is another. */
static size_t match(const struct cli_command *command, const char *const *words, size_t count)
{
	struct span rest = span_of(command->words), word;
	size_t n = 0;

	for (; span_take_word(&rest, &word); n++)
		if (n >= count || !span_eq(word, span_of(words[n])))
			return 0;
	return n;
}

static int unknown_command(const char *const *words, size_t count)
{
	struct nearest n;
	char given[128];

	snprintf(given, sizeof given, "%s%s%s", words[0], count > 1 ? " " : "", count > 1 ? words[1] : "");
	for (int tries = 0; tries < 2; tries++) {
		const char *meant = tries ? words[0] : given;

		nearest_begin(&n, span_of(meant));
		for (size_t i = 0; i < ARRAY_LEN(commands); i++)
			nearest_offer(&n, commands[i].words);
		if (nearest_close(&n))
			return cli_error(
				USAGE, "there is no command '%s': did you mean '%s'?", meant, nearest_close(&n));
	}
	return cli_error(USAGE, "there is no command '%s': see 'barid help'", words[0]);
}

static int run(const struct reading *r, const struct cli_command *command)
{
	struct cli *c = r->cli;
	int count = (int)c->word_count;

	for (size_t i = 0; i < r->used_count; i++)
		if (!cli_takes(command, r->used[i]))
			return cli_error(USAGE, "'barid %s' takes no --%s: see 'barid help %s'", command->words,
				r->used[i]->name, command->words);
	if (count < command->least)
		return cli_error(USAGE, "'barid %s' wants %s: see 'barid help %s'", command->words, command->arguments,
			command->words);
	if (command->most >= 0 && count > command->most)
		return cli_error(
			USAGE, "'%s' is too much: see 'barid help %s'", c->words[command->most], command->words);
	return command->run(c);
}

static int find_and_run(struct reading *r)
{
	struct cli *c = r->cli;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		size_t own = match(&commands[i], c->words, c->word_count);

		if (!own)
			continue;
		c->words += own;
		c->word_count -= own;
		return run(r, &commands[i]);
	}
	return unknown_command(c->words, c->word_count);
}

int cli_main(int argc, char **argv)
{
	static struct cli c;
	static const char *words[CLI_WORDS_MAX];
	struct reading r = {.cli = &c, .argc = argc, .argv = argv};
	bool only_words = false;
	int code;

	signal(SIGPIPE, SIG_IGN); /* a server or a pager that goes away is an error to be told */
	c.words = words;
	for (int i = 1; i < argc;) {
		int taken = 1;

		if (!only_words && strcmp(argv[i], "--") == 0)
			only_words = true;
		else if (!only_words && strncmp(argv[i], "--", 2) == 0)
			taken = take_option(&r, i);
		else if (c.word_count < CLI_WORDS_MAX)
			words[c.word_count++] = argv[i];
		if (taken < 0)
			return -taken;
		i += taken;
	}
	code = c.word_count == 0 || c.wants_help ? cli_help(&c) : find_and_run(&r);
	settings_free(c.settings);
	if (fflush(stdout) || ferror(stdout))
		return cli_error(UNWRITABLE, "standard output cannot be written");
	return code;
}
