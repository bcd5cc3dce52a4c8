/* The command line: options, dispatch by cli.def, errors to people. Commands return exit codes (sysexits). */
#ifndef PROG_COMMAND_CLI_H
#define PROG_COMMAND_CLI_H

#include "base/why.h"
#include "conf/settings.h"

enum { CLI_SETS_MAX = 100, CLI_WORDS_MAX = 10000 };

struct cli {
	const char *config, *data, *from, *mailbox, *format, *since, *older_than, *subject, *device;
	bool json, quiet, deep, list, all, purge, password_stdin, generate, many_stdin, hashed, off, yes, man, messages,
		wants_help;
	char *set[CLI_SETS_MAX];
	int set_count;
	const char *const *words; /* behind the command's own */
	size_t word_count;
	const char *settings_path; /* the file that holds, or NULL */
	struct settings *settings; /* loaded by cli_settings */
};

/* Everything that is not `--role`. */
int cli_main(int argc, char **argv);

/* Loads the settings; false after saying every problem on standard error. */
bool cli_settings(struct cli *c);
/* "barid: TEXT" on standard error; the exit code of `f`. */
int cli_fail(enum fail f, const struct why *w);
int cli_error(int exit_code, const char *fmt, ...) PRINTF(2, 3);
/* A JSON string with its quotes. */
void cli_json_string(FILE *out, struct span s);
bool cli_on_terminal(void); /* standard error is one: for progress bars */

/* One line each in cli.def. */
#define COMMAND(words, function, ...) int cli_##function(struct cli *c);
#include "prog/command/cli.def"
#undef COMMAND

struct cli_command {
	const char *words;
	int (*run)(struct cli *c);
	int least, most; /* -1 = any number */
	const char *options, *arguments, *help, *more;
};
struct cli_option {
	const char *name;
	char type; /* 'F'lag, 'V'alue, 'M'any */
	const char *takes;
	bool everywhere;
	const char *help;
	size_t offset; /* in struct cli */
};
size_t cli_commands(const struct cli_command **out);
size_t cli_options(const struct cli_option **out);
/* Whether the command takes the option. */
bool cli_takes(const struct cli_command *command, const struct cli_option *option);

#endif
