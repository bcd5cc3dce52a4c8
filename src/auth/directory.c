/* The accounts directory: rows in memory, each change one durable record, compaction when what was superseded outweighs.
 *
 * INV-A1: memory changes only after the record of the change is durable; a failed sync leaves it unchanged and the log broken.
 * INV-A2: an id is given out once: the next one is above every id that any record ever named.
 * INV-A5: what stands before the newest "anew" counts no more, whichever of those segments a power loss brings back.
 * INV-A6: rot that may hide a removal, a lock or a new password stops the opening.
 * INV-A7: every change stands in the log twice, so what is bad in one place hides nothing; directory_replay.c tells whether it may.
 * INV-A8: an account that was removed is in `departed` until its mail is known to be gone. */
#include "auth/directory.h"

#include <openssl/crypto.h>

#include "auth/directory_replay.h"
#include "auth/password.h"
#include "base/clock.h"
#include "base/memory.h"

enum {
	SEALED_MAX = 8,
	COMPACT_BYTES = 64 << 10,
	COMPACT_FACTOR = 4,
	SEGMENTS_MAX = 256,
	SECTOR = 512,
	DEPARTED_BYTES = 64
};

struct directory {
	struct log *log;
	struct account_row **rows; /* by id */
	size_t n, cap;
	struct departed_account *departed; /* by when they went */
	size_t departed_n, departed_cap;
	uint64_t next_id;
	uint64_t live_bytes; /* about what the rows take as records */
	uint64_t next_change;
	struct log_pos rot;             /* where something could not be read; segment 0 = nowhere */
	struct directory_replay replay; /* while it is being opened */
	struct table by_name, by_local;
};

static uint64_t hash_of(struct span name)
{
	return table_hash(&name, 1);
}

static uint64_t record_bytes(const struct account_row *row)
{
	return 2 * (74 + row->name.n + strlen(row->hash));
}

static void row_free(struct account_row *row)
{
	if (!row)
		return;
	OPENSSL_cleanse(row->hash, strlen(row->hash));
	free(row->hash);
	free(row);
}

/* Where id is, or would be. */
static size_t place_of(const struct directory *d, uint64_t id)
{
	size_t low = 0, high = d->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (d->rows[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void unlink_row(struct directory *d, size_t i)
{
	struct account_row *row = d->rows[i];

	table_remove(&d->by_name, &row->by_name);
	table_remove(&d->by_local, &row->by_local);
	memmove(d->rows + i, d->rows + i + 1, (d->n - i - 1) * sizeof(struct account_row *));
	d->n--;
	d->live_bytes -= record_bytes(row);
	row_free(row);
}

/* Takes `row` in, in the place of an older one of its id. */
static void link_row(struct directory *d, struct account_row *row)
{
	size_t i = place_of(d, row->id);

	if (i < d->n && d->rows[i]->id == row->id)
		unlink_row(d, i);
	if (d->n == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 64;
		d->rows = memory_resize_array(d->rows, d->cap, sizeof(struct account_row *));
	}
	memmove(d->rows + i + 1, d->rows + i, (d->n - i) * sizeof(struct account_row *));
	d->rows[i] = row;
	d->n++;
	d->live_bytes += record_bytes(row);
	table_insert(&d->by_name, &row->by_name, hash_of(name_span(&row->name)));
	table_insert(&d->by_local, &row->by_local, hash_of(name_local(&row->name)));
	if (row->id >= d->next_id)
		d->next_id = row->id + 1;
}

/* ── Whose mail is still there ── */

const struct departed_account *directory_departed(const struct directory *d, size_t i)
{
	return i < d->departed_n ? &d->departed[i] : NULL;
}

static bool forget_departed(struct directory *d, uint64_t id)
{
	size_t i = 0;

	while (i < d->departed_n && d->departed[i].id != id)
		i++;
	if (i == d->departed_n)
		return false;
	d->departed_n--;
	memmove(&d->departed[i], &d->departed[i + 1], (d->departed_n - i) * sizeof(*d->departed));
	d->live_bytes -= DEPARTED_BYTES;
	return true;
}

static void add_departed(struct directory *d, const struct departed_account *a)
{
	(void)forget_departed(d, a->id);
	if (d->departed_n == d->departed_cap) {
		d->departed_cap = d->departed_cap ? d->departed_cap * 2 : 16;
		d->departed = memory_resize_array(d->departed, d->departed_cap, sizeof(*d->departed));
	}
	d->departed[d->departed_n++] = *a;
	d->live_bytes += DEPARTED_BYTES;
	if (a->id >= d->next_id)
		d->next_id = a->id + 1;
}

const struct account_row *directory_by_id(const struct directory *d, uint64_t id)
{
	size_t i = place_of(d, id);

	return i < d->n && d->rows[i]->id == id ? d->rows[i] : NULL;
}

static const struct account_row *by_folded(const struct directory *d, struct span folded)
{
	struct table_link *link = table_first(&d->by_name, hash_of(folded));

	for (; link; link = table_next(link)) {
		const struct account_row *row = CONTAINER_OF(link, struct account_row, by_name);

		if (span_eq(name_span(&row->name), folded))
			return row;
	}
	return NULL;
}

/* The only account with that local part, or NULL when there are several. */
static const struct account_row *by_only_local(const struct directory *d, struct span local)
{
	struct table_link *link = table_first(&d->by_local, hash_of(local));
	const struct account_row *found = NULL;

	for (; link; link = table_next(link)) {
		const struct account_row *row = CONTAINER_OF(link, struct account_row, by_local);

		if (!span_eq(name_local(&row->name), local))
			continue;
		if (found)
			return NULL;
		found = row;
	}
	return found;
}

const struct account_row *directory_by_name(const struct directory *d, struct span text)
{
	struct name name;

	return name_fold(text, &name) ? by_folded(d, name_span(&name)) : NULL;
}

static const struct account_row *by_login(const struct directory *d, const struct name *name)
{
	const struct account_row *row = by_folded(d, name_span(name));

	if (row)
		return row;
	return name->local < name->n ? by_folded(d, name_local(name)) : by_only_local(d, name_span(name));
}

const struct account_row *directory_by_login(const struct directory *d, struct span login)
{
	struct name name;

	return name_fold(login, &name) ? by_login(d, &name) : NULL;
}

const struct account_row *directory_resolve(
	const struct directory *d, struct span address, const char *delimiter, char *detail)
{
	const struct account_row *row = directory_by_login(d, address);
	struct name name;

	detail[0] = 0;
	if (row || !name_split_detail(address, delimiter, &name, detail))
		return row;
	return by_login(d, &name);
}

const struct account_row *directory_at(const struct directory *d, size_t i)
{
	return i < d->n ? d->rows[i] : NULL;
}

size_t directory_count(const struct directory *d)
{
	return d->n;
}

static struct account_row *row_new(const struct account_record *r)
{
	struct account_row *row = NEW(struct account_row);

	row->id = r->id;
	row->shard = r->shard;
	row->created = r->created;
	row->disabled = r->disabled;
	row->hash = memory_new(r->hash.n + 1);
	memcpy(row->hash, r->hash.p, r->hash.n);
	if (!name_fold(r->name, &row->name))
		abort(); /* it was checked */
	return row;
}

/* Segments that had gone may be there again after a power loss, each for itself: a row without the removal that followed it. */
static void begin_anew(struct directory *d)
{
	while (d->n)
		unlink_row(d, d->n - 1);
	while (d->departed_n)
		(void)forget_departed(d, d->departed[d->departed_n - 1].id);
	d->rot = (struct log_pos){0, 0};
}

static enum fail newer(struct why *w)
{
	return why(w, FAIL_CONFIG, "The accounts directory holds a record of a newer version of Barid.");
}

/* Every record begins with its version. */
static enum fail record_known(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w)
{
	(void)context;
	(void)pos;
	if (type > RECORD_FILLER ||
		(type != RECORD_FILLER && payload.n && (uint8_t)payload.p[0] > DIRECTORY_RECORD_VERSION))
		return newer(w);
	return FAIL_NONE;
}

static enum fail replay_departed(struct directory *d, struct span payload, struct why *w)
{
	struct departed_account a;
	enum fail f = departed_record_get(payload, &a, w);

	if (f)
		return f;
	if (directory_by_id(d, a.id))
		unlink_row(d, place_of(d, a.id));
	add_departed(d, &a);
	return FAIL_NONE;
}

/* What a record says, be it one by itself (as they were written before changes had numbers) or in a change. */
static enum fail apply_record(struct directory *d, enum directory_record kind, struct span payload, struct why *w)
{
	struct account_record r;
	uint64_t number;
	enum fail f;

	if (kind == RECORD_ACCOUNT) {
		f = account_record_get(payload, &r, w);
		if (!f)
			link_row(d, row_new(&r));
		return f;
	}
	if (kind == RECORD_DEPARTED)
		return replay_departed(d, payload, w);
	f = number_record_get(payload, &number, w);
	if (f)
		return f;
	if (kind == RECORD_REMOVED) {
		if (directory_by_id(d, number))
			unlink_row(d, place_of(d, number));
		(void)forget_departed(d, number);
		number++; /* the id is burnt, whether its row is still here or was compacted away */
	} else {
		begin_anew(d);
	}
	if (number > d->next_id)
		d->next_id = number;
	return FAIL_NONE;
}

static enum fail replay_record(void *context, struct log_pos pos, uint8_t type, struct span payload, struct why *w)
{
	struct directory *d = context;

	if (type == RECORD_CHANGE)
		return directory_replay_change(&d->replay, pos, payload, w);
	if (type == RECORD_FILLER)
		return FAIL_NONE;
	return type < RECORD_CHANGE ? apply_record(d, type, payload, w) : newer(w);
}

static void replay_rot(void *context, struct log_pos pos, const char *what)
{
	struct directory *d = context;

	(void)what;
	if (!d->rot.segment)
		d->rot = pos;
	directory_replay_rot(&d->replay, pos);
}

static enum fail replay_end(struct directory *d, struct why *w)
{
	const struct directory_replay *r = &d->replay;
	struct log_pos rot = d->rot;
	size_t first = 0;
	enum fail f = directory_replay_end(r, &first, &rot, w);

	d->next_change = 1;
	if (f == FAIL_NOT_FOUND) /* of before changes had numbers and copies: nothing may be missing */
		return d->rot.segment ? why(w, FAIL_CORRUPT,
						"The accounts directory is damaged (segment %u, byte %u): put "
						"'auth/accounts' back from a backup.",
						d->rot.segment, d->rot.offset)
				      : FAIL_NONE;
	for (size_t i = first; !f && i < r->n; i++)
		f = apply_record(d, r->at[i].kind, span(r->at[i].record, r->at[i].n), w);
	if (!f)
		d->next_change = r->at[r->n - 1].number + 1;
	d->rot = rot;
	return f;
}

struct waiting {
	struct log_commit commit;
	enum log_result result;
};

static void committed(struct log_commit *c, enum log_result result)
{
	CONTAINER_OF(c, struct waiting, commit)->result = result;
}

static enum fail commit(struct directory *d, struct why *w)
{
	struct waiting wait = {.commit.done = committed, .result = LOG_UNKNOWN};

	log_commit(d->log, &wait.commit); /* without a loop: done before it returns */
	if (wait.result == LOG_DONE)
		return FAIL_NONE;
	return why_log(w, wait.result == LOG_FAILED ? FAIL_IO : FAIL_UNKNOWN, "The change could not be saved.",
		"the accounts directory could not be written: look at the disk, then start again");
}

/* The next change, once. */
static enum fail append_copy(struct directory *d, enum directory_record kind, const struct buf *record, struct why *w)
{
	char head[32];
	struct buf change = {head, 0, sizeof head, sizeof head, false};
	struct span parts[2];
	struct log_pos pos;

	change_record_put(d->next_change++, kind, &change);
	parts[0] = buf_span(&change);
	parts[1] = buf_span(record);
	return log_append(d->log, RECORD_CHANGE, parts, 2, &pos, w);
}

/* Twice: whatever bit or sector may turn bad, it is not in both. */
static enum fail append_twice(struct directory *d, enum directory_record kind, const struct buf *record, struct why *w)
{
	static const char zeros[SECTOR];
	struct span filler = span(zeros, sizeof zeros);
	uint64_t number = d->next_change;
	struct log_pos pos;
	enum fail f = append_copy(d, kind, record, w);

	if (!f)
		f = log_append(d->log, RECORD_FILLER, &filler, 1, &pos, w);
	d->next_change = number;
	if (!f)
		f = append_copy(d, kind, record, w);
	if (f)
		d->next_change = number; /* it was not used: the log is broken, or nothing was appended */
	return f;
}

struct appending { /* how a change is appended */
	enum fail (*append)(struct directory *d, enum directory_record kind, const struct buf *record, struct why *w);
};
static const struct appending copy = {append_copy}, twice = {append_twice};

static enum fail append_row(
	struct directory *d, const struct account_row *row, const struct appending *how, struct why *w)
{
	struct buf b;
	enum fail f;

	buf_init(&b, DIRECTORY_RECORD_MAX);
	account_record_put(row, &b);
	f = how->append(d, RECORD_ACCOUNT, &b, w);
	buf_fini(&b);
	return f;
}

static enum fail append_departed(
	struct directory *d, const struct departed_account *a, const struct appending *how, struct why *w)
{
	struct buf b;
	enum fail f;

	buf_init(&b, DIRECTORY_RECORD_MAX);
	departed_record_put(a, &b);
	f = how->append(d, RECORD_DEPARTED, &b, w);
	buf_fini(&b);
	return f;
}

static enum fail append_number(
	struct directory *d, enum directory_record kind, uint64_t number, const struct appending *how, struct why *w)
{
	struct buf b;
	enum fail f;

	buf_init(&b, DIRECTORY_RECORD_MAX);
	number_record_put(number, &b);
	f = how->append(d, kind, &b, w);
	buf_fini(&b);
	return f;
}

/* Everything again behind what is there, all of it once and then once more, as one group: all of it counts or nothing. */
static enum fail write_anew(struct directory *d, struct why *w)
{
	uint64_t first = d->next_change;
	enum fail f = FAIL_NONE;

	for (int pass = 0; pass < 2 && !f; pass++) {
		d->next_change = first;
		f = append_number(d, RECORD_ANEW, d->next_id, &copy, w);
		for (size_t i = 0; i < d->n && !f; i++)
			f = append_row(d, d->rows[i], &copy, w);
		for (size_t i = 0; i < d->departed_n && !f; i++)
			f = append_departed(d, &d->departed[i], &copy, w);
	}
	return f ? f : commit(d, w);
}

/* Once that is durable the old segments go; what comes back of them after a crash stands before the "anew". */
static enum fail compact(struct directory *d, const struct log_segment_info *old, size_t count, struct why *w)
{
	enum fail f = write_anew(d, w);

	for (size_t i = 0; i < count && !f; i++)
		if (old[i].sealed)
			f = log_remove_segment(d->log, old[i].number, w);
	return f;
}

static enum fail compact_when_heavy(struct directory *d, struct why *w)
{
	struct log_segment_info segments[SEGMENTS_MAX];
	size_t n = log_segments(d->log, segments, SEGMENTS_MAX), sealed = 0;
	uint64_t bytes = 0;

	n = n < SEGMENTS_MAX ? n : SEGMENTS_MAX;
	for (size_t i = 0; i < n; i++) {
		sealed += segments[i].sealed;
		bytes += segments[i].sealed ? segments[i].bytes : 0;
	}
	if (sealed <= SEALED_MAX && bytes <= COMPACT_BYTES + COMPACT_FACTOR * d->live_bytes)
		return FAIL_NONE;
	return compact(d, segments, n, w);
}

enum fail directory_open(struct disk *disk, bool read_only, struct directory **out, struct why *w)
{
	struct log_settings settings = {.dir = "accounts", .read_only = read_only};
	struct directory *d = NEW(struct directory);
	struct log_replay replay = {.context = d, .record = replay_record, .rot = replay_rot, .known = record_known};
	enum fail f;

	table_init(&d->by_name);
	table_init(&d->by_local);
	d->next_id = 1;
	f = log_open(disk, &settings, NULL, (struct log_pos){0, 0}, &replay, &d->log, w);
	if (!f)
		f = replay_end(d, w);
	/* What was damaged has two good copies again; the old ones stay until compaction. So do records without numbers get them. */
	if (!f && !read_only && (d->rot.segment || d->next_change == 1))
		f = write_anew(d, w);
	if (!f && !read_only)
		f = compact_when_heavy(d, w);
	directory_replay_fini(&d->replay);
	if (f) {
		directory_close(d);
		return f;
	}
	*out = d;
	return FAIL_NONE;
}

bool directory_was_damaged(const struct directory *d, uint32_t *segment_out, uint32_t *offset_out)
{
	*segment_out = d->rot.segment;
	*offset_out = d->rot.offset;
	return d->rot.segment != 0;
}

void directory_close(struct directory *d)
{
	if (!d)
		return;
	if (d->log)
		log_close(d->log);
	for (size_t i = 0; i < d->n; i++)
		row_free(d->rows[i]);
	free(d->rows);
	free(d->departed);
	table_fini(&d->by_name);
	table_fini(&d->by_local);
	free(d);
}

/* Makes `row` durable, then the truth. Owns it. What compaction meets is told by the next change: this one is done. */
static enum fail put_row(struct directory *d, struct account_row *row, struct why *w)
{
	enum fail f = append_row(d, row, &twice, w);

	if (!f)
		f = commit(d, w);
	if (f) {
		row_free(row);
		return f;
	}
	link_row(d, row);
	if (compact_when_heavy(d, NULL))
		return FAIL_NONE;
	return FAIL_NONE;
}

static uint32_t lightest_shard(const struct directory *d, uint32_t shards)
{
	size_t load[DIRECTORY_SHARDS_MAX] = {0};
	uint32_t best = 0;

	if (shards > DIRECTORY_SHARDS_MAX)
		shards = DIRECTORY_SHARDS_MAX;
	for (size_t i = 0; i < d->n; i++)
		load[d->rows[i]->shard]++;
	for (uint32_t i = 1; i < shards; i++)
		if (load[i] < load[best])
			best = i;
	return best;
}

static enum fail hash_check(const char *hash, struct why *w)
{
	size_t n = strlen(hash);

	if (n && n <= PASSWORD_HASH_MAX && password_hash_valid(hash))
		return FAIL_NONE;
	return why(w, FAIL_CANNOT, "That is no password hash that crypt(3) knows, such as $y$..., $2b$... or $6$...");
}

enum fail directory_add(
	struct directory *d, struct span name, const char *hash, uint32_t shards, uint64_t *id_out, struct why *w)
{
	struct account_record r = {
		.id = d->next_id, .name = name, .hash = span_of(hash), .created = clock_wall_seconds()};
	enum fail f = name_check(name, w);

	if (!f)
		f = hash_check(hash, w);
	if (f)
		return f;
	if (directory_by_name(d, name))
		return why(w, FAIL_EXISTS, "There is an account of that name already.");
	r.shard = lightest_shard(d, shards);
	f = put_row(d, row_new(&r), w);
	if (!f)
		*id_out = r.id;
	return f;
}

static enum fail no_account(struct why *w)
{
	return why(w, FAIL_NOT_FOUND, "There is no such account.");
}

static struct account_record record_of(const struct account_row *row)
{
	return (struct account_record){
		row->id, row->shard, row->created, row->disabled, name_span(&row->name), span_of(row->hash)};
}

enum fail directory_set_hash(struct directory *d, uint64_t id, const char *hash, struct why *w)
{
	const struct account_row *row = directory_by_id(d, id);
	struct account_record r;
	enum fail f = row ? hash_check(hash, w) : no_account(w);

	if (f)
		return f;
	r = record_of(row);
	r.hash = span_of(hash);
	return put_row(d, row_new(&r), w);
}

enum fail directory_set_disabled(struct directory *d, uint64_t id, bool disabled, struct why *w)
{
	const struct account_row *row = directory_by_id(d, id);
	struct account_record r;

	if (!row)
		return no_account(w);
	r = record_of(row);
	r.disabled = disabled;
	return put_row(d, row_new(&r), w);
}

enum fail directory_remove(struct directory *d, uint64_t id, bool purge, struct why *w)
{
	const struct account_row *row = directory_by_id(d, id);
	struct departed_account a = {.id = id, .removed = clock_wall_seconds(), .purge = purge};
	enum fail f;

	if (!row)
		return no_account(w);
	a.shard = row->shard;
	f = append_departed(d, &a, &twice, w);
	if (!f)
		f = commit(d, w);
	if (f)
		return f;
	unlink_row(d, place_of(d, id));
	add_departed(d, &a);
	return FAIL_NONE;
}

enum fail directory_erased(struct directory *d, uint64_t id, struct why *w)
{
	bool there = false;
	enum fail f;

	for (size_t i = 0; i < d->departed_n; i++)
		there |= d->departed[i].id == id;
	f = there ? append_number(d, RECORD_REMOVED, id, &twice, w) : no_account(w);
	if (!f)
		f = commit(d, w);
	if (!f)
		(void)forget_departed(d, id);
	return f;
}
