/* The engines of a store: which disk and which key-value engine stand beneath the one store code. */
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H

#include "store/store.h"

struct disk;
struct kv;
struct kv_settings;
struct log_pos;

/* Accounts of which something crashed the process. They cannot be opened (FAIL_UNAVAILABLE), and opening a store passes over what the log says of
 * them; it takes that in once they are not named any more. Nothing is removed from the log meanwhile. */
struct store_aside {
	const uint64_t *accounts;
	size_t n;
};

struct store_settings {
	struct loop *loop;
	struct disk *disk;     /* the store owns it from here on */
	struct kv *kv;         /* likewise; an index that does not fit the log is rebuilt */
	uint32_t segment_size; /* 0 = the log's default */
	/* An account is written to the log again once its changes since are more than that took, and more than this; 0 = 256 KB. */
	uint64_t snapshot_least;
	uint32_t block; /* messages to a value of the index, a power of two up to 64; 0 = 64; one index, one number */
	uint32_t vanished_most;          /* runs of vanished UIDs that a mailbox remembers exactly; 0 = a million */
	const struct store_aside *aside; /* read while it is opened; NULL: none */
	/* Told of rot that was skipped, of a rebuild and its progress; may be NULL. */
	void (*report)(void *context, const char *text);
	void *context;
	/* Told of how far the redo has come in the log, for each record that it looks at; may be NULL. */
	void (*come_to)(void *context, struct log_pos pos);
	void *come_to_context;
	const char *place; /* where the store is, in a few words for reports; may be NULL */
	bool ballast;      /* keep a file that can be given up, so that the store can be opened on a full disk */
};

/* Any engine: opens the log, brings the index up to it (redo), refuses a newer format. Takes disk and kv over, also on failure. */
FAILS store_open(const struct store_settings *s, struct store **out, struct why *w);

/* What the engine `local` is made of. The server leaves it as it is; the tests' program (tests/faults/program) puts something between before it
 * opens a store. */
struct engine_parts {
	enum fail (*disk)(const char *dir, struct disk **out, struct why *w);                   /* disk_real */
	enum fail (*index)(const struct kv_settings *settings, struct kv **out, struct why *w); /* kv_open_rocks */
	uint32_t segment_size;
};
extern struct engine_parts engine_parts;

/* engine `local`: DIR/log and DIR/index, made when missing. */
FAILS store_open_local(const char *dir, struct loop *loop, uint64_t cache_bytes, const struct store_aside *aside,
	void (*report)(void *context, const char *text), void *context, struct store **out, struct why *w);
/* engine `mem`: gone when closed. For tests, and for trying things. */
FAILS store_open_memory(struct loop *loop, struct store **out, struct why *w);

#endif
