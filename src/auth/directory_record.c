/* The records of the accounts directory: encoding and strict decoding. */
#include "auth/directory_record.h"

enum { FLAG_DISABLED = 1, FLAG_PURGE = 1 };

static enum fail broken(struct why *w)
{
	return why(w, FAIL_CORRUPT, "A record of the accounts directory is malformed.");
}

static enum fail take_version_to(struct span *s, uint8_t newest, uint8_t *out, struct why *w)
{
	if (!span_take_u8(s, out) || !*out)
		return broken(w);
	if (*out > newest)
		return why(w, FAIL_CONFIG, "The accounts directory was written by a newer version of Barid.");
	return FAIL_NONE;
}

static enum fail take_version(struct span *s, struct why *w)
{
	uint8_t version;

	return take_version_to(s, DIRECTORY_RECORD_VERSION, &version, w);
}

/* There is always a next one. */
static bool take_id(struct span *s, uint64_t *out)
{
	return span_take_be64(s, out) && *out && *out < UINT64_MAX;
}

bool capabilities_off_valid(struct span names)
{
	for (size_t i = 0; i < names.n; i++)
		if (names.p[i] < ' ' || names.p[i] > '~')
			return false;
	return names.n <= CAPABILITIES_OFF_MAX;
}

/* The least version that holds the row: an older Barid reads all rows that have nothing new in them. */
void account_record_put(const struct account_row *row, struct buf *out)
{
	uint8_t version = row->capabilities_off.n ? ACCOUNT_RECORD_VERSION : row->apop.n ? 2 : DIRECTORY_RECORD_VERSION;

	buf_add_u8(out, version);
	buf_add_u64(out, row->id);
	buf_add_u32(out, row->shard);
	buf_add_u64(out, (uint64_t)row->created);
	buf_add_u8(out, row->disabled ? FLAG_DISABLED : 0);
	buf_add_counted(out, name_span(&row->name));
	buf_add_counted(out, span_of(row->hash));
	if (version >= 2)
		buf_add_counted(out, row->apop);
	if (version >= 3)
		buf_add_counted(out, row->capabilities_off);
}

/* What versions from 2 on have behind the hash. */
static bool take_later_fields(struct span *s, uint8_t version, struct account_record *r)
{
	if (version >= 2 &&
		(!span_take_counted(s, &r->apop) || r->apop.n > APOP_SEALED_MAX || (version == 2 && !r->apop.n)))
		return false;
	return version < 3 || (span_take_counted(s, &r->capabilities_off) && r->capabilities_off.n &&
				      capabilities_off_valid(r->capabilities_off));
}

enum fail account_record_get(struct span payload, struct account_record *out, struct why *w)
{
	uint8_t flags, version;
	enum fail f = take_version_to(&payload, ACCOUNT_RECORD_VERSION, &version, w);
	struct account_record r = {0};
	uint64_t created;

	if (f)
		return f;
	if (!take_id(&payload, &r.id) || !span_take_be32(&payload, &r.shard) || !span_take_be64(&payload, &created) ||
		!span_take_u8(&payload, &flags) || flags & ~FLAG_DISABLED || !span_take_counted(&payload, &r.name) ||
		!span_take_counted(&payload, &r.hash) || !take_later_fields(&payload, version, &r) || payload.n)
		return broken(w);
	if (name_check(r.name, NULL) || !r.hash.n || r.hash.n > PASSWORD_HASH_MAX || memchr(r.hash.p, 0, r.hash.n) ||
		r.shard >= DIRECTORY_SHARDS_MAX)
		return broken(w);
	r.created = (int64_t)created;
	r.disabled = flags & FLAG_DISABLED;
	*out = r;
	return FAIL_NONE;
}

static bool in_a_change(unsigned kind)
{
	return (kind >= RECORD_ACCOUNT && kind <= RECORD_ANEW) || kind == RECORD_DEPARTED;
}

void change_record_put(uint64_t number, enum directory_record kind, struct buf *out)
{
	buf_add_u8(out, DIRECTORY_RECORD_VERSION);
	buf_add_u64(out, number);
	buf_add_u8(out, (uint8_t)kind);
}

enum fail change_record_get(struct span payload, uint64_t *number_out, enum directory_record *kind_out,
	struct span *record_out, struct why *w)
{
	enum fail f = take_version(&payload, w);
	uint64_t number;
	uint8_t kind;

	if (f)
		return f;
	if (!take_id(&payload, &number) || !span_take_u8(&payload, &kind) || !in_a_change(kind))
		return broken(w);
	*number_out = number;
	*kind_out = kind;
	*record_out = payload;
	return FAIL_NONE;
}

void departed_record_put(const struct departed_account *a, struct buf *out)
{
	buf_add_u8(out, DIRECTORY_RECORD_VERSION);
	buf_add_u64(out, a->id);
	buf_add_u32(out, a->shard);
	buf_add_u64(out, (uint64_t)a->removed);
	buf_add_u8(out, a->purge ? FLAG_PURGE : 0);
}

enum fail departed_record_get(struct span payload, struct departed_account *out, struct why *w)
{
	enum fail f = take_version(&payload, w);
	struct departed_account a;
	uint64_t removed;
	uint8_t flags;

	if (f)
		return f;
	if (!take_id(&payload, &a.id) || !span_take_be32(&payload, &a.shard) || !span_take_be64(&payload, &removed) ||
		!span_take_u8(&payload, &flags) || flags & ~FLAG_PURGE || a.shard >= DIRECTORY_SHARDS_MAX || payload.n)
		return broken(w);
	a.removed = (int64_t)removed;
	a.purge = flags & FLAG_PURGE;
	*out = a;
	return FAIL_NONE;
}

void number_record_put(uint64_t number, struct buf *out)
{
	buf_add_u8(out, DIRECTORY_RECORD_VERSION);
	buf_add_u64(out, number);
}

enum fail number_record_get(struct span payload, uint64_t *out, struct why *w)
{
	enum fail f = take_version(&payload, w);
	uint64_t number;

	if (f)
		return f;
	if (!take_id(&payload, &number) || payload.n)
		return broken(w);
	*out = number;
	return FAIL_NONE;
}
