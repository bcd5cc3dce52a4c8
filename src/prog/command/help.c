/* help, version, settings, serve: what needs hardly more than the tables. */
#include "prog/command/cli.h"
#include "prog/super/super.h"

static void say_options(const struct cli_command *command, bool everywhere)
{
	const struct cli_option *o;
	size_t n = cli_options(&o);
	char left[64];

	for (size_t i = 0; i < n; i++) {
		if (o[i].everywhere != everywhere || (command && !cli_takes(command, &o[i])))
			continue;
		snprintf(left, sizeof left, "--%s%s%s", o[i].name, *o[i].takes ? " " : "", o[i].takes);
		printf("  %-22s %s\n", left, o[i].help);
	}
}

static void say_all(void)
{
	const struct cli_command *cmd;
	size_t n = cli_commands(&cmd);

	printf("barid %s: a mail access server (IMAP, POP3, LMTP)\n\n", BARID_VERSION);
	printf("usage: barid COMMAND [ARGUMENTS] [OPTIONS]\n\n");
	for (size_t i = 0; i < n; i++)
		printf("  %-16s %s\n", cmd[i].words, cmd[i].help);
	printf("\nEvery command takes:\n");
	say_options(NULL, true);
	printf("\n'barid help COMMAND' tells more.\n");
}

static void say_one(const struct cli_command *cmd)
{
	printf("usage: barid %s%s%s [OPTIONS]\n\n%s.\n", cmd->words, *cmd->arguments ? " " : "", cmd->arguments,
		cmd->help);
	if (*cmd->more)
		printf("%s\n", cmd->more);
	printf("\n");
	say_options(cmd, false);
	say_options(cmd, true);
}

/* ── Manual pages: troff, where a line must not begin with a dot or a quote, and '-' must stay one ── */

static void man_text(const char *s)
{
	for (bool start = true; *s; start = *s == '\n', s++) {
		if (start && (*s == '.' || *s == '\''))
			fputs("\\&", stdout);
		if (*s == '-' || *s == '\\')
			fputc('\\', stdout);
		fputc(*s, stdout);
	}
	fputc('\n', stdout);
}

static void man_options(const struct cli_command *cmd, bool everywhere)
{
	const struct cli_option *o;
	size_t n = cli_options(&o);

	for (size_t i = 0; i < n; i++) {
		if (o[i].everywhere != everywhere || (cmd && !cli_takes(cmd, &o[i])))
			continue;
		printf(".TP\n.BR \\-\\-");
		for (const char *p = o[i].name; *p; p++)
			printf(*p == '-' ? "\\-" : "%c", *p);
		printf(" \" %s\"\n", o[i].takes);
		man_text(o[i].help);
	}
}

static int man_barid(void)
{
	const struct cli_command *cmd;
	size_t n = cli_commands(&cmd);

	printf(".TH BARID 1 \"\" \"Barid %s\"\n", BARID_VERSION);
	printf(".SH NAME\nbarid \\- mail access server (IMAP, POP3, LMTP)\n.SH SYNOPSIS\n.B barid\n.I COMMAND\n");
	printf("[\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]\n.SH COMMANDS\n");
	for (size_t i = 0; i < n; i++) {
		printf(".SS \"%s%s%s\"\n", cmd[i].words, *cmd[i].arguments ? " " : "", cmd[i].arguments);
		man_text(cmd[i].help);
		if (*cmd[i].more) {
			printf(".PP\n");
			man_text(cmd[i].more);
		}
		man_options(&cmd[i], false);
	}
	printf(".SH OPTIONS\nEvery command takes:\n");
	man_options(NULL, true);
	printf(".SH EXIT STATUS\n0 when all went well; otherwise as in sysexits.h: 64 usage, 65 some input was "
	       "refused, 67 no such\n"
	       "account, 69 no server or one already, 73 cannot be made, 75 try again, 77 not permitted, 78 "
	       "settings.\n");
	printf(".SH FILES\n.I /etc/barid/barid.conf\n.br\n.I /var/lib/barid\n.SH SEE ALSO\n.BR barid.conf (5)\n");
	return 0;
}

static int man_settings(void)
{
	const struct settings_row *row;
	size_t n = settings_rows(&row);

	printf(".TH BARID.CONF 5 \"\" \"Barid %s\"\n.SH NAME\nbarid.conf \\- settings of barid\n.SH DESCRIPTION\n",
		BARID_VERSION);
	printf("A flat file of \\fIkey = value\\fR lines; every one may be left out. A line that begins with # is a "
	       "comment.\n"
	       "Sizes take k, m, g; durations s, m, h, d; lists of addresses are HOST:PORT separated by blanks, * for "
	       "all\n"
	       "addresses, off for none. \\fBbarid check\\fR reports every problem with its line and remedy.\n.SH "
	       "SETTINGS\n");
	for (size_t i = 0; i < n; i++) {
		printf(".TP\n.B %s\n", row[i].key);
		printf("(%s%s%s; default: ", row[i].type, *row[i].form ? ", " : "", row[i].form);
		printf("\\fI%s\\fR) ", *row[i].fallback ? row[i].fallback : "empty");
		man_text(row[i].text);
	}
	printf(".SH SEE ALSO\n.BR barid (1)\n");
	return 0;
}

/* ── Commands ── */

int cli_help(struct cli *c)
{
	const struct cli_command *cmd;
	size_t n = cli_commands(&cmd);
	char wanted[128] = "";
	bool some = false;

	if (c->man)
		return c->word_count && strcmp(c->words[0], "settings") == 0 ? man_settings() : man_barid();
	if (c->word_count)
		snprintf(wanted, sizeof wanted, "%s%s%s", c->words[0], c->word_count > 1 ? " " : "",
			c->word_count > 1 ? c->words[1] : "");
	for (size_t i = 0; i < n && *wanted; i++) {
		if (!span_starts(span_of(cmd[i].words), span_of(wanted)) &&
			!span_starts(span_of(wanted), span_of(cmd[i].words)))
			continue;
		if (some)
			printf("\n");
		say_one(&cmd[i]);
		some = true;
	}
	if (*wanted && !some)
		return cli_error(64, "there is no command '%s': see 'barid help'", wanted);
	if (!*wanted)
		say_all();
	return 0;
}

int cli_version(struct cli *c)
{
	(void)c;
	printf("barid %s\n", BARID_VERSION);
	return 0;
}

int cli_show_settings(struct cli *c)
{
	const struct settings_row *row;
	size_t n = settings_rows(&row);

	(void)c;
	for (size_t i = 0; i < n; i++)
		printf("# %s%s%s%s\n# %s = %s\n\n", row[i].text, *row[i].form ? " (" : "", row[i].form,
			*row[i].form ? ")" : "", row[i].key, row[i].fallback);
	return 0;
}

int cli_serve(struct cli *c)
{
	if (!cli_settings(c))
		return 78;
	return super_run(c->settings_path, c->set_count, c->set);
}
