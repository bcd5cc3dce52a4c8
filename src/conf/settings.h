/* Settings: one flat `key = value` file, every key optional, the table in settings.def. A line that starts with '#' or ';' is a comment.
 * Reading reports all problems at once, each with its line and its remedy; an unknown key names its nearest neighbour. */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include "base/buf.h"
#include "base/why.h"

enum { SETTINGS_FILE_MAX = 256 << 10, LISTEN_MAX = 16, PROBLEMS_MAX = 100 };

struct listen_address {
	char host[64]; /* numeric, "*" = all, or "localhost" */
	uint16_t port;
};
struct listen_list {
	struct listen_address at[LISTEN_MAX];
	size_t n;
};

#define SETTINGS_TEXT     char *
#define SETTINGS_PATH     char *
#define SETTINGS_BOOL     bool
#define SETTINGS_NUMBER   uint64_t
#define SETTINGS_SIZE     uint64_t
#define SETTINGS_DURATION uint64_t
/* Of mail that was downloaded: how many seconds later it is deleted; 0 = at once, RETENTION_KEEP = never. */
enum { RETENTION_KEEP = -1 };

#define SETTINGS_RETENTION int64_t
#define SETTINGS_LISTEN    struct listen_list
#define SETTINGS_CHOICE    char *

enum settings_key {
#define SETTING(key, ...) SETTINGS_KEY_##key,
#include "conf/settings.def"
#undef SETTING
	SETTINGS_KEYS
};

struct settings {
#define SETTING(key, type, ...) SETTINGS_##type key;
#include "conf/settings.def"
#undef SETTING
	unsigned line[SETTINGS_KEYS]; /* where the file sets it; 0 = the default, or the command line */
};

struct settings_problem {
	unsigned line;  /* 0 = not of one line */
	char text[256]; /* what is wrong, and what to write instead */
};
struct settings_problems {
	struct settings_problem at[PROBLEMS_MAX];
	size_t n;    /* how many are in `at` */
	size_t more; /* how many found no room */
};

/* All defaults. */
struct settings *settings_default(void);
/* Parses `text` (a file's content) over the defaults, then settings_check. NULL when there are problems: all of them are in
 * `problems`. */
struct settings *settings_parse(struct span text, struct settings_problems *problems);
/* What no single line can tell: settings that contradict each other, or that cannot work. Adds to `problems`; true when it
 * found none. To be called again after settings_assign. Looks at no file. */
bool settings_check(const struct settings *s, struct settings_problems *problems);
/* Adds one problem: for `line` (0 = of no line), as printf. Control characters become '?'. */
void settings_problem(struct settings_problems *problems, unsigned line, const char *fmt, ...) PRINTF(3, 4);
/* Reads a file. FAIL_NOT_FOUND, FAIL_NO_PERMISSION, FAIL_TOO_BIG with the path in `w`. */
FAILS settings_read_file(const char *path, struct buf *out, struct why *w);
void settings_free(struct settings *s);
/* One assignment as on a command line ("imap_listen=127.0.0.1:1143"), over an existing object. FAIL_CONFIG with the remedy. */
FAILS settings_assign(struct settings *s, struct span assignment, struct why *w);
/* `path` itself when absolute, else below data_dir: written to dst. */
void settings_path(const struct settings *s, const char *path, char *dst, size_t size);

/* "90s", "3d": seconds, as in a setting of that type. */
bool settings_retention(struct span text, int64_t *seconds_out); /* as a RETENTION is written */
bool settings_duration(struct span text, uint64_t *seconds_out);

/* The table, for --help, the man page and the documentation. */
struct settings_row {
	const char *key, *type, *fallback, *form, *text;
};
size_t settings_rows(const struct settings_row **out);

#endif
