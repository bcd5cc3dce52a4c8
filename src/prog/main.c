/* barid: every program of the server. A process that super starts is told its role in its arguments; the rest is the command line. */
#include <sys/stat.h>

#include "prog/child.h"
#include "prog/super/super.h"

static const struct role *const roles[] = {&front_role, &auth_role, &mail_role};

enum { USAGE = 64, WORDS_MAX = 100 };

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

/* barid serve [--config FILE] [--data DIR] [KEY=VALUE ...]; DIR/barid.conf is read when it is there. */
static int serve(int argc, char **argv)
{
	static char data[512], config[520];
	const char *path = NULL;
	char *words[WORDS_MAX];
	struct stat st;
	int n = 0;

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--config") && i + 1 < argc) {
			path = argv[++i];
		} else if (!strcmp(argv[i], "--data") && i + 1 < argc && n < WORDS_MAX) {
			snprintf(data, sizeof data, "data_dir=%s", argv[++i]);
			snprintf(config, sizeof config, "%s/barid.conf", argv[i]);
			words[n++] = data;
		} else if (strchr(argv[i], '=') && n < WORDS_MAX) {
			words[n++] = argv[i];
		} else {
			fprintf(stderr,
				"barid serve: what is '%s'? It takes --config FILE, --data DIR, and settings as "
				"KEY=VALUE\n",
				argv[i]);
			return USAGE;
		}
	}
	if (!path && *config && !stat(config, &st))
		path = config;
	return super_run(path, n, words);
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "--role") && !strcmp(argv[3], "--index"))
		return run_role(argv[2], argv[4]);
	if (argc >= 2 && !strcmp(argv[1], "serve"))
		return serve(argc - 2, argv + 2);
	fprintf(stderr, "usage: barid serve [--config FILE] [--data DIR] [KEY=VALUE ...]\n");
	return USAGE;
}
