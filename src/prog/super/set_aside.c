/* The accounts that are set aside, and the crashes that may come to it. The file has a line an account, "SHARD ACCOUNT SINCE", below its title. */
#include "prog/super/set_aside.h"

#include "base/buf.h"
#include "prog/super/data_dir.h"

enum { LINE_ROOM = 64, FILE_MAX = SET_ASIDE_MAX * LINE_ROOM, PATH_ROOM = 4096 };

static const char title[] = "barid set-aside 1\n";

bool set_aside_number(struct span word, uint64_t *account_out)
{
	return span_take(&word, SPAN("#")) && span_u64(word, account_out);
}

struct set_aside_row *set_aside_find(struct set_aside *a, uint64_t account)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->rows[i].account == account)
			return &a->rows[i];
	return NULL;
}

static struct set_aside_row *add(struct set_aside *a, uint64_t account, uint32_t shard, int64_t since)
{
	struct set_aside_row *row;

	if (a->n == SET_ASIDE_MAX || set_aside_find(a, account))
		return NULL;
	row = &a->rows[a->n++];
	*row = (struct set_aside_row){.account = account, .shard = shard, .since = since};
	return row;
}

struct set_aside_row *set_aside_crashed(
	struct set_aside *a, uint64_t account, uint32_t shard, int64_t now_ms, int64_t now)
{
	unsigned n = 0;

	a->crashes[a->crash_count++ % CRASHES_KEPT] = (struct crash){account, shard, now_ms};
	for (size_t i = 0; i < CRASHES_KEPT && i < a->crash_count; i++)
		n += a->crashes[i].account == account && now_ms - a->crashes[i].at_ms < SET_ASIDE_WINDOW_MS;
	return n < SET_ASIDE_CRASHES ? NULL : add(a, account, shard, now);
}

bool set_aside_clear(struct set_aside *a, uint64_t account)
{
	struct set_aside_row *row = set_aside_find(a, account);

	for (size_t i = 0; i < CRASHES_KEPT; i++)
		if (a->crashes[i].account == account)
			a->crashes[i].account = 0;
	if (!row)
		return false;
	*row = a->rows[--a->n];
	return true;
}

size_t set_aside_of_shard(const struct set_aside *a, uint32_t shard, uint64_t out[SET_ASIDE_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		if (a->rows[i].shard == shard)
			out[n++] = a->rows[i].account;
	return n;
}

/* ── The file ── */

static bool take_line(struct set_aside *a, struct span line)
{
	uint32_t shard;
	uint64_t account, since;

	if (!span_take_u32(&line, &shard) || !span_take(&line, SPAN(" ")) || !span_take_u64(&line, &account) ||
		!span_take(&line, SPAN(" ")) || !span_take_u64(&line, &since) || line.n || !account)
		return false;
	return add(a, account, shard, (int64_t)since) != NULL;
}

static enum fail parse(struct set_aside *a, struct span text, const char *path, struct why *w)
{
	struct span line;
	bool good = span_take(&text, span_of(title));

	while (good && span_take_until(&text, '\n', &line))
		good = take_line(a, line);
	if (good && !text.n)
		return FAIL_NONE;
	return why(w, FAIL_CORRUPT, "'%s' is damaged: remove it; accounts that it names are then tried again", path);
}

enum fail set_aside_load(struct set_aside *a, const struct settings *s, struct why *w)
{
	CLEANUP(buf_fini) struct buf text = {0};
	char path[PATH_ROOM];
	enum fail f;

	a->n = 0;
	settings_path(s, "set-aside", path, sizeof path);
	buf_init(&text, FILE_MAX);
	f = settings_read_file(path, &text, w);
	if (f == FAIL_NOT_FOUND)
		return FAIL_NONE;
	return f ? f : parse(a, buf_span(&text), path, w);
}

enum fail set_aside_save(const struct set_aside *a, const struct settings *s, struct why *w)
{
	CLEANUP(buf_fini) struct buf text = {0};

	buf_init(&text, FILE_MAX);
	buf_add(&text, span_of(title));
	for (size_t i = 0; i < a->n; i++)
		buf_addf(&text, "%u %llu %lld\n", a->rows[i].shard, (unsigned long long)a->rows[i].account,
			(long long)a->rows[i].since);
	return data_dir_write(s, "set-aside", buf_span(&text), 0600, w);
}
