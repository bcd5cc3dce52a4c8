/* The log of the accounts directory becomes rows again, when it is opened.
 *
 * INV-A5: what stands before the newest "anew" counts no more, whichever of those segments a power loss brings back.
 * INV-A6: rot that may hide a removal, a lock or a new password stops the opening.
 * INV-A7: every change stands in the log twice, so what is bad in one place hides nothing; directory_replay.c tells whether it may. */
#include "auth/directory_inner.h"
#include "auth/directory_replay.h"

struct redo {
	struct directory *d;
	struct directory_replay replay;
};

/* Segments that had gone may be there again after a power loss, each for itself: a row without the removal that followed it. */
static void begin_anew(struct directory *d)
{
	while (d->n)
		directory_unlink_row(d, d->rows[d->n - 1]->id);
	while (d->departed_n)
		directory_forget_departed(d, d->departed[d->departed_n - 1].id);
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
	directory_unlink_row(d, a.id);
	directory_add_departed(d, &a);
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
			directory_link_row(d, directory_row_new(&r));
		return f;
	}
	if (kind == RECORD_DEPARTED)
		return replay_departed(d, payload, w);
	f = number_record_get(payload, &number, w);
	if (f)
		return f;
	if (kind == RECORD_REMOVED) {
		directory_unlink_row(d, number);
		directory_forget_departed(d, number);
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
	struct redo *r = context;

	if (type == RECORD_CHANGE)
		return directory_replay_change(&r->replay, pos, payload, w);
	if (type == RECORD_FILLER)
		return FAIL_NONE;
	return type < RECORD_CHANGE ? apply_record(r->d, type, payload, w) : newer(w);
}

static void replay_rot(void *context, struct log_pos pos, const char *what)
{
	struct redo *r = context;

	(void)what;
	if (!r->d->rot.segment)
		r->d->rot = pos;
	directory_replay_rot(&r->replay, pos);
}

static enum fail replay_end(struct directory *d, const struct directory_replay *r, struct why *w)
{
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

enum fail directory_redo(struct directory *d, struct disk *disk, const struct log_settings *settings, struct why *w)
{
	struct redo r = {.d = d};
	struct log_replay replay = {.context = &r, .record = replay_record, .rot = replay_rot, .known = record_known};
	enum fail f = log_open(disk, settings, NULL, (struct log_pos){0, 0}, &replay, &d->log, w);

	if (!f)
		f = replay_end(d, &r.replay, w);
	directory_replay_fini(&r.replay);
	return f;
}
