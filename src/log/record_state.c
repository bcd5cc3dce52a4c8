/* Plays the history of a recording disk back up to one point, and leaves what a power loss may leave there. */
#include "log/record_inner.h"

#include "base/memory.h"

enum { BLOCK = 512 };

static size_t states;

size_t record_states(void)
{
	return states;
}

unsigned record_effort(void)
{
	const char *power = getenv("POWER");
	uint32_t n;

	return power && span_u32(span_of(power), &n) && n ? n : 1;
}

struct record_dice record_dice_random(uint64_t seed)
{
	return (struct record_dice){.seed = seed};
}

struct record_dice record_dice_exhaustive(void)
{
	return (struct record_dice){.exhaustive = true};
}

static uint64_t scatter(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

bool record_dice_next(struct record_dice *d)
{
	unsigned at = d->used < RECORD_DECISIONS_MAX ? d->used : RECORD_DECISIONS_MAX;

	d->used = 0;
	if (!d->exhaustive) {
		d->seed = scatter(d->seed + 0x9e3779b97f4a7c15u);
		return true;
	}
	/* counts up, the last decision fastest; decisions after the one that moves begin anew */
	while (at > 0 && d->choice[at - 1] + 1 >= d->of[at - 1])
		at--;
	for (unsigned i = at; i < RECORD_DECISIONS_MAX; i++)
		d->choice[i] = 0;
	if (!at)
		return false;
	d->choice[at - 1]++;
	return true;
}

/* One of 0..n-1. */
static uint32_t decide(struct record_dice *d, uint32_t n)
{
	if (n < 2)
		return 0;
	if (!d->exhaustive || d->used >= RECORD_DECISIONS_MAX)
		return (uint32_t)(scatter(d->seed ^ scatter(++d->used)) % n);
	d->of[d->used] = n;
	if (d->choice[d->used] >= n)
		d->choice[d->used] = 0;
	return d->choice[d->used++];
}

/* A file while it is played back: what is safe, and what came after the last sync of it. */
struct played {
	char *safe;
	size_t safe_size, now_size;
	size_t since; /* index of the change after its last sync */
};

static void play_write(char **bytes, size_t *size, const struct change *c)
{
	size_t end = (size_t)c->offset + c->n;

	if (end > *size) {
		*bytes = memory_resize(*bytes, end);
		memset(*bytes + *size, 0, end - *size);
		*size = end;
	}
	if (c->n)
		memcpy(*bytes + c->offset, c->bytes, c->n);
}

static void play_truncate(char **bytes, size_t *size, size_t to)
{
	*bytes = memory_resize(*bytes, to + 1);
	if (to > *size)
		memset(*bytes + *size, 0, to - *size);
	*size = to;
}

/* The bytes that were to be synced are taken for written, and are not: only the size is still to come. */
static void play_failed_sync(char *now, const struct played *p)
{
	size_t kept = p->safe_size < p->now_size ? p->safe_size : p->now_size;

	if (kept)
		memcpy(now, p->safe, kept);
	if (p->now_size > kept)
		memset(now + kept, 0, p->now_size - kept);
}

/* What is safe after the first `point` changes, and which changes of the file are not. */
static void play(const struct recording *rec, size_t point, unsigned inode, struct played *p)
{
	char *now = NULL;

	*p = (struct played){0};
	for (size_t i = 0; i < point; i++) {
		const struct change *c = &rec->changes[i];

		if (c->inode != inode || c->dropped)
			continue;
		if (c->kind == CHANGE_WRITE) {
			play_write(&now, &p->now_size, c);
		} else if (c->kind == CHANGE_TRUNCATE) {
			play_truncate(&now, &p->now_size, (size_t)c->offset);
		} else if (c->kind == CHANGE_SYNC) {
			p->safe = memory_resize(p->safe, p->now_size + 1);
			if (p->now_size)
				memcpy(p->safe, now, p->now_size);
			p->safe_size = p->now_size;
			p->since = i + 1;
		} else if (c->kind == CHANGE_FAILED_SYNC) {
			play_failed_sync(now, p);
			p->since = i + 1;
		}
	}
	free(now);
}

static bool touches(const struct change *c, unsigned inode, size_t block)
{
	if (c->inode != inode)
		return false;
	if (c->kind == CHANGE_TRUNCATE)
		return c->offset < (block + 1) * BLOCK;
	return c->kind == CHANGE_WRITE && c->n && c->offset < (block + 1) * BLOCK && c->offset + c->n > block * BLOCK;
}

static void apply(char block[BLOCK], size_t number, const struct change *c)
{
	size_t start = number * BLOCK;

	for (size_t i = 0; i < BLOCK; i++) {
		size_t at = start + i;

		if (c->kind == CHANGE_TRUNCATE) {
			if (at >= c->offset)
				block[i] = 0;
		} else if (at >= c->offset && at < c->offset + c->n) {
			block[i] = c->bytes[at - c->offset];
		}
	}
}

/* One block as it was safe, with the first few of the changes since then. */
static void leave_block(const struct recording *rec, size_t point, unsigned inode, const struct played *p,
	size_t number, struct record_dice *dice, char block[BLOCK])
{
	uint32_t versions = 0, kept;

	memset(block, 0, BLOCK);
	for (size_t i = 0; i < BLOCK; i++)
		if (number * BLOCK + i < p->safe_size)
			block[i] = p->safe[number * BLOCK + i];
	for (size_t i = p->since; i < point; i++)
		versions += touches(&rec->changes[i], inode, number);
	kept = decide(dice, versions + 1);
	for (size_t i = p->since; i < point && kept; i++) {
		if (!touches(&rec->changes[i], inode, number))
			continue;
		apply(block, number, &rec->changes[i]);
		kept--;
	}
}

/* The size between the safe one and the present one. */
static size_t leave_size(const struct played *p, struct record_dice *dice)
{
	size_t low = p->safe_size < p->now_size ? p->safe_size : p->now_size;
	size_t high = p->safe_size < p->now_size ? p->now_size : p->safe_size;
	size_t first = low / BLOCK + 1, last = (high + BLOCK - 1) / BLOCK; /* block boundaries strictly between */
	uint32_t between = last > first ? (uint32_t)(last - first) : 0, choice;

	if (low == high)
		return low;
	choice = decide(dice, between + 2);
	if (choice == 0)
		return p->now_size;
	if (choice == 1)
		return p->safe_size;
	return (first + choice - 2) * BLOCK;
}

static void leave_file(const struct recording *rec, size_t point, const struct record_name *name,
	struct record_dice *dice, struct disk *out)
{
	struct disk_file *file;
	struct played p;
	size_t size;

	play(rec, point, name->inode, &p);
	size = leave_size(&p, dice);
	if (out->ops->open(out, name->path, DISK_CREATE | DISK_WRITE, &file, NULL)) {
		free(p.safe); /* its directory is gone */
		return;
	}
	for (size_t number = 0; number * BLOCK < size; number++) {
		size_t n = size - number * BLOCK < BLOCK ? size - number * BLOCK : BLOCK;
		char block[BLOCK];
		struct iovec iov = {block, n};

		leave_block(rec, point, name->inode, &p, number, dice, block);
		if (file->ops->write(file, &iov, 1, number * BLOCK, NULL))
			abort(); /* memory does not fail */
	}
	file->ops->close(file);
	free(p.safe);
}

/* Whether a sync of directory `dir` makes a change of `path` last. */
static bool lies_in(const char *path, const char *dir)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (!path)
		return false;
	if (strcmp(dir, ".") == 0)
		dir = "";
	return strlen(dir) == n && strncmp(path, dir, n) == 0;
}

static bool made_safe(const struct recording *rec, size_t change, size_t point)
{
	const struct change *c = &rec->changes[change];

	for (size_t i = change + 1; i < point; i++)
		if (rec->changes[i].kind == CHANGE_SYNC_DIR && !rec->changes[i].dropped &&
			(lies_in(c->path, rec->changes[i].path) || lies_in(c->to, rec->changes[i].path)))
			return true;
	return false;
}

/* The names while they are played back; borrowed strings. */
struct names {
	struct record_name *list;
	size_t count;
};

static size_t name_index(const struct names *n, const char *path)
{
	for (size_t i = 0; i < n->count; i++)
		if (strcmp(n->list[i].path, path) == 0)
			return i;
	return SIZE_MAX;
}

static void drop_name(struct names *n, const char *path)
{
	size_t at = name_index(n, path);

	if (at != SIZE_MAX)
		n->list[at] = n->list[--n->count];
}

static void play_name(struct names *n, const struct change *c, struct disk *out)
{
	size_t at;

	switch (c->kind) {
	case CHANGE_MAKE_DIR: (void)!out->ops->make_dir(out, c->path, NULL); break; /* its parent may be gone */
	case CHANGE_CREATE:
		drop_name(n, c->path);
		n->list[n->count++] = (struct record_name){c->path, c->inode};
		break;
	case CHANGE_REMOVE: drop_name(n, c->path); break;
	case CHANGE_RENAME:
		at = name_index(n, c->path);
		if (at == SIZE_MAX)
			break; /* its creation was undone */
		drop_name(n, c->to);
		n->list[name_index(n, c->path)].path = c->to;
		break;
	default: break;
	}
}

static bool is_name_change(enum change_kind kind)
{
	return kind == CHANGE_MAKE_DIR || kind == CHANGE_CREATE || kind == CHANGE_REMOVE || kind == CHANGE_RENAME;
}

struct disk *record_state(struct disk *recording, size_t point, struct record_dice *dice)
{
	struct recording *rec = recording_of(recording);
	struct disk *out = disk_memory();
	struct names names = {memory_new((rec->inodes + 1) * sizeof(struct record_name)), 0};

	states++;
	for (size_t i = 0; i < point; i++) {
		const struct change *c = &rec->changes[i];

		if (is_name_change(c->kind) && (made_safe(rec, i, point) || decide(dice, 2) == 0))
			play_name(&names, c, out);
	}
	for (size_t i = 0; i < names.count; i++)
		leave_file(rec, point, &names.list[i], dice, out);
	free(names.list);
	return out;
}
