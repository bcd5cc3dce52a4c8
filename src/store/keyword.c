/* Keywords of a mailbox (RFC 3501 §2.3.2): up to 56 names, each a bit of its messages' flags.
 * A name gets its bit when a batch first needs it; readers see it once a batch that defines it is durable. */
#include "base/memory.h"
#include "store/inside.h"

static struct span name_at(const struct mailbox *m, int bit)
{
	const char *name = m->keywords ? m->keywords[bit - KEYWORD_FIRST_BIT] : NULL;

	return name ? span_of(name) : (struct span){NULL, 0};
}

int mailbox_keyword_bit(const struct mailbox *m, struct span name)
{
	for (int bit = KEYWORD_FIRST_BIT; bit < 64; bit++)
		if (m->keywords_applied >> bit & 1 && span_eq_nocase(name_at(m, bit), name))
			return bit;
	return -1;
}

struct span mailbox_keyword_name(const struct mailbox *m, int bit)
{
	if (bit < KEYWORD_FIRST_BIT || bit > 63 || !(m->keywords_applied >> bit & 1))
		return (struct span){NULL, 0};
	return name_at(m, bit);
}

static void set_name(struct mailbox *m, int bit, struct span name)
{
	char **at;

	if (!m->keywords)
		m->keywords = memory_new(KEYWORDS_MAX * sizeof(*m->keywords));
	at = &m->keywords[bit - KEYWORD_FIRST_BIT];
	free(*at);
	*at = memory_new(name.n + 1);
	memcpy(*at, name.p, name.n);
}

int mailbox_keyword_known(const struct mailbox *m, struct span name)
{
	for (int bit = KEYWORD_FIRST_BIT; bit < 64; bit++) {
		struct span known = name_at(m, bit);

		if (known.p && span_eq_nocase(known, name))
			return bit;
	}
	return -1;
}

int mailbox_keyword_take(struct mailbox *m, struct span name)
{
	int unused = -1;

	for (int bit = KEYWORD_FIRST_BIT; bit < 64; bit++) {
		struct span known = name_at(m, bit);

		if (known.p && span_eq_nocase(known, name))
			return bit;
		if (!known.p && unused < 0)
			unused = bit;
	}
	if (unused >= 0)
		set_name(m, unused, name);
	return unused;
}

void mailbox_define_keyword(struct mailbox *m, int bit, struct span name)
{
	set_name(m, bit, name);
	m->keywords_applied |= (uint64_t)1 << bit;
}
