/* What every executable of the server is: a process with a role when super starts it, else the command line. */
#include "prog/program.h"

#include "prog/child.h"
#include "prog/command/cli.h"

static const struct role *const roles[] = {&front_role, &auth_role, &mail_role};

enum { USAGE = 64 };

/* barid --role NAME --index N: only super calls so, with its channel at descriptor 3. */
static int run_role(const char *name, const char *number)
{
	uint32_t index;

	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (!strcmp(roles[i]->name, name) && span_u32(span_of(number), &index))
			return child_main(roles[i], index);
	fprintf(stderr, "barid: there is no role '%s'\n", name);
	return USAGE;
}

int program_main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "--role") && !strcmp(argv[3], "--index"))
		return run_role(argv[2], argv[4]);
	return cli_main(argc, argv);
}
