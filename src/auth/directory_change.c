/* The changes of the accounts directory: checked, made durable, then the truth.
 *
 * INV-A1: memory changes only after the record of the change is durable; a failed sync leaves it unchanged, and the log is opened
 * anew without the change (INV-A9). */
#include "auth/directory_inner.h"
#include "auth/password.h"
#include "base/clock.h"

/* Makes `row` durable, then the truth. Owns it. What compaction meets is told by the next change: this one is done. */
static enum fail put_row(struct directory *d, struct account_row *row, struct why *w)
{
	enum fail f = directory_write_row(d, row, w);

	if (f) {
		directory_row_free(row);
		return f;
	}
	directory_link_row(d, row);
	if (directory_compact_if_heavy(d, NULL))
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
	char composed[NAME_MAX_OCTETS + 1];
	enum fail f;

	if (name_compose(name, composed, sizeof composed))
		r.name = name = span_of(composed);
	f = name_check(name, w);
	if (!f)
		f = hash_check(hash, w);
	if (f)
		return f;
	if (directory_by_name(d, name))
		return why(w, FAIL_EXISTS, "There is an account of that name already.");
	r.shard = lightest_shard(d, shards);
	f = put_row(d, directory_row_new(&r), w);
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
	return (struct account_record){row->id, row->shard, row->created, row->disabled, name_span(&row->name),
		span_of(row->hash), row->apop, row->capabilities_off};
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
	return put_row(d, directory_row_new(&r), w);
}

enum fail directory_set_apop(struct directory *d, uint64_t id, struct span sealed, struct why *w)
{
	const struct account_row *row = directory_by_id(d, id);
	struct account_record r;

	if (!row)
		return no_account(w);
	if (sealed.n > APOP_SEALED_MAX)
		return why(w, FAIL_CANNOT, "That secret for APOP is too long.");
	r = record_of(row);
	r.apop = sealed;
	return put_row(d, directory_row_new(&r), w);
}

enum fail directory_set_capabilities_off(struct directory *d, uint64_t id, struct span names, struct why *w)
{
	const struct account_row *row = directory_by_id(d, id);
	struct account_record r;

	if (!row)
		return no_account(w);
	if (!capabilities_off_valid(names))
		return why(w, FAIL_CANNOT, "Names of capabilities are printable ASCII, at most %d octets.",
			CAPABILITIES_OFF_MAX);
	r = record_of(row);
	r.capabilities_off = names;
	return put_row(d, directory_row_new(&r), w);
}

enum fail directory_set_disabled(struct directory *d, uint64_t id, bool disabled, struct why *w)
{
	const struct account_row *row = directory_by_id(d, id);
	struct account_record r;

	if (!row)
		return no_account(w);
	r = record_of(row);
	r.disabled = disabled;
	return put_row(d, directory_row_new(&r), w);
}

enum fail directory_remove(struct directory *d, uint64_t id, bool purge, struct why *w)
{
	const struct account_row *row = directory_by_id(d, id);
	struct departed_account a = {.id = id, .removed = clock_wall_seconds(), .purge = purge};
	enum fail f;

	if (!row)
		return no_account(w);
	a.shard = row->shard;
	f = directory_write_departed(d, &a, w);
	if (f)
		return f;
	directory_unlink_row(d, id);
	directory_add_departed(d, &a);
	return FAIL_NONE;
}

enum fail directory_erased(struct directory *d, uint64_t id, struct why *w)
{
	bool there = false;
	enum fail f;

	for (size_t i = 0; i < d->departed_n; i++)
		there |= d->departed[i].id == id;
	f = there ? directory_write_removed(d, id, w) : no_account(w);
	if (!f)
		directory_forget_departed(d, id);
	return f;
}
