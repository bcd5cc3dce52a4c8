/* The directory's records and names under any bytes: what is taken is a row that an account can have, and it comes back from its
 * own encoding; names fold once and for all; a detail that is split off leaves an address of the rest. */
#include "auth/directory_record.h"
#include "base/memory.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void account(struct span payload)
{
	char hash[PASSWORD_HASH_MAX + 1];
	struct account_record r, again;
	struct account_row row = {0};
	struct name name;
	struct buf b;
	struct why w;

	if (account_record_get(payload, &r, &w)) {
		must(w.log[0] != 0);
		return;
	}
	must(r.id && r.id + 1 && r.shard < DIRECTORY_SHARDS_MAX);
	must(name_fold(r.name, &name) && span_cstr(r.hash, hash, sizeof hash) && hash[0]);
	row = (struct account_row){.id = r.id,
		.name = name,
		.hash = hash,
		.shard = r.shard,
		.created = r.created,
		.disabled = r.disabled,
		.apop = r.apop,
		.capabilities_off = r.capabilities_off};
	buf_init(&b, DIRECTORY_RECORD_MAX);
	account_record_put(&row, &b);
	must(!b.over && account_record_get(buf_span(&b), &again, &w) == FAIL_NONE);
	must(again.id == r.id && again.shard == r.shard && again.created == r.created && again.disabled == r.disabled);
	must(span_eq(again.name, name_span(&name)) && span_eq(again.hash, r.hash) && span_eq(again.apop, r.apop) &&
		span_eq(again.capabilities_off, r.capabilities_off));
	for (size_t n = 0; n < b.n; n++)
		must(account_record_get(span(b.p, n), &again, &w) != FAIL_NONE);
	buf_fini(&b);
}

static void departed(struct span payload)
{
	struct departed_account a;
	struct buf b;
	struct why w;

	if (departed_record_get(payload, &a, &w))
		return;
	must(a.id && a.id + 1 && a.shard < DIRECTORY_SHARDS_MAX);
	buf_init(&b, DIRECTORY_RECORD_MAX);
	departed_record_put(&a, &b);
	must(span_eq(buf_span(&b), payload));
	buf_fini(&b);
}

static void number(struct span payload)
{
	uint64_t value;
	struct buf b;
	struct why w;

	if (number_record_get(payload, &value, &w))
		return;
	buf_init(&b, DIRECTORY_RECORD_MAX);
	number_record_put(value, &b);
	must(span_eq(buf_span(&b), payload));
	buf_fini(&b);
}

static void names(struct span text)
{
	struct name once, twice, rest;
	char detail[DETAIL_MAX + 1], composed[NAME_MAX_OCTETS + 1], again[NAME_MAX_OCTETS + 1];
	bool good = name_fold(text, &once);

	must(good || name_check(text, NULL) != FAIL_NONE);
	if (!good)
		return;
	must(once.n == text.n && once.local <= once.n && !once.text[once.n] && span_eq_nocase(name_span(&once), text));
	must(name_fold(name_span(&once), &twice) && span_eq(name_span(&once), name_span(&twice)));
	if (name_compose(text, composed, sizeof composed)) {
		must(!span_eq(span_of(composed), text) && utf8_valid(span_of(composed)));
		must(!name_compose(span_of(composed), again, sizeof again)); /* once is enough */
	}
	if (!name_split_detail(text, "+", &rest, detail))
		return;
	must(rest.local > 0 && rest.n < once.n && !rest.text[rest.n] && strlen(rest.text) == rest.n);
	must(span_find_byte(name_local(&rest), '+') == SIZE_MAX);
	must(span_starts(text, span(text.p, rest.local)) && rest.n - rest.local == once.n - once.local);
	must(!detail[0] || rest.n + 1 + strlen(detail) == once.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	account(span(data, size));
	departed(span(data, size));
	number(span(data, size));
	names(span(data, size));
	return 0;
}
