/* verify: proves that the index of every shard says what its log says. Changes nothing, and repairs nothing: a finding names its remedy. */
#include "store/verify.h"

#include <stdarg.h>

#include "loop/loop.h"
#include "prog/command/cli.h"
#include "prog/command/progress.h"
#include "prog/command/shards.h"

enum { FOUND = 65, BAD_SETTINGS = 78 };

struct verifying {
	struct cli *cli;
	const struct shard_place *shard;
	struct progress bar;
	bool bar_begun;
	unsigned shards, findings, of_shard;
	int code; /* of a shard that could not be looked at */
};

static void end_bar(struct verifying *v)
{
	if (v->bar_begun)
		progress_end(&v->bar);
	v->bar_begun = false;
}

/* JSON: an object a shard, with its findings as one list. */
static void finding(void *context, const char *text)
{
	struct verifying *v = context;

	end_bar(v);
	v->findings++;
	if (!v->cli->json) {
		fprintf(stderr, "barid: shard %u: %s\n", v->shard->number, text);
		return;
	}
	printf("%s", v->of_shard++ ? ", " : "");
	cli_json_string(stdout, span_of(text));
}

static void progress(void *context, uint64_t done, uint64_t total)
{
	struct verifying *v = context;
	char what[48];

	if (!total) {
		end_bar(v);
		return;
	}
	snprintf(what, sizeof what, "shard %u, MB of its log", v->shard->number);
	if (!v->bar_begun)
		progress_begin(&v->bar, what, total >> 20, cli_on_terminal() && !v->cli->quiet && !v->cli->json);
	v->bar.what = what;
	v->bar_begun = true;
	progress_to(&v->bar, done >> 20, done);
}

/* One line for each kind of finding, with what to do. */
static void say_remedies(const struct verifying *v, const struct store_check *found)
{
	const char *dir = v->shard->dir;

	if (found->differences)
		fprintf(stderr,
			"barid: shard %u: the log is what is true: remove '%s/index' and start the server, which makes "
			"it anew "
			"from the log\n",
			v->shard->number, dir);
	if (found->rot)
		fprintf(stderr,
			"barid: shard %u: %llu places of the log cannot be read: 'barid check --deep' names the "
			"messages that are "
			"lost by it; bring them back from a backup, and look after the disk\n",
			v->shard->number, (unsigned long long)found->rot);
}

static void say_result(struct verifying *v, const struct store_check *found)
{
	const char *proven = found->differences || found->rot ? "not proven" : "index = log";

	if (v->cli->json) {
		printf("], \"proven\": %s, \"accounts\": %llu, \"mailboxes\": %llu, \"messages\": %llu, \"kept\": "
		       "%llu, "
		       "\"differences\": %llu, \"rot\": %llu, \"set_aside\": %zu}",
			found->differences || found->rot ? "false" : "true", (unsigned long long)found->accounts,
			(unsigned long long)found->mailboxes, (unsigned long long)found->messages,
			(unsigned long long)found->kept, (unsigned long long)found->differences,
			(unsigned long long)found->rot, v->shard->aside.n);
		return;
	}
	say_remedies(v, found);
	if (v->cli->quiet)
		return;
	printf("shard %u: %s: %llu accounts, %llu mailboxes, %llu messages, %llu kept", v->shard->number, proven,
		(unsigned long long)found->accounts, (unsigned long long)found->mailboxes,
		(unsigned long long)found->messages, (unsigned long long)found->kept);
	printf(v->shard->aside.n ? "; %zu accounts that are set aside were left out\n" : "\n", v->shard->aside.n);
}

static void verify_shard(void *context, const struct shard_place *shard)
{
	struct verifying *v = context;
	struct store_checking how = {.aside = &shard->aside, .report = finding, .progress = progress, .context = v};
	struct store_check found = {0};
	struct loop loop;
	struct why w;
	enum fail f;

	v->shard = shard;
	v->of_shard = 0;
	if (v->cli->json)
		printf("%s\n  {\"shard\": %u, \"findings\": [", v->shards++ ? "," : "", shard->number);
	loop_init(&loop);
	f = store_check_local(shard->dir, &loop, &how, &found, &w);
	loop_fini(&loop);
	end_bar(v);
	if (!f) {
		say_result(v, &found);
		return;
	}
	v->code = fail_row(f)->exit_code;
	finding(v, w.log);
	if (v->cli->json)
		printf("], \"proven\": false}");
}

int cli_verify(struct cli *c)
{
	struct verifying v = {.cli = c};
	struct why w;
	enum fail f;

	if (!cli_settings(c))
		return BAD_SETTINGS;
	if (c->json)
		printf("[");
	f = shards_each(c->settings, verify_shard, &v, &w);
	if (c->json)
		printf("]\n");
	if (f)
		return cli_fail(f, &w);
	return v.code ? v.code : v.findings ? FOUND : 0;
}
