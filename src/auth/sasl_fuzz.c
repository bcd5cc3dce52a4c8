/* SASL exchanges of any bytes. The first byte chooses the mechanism and whether something is sent ahead; then pieces, each a byte of
 * length and its octets. Nobody gets in with other credentials than those that were sent, nor as somebody else. */
#include "auth/sasl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECES_MAX = 6, CHALLENGES_MAX = 4096 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool plain_ascii(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

static void check_plain(struct span message, struct sasl_credentials c)
{
	struct span other = {NULL, 0}, user = {NULL, 0};

	must(span_take_until(&message, 0, &other) && span_take_until(&message, 0, &user));
	must(span_find_byte(message, 0) == SIZE_MAX);
	if (plain_ascii(user)) /* others may have been composed anew by SASLprep */
		must(span_eq(c.user, user) && (!other.n || span_eq(other, user)));
	if (plain_ascii(message))
		must(span_eq(c.password, message));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span(data, size), none = {NULL, 0}, piece[PIECES_MAX];
	enum sasl_result result;
	size_t n = 0, used = 0;
	struct buf challenges;
	uint8_t how, length;
	struct sasl *s;
	struct why w;

	if (!span_take_u8(&in, &how))
		return 0;
	while (n < PIECES_MAX && span_take_u8(&in, &length)) {
		piece[n] = span_first(in, length);
		in = span_skip(in, piece[n++].n);
	}
	buf_init(&challenges, CHALLENGES_MAX);
	must(sasl_new(how & 1 ? SPAN("LOGIN") : SPAN("plain"), &s, &w) == FAIL_NONE);
	result = sasl_begin(s, how & 2 && n ? piece[used++] : none, &challenges);
	while (result == SASL_CHALLENGE && used < n)
		result = sasl_step(s, piece[used++], &challenges);
	must(!challenges.over);
	if (result == SASL_CREDENTIALS && how & 1)
		must(used == 2 && span_eq(sasl_credentials(s).user, piece[0]) &&
			span_eq(sasl_credentials(s).password, piece[1]));
	else if (result == SASL_CREDENTIALS)
		check_plain(piece[used - 1], sasl_credentials(s));
	sasl_free(s);
	buf_fini(&challenges);
	return 0;
}
