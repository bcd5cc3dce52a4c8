/* Between facts and columns: the kind of a column is the fact's number. */
#include "imap/verb/header_columns.h"

_Static_assert(FACTS <= (int)COLUMN_KINDS, "each fact has a column");

/* Who asks for one of them asks for the others soon, and reading a header costs more than all that is made of it. */
static const uint32_t together[] = {
	FACT_BIT(FACT_SUBJECT) | FACT_BIT(FACT_FROM) | FACT_BIT(FACT_TO) | FACT_BIT(FACT_CC) | FACT_BIT(FACT_SENT),
	FACT_BIT(FACT_BASE_SUBJECT) | FACT_BIT(FACT_FIRST_FROM) | FACT_BIT(FACT_FIRST_TO) | FACT_BIT(FACT_SENT),
};

void header_columns_open(struct header_columns *h, struct mailbox *m, uint32_t asked)
{
	uint32_t wanted = asked;

	for (size_t i = 0; i < ARRAY_LEN(together); i++)
		wanted |= asked & together[i] & ~FACT_BIT(FACT_SENT) ? together[i] : 0;
	*h = (struct header_columns){.wanted = wanted};
	for (uint32_t bits = wanted; bits; bits &= bits - 1) {
		unsigned fact = (unsigned)__builtin_ctz(bits);

		h->of[fact] = column_open(m, fact);
	}
}

void header_columns_close(struct header_columns *h)
{
	for (int fact = 0; fact < FACTS; fact++)
		column_close(h->of[fact]);
	*h = (struct header_columns){0};
}

void header_columns_get(const struct header_columns *h, uint32_t uid, uint32_t wanted, struct header_facts *f)
{
	f->known = 0;
	for (uint32_t bits = wanted & h->wanted; bits; bits &= bits - 1) {
		int fact = __builtin_ctz(bits);

		if (column_get(h->of[fact], uid, &f->of[fact]))
			f->known |= FACT_BIT(fact);
	}
}

void header_columns_put(const struct header_columns *h, uint32_t uid, const struct header_facts *f)
{
	for (uint32_t bits = f->whole ? f->known & h->wanted : 0; bits; bits &= bits - 1) {
		int fact = __builtin_ctz(bits);

		column_put(h->of[fact], uid, f->of[fact]);
	}
}
