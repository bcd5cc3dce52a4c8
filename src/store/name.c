/* Names of mailboxes: the one place that says which are good, and brings them to the form in which they are stored and compared
 * (RFC 3501 §5.1, RFC 5198 for NFC). It knows nothing of accounts. */
#include <utf8proc.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "store/store.h"

static enum fail check_characters(struct span name, struct why *w)
{
	uint32_t c;

	while (name.n) {
		if (!utf8_take(&name, &c))
			return why(w, FAIL_CANNOT, "A mailbox name must be valid UTF-8.");
		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
			return why(w, FAIL_CANNOT, "A mailbox name cannot hold control characters.");
		if (c == '%' || c == '*')
			return why(w, FAIL_CANNOT, "A mailbox name cannot hold %% or *.");
	}
	return FAIL_NONE;
}

static enum fail check_levels(struct span name, struct why *w)
{
	struct span level;
	unsigned depth = 1;

	while (span_take_until(&name, '/', &level)) {
		if (!level.n)
			return why(w, FAIL_CANNOT, "A mailbox name cannot have an empty level.");
		depth++;
	}
	if (!name.n)
		return why(w, FAIL_CANNOT, "A mailbox name cannot have an empty level.");
	if (depth > MAILBOX_DEPTH_MAX)
		return why(w, FAIL_CANNOT, "A mailbox name can have at most %d levels.", MAILBOX_DEPTH_MAX);
	return FAIL_NONE;
}

/* INBOX in any case is INBOX, also as the first level of a longer name. */
static void add_with_inbox(struct span name, struct buf *out)
{
	struct span inbox = SPAN("INBOX");

	if (span_starts_nocase(name, inbox) && (name.n == inbox.n || name.p[inbox.n] == '/')) {
		buf_add(out, inbox);
		name = span_skip(name, inbox.n);
	}
	buf_add(out, name);
}

enum fail mailbox_name_normal(struct span name, struct buf *out, struct why *w)
{
	utf8proc_uint8_t *composed = NULL;
	enum fail f;

	if (name.n > 1 && name.p[name.n - 1] == '/')
		name.n--;
	if (!name.n)
		return why(w, FAIL_CANNOT, "A mailbox name cannot be empty.");
	if (name.n > MAILBOX_NAME_MAX)
		return why(w, FAIL_CANNOT, "A mailbox name can have at most %d octets.", MAILBOX_NAME_MAX);
	f = check_characters(name, w);
	if (f)
		return f;
	if (!span_is_ascii(name)) {
		utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)name.p, (utf8proc_ssize_t)name.n, &composed,
			UTF8PROC_STABLE | UTF8PROC_COMPOSE);

		if (n < 0)
			return why(w, FAIL_CANNOT, "A mailbox name must be valid UTF-8.");
		name = span(composed, (size_t)n);
	}
	f = check_levels(name, w);
	if (!f && name.n > MAILBOX_NAME_MAX)
		f = why(w, FAIL_CANNOT, "A mailbox name can have at most %d octets.", MAILBOX_NAME_MAX);
	if (!f)
		add_with_inbox(name, out);
	free(composed);
	if (!f && out->over)
		f = why(w, FAIL_TOO_BIG, "The name does not fit.");
	return f;
}
