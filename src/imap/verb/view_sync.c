/* Telling the client what has happened to the selected mailbox: from the feed to untagged responses, in order, a bounded piece at a time.
 * RFC 3501 §5.2, §7.2.6, §7.3, §7.4. Must never move past an expunge while EXPUNGE responses are forbidden (§7.4.1). */
#include "base/memory.h"
#include "imap/verb/view_own.h"
#include "imap/wire/flags.h"
#include "imap/wire/print.h"

enum {
	PIECE = 32 << 10,       /* output of one call */
	EXPUNGES_AT_ONCE = 256, /* events of expunges that are told together */
	EXPUNGED_SLICE = 2048,
};

/* ── Printing ── */

static void print_keywords(const struct view *v, struct buf *out, uint64_t bits, bool *first)
{
	for (int bit = KEYWORD_FIRST_BIT; bit < 64; bit++) {
		struct span name;

		if (!(bits >> bit & 1))
			continue;
		name = mailbox_keyword_name(v->mailbox, bit);
		if (!name.p)
			continue;
		if (!*first)
			buf_add_byte(out, ' ');
		buf_add(out, name);
		*first = false;
	}
}

void view_print_flags(const struct view *v, struct buf *out, const struct message *msg)
{
	bool first = true;

	buf_add_byte(out, '(');
	print_system_flags(out, msg->flags, &first);
	if (view_is_recent(v, msg->uid)) {
		buf_add(out, first ? SPAN("\\Recent") : SPAN(" \\Recent"));
		first = false;
	}
	if (msg->flags >> KEYWORD_FIRST_BIT)
		print_keywords(v, out, msg->flags, &first);
	buf_add_byte(out, ')');
}

void view_print_flag_names(const struct view *v, struct buf *out)
{
	bool first = true;

	buf_add_lit(out, "* FLAGS (");
	print_system_flags(out, MESSAGE_SYSTEM_FLAGS, &first);
	print_keywords(v, out, UINT64_MAX, &first);
	buf_add_lit(out, ")\r\n* OK [PERMANENTFLAGS (");
	if (!v->read_only) {
		first = true;
		print_system_flags(out, MESSAGE_SYSTEM_FLAGS, &first);
		print_keywords(v, out, UINT64_MAX, &first);
		buf_add_lit(out, " \\*");
	}
	buf_addf(out, ")] %s\r\n", v->read_only ? "No flags can be changed" : "Flags that can be changed");
}

static void print_flags_response(
	const struct view *v, struct buf *out, uint32_t seq, const struct message *msg, bool with_uid)
{
	buf_addf(out, "* %u FETCH (", seq);
	if (with_uid)
		buf_addf(out, "UID %u ", msg->uid);
	buf_add_lit(out, "FLAGS ");
	view_print_flags(v, out, msg);
	buf_add_lit(out, ")\r\n");
}

/* ── Appeared ── */

/* A message that came and has gone again since is told too: its expunge follows. */
static void add_appeared(struct view *v, const struct feed_event *e)
{
	for (uint32_t uid = e->uid_first; uid <= e->uid_last; uid++) {
		struct message unused;

		if (!view_seq(v, uid) && (v->count == 0 || view_uid(v, v->count) < uid) &&
			mailbox_message(v->mailbox, uid, &unused))
			view_append(v, uid, 1);
		if (uid == UINT32_MAX)
			break;
	}
	view_claim_recent(v, e->uid_first, e->uid_last);
}

static void tell_appeared(struct view *v, struct buf *out, unsigned flags)
{
	struct feed_event e;

	while (feed_peek(&v->feed, 0, &e) && e.kind == FEED_APPEARED) {
		add_appeared(v, &e);
		(void)feed_next(&v->feed, &e);
	}
	if (!(flags & VIEW_SILENT))
		buf_addf(out, "* %u EXISTS\r\n* %u RECENT\r\n", v->count, view_recent_count(v));
}

/* ── Flags ── */

/* True when the event has been told to its end. */
static bool tell_flags(struct view *v, const struct feed_event *e, struct buf *out, unsigned flags)
{
	size_t limit = out->n + PIECE;
	uint32_t seq = view_seq_from(v, v->flags_next > e->uid_first ? v->flags_next : e->uid_first);

	if (flags & VIEW_SILENT || (e->author && e->author == v->author))
		return true;
	for (; seq <= v->count; seq++) {
		uint32_t uid = view_uid(v, seq);
		struct message msg;

		if (uid > e->uid_last)
			break;
		if (out->n >= limit) {
			v->flags_next = uid;
			return false;
		}
		if (view_message(v, seq, &msg) && msg.modseq >= e->modseq)
			print_flags_response(v, out, seq, &msg, flags & VIEW_UIDS);
	}
	return true;
}

/* ── Expunged ── */

/* The ranges of the expunges that stand first in the feed, as far as they ascend; how many events that are. */
static size_t gather_expunges(const struct view *v, struct sequence_range *ranges)
{
	struct feed_event e;
	size_t n = 0;

	while (n < EXPUNGES_AT_ONCE && feed_peek(&v->feed, n, &e) && e.kind == FEED_EXPUNGED &&
		(n == 0 || e.uid_first > ranges[n - 1].last)) {
		ranges[n] = (struct sequence_range){e.uid_first, e.uid_last};
		n++;
	}
	return n;
}

/* Tells of the messages of `ranges`, but not of many more than a slice: then the last range is cut to what was told, and false is the answer. */
static bool tell_ranges(const struct view *v, struct sequence_range *ranges, size_t *n, struct buf *out, unsigned flags)
{
	uint32_t gone = 0;

	for (size_t i = 0; i < *n; i++) {
		uint32_t seq = view_seq_from(v, ranges[i].first);

		for (; seq <= v->count && view_uid(v, seq) <= ranges[i].last; seq++) {
			if (gone == EXPUNGED_SLICE) {
				ranges[i].last = view_uid(v, seq) - 1;
				*n = i + 1;
				return false;
			}
			/* Each number is as things stand after the responses before it. */
			if (!(flags & VIEW_SILENT))
				buf_addf(out, "* %u EXPUNGE\r\n", seq - gone);
			gone++;
		}
	}
	return true;
}

static bool tell_expunged(struct view *v, struct buf *out, unsigned flags)
{
	struct sequence_range ranges[EXPUNGES_AT_ONCE];
	size_t events = gather_expunges(v, ranges), n = events;
	struct feed_event e;
	bool all = tell_ranges(v, ranges, &n, out, flags);

	view_drop(v, ranges, n);
	/* An event of which messages are left stays: the next call finds those. */
	for (size_t i = 0; i < (all ? events : n - 1); i++)
		(void)feed_next(&v->feed, &e);
	return all;
}

/* ── All of it ── */

bool view_has_news(const struct view *v)
{
	struct feed_event e;

	return feed_peek(&v->feed, 0, &e);
}

/* The first event: false when that is all for now. */
static bool tell_event(struct view *v, const struct feed_event *e, struct buf *out, unsigned flags)
{
	struct feed_event passed;

	switch (e->kind) {
	case FEED_APPEARED: tell_appeared(v, out, flags); return true;
	case FEED_EXPUNGED: return tell_expunged(v, out, flags);
	case FEED_FLAGS:
		if (!tell_flags(v, e, out, flags))
			return false;
		v->flags_next = 0;
		break;
	case FEED_KEYWORDS:
		if (!(flags & VIEW_SILENT))
			view_print_flag_names(v, out);
		break;
	case FEED_DELETED: break;
	}
	(void)feed_next(&v->feed, &passed);
	return true;
}

enum view_told view_sync(struct view *v, struct buf *out, unsigned flags)
{
	size_t limit = out->n + PIECE;
	struct feed_event e;

	while (feed_peek(&v->feed, 0, &e)) {
		if (e.kind == FEED_DELETED)
			return VIEW_DELETED;
		if (e.kind == FEED_EXPUNGED && !(flags & VIEW_EXPUNGES))
			return VIEW_ALL;
		if (out->n >= limit || !tell_event(v, &e, out, flags))
			return VIEW_MORE;
	}
	return VIEW_ALL;
}
