/* Finding and telling, in slices. Never reads a header of which all that is wanted is known. */
#include "imap/verb/header_walk.h"

#include "imap/verb/session.h"

enum fail header_walk_begin(struct command *c, struct header_walk *w, uint32_t wanted)
{
	struct mailbox *m;
	enum fail f = search_scan_begin(c, &w->scan, true);

	if (f)
		return f;
	m = view_mailbox(c->session->view);
	w->wanted = wanted;
	w->seq = 1;
	header_read_init(&w->read, mailbox_account(m));
	header_columns_open(&w->columns, m, wanted);
	header_facts_init(&w->facts);
	return FAIL_NONE;
}

void header_walk_end(struct header_walk *w)
{
	search_scan_end(&w->scan);
	header_read_fini(&w->read);
	header_columns_close(&w->columns);
	header_facts_fini(&w->facts);
}

/* Facts that are not in the columns. A message that cannot be read has none. */
static enum fail read_facts(struct command *c, struct header_walk *w, const struct message *m)
{
	struct span header;
	enum fail f = header_read_step(&w->read, m, c->stored, &c->wait, &header);

	w->reading = f == FAIL_BUSY;
	if (f == FAIL_BUSY)
		return f;
	c->stored = FAIL_NONE;
	header_facts_clear(&w->facts);
	w->scan.unreadable |= f != FAIL_NONE;
	if (f)
		return FAIL_NONE;
	header_facts_make(&w->facts, header, w->columns.wanted);
	header_columns_put(&w->columns, m->uid, &w->facts);
	return FAIL_NONE;
}

static enum fail tell(struct command *c, struct header_walk *w)
{
	struct message m;

	if (!view_message(c->session->view, w->seq, &m))
		return FAIL_NONE;
	if (!w->reading)
		header_columns_get(&w->columns, m.uid, w->wanted, &w->facts);
	if ((w->reading || w->wanted & ~w->facts.known) && read_facts(c, w, &m) == FAIL_BUSY)
		return FAIL_BUSY;
	return w->each(w->context, w->seq, &m, &w->facts);
}

static enum step tell_all(struct command *c, struct header_walk *w)
{
	for (; w->seq <= w->scan.count; w->seq++) {
		enum fail f;

		if (!search_scan_found(&w->scan, w->seq))
			continue;
		if (command_slice_over(c))
			return STEP_AGAIN;
		f = tell(c, w);
		if (f == FAIL_BUSY)
			return command_stored(c, f);
		if (f) {
			(void)command_fail(c, f, "There are too many messages to be put in order at once");
			return STEP_FAIL;
		}
	}
	return STEP_DONE;
}

enum step header_walk_step(struct command *c, struct header_walk *w)
{
	enum step step;

	if (w->found)
		return tell_all(c, w);
	step = search_scan_step(c, &w->scan);
	if (step != STEP_DONE)
		return step;
	w->found = true;
	c->stored = FAIL_NONE;
	return STEP_AGAIN;
}
