/* The reclaimer's look at the index, on a worker: all rows of all accounts, kept ones too, and which segments each account needs. Either how much
 * of each segment is live, or who names a victim. Touches nothing of the store but the kv. */
#include "base/in_service.h"
#include "base/memory.h"
#include "store/body.h"
#include "store/reclaim_inner.h"

enum { REFS_MAX = 1 << 20, RECORD_COST = 64 /* a record's header and a body's */, SEEN_BITS_MAX = 1 << 28 };

static struct reclaim_segment *find(const struct reclaim_survey *v, uint32_t number)
{
	size_t lo = 0, hi = v->segment_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v->segments[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < v->segment_count && v->segments[lo].number == number ? &v->segments[lo] : NULL;
}

static bool is_victim(const struct reclaim_survey *v, struct log_pos pos)
{
	const struct reclaim_segment *g = find(v, pos.segment);

	return g && g->victim;
}

/* ── How much is live ── */

static void count(struct reclaim_survey *v, uint32_t segment, uint64_t octets)
{
	struct reclaim_segment *g = find(v, segment);

	if (g)
		g->live += octets;
}

/* Evenly over the segments from `first` to `last`. */
static void spread(struct reclaim_survey *v, uint32_t first, uint32_t last, uint64_t octets)
{
	for (uint64_t n = (uint64_t)last - first + 1; n; n--, first++) {
		count(v, first, octets / n);
		octets -= octets / n;
	}
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	return x ^ x >> 32;
}

static bool take_bit(struct reclaim_survey *v, uint64_t bit)
{
	uint64_t mask = (uint64_t)1 << (bit & 63), *word = &v->seen[(bit & (v->seen_bits - 1)) >> 6];
	bool was = (*word & mask) != 0;

	*word |= mask;
	return was;
}

/* A body that many messages name is there once. The filter may take a new one for a known one, rarely: then a segment seems to be a
 * little emptier than it is. */
static bool seen(struct reclaim_survey *v, struct log_pos body)
{
	uint64_t h = mix((uint64_t)body.segment << 32 | body.offset);
	bool a = take_bit(v, h), b = take_bit(v, h >> 29 ^ h << 17);

	return a && b;
}

static void add_long(struct reclaim_survey *v, struct log_pos body, uint64_t octets, bool sample)
{
	if (v->long_count == v->long_cap) {
		v->long_cap = v->long_cap ? v->long_cap * 2 : 64;
		v->longs = memory_resize_array(v->longs, v->long_cap, sizeof(*v->longs));
	}
	v->longs[v->long_count++] = (struct reclaim_long){body, octets, sample};
}

/* Some of a segment's short bodies, each as likely as any other. */
static void sample(struct reclaim_segment *g, struct log_pos body)
{
	uint64_t n = g->sampled++, at = n < SAMPLES ? n : mix(n << 32 ^ body.offset) % (n + 1);

	if (at < SAMPLES)
		g->sample[at] = body;
}

static void count_short(struct reclaim_survey *v, const struct row *r, uint64_t octets)
{
	struct reclaim_segment *g = find(v, r->body.segment);

	if (!g)
		return;
	g->inline_octets += octets;
	if (!g->known.octets)
		sample(g, r->body);
}

static void count_long(struct reclaim_survey *v, const struct chunk_range *range, uint64_t octets)
{
	uint64_t segments = (uint64_t)range->last - range->first + 1;

	spread(v, range->first, range->last, range->stored);
	for (uint32_t i = range->first; range->plain && i <= range->last; i++) {
		struct reclaim_segment *g = find(v, i);

		if (g)
			g->plain += octets / segments;
	}
}

static void count_row(struct reclaim_survey *v, const struct row *r)
{
	uint64_t octets = (uint64_t)r->size - r->prefix;
	struct reclaim_segment *g = find(v, r->body.segment);
	const struct chunk_range *range;

	if (r->prefix)
		count(v, r->prefix_pos.segment, r->prefix + RECORD_COST);
	if (g && r->save_date > g->newest)
		g->newest = r->save_date;
	if (seen(v, r->body))
		return;
	count(v, r->body.segment, RECORD_COST);
	range = octets > BODY_INLINE_MAX ? chunk_ranges_get(v->chunks, r->body) : NULL;
	if (range)
		count_long(v, range, octets);
	else if (octets > BODY_INLINE_MAX)
		add_long(v, r->body, octets, false);
	else
		count_short(v, r, octets);
}

static void ask_for_samples(struct reclaim_survey *v)
{
	for (size_t i = 0; i < v->segment_count; i++) {
		const struct reclaim_segment *g = &v->segments[i];

		for (uint64_t k = 0; k < g->sampled && k < SAMPLES; k++)
			add_long(v, g->sample[k], 0, true);
	}
}

/* Octets as they are read become octets as they are stored. */
static void count_stored(struct reclaim_segment *g)
{
	const struct segment_sample *known = &g->known;

	if (!known->octets) {
		g->live += g->inline_octets;
		return;
	}
	g->live += (uint64_t)((double)g->inline_octets * (double)known->stored / (double)known->octets);
	g->plain += (uint64_t)((double)g->inline_octets * (double)known->plain / (double)known->octets);
}

void reclaim_count_looked_up(struct reclaimer *r)
{
	struct reclaim_survey *v = &r->survey;

	for (size_t i = 0; i < v->long_count; i++) {
		const struct chunk_range *range =
			v->longs[i].sample ? NULL : chunk_ranges_get(&r->chunks, v->longs[i].body);

		if (range)
			count_long(v, range, v->longs[i].octets);
	}
	for (size_t i = 0; i < r->segment_count; i++)
		count_stored(&r->segments[i]);
}

/* The snapshot is at the beginning of what the account needs, its batches somewhere in it. */
static void count_need(struct reclaim_survey *v, const struct need *n)
{
	if (!n->count)
		return;
	spread(v, n->range[0].first, n->range[0].last, n->snapshot);
	for (unsigned i = 0; i < n->count; i++) {
		uint64_t segments = (uint64_t)n->range[i].last - n->range[i].first + 1;

		spread(v, n->range[i].first, n->range[i].last, n->changes / need_segments(n) * segments);
	}
}

/* ── Who names a victim ── */

bool reclaim_long_in_victim(const struct reclaim_segment *segments, size_t n, const struct chunk_ranges *chunks,
	struct log_pos body, bool *known_out)
{
	const struct chunk_range *range = chunk_ranges_get(chunks, body);
	/* Chunks stand before the record that lists them. */
	uint32_t first = range ? range->first : 1, last = range ? range->last : body.segment;
	bool any = false;

	*known_out = range != NULL;
	for (size_t i = 0; i < n; i++)
		any |= segments[i].victim && ((segments[i].number >= first && segments[i].number <= last) ||
						     segments[i].number == body.segment);
	return any;
}

static bool names_victim(struct reclaim_survey *v, const struct row *r)
{
	uint64_t octets = (uint64_t)r->size - r->prefix;
	bool known, any;

	if ((r->prefix && is_victim(v, r->prefix_pos)) || is_victim(v, r->body))
		return true;
	if (octets <= BODY_INLINE_MAX)
		return false;
	any = reclaim_long_in_victim(v->segments, v->segment_count, v->chunks, r->body, &known);
	if (any && !known) {
		add_long(v, r->body, octets, false);
		return false; /* looked up first */
	}
	return any;
}

static bool add_ref(struct reclaim_survey *v, const struct row *r, bool kept, uint64_t mailbox, uint64_t uid)
{
	if (v->ref_count >= REFS_MAX) {
		v->cut = true;
		return false;
	}
	if (v->ref_count == v->ref_cap) {
		v->ref_cap = v->ref_cap ? v->ref_cap * 2 : 256;
		v->refs = memory_resize_array(v->refs, v->ref_cap, sizeof(*v->refs));
	}
	v->refs[v->ref_count++] = (struct reclaim_ref){.account = v->account,
		.kept = kept,
		.mailbox = mailbox,
		.uid = uid,
		.body = r->body,
		.prefix_pos = r->prefix_pos,
		.size = r->size,
		.prefix = r->prefix};
	return true;
}

static void collect_need(struct reclaim_survey *v)
{
	bool any = false;

	for (size_t i = 0; i < v->segment_count; i++)
		any |= v->segments[i].victim && need_names(&v->need, v->segments[i].number);
	if (!any)
		return;
	if (v->account_count == v->account_cap) {
		v->account_cap = v->account_cap ? v->account_cap * 2 : 64;
		v->accounts = memory_resize_array(v->accounts, v->account_cap, sizeof(*v->accounts));
	}
	v->accounts[v->account_count++] = v->account;
}

/* ── The walk ── */

static bool each_row(void *context, uint64_t account, uint64_t mailbox, const struct row *r)
{
	struct reclaim_survey *v = context;

	if (account != v->account)
		return false;
	if (!v->collect)
		count_row(v, r);
	else if (names_victim(v, r))
		return add_ref(v, r, false, mailbox, r->uid);
	return true;
}

static bool each_kept(void *context, const struct op *op)
{
	struct reclaim_survey *v = context;

	v->kept_bytes += op->row.size;
	if (!v->collect)
		count_row(v, &op->row);
	else if (names_victim(v, &op->row))
		return add_ref(v, &op->row, true, op->modseq, op->other);
	return true;
}

static bool each_purged(void *context, uint32_t segment, int64_t since)
{
	struct reclaim_segment *g = find(context, segment);

	if (g)
		g->purged = since;
	return true;
}

static enum fail look_at_account(struct reclaim_survey *v)
{
	enum fail f;
	SERVING(v->account);

	f = index_get_need(v->kv, v->account, &v->need, &v->why);

	if (f == FAIL_NOT_FOUND)
		return FAIL_NONE;
	if (f)
		return f;
	if (v->collect)
		collect_need(v);
	else
		count_need(v, &v->need);
	f = index_scan_rows(v->kv, v->account, each_row, v, &v->why);
	return f ? f : kept_scan(v->kv, v->account, (struct kept_place){0, 0}, each_kept, v, &v->why);
}

static void survey_work(struct job *j)
{
	struct reclaim_survey *v = CONTAINER_OF(j, struct reclaim_survey, job);

	v->account = 0;
	v->result = v->collect ? FAIL_NONE : purged_each(v->kv, each_purged, v, &v->why);
	while (!v->result && !v->cut) {
		v->result = index_next_account(v->kv, v->account, &v->account, &v->why);
		if (v->result || !v->account)
			break;
		v->result = look_at_account(v);
	}
	if (!v->collect)
		ask_for_samples(v);
}

static void survey_done(struct job *j)
{
	struct reclaimer *r = CONTAINER_OF(CONTAINER_OF(j, struct reclaim_survey, job), struct reclaimer, survey);

	r->fail = r->survey.result;
	r->why = r->survey.why;
	r->s->busy--;
	reclaim_again(r);
}

void reclaim_survey_fini(struct reclaim_survey *v)
{
	free(v->seen);
	free(v->refs);
	free(v->accounts);
	free(v->longs);
	*v = (struct reclaim_survey){0};
}

static void make_filter(struct reclaim_survey *v)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < v->segment_count; i++) {
		v->segments[i].live = 0;
		v->segments[i].purged = 0;
		bytes += v->segments[i].bytes;
	}
	for (v->seen_bits = 1 << 16; v->seen_bits < bytes / 64 && v->seen_bits < SEEN_BITS_MAX;)
		v->seen_bits *= 2;
	v->seen = memory_new(v->seen_bits / 8);
}

bool reclaim_survey_start(struct reclaimer *r, bool collect)
{
	struct reclaim_survey *v = &r->survey;

	reclaim_survey_fini(v);
	v->kv = r->s->kv;
	v->segments = r->segments;
	v->segment_count = r->segment_count;
	v->chunks = &r->chunks;
	v->collect = collect;
	if (!collect)
		make_filter(v);
	v->job.work = survey_work;
	v->job.done = survey_done;
	r->s->busy++;
	if (r->s->threads) {
		job_start(&v->job, r->s->loop);
		return false;
	}
	survey_work(&v->job);
	survey_done(&v->job);
	return false;
}
