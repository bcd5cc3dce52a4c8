/* Base subjects. RFC 5256 §2.1, the steps by their numbers; the grammar (subj-*) in §5. Works on folded text, so that "Re", "RE" and
 * "re" are one. */
#include "imap/verb/base_subject.h"

#include "imap/verb/search_text.h"
#include "mime/header.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Step 1: every run of white space is one space; moves the text together in its place. */
static struct span one_space(struct buf *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->n; i++) {
		char c = is_blank(text->p[i]) || text->p[i] == '\r' || text->p[i] == '\n' ? ' ' : text->p[i];

		if (c != ' ' || !n || text->p[n - 1] != ' ')
			text->p[n++] = c;
	}
	return span(text->p, n);
}

static bool ends_with(struct span s, struct span end)
{
	return s.n >= end.n && span_eq(span_skip(s, s.n - end.n), end);
}

/* Step 2: *subj-trailer. */
static struct span cut_trailers(struct span s, bool *reply)
{
	for (;;) {
		if (s.n && is_blank(s.p[s.n - 1])) {
			s.n--;
		} else if (ends_with(s, SPAN("(fwd)"))) {
			s.n -= 5;
			*reply = true;
		} else {
			return s;
		}
	}
}

/* subj-blob: "[...]" and blanks behind it. False, nothing taken, when `*s` does not begin with one. */
static bool take_blob(struct span *s)
{
	size_t end = 1;

	if (!s->n || s->p[0] != '[')
		return false;
	while (end < s->n && s->p[end] != '[' && s->p[end] != ']')
		end++;
	if (end == s->n || s->p[end] != ']')
		return false;
	for (end++; end < s->n && is_blank(s->p[end]); end++)
		;
	*s = span_skip(*s, end);
	return true;
}

/* subj-refwd: "re", "fw" or "fwd", blanks, perhaps a blob, ":". */
static bool take_refwd(struct span *s)
{
	struct span rest = *s;

	if (span_starts(rest, SPAN("fwd")))
		rest = span_skip(rest, 3);
	else if (span_starts(rest, SPAN("re")) || span_starts(rest, SPAN("fw")))
		rest = span_skip(rest, 2);
	else
		return false;
	while (rest.n && is_blank(rest.p[0]))
		rest = span_skip(rest, 1);
	(void)take_blob(&rest);
	if (!rest.n || rest.p[0] != ':')
		return false;
	*s = span_skip(rest, 1);
	return true;
}

/* Step 3: one subj-leader: a blank, or blobs that lead to a subj-refwd. */
static bool take_leader(struct span *s, bool *reply)
{
	struct span rest = *s;

	if (rest.n && is_blank(rest.p[0])) {
		*s = span_skip(rest, 1);
		return true;
	}
	while (take_blob(&rest))
		;
	if (!take_refwd(&rest))
		return false;
	*reply = true;
	*s = rest;
	return true;
}

/* Steps 3 to 5. Blobs before a subj-refwd are looked at once for all of them: else "[a][a][a]..." would take quadratic time. */
static struct span cut_leaders(struct span s, bool *reply)
{
	for (;;) {
		struct span rest;

		while (take_leader(&s, reply))
			;
		rest = s;
		if (!take_blob(&rest) || !rest.n)
			return s;
		s = rest; /* no refwd follows the blobs, or the leader would have taken it: only more blobs may */
		for (rest = s; take_blob(&rest) && rest.n; rest = s)
			s = rest;
	}
}

void base_subject(struct span value, struct buf *out, bool *reply_out)
{
	struct buf decoded, folded;
	struct span s;

	*reply_out = false;
	buf_init(&decoded, SUBJECT_MAX);
	buf_init(&folded, SUBJECT_MAX * 3);
	mime_text_decode(value, &decoded);
	search_fold(buf_span(&decoded), &folded);
	s = one_space(&folded);
	for (;;) {
		s = cut_leaders(cut_trailers(s, reply_out), reply_out);
		if (!span_starts(s, SPAN("[fwd:")) || !ends_with(s, SPAN("]"))) /* step 6 */
			break;
		s = span(s.p + 5, s.n - 6);
		*reply_out = true;
	}
	buf_add(out, s);
	buf_fini(&decoded);
	buf_fini(&folded);
}
