/* Reading what XKEPT says, and times as people write them. */
#include "prog/command/kept_client.h"

#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "imap/wire/mailbox_name.h"
#include "mime/header.h"

enum { TEXT_MAX = 64 << 10 };

struct listing {
	void (*each)(void *ctx, const struct kept_line *k);
	void *ctx;
	struct buf space, mailbox, from, subject;
	bool bad;
};

static bool take_nstring(struct span *text, struct buf *space, struct span *out)
{
	*out = span(NULL, 0);
	return span_take(text, SPAN("NIL")) || imap_take_string(text, space, out);
}

/* The first address of a list: its name, or what stands before and behind the @. */
static bool take_from(struct listing *l, struct span *text)
{
	struct span name, route, local, host;

	if (span_take(text, SPAN("NIL")))
		return true;
	if (!span_take(text, SPAN("((")) || !take_nstring(text, &l->space, &name) || !span_take(text, SPAN(" ")) ||
		!take_nstring(text, &l->space, &route) || !span_take(text, SPAN(" ")) ||
		!take_nstring(text, &l->space, &local) || !span_take(text, SPAN(" ")) ||
		!take_nstring(text, &l->space, &host))
		return false;
	mime_text_decode(name, &l->from);
	if (name.n)
		buf_add_lit(&l->from, " ");
	buf_addf(&l->from, name.n ? "<%.*s@%.*s>" : "%.*s@%.*s", SPAN_ARG(local), SPAN_ARG(host));
	return true;
}

static bool take_envelope(struct listing *l, struct span text)
{
	struct span date, subject;

	if (span_eq(text, SPAN("NIL")))
		return true;
	if (!span_take(&text, SPAN("(")) || !take_nstring(&text, &l->space, &date) || !span_take(&text, SPAN(" ")) ||
		!take_nstring(&text, &l->space, &subject) || !span_take(&text, SPAN(" ")))
		return false;
	mime_text_decode(subject, &l->subject);
	return take_from(l, &text);
}

/* KEPT place seconds size (THERE | GONE) mailbox (flags) envelope */
static bool take_line(struct listing *l, struct span text, struct kept_line *k)
{
	struct span where, name, flags;
	uint64_t seconds;

	if (!span_take_until(&text, ' ', &k->place) || !span_take_u64(&text, &seconds) ||
		!span_take(&text, SPAN(" ")) || !span_take_u64(&text, &k->size) || !span_take(&text, SPAN(" ")) ||
		!span_take_until(&text, ' ', &where) || !imap_take_string(&text, &l->space, &name) ||
		!span_take(&text, SPAN(" (")) || !span_take_until(&text, ')', &flags) || !span_take(&text, SPAN(" ")))
		return false;
	k->expunged = (int64_t)seconds;
	k->gone = span_eq(where, SPAN("GONE"));
	if (mailbox_name_decode(name, &l->mailbox))
		buf_add(&l->mailbox, name);
	return take_envelope(l, text);
}

static void take_response(void *ctx, struct span text)
{
	struct listing *l = ctx;
	struct kept_line k = {0};

	if (!span_take(&text, SPAN("KEPT ")))
		return;
	buf_reset(&l->space);
	buf_reset(&l->mailbox);
	buf_reset(&l->from);
	buf_reset(&l->subject);
	/* strings in `space` stay where they are: it never grows past this */
	if (!buf_reserve(&l->space, text.n + 1) || !take_line(l, text, &k)) {
		l->bad = true;
		return;
	}
	k.mailbox = buf_span(&l->mailbox);
	k.from = buf_span(&l->from);
	k.subject = buf_span(&l->subject);
	l->each(l->ctx, &k);
}

enum fail kept_list(struct imap_client *imap, bool envelopes, void (*each)(void *ctx, const struct kept_line *k),
	void *ctx, struct why *w)
{
	struct listing l = {.each = each, .ctx = ctx};
	unsigned tag = imap_begin(imap);
	enum fail f = imap_put(imap, envelopes ? SPAN("XKEPT ENVELOPE\r\n") : SPAN("XKEPT\r\n"), w);

	buf_init(&l.space, SIZE_MAX);
	buf_init(&l.mailbox, TEXT_MAX);
	buf_init(&l.from, TEXT_MAX);
	buf_init(&l.subject, TEXT_MAX);
	if (!f)
		f = imap_finish(imap, tag, take_response, &l, w);
	if (!f && l.bad)
		f = why(w, FAIL_CORRUPT, "what the server says of its kept messages makes no sense");
	buf_fini(&l.space);
	buf_fini(&l.mailbox);
	buf_fini(&l.from);
	buf_fini(&l.subject);
	return f;
}

enum fail kept_command(
	struct imap_client *imap, struct span command, struct span code, uint64_t *number_out, struct why *w)
{
	unsigned tag = imap_begin(imap);
	struct imap_response r = {0};
	struct span text;
	enum fail f = imap_put(imap, command, w);

	if (!f)
		f = imap_put(imap, SPAN("\r\n"), w);
	while (!f && r.tag != tag)
		f = imap_next(imap, &r, w);
	if (f)
		return f;
	text = r.text;
	if (span_take(&text, SPAN("OK [")) && span_take(&text, code) && span_take(&text, SPAN(" ")) &&
		span_take_u64(&text, number_out))
		return FAIL_NONE;
	return why(w, FAIL_CANNOT, "%.*s", SPAN_ARG(span_first(r.text, 200)));
}

enum fail kept_moment(const char *text, int64_t *out, struct why *w)
{
	struct tm day = {.tm_isdst = -1};
	uint64_t ago;
	const char *end = strptime(text, "%Y-%m-%d", &day);

	if (end && !*end) {
		*out = (int64_t)mktime(&day);
		return FAIL_NONE;
	}
	if (!settings_duration(span_of(text), &ago))
		return why(w, FAIL_CANNOT, "'%s' is no time: say 30m, 12h, 3d, or a day such as 2026-01-31", text);
	*out = clock_wall_seconds() - (int64_t)ago;
	return FAIL_NONE;
}
