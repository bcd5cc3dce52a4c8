/* The truth of search keys. RFC 3501 §6.4.4. Never reads: it is shown the row, the header, pieces of the body. */
#include "imap/verb/search_key.h"

#include "base/clock.h"
#include "mime/header.h"

/* ── Rows ───────────────────────────────────────────────────────────────────────────────────────────────── */

static enum search_truth truth_of(bool b)
{
	return b ? SEARCH_TRUE : SEARCH_FALSE;
}

static bool row_date(const struct search_key *k, const struct message *m)
{
	int64_t day = date_day(m->internal_date, m->internal_zone);

	return k->test == TEST_BEFORE ? day < k->day : k->test == TEST_ON ? day == k->day : day >= k->day;
}

static enum search_truth row_truth(const struct search_key *k, const struct search_row *row)
{
	const struct message *m = row ? row->message : NULL;

	if (!m && k->cost == COST_ROW && k->test != TEST_ALL)
		return SEARCH_OPEN;
	switch (k->test) {
	case TEST_ALL: return SEARCH_TRUE;
	case TEST_FLAGS_SET:
	case TEST_KEYWORD: return truth_of((m->flags & k->flags) != 0);
	case TEST_FLAGS_CLEAR:
	case TEST_UNKEYWORD: return truth_of((m->flags & k->flags) == 0);
	case TEST_RECENT: return truth_of(row->recent);
	case TEST_OLD: return truth_of(!row->recent);
	case TEST_NEW: return truth_of(row->recent && !(m->flags & MESSAGE_SEEN));
	case TEST_LARGER: return truth_of(m->size > k->number);
	case TEST_SMALLER: return truth_of(m->size < k->number);
	case TEST_BEFORE:
	case TEST_ON:
	case TEST_SINCE: return truth_of(row_date(k, m));
	case TEST_OLDER: return truth_of(m->internal_date <= k->day);
	case TEST_YOUNGER: return truth_of(m->internal_date >= k->day);
	case TEST_UIDS: return truth_of(sequence_set_has(&k->set, m->uid));
	case TEST_SEQUENCE: return truth_of(sequence_set_has(&k->set, row->sequence));
	default: return k->found;
	}
}

/* ── The tree ───────────────────────────────────────────────────────────────────────────────────────────── */

static enum search_truth key_truth(const struct search_key *k, const struct search_row *row);

/* AND is settled by a false key, OR by a true one; without either, an open key leaves it open. */
static enum search_truth group_truth(const struct search_key *group, const struct search_row *row)
{
	enum search_truth settles = group->test == TEST_AND ? SEARCH_FALSE : SEARCH_TRUE;
	enum search_truth truth = settles == SEARCH_FALSE ? SEARCH_TRUE : SEARCH_FALSE;

	for (const struct search_key *k = group->child; k; k = k->next) {
		enum search_truth one = key_truth(k, row);

		if (one == settles)
			return settles;
		if (one == SEARCH_OPEN)
			truth = SEARCH_OPEN;
	}
	return truth;
}

static enum search_truth key_truth(const struct search_key *k, const struct search_row *row)
{
	enum search_truth of;

	switch (k->test) {
	case TEST_AND:
	case TEST_OR: return group_truth(k, row);
	case TEST_NOT:
		of = key_truth(k->child, row);
		return of == SEARCH_OPEN ? SEARCH_OPEN : truth_of(of == SEARCH_FALSE);
	default: return row_truth(k, row);
	}
}

enum search_truth search_truth(const struct search_criteria *s, const struct search_row *row)
{
	return key_truth(s->root, row);
}

static bool is_sent_test(enum search_test test)
{
	return test == TEST_SENT_BEFORE || test == TEST_SENT_ON || test == TEST_SENT_SINCE;
}

static enum header_fact fact_of(const struct search_key *k)
{
	return k->test == TEST_FIELD ? header_fact_of_field(k->field) : is_sent_test(k->test) ? FACT_SENT : FACT_NONE;
}

static void begin_key(struct search_key *k, const struct mailbox *m, uint32_t max_sequence, uint32_t max_uid,
	struct sequence_set saved)
{
	int bit;

	for (struct search_key *c = k->child; c; c = c->next)
		begin_key(c, m, max_sequence, max_uid, saved);
	if ((k->test == TEST_SEQUENCE || k->test == TEST_UIDS) && k->set.saved) {
		k->test = TEST_UIDS;
		k->set = saved;
		return;
	}
	if (k->test == TEST_SEQUENCE)
		sequence_set_resolve(&k->set, max_sequence);
	if (k->test == TEST_UIDS)
		sequence_set_resolve(&k->set, max_uid);
	if (k->test == TEST_OLDER || k->test == TEST_YOUNGER)
		k->day = clock_wall_seconds() - (int64_t)k->number;
	k->fact = fact_of(k);
	if (k->test == TEST_KEYWORD || k->test == TEST_UNKEYWORD) {
		bit = mailbox_keyword_bit(m, k->field);
		k->flags = bit < 0 ? 0 : (uint64_t)1 << bit;
	}
}

void search_begin(struct search_criteria *s, const struct mailbox *m, uint32_t max_sequence, uint32_t max_uid,
	struct sequence_set saved)
{
	begin_key(s->root, m, max_sequence, max_uid, saved);
	s->facts = 0;
	for (const struct search_key *k = s->leaves; k; k = k->next_leaf)
		s->facts |= k->fact == FACT_NONE ? 0 : FACT_BIT(k->fact);
}

/* ── Header ────────────────────────────────────────────────────────────────────────────────────── */

void search_next(struct search_criteria *s)
{
	for (struct search_key *k = s->leaves; k; k = k->next_leaf)
		k->found = SEARCH_OPEN;
}

static bool wants_field(const struct search_key *k, struct span name)
{
	if (k->found != SEARCH_OPEN)
		return false;
	return k->test == TEST_TEXT || (k->test == TEST_FIELD && span_eq_nocase(k->field, name));
}

static bool field_holds(const struct mime_field *field, struct span value, const struct search_key *k)
{
	struct buf line;
	bool found;

	if (search_finds(value, k->text))
		return true;
	if (k->test != TEST_TEXT)
		return false;
	/* the header's own text: name, colon and what follows */
	buf_init(&line, field->name.n * 12 + value.n + 2);
	search_fold(field->name, &line);
	buf_add_byte(&line, ':');
	if (value.n > 0 && value.p[0] != ' ')
		buf_add_byte(&line, ' ');
	buf_add(&line, value);
	found = search_finds(buf_span(&line), k->text);
	buf_fini(&line);
	return found;
}

static void sent_found(struct search_criteria *s, bool known, int64_t seconds, int16_t zone)
{
	int64_t day = known ? date_day(seconds, zone) : 0;

	for (struct search_key *k = s->leaves; k; k = k->next_leaf) {
		if (k->found != SEARCH_OPEN)
			continue;
		if (k->test == TEST_SENT_BEFORE)
			k->found = truth_of(known && day < k->day);
		else if (k->test == TEST_SENT_ON)
			k->found = truth_of(known && day == k->day);
		else if (k->test == TEST_SENT_SINCE)
			k->found = truth_of(known && day >= k->day);
	}
}

static void look_at_field(struct search_criteria *s, const struct mime_field *field, struct header_facts *texts)
{
	struct span folded = {NULL, 0};
	int64_t seconds = 0;
	bool ready = false;
	int zone = 0;

	if (span_eq_nocase(field->name, SPAN("Date"))) {
		bool known = mime_date_parse(field->value, &seconds, &zone);

		sent_found(s, known, seconds, (int16_t)zone);
	}
	for (struct search_key *k = s->leaves; k; k = k->next_leaf) {
		if (!wants_field(k, field->name))
			continue;
		if (!ready)
			folded = header_facts_fold(texts, field->value); /* once for all keys */
		ready = true;
		if (field_holds(field, folded, k))
			k->found = SEARCH_TRUE;
	}
}

void search_header(struct search_criteria *s, struct span header)
{
	struct header_facts texts;
	struct mime_field field;

	header_facts_init(&texts);
	while (mime_field_take(&header, &field))
		look_at_field(s, &field, &texts);
	for (struct search_key *k = s->leaves; k; k = k->next_leaf) {
		if (k->cost == COST_HEADER && k->found == SEARCH_OPEN)
			k->found = SEARCH_FALSE;
	}
	header_facts_fini(&texts);
}

/* ── Facts ──────────────────────────────────────────────────────────────────────────────────────────────── */

/* No needle lies across two fields: none has the octet that ends them. The empty one is in each field, and in nothing else. */
static bool text_holds(struct span texts, struct span needle)
{
	return texts.n > 0 && search_finds(texts, needle);
}

void search_facts(struct search_criteria *s, const struct header_facts *facts)
{
	int64_t seconds = 0;
	int16_t zone = 0;

	for (struct search_key *k = s->leaves; k; k = k->next_leaf) {
		if (k->test == TEST_FIELD && k->found == SEARCH_OPEN && k->fact != FACT_NONE &&
			facts->known & FACT_BIT(k->fact))
			k->found = truth_of(text_holds(facts->of[k->fact], k->text));
	}
	if (s->facts & facts->known & FACT_BIT(FACT_SENT)) {
		bool known = header_facts_sent(facts, &seconds, &zone);

		sent_found(s, known, seconds, zone);
	}
}

bool search_wants_header(const struct search_criteria *s)
{
	for (const struct search_key *k = s->leaves; k; k = k->next_leaf) {
		if (k->found == SEARCH_OPEN && (k->cost == COST_HEADER || k->test == TEST_TEXT))
			return true;
	}
	return false;
}

bool search_no_text(struct search_criteria *s, enum header_fact fact, struct span texts)
{
	bool any = false;

	for (struct search_key *k = s->leaves; k; k = k->next_leaf) {
		if (k->test != TEST_FIELD || k->fact != fact || text_holds(texts, k->text))
			continue;
		k->found = SEARCH_FALSE;
		any = true;
	}
	return any;
}

/* ── Body ───────────────────────────────────────────────────────────────────────────────────────────────── */

static bool body_shown(struct search_criteria *s, struct span text, bool (*finds)(struct span text, struct span needle))
{
	bool news = false;

	for (struct search_key *k = s->leaves; k; k = k->next_leaf) {
		if (k->cost != COST_BODY || k->found != SEARCH_OPEN || !finds(text, k->text))
			continue;
		k->found = SEARCH_TRUE;
		news = true;
	}
	return news;
}

bool search_body(struct search_criteria *s, struct span folded)
{
	return body_shown(s, folded, search_finds);
}

bool search_body_ascii(struct search_criteria *s, struct span text)
{
	return body_shown(s, text, search_finds_ascii);
}

void search_no_more(struct search_criteria *s)
{
	for (struct search_key *k = s->leaves; k; k = k->next_leaf) {
		if (k->found == SEARCH_OPEN)
			k->found = SEARCH_FALSE;
	}
}
