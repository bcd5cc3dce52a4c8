/* Who there is: the rows of the accounts directory in memory, by id, by name and by local part, and whom a name means. Look-ups never wait and
 * change nothing.
 *
 * INV-A2: an id is given out once: the next one is above every id that any record ever named.
 * INV-A8: an account that was removed is in `departed` until its mail is known to be gone. */
#include <openssl/crypto.h>

#include "auth/directory_inner.h"
#include "base/memory.h"

enum { DEPARTED_BYTES = 64 };

static uint64_t hash_of(struct span name)
{
	return table_hash(&name, 1);
}

static uint64_t record_bytes(const struct account_row *row)
{
	return 2 * (74 + row->name.n + strlen(row->hash) + row->apop.n + row->capabilities_off.n);
}

void directory_row_free(struct account_row *row)
{
	if (!row)
		return;
	OPENSSL_cleanse(row->hash, strlen(row->hash));
	free(row->hash);
	free((char *)(uintptr_t)row->apop.p);
	free((char *)(uintptr_t)row->capabilities_off.p);
	free(row);
}

static struct span own(struct span s)
{
	char *p = s.n ? memory_new(s.n) : NULL;

	if (s.n)
		memcpy(p, s.p, s.n);
	return span(p, s.n);
}

struct account_row *directory_row_new(const struct account_record *r)
{
	struct account_row *row = NEW(struct account_row);

	row->id = r->id;
	row->shard = r->shard;
	row->created = r->created;
	row->disabled = r->disabled;
	row->hash = memory_new(r->hash.n + 1);
	memcpy(row->hash, r->hash.p, r->hash.n);
	row->apop = own(r->apop);
	row->capabilities_off = own(r->capabilities_off);
	if (!name_fold(r->name, &row->name))
		abort(); /* it was checked */
	return row;
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

void directory_unlink_row(struct directory *d, uint64_t id)
{
	size_t i = place_of(d, id);
	struct account_row *row;

	if (i == d->n || d->rows[i]->id != id)
		return;
	row = d->rows[i];
	table_remove(&d->by_name, &row->by_name);
	table_remove(&d->by_local, &row->by_local);
	memmove(d->rows + i, d->rows + i + 1, (d->n - i - 1) * sizeof(struct account_row *));
	d->n--;
	d->live_bytes -= record_bytes(row);
	directory_row_free(row);
}

void directory_link_row(struct directory *d, struct account_row *row)
{
	size_t i = place_of(d, row->id);

	directory_unlink_row(d, row->id);
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

void directory_rows_init(struct directory *d)
{
	table_init(&d->by_name);
	table_init(&d->by_local);
	d->next_id = 1;
}

void directory_rows_fini(struct directory *d)
{
	for (size_t i = 0; i < d->n; i++)
		directory_row_free(d->rows[i]);
	free(d->rows);
	free(d->departed);
	table_fini(&d->by_name);
	table_fini(&d->by_local);
}

/* ── Whose mail is still there ── */

const struct departed_account *directory_departed(const struct directory *d, size_t i)
{
	return i < d->departed_n ? &d->departed[i] : NULL;
}

void directory_forget_departed(struct directory *d, uint64_t id)
{
	size_t i = 0;

	while (i < d->departed_n && d->departed[i].id != id)
		i++;
	if (i == d->departed_n)
		return;
	d->departed_n--;
	memmove(&d->departed[i], &d->departed[i + 1], (d->departed_n - i) * sizeof(*d->departed));
	d->live_bytes -= DEPARTED_BYTES;
}

void directory_add_departed(struct directory *d, const struct departed_account *a)
{
	directory_forget_departed(d, a->id);
	if (d->departed_n == d->departed_cap) {
		d->departed_cap = d->departed_cap ? d->departed_cap * 2 : 16;
		d->departed = memory_resize_array(d->departed, d->departed_cap, sizeof(*d->departed));
	}
	d->departed[d->departed_n++] = *a;
	d->live_bytes += DEPARTED_BYTES;
	if (a->id >= d->next_id)
		d->next_id = a->id + 1;
}

/* ── Looking up ── */

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
	char composed[NAME_MAX_OCTETS + 1];
	struct name name;
	const struct account_row *row = name_fold(text, &name) ? by_folded(d, name_span(&name)) : NULL;

	if (row || !name_compose(text, composed, sizeof composed) || !name_fold(span_of(composed), &name))
		return row;
	return by_folded(d, name_span(&name));
}

static const struct account_row *by_name_or_local(const struct directory *d, const struct name *name)
{
	const struct account_row *row = by_folded(d, name_span(name));

	if (row)
		return row;
	return name->local < name->n ? by_folded(d, name_local(name)) : by_only_local(d, name_span(name));
}

static const struct account_row *by_login(const struct directory *d, struct span login)
{
	struct name name;

	return name_fold(login, &name) ? by_name_or_local(d, &name) : NULL;
}

const struct account_row *directory_by_login(const struct directory *d, struct span login)
{
	const struct account_row *row = by_login(d, login);
	char composed[NAME_MAX_OCTETS + 1];

	return row || !name_compose(login, composed, sizeof composed) ? row : by_login(d, span_of(composed));
}

static const struct account_row *by_address(
	const struct directory *d, struct span address, const char *delimiter, char *detail)
{
	const struct account_row *row = by_login(d, address);
	struct name name;

	detail[0] = 0;
	if (row || !name_split_detail(address, delimiter, &name, detail))
		return row;
	return by_name_or_local(d, &name);
}

const struct account_row *directory_resolve(
	const struct directory *d, struct span address, const char *delimiter, char *detail)
{
	const struct account_row *row = by_address(d, address, delimiter, detail);
	char composed[NAME_MAX_OCTETS + 1];

	return row || !name_compose(address, composed, sizeof composed)
		       ? row
		       : by_address(d, span_of(composed), delimiter, detail);
}

const struct account_row *directory_at(const struct directory *d, size_t i)
{
	return i < d->n ? d->rows[i] : NULL;
}

size_t directory_count(const struct directory *d)
{
	return d->n;
}
