/* Settings: the table, the defaults, and reading a file over them. inih cuts a line into key and value; what they mean is
 * settings.def's and value.c's. Nothing here stops at the first problem. */
#include "conf/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "conf/nearest.h"
#include "conf/value.h"

#define SETTING(key, type, fallback, form, text) {#key, #type, fallback, form, text},
static const struct settings_row rows[] = {
#include "conf/settings.def"
};
#undef SETTING

#define SETTING(key, type, ...) {value_set_##type, offsetof(struct settings, key)},
static const struct {
	value_set *set;
	size_t offset;
} fields[] = {
#include "conf/settings.def"
};
#undef SETTING

struct reading {
	struct settings *settings;
	struct settings_problems *problems;
	unsigned line;
};

size_t settings_rows(const struct settings_row **out)
{
	*out = rows;
	return ARRAY_LEN(rows);
}

void settings_problem(struct settings_problems *problems, unsigned line, const char *fmt, ...)
{
	struct settings_problem *at;
	va_list args;

	if (problems->n == PROBLEMS_MAX) {
		problems->more++;
		return;
	}
	at = &problems->at[problems->n++];
	at->line = line;
	va_start(args, fmt);
	vsnprintf(at->text, sizeof(at->text), fmt, args);
	va_end(args);
	for (char *c = at->text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

static void *field_at(struct settings *s, size_t key)
{
	return (char *)s + fields[key].offset;
}

/* Keys that had another name once: what stands in a file of then goes on to count. */
static const struct {
	const char *was, *is;
} renamed[] = {{"compact_at_start", "reclaim"}};

static bool find_key(struct span name, size_t *out)
{
	for (size_t i = 0; i < ARRAY_LEN(renamed); i++)
		if (span_eq(name, span_of(renamed[i].was)))
			name = span_of(renamed[i].is);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (span_eq(name, span_of(rows[i].key))) {
			*out = i;
			return true;
		}
	}
	return false;
}

static const char *nearest_key(struct span name)
{
	struct nearest n;

	nearest_begin(&n, name);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		nearest_offer(&n, rows[i].key);
	return n.best;
}

struct settings *settings_default(void)
{
	struct settings *s = NEW(struct settings);
	char text[256];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!fields[i].set(field_at(s, i), span_of(rows[i].fallback), rows[i].form, text, sizeof(text)))
			abort(); /* the table contradicts itself */
	return s;
}

void settings_free(struct settings *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!strcmp(rows[i].type, "TEXT") || !strcmp(rows[i].type, "PATH") || !strcmp(rows[i].type, "CHOICE"))
			free(*(char **)field_at(s, i));
	free(s);
}

/* One key and its value, from inih. */
static int take_pair(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	char text[256];
	size_t key;

	(void)section;
	if (!find_key(span_of(name), &key)) {
		settings_problem(r->problems, r->line, "unknown key '%.40s': the nearest is '%s'", name,
			nearest_key(span_of(name)));
		return 1;
	}
	if (r->settings->line[key])
		settings_problem(r->problems, r->line, "%s is set in line %u already: remove one of the two", name,
			r->settings->line[key]);
	r->settings->line[key] = r->line;
	if (!fields[key].set(field_at(r->settings, key), span_trim(span_of(value)), rows[key].form, text, sizeof(text)))
		settings_problem(r->problems, r->line, "%s = %.40s: %s", name, value, text);
	return 1;
}

static void take_line(struct reading *r, struct span line)
{
	char text[VALUE_MAX];
	struct span word = span_trim(line);

	if (!word.n || word.p[0] == '#' || word.p[0] == ';')
		return;
	if (word.p[0] == '[')
		settings_problem(r->problems, r->line, "there are no sections here: remove '%.*s'",
			(int)span_first(word, 40).n, word.p);
	else if (memchr(word.p, 0, word.n))
		settings_problem(r->problems, r->line, "holds a NUL byte: remove it");
	else if (!span_cstr(word, text, sizeof(text)))
		settings_problem(r->problems, r->line, "the line is longer than %d bytes: shorten it", VALUE_MAX - 1);
	else if (span_find_byte(word, '=') == SIZE_MAX || ini_parse_string(text, take_pair, r))
		settings_problem(r->problems, r->line, "write 'key = value' instead of '%.40s'", text);
}

/* inih is asked for one line at a time: so every problem has its line, and a line that starts with a blank is no continuation. */
static void prepare_inih(void)
{
	ini_use_stack = false;
	ini_max_line = VALUE_MAX + 3;
	ini_initial_alloc = VALUE_MAX + 3;
	ini_allow_multiline = false;
}

struct settings *settings_parse(struct span text, struct settings_problems *problems)
{
	struct reading r = {settings_default(), problems, 0};
	struct span line;

	memset(problems, 0, sizeof(*problems));
	prepare_inih();
	span_take(&text, SPAN("\xef\xbb\xbf"));
	while (text.n) {
		if (!span_take_until(&text, '\n', &line)) {
			line = text;
			text.n = 0;
		}
		r.line++;
		take_line(&r, line);
	}
	settings_check(r.settings, problems);
	if (!problems->n)
		return r.settings;
	settings_free(r.settings);
	return NULL;
}

static enum fail open_failed(const char *path, struct why *w)
{
	enum fail f = errno == ENOENT || errno == ENOTDIR ? FAIL_NOT_FOUND
		      : errno == EACCES                   ? FAIL_NO_PERMISSION
							  : FAIL_IO;

	return why(w, f, "settings file %s: %s", path, strerror(errno));
}

enum fail settings_read_file(const char *path, struct buf *out, struct why *w)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum fail f = FAIL_NONE;
	ssize_t got;
	char piece[4096];

	if (fd < 0)
		return open_failed(path, w);
	while (!f && (got = read(fd, piece, sizeof(piece))) != 0) {
		if (got < 0)
			f = open_failed(path, w);
		else if (out->n + (size_t)got > SETTINGS_FILE_MAX || buf_add(out, span(piece, (size_t)got)))
			f = why(w, FAIL_TOO_BIG, "settings file %s: larger than %d bytes", path, SETTINGS_FILE_MAX);
	}
	close(fd);
	return f;
}

enum fail settings_assign(struct settings *s, struct span assignment, struct why *w)
{
	struct span name, value = assignment;
	char text[256];
	size_t key;

	if (!span_take_until(&value, '=', &name) || memchr(assignment.p, 0, assignment.n))
		return why(w, FAIL_CONFIG, "write key=value instead of '%.*s'", (int)span_first(assignment, 40).n,
			assignment.p);
	name = span_trim(name);
	value = span_trim(value);
	if (!find_key(name, &key))
		return why(w, FAIL_CONFIG, "unknown key '%.*s': the nearest is '%s'", (int)span_first(name, 40).n,
			name.p, nearest_key(name));
	if (!fields[key].set(field_at(s, key), value, rows[key].form, text, sizeof(text)))
		return why_log(w, FAIL_CONFIG, "a setting is wrong", "%s = %.*s: %s", rows[key].key,
			(int)span_first(value, 40).n, value.p, text);
	s->line[key] = 0;
	return FAIL_NONE;
}

void settings_path(const struct settings *s, const char *path, char *dst, size_t size)
{
	if (path[0] == '/')
		snprintf(dst, size, "%s", path);
	else
		snprintf(dst, size, "%s/%s", s->data_dir, path);
}

bool settings_duration(struct span text, uint64_t *seconds_out)
{
	char why[256];

	return value_set_DURATION(seconds_out, text, "", why, sizeof why);
}

bool settings_retention(struct span text, int64_t *seconds_out)
{
	char why[256];

	return value_set_RETENTION(seconds_out, text, "", why, sizeof why);
}
