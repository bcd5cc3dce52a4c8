/* Opening and closing a store: the index is brought up to the log (redo), or made anew from it when it is missing, unreadable, of another
 * log, or ahead of this one. Crash states and what becomes of each: doc/STORE-FORMAT.md. */
#include "base/clock.h"
#include "base/in_service.h"
#include "base/memory.h"
#include "base/random.h"
#include "log/disk.h"
#include "store/condemn.h"
#include "store/inside.h"
#include "store/rebuild.h"
#include "store/reclaim.h"

#include <stdarg.h>

void store_report(struct store *s, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!s->report)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->report(s->context, text);
}

bool store_broken(const struct store *s)
{
	return s->broken;
}

uint64_t store_log_bytes(const struct store *s)
{
	size_t n = log_segments(s->log, NULL, 0);
	struct log_segment_info *info = memory_resize_array(NULL, n + 1, sizeof(*info));
	uint64_t bytes = 0;

	n = log_segments(s->log, info, n);
	for (size_t i = 0; i < n; i++)
		bytes += info[i].bytes;
	free(info);
	return bytes;
}

void store_on_broken(struct store *s, void (*call)(void *context), void *context)
{
	s->on_broken = call;
	s->broken_context = context;
}

void store_break(struct store *s, const struct why *w)
{
	if (s->broken)
		return;
	s->broken = true;
	if (s->log && !s->opening)
		unanswered_note(s);
	store_report(s, "the store cannot be written any more: %s", w && w->log[0] ? w->log : "a sync failed");
	if (s->on_broken)
		s->on_broken(s->broken_context);
}

/* ── The log ── */

void recovered_name(uint64_t mailbox, char name[RECOVERED_NAME_MAX])
{
	snprintf(name, RECOVERED_NAME_MAX, "Recovered %llu", (unsigned long long)mailbox);
}

static enum fail read_log(struct store *s, const struct store_settings *settings, struct log_pos from,
	const struct log_replay *replay, struct why *w)
{
	struct log_settings log = {.dir = "log",
		.segment_size = settings->segment_size,
		.read_only = s->read_only,
		.footer_types = FOOTER_TYPES,
		.every_byte = s->read_only};
	enum fail f;

	if (!s->read_only)
		unanswered_read(s, &log.cut);
	f = log_open(s->disk, &log, s->loop, from, replay, &s->log, w);
	if (f)
		s->log = NULL;
	return f;
}

static enum fail redo_from(struct store *s, const struct store_settings *settings, struct log_pos from, struct why *w)
{
	struct redo r = {.s = s,
		.snapshot.ops = {.max = SIZE_MAX},
		.come_to = settings->come_to,
		.come_to_context = settings->come_to_context};
	struct log_replay replay = {&r, redo_record, redo_rot, redo_known};
	enum fail f;

	s->redo_all = !from.segment;
	f = read_log(s, settings, from, &replay, w);
	buf_fini(&r.snapshot.ops);
	return f;
}

/* ── Whether the index is this log's ── */

/* The newest record that names the store, as the index knows it, must stand in the log where the index says. */
static bool identity_stands(struct store *s, const struct index_state *state)
{
	char found[IDENTITY_SIZE];
	struct log_read r = {.pos = state->identity_pos, .type = RECORD_STORE, .n = IDENTITY_SIZE, .dst = found};

	return !log_read_now(s->log, &r) && !memcmp(found, state->identity, IDENTITY_SIZE);
}

static void forget_all(struct store *s)
{
	account_drop_all(s);
	s->recovered_count = s->torn_count = 0;
	kv_batch_reset(&s->index);
	buf_reset(&s->identity);
	s->identity_pos = s->reached = (struct log_pos){0, 0};
	log_close(s->log);
	s->log = NULL;
}

/* Now only what the log has is looked at; it is told while the store serves. */
static enum fail rebuild(struct store *s, const struct store_settings *settings, const char *reason, struct why *w)
{
	struct log_replay replay = {NULL, rebuild_note, rebuild_rot, rebuild_known};
	enum fail f;

	forget_all(s);
	aside_forget(s);
	f = index_clear(s, w);
	if (f)
		return f;
	s->partial = s->redo_all = true;
	replay.context = s->rebuild = rebuild_new(s, reason);
	f = read_log(s, settings, (struct log_pos){0, 0}, &replay, w);
	if (f || !rebuild_empty(s->rebuild))
		return f;
	rebuild_free(s->rebuild);
	s->rebuild = NULL;
	s->partial = false;
	return FAIL_NONE;
}

static void see_segment(void *context, const char *name)
{
	if (span_ends(span_of(name), SPAN(".log")))
		*(bool *)context = true;
}

/* An index that knows of mail beside a log that has not one segment: a disk that is not mounted, a directory that was moved. Nobody's mail
 * is to be taken for gone because of that, and no new mail put beside it. */
static bool log_is_missing(struct store *s)
{
	bool any = false;
	enum fail f = s->disk->ops->list(s->disk, "log", see_segment, &any, NULL);

	return f == FAIL_NOT_FOUND || (!f && !any);
}

static enum fail open_log(struct store *s, const struct store_settings *settings, struct why *w)
{
	struct index_state state;
	struct log_pos from;
	enum fail f = index_state_get(s, &state, w);

	if (f == FAIL_NOT_FOUND)
		return rebuild(s, settings, "there is none, or it was not complete", w);
	if (f == FAIL_CORRUPT)
		return rebuild(s, settings, "it is of another version or unreadable", w);
	if (f)
		return f;
	if (state.reached.segment && log_is_missing(s))
		return why_log(w, FAIL_CORRUPT, "The mail store cannot be opened.",
			"the mail log is missing: there is an index that was made from it, but not one segment "
			"(*.log). Bring the log back; "
			"only if it is gone for good, remove the index too");
	s->reached = state.reached;
	s->identity_pos = state.identity_pos;
	buf_add(&s->identity, span(state.identity, IDENTITY_SIZE));
	from = state.reached;
	f = aside_begin(s, &from, w);
	if (!f)
		f = redo_from(s, settings, from, w);
	if (f == FAIL_CORRUPT)
		return rebuild(s, settings, "it does not fit the log", w);
	if (!f && !identity_stands(s, &state))
		return rebuild(s, settings, "it belongs to another log", w);
	return f;
}

/* ── Who this store is ── */

struct naming {
	struct log_commit commit;
	bool done;
	enum log_result result;
};

static void named(struct log_commit *c, enum log_result result)
{
	struct naming *n = CONTAINER_OF(c, struct naming, commit);

	n->done = true;
	n->result = result;
}

/* The id is the store's for good; the generation counts openings, and the nonce tells two copies that were opened apart. */
static void make_identity(struct store *s)
{
	struct span old = buf_span(&s->identity), version;
	uint64_t id = random_u64(), generation = 0;
	struct buf b;

	if (span_take_bytes(&old, 8, &version)) {
		uint64_t known_id, known_generation;

		if (span_take_be64(&old, &known_id) && span_take_be64(&old, &known_generation)) {
			id = known_id;
			generation = known_generation;
		}
	}
	buf_init(&b, IDENTITY_SIZE);
	buf_add_u8(&b, STORE_VERSION);
	buf_add(&b, SPAN("\0\0\0\0\0\0\0"));
	buf_add_u64(&b, id);
	buf_add_u64(&b, generation + 1);
	buf_add_u64(&b, random_u64());
	buf_reset(&s->identity);
	buf_add(&s->identity, buf_span(&b));
	buf_fini(&b);
}

static enum fail name_store(struct store *s, struct why *w)
{
	struct naming n = {.commit.done = named};
	struct span identity;
	enum fail f;

	make_identity(s);
	identity = buf_span(&s->identity);
	f = log_append(s->log, RECORD_STORE, &identity, 1, &s->identity_pos, w);
	if (f)
		return f;
	log_commit(s->log, &n.commit);
	while (!n.done)
		uv_run(&s->loop->uv, UV_RUN_ONCE);
	if (n.result != LOG_DONE)
		return why(w, FAIL_IO, "The mail log cannot be written.");
	s->reached = n.commit.end;
	return FAIL_NONE;
}

/* ── Opening and closing ── */

/* One that a snapshot has put right meanwhile, or that was deleted, is no news. */
enum fail recovered_tell(struct store *s, struct why *w)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 0; i < s->torn_count; i++)
		store_report(s,
			"a snapshot of account %llu lacks a part, and there is no later one: older mail may be lost",
			(unsigned long long)s->torn[i].account);
	s->torn_count = 0;
	for (size_t i = 0; i < s->recovered_count && !f; i++) {
		const struct recovered *r = &s->recovered[i];
		char name[RECOVERED_NAME_MAX];
		const struct mailbox *m;
		struct account *a;

		f = account_get(s, r->account, &a, w);
		m = f ? NULL : account_by_id(a, r->mailbox);
		recovered_name(r->mailbox, name);
		if (m && strcmp(m->name, name) == 0)
			store_report(s,
				"account %llu: the record that made mailbox %llu is lost; its mail is in \"%s\"",
				(unsigned long long)r->account, (unsigned long long)r->mailbox, name);
		if (!f)
			account_settle(a);
	}
	s->recovered_count = 0;
	return f;
}

static struct store *store_new(const struct store_settings *settings)
{
	struct store *s = NEW(struct store);

	s->loop = settings->loop;
	s->disk = settings->disk;
	s->kv = settings->kv;
	s->threads = strcmp(s->kv->ops->name, "memory") != 0;
	s->snapshot_least = settings->snapshot_least;
	s->vanished_most = settings->vanished_most ? settings->vanished_most : VANISHED_MOST;
	s->report = settings->report;
	s->context = settings->context;
	snprintf(s->place, sizeof s->place, "%s", settings->place ? settings->place : "the mail store");
	s->ballast = settings->ballast;
	aside_init(s, settings->aside);
	columns_init(s);
	list_init(&s->idle_accounts);
	list_init(&s->account_loads);
	list_init(&s->idle_mailboxes);
	list_init(&s->ready);
	list_init(&s->groups);
	list_init(&s->due);
	list_init(&s->wake);
	list_init(&s->snapshots);
	list_init(&s->body_holds);
	list_init(&s->gone_mailboxes);
	deferred_init(&s->snapshot_turn, snapshot_turn);
	list_init(&s->packing);
	deferred_init(&s->seal, commit_seal);
	deferred_init(&s->apply, commit_apply);
	s->slice = SLICE_COST;
	deferred_init(&s->pack, index_pack_some);
	s->block = settings->block ? settings->block : BLOCK_MESSAGES_MAX;
	kv_batch_init(&s->index);
	buf_init(&s->identity, IDENTITY_SIZE);
	return s;
}

static void store_free(struct store *s)
{
	reclaim_close(s);
	rebuild_free(s->rebuild);
	free(s->unpacked.bytes);
	space_fini(s);
	deferred_cancel(&s->seal);
	deferred_cancel(&s->apply);
	deferred_cancel(&s->snapshot_turn);
	deferred_cancel(&s->pack);
	account_drop_all(s);
	log_close(s->log);
	kv_batch_fini(&s->index);
	buf_fini(&s->identity);
	free(s->aside);
	free(s->recovered);
	free(s->torn);
	condemn_end(s);
	s->kv->ops->close(s->kv);
	if (!s->read_only)
		s->disk->ops->free(s->disk);
	free(s);
}

enum fail store_view(const struct store_settings *settings, struct log_pos from, struct store **out, struct why *w)
{
	struct store *s = store_new(settings);
	enum fail f;

	s->read_only = true;
	f = aside_begin(s, &from, w);
	if (!f)
		f = redo_from(s, settings, from, w);
	if (!f)
		f = index_write(s, w);
	if (!f)
		f = recovered_tell(s, w);
	if (f) {
		store_free(s);
		return f;
	}
	*out = s;
	return FAIL_NONE;
}

enum fail store_open(const struct store_settings *settings, struct store **out, struct why *w)
{
	struct store *s = store_new(settings);
	enum fail f;

	s->opening = true;
	condemn_watch(s);
	f = open_log(s, settings, w);
	if (!f)
		f = name_store(s, w);
	if (!f)
		f = aside_end(s, w);
	if (!f)
		f = index_write(s, w);
	if (!f)
		f = recovered_tell(s, w);
	if (condemn_if_rung(s) && !f)
		f = why(w, FAIL_CORRUPT, "The index is damaged.");
	s->opening = false;
	if (f) {
		store_free(s);
		return f;
	}
	if (s->rebuild)
		rebuild_start(s->rebuild);
	unanswered_end(s);
	space_keep_ballast(s);
	*out = s;
	return FAIL_NONE;
}

void store_close(struct store *s)
{
	struct why w;

	if (!s)
		return;
	store_reclaim_stop(s);
	s->closing = true;
	rebuild_free(s->rebuild);
	s->rebuild = NULL;
	snapshot_drop_waiting(s);
	while (s->busy || !list_empty(&s->ready) || !list_empty(&s->groups))
		uv_run(&s->loop->uv, UV_RUN_ONCE);
	/* A broken store's index is never ahead of the log (INV-1), so it may be kept: what is missing is redone. */
	if (s->kv->ops->flush(s->kv, &w))
		store_report(s, "the index could not be flushed: %s", w.log);
	store_free(s);
}
