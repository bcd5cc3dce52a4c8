/* restored: the data directory came from a backup. Leaves a file in each shard's directory; the next start does the rest (prog/mail/restored.c). */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "prog/command/cli.h"
#include "prog/super/data_dir.h"

enum { BAD_SETTINGS = 78 };

static enum fail mark(const struct cli *c, unsigned shard, struct why *w)
{
	char name[32], path[4096];
	int fd;

	snprintf(name, sizeof name, "shard-%u/restored", shard);
	settings_path(c->settings, name, path, sizeof path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 && errno == ENOENT) /* that shard has no mail yet */
		return FAIL_NONE;
	if (fd < 0 || fsync(fd)) {
		enum fail f = why(w, FAIL_IO, "cannot make '%s': %s", path, strerror(errno));

		if (fd >= 0)
			close(fd);
		return f;
	}
	close(fd);
	return FAIL_NONE;
}

int cli_restored(struct cli *c)
{
	struct data_dir data;
	struct why w;
	enum fail f;

	if (!cli_settings(c))
		return BAD_SETTINGS;
	f = data_dir_open(c->settings, &data, &w);
	if (f)
		return cli_fail(f, &w);
	f = data_dir_become_user(c->settings, &w);
	for (unsigned i = 0; i < data.shards && !f; i++)
		f = mark(c, i, &w);
	data_dir_become_root_again();
	data_dir_close(&data);
	if (f)
		return cli_fail(f, &w);
	if (!c->quiet)
		printf("every mailbox gets a new UIDVALIDITY at the next start\n");
	return 0;
}
