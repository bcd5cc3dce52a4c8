/* IMAP's, POP3's and LMTP's answers as far as a load generator must understand them (RFC 3501 §7, RFC 1939 §3, RFC 2033). */
#include "answer.h"

#include "message.h"

void answer_init(struct answer *a, enum protocol protocol)
{
	*a = (struct answer){.protocol = protocol};
	buf_init(&a->in, ANSWER_BYTES_MAX);
	buf_init(&a->bytes, MESSAGE_SIZE_MAX);
}

void answer_fini(struct answer *a)
{
	buf_fini(&a->in);
	buf_fini(&a->bytes);
	XXH3_freeState(a->hash);
	a->hash = NULL;
}

void answer_reset(struct answer *a)
{
	buf_reset(&a->in);
	a->at = a->scanned = 0;
	a->literal = 0;
	a->continued = a->lines = false;
	answer_forget(a);
}

void answer_forget(struct answer *a)
{
	for (unsigned i = 0; i < SEEN_COUNT; i++)
		a->seen[i] = 0;
}

static void hash_begin(struct answer *a)
{
	if (!a->hash)
		a->hash = XXH3_createState();
	XXH3_64bits_reset(a->hash);
	buf_reset(&a->bytes);
}

static void hash_add(struct answer *a, struct span bytes)
{
	XXH3_64bits_update(a->hash, bytes.p, bytes.n);
	if (a->genuine)
		buf_add(&a->bytes, bytes);
}

static void hash_end(struct answer *a)
{
	a->seen[SEEN_SAME] += XXH3_64bits_digest(a->hash);
	a->seen[SEEN_GENUINE] += a->genuine && message_is_ours(buf_span(&a->bytes), a->genuine);
	buf_fini(&a->bytes);
}

/* The next whole line, without CR LF; false when it has not come yet. */
static bool take_line(struct answer *a, struct span *line)
{
	const char *lf = memchr(a->in.p + a->scanned, '\n', a->in.n - a->scanned);
	if (!lf) {
		a->scanned = a->in.n;
		return false;
	}
	size_t end = (size_t)(lf - a->in.p);
	*line = span(a->in.p + a->at, end - a->at);
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	a->at = a->scanned = end + 1;
	return true;
}

/* What is left of the literal; false when some of it has not come yet. */
static bool take_literal(struct answer *a)
{
	size_t have = a->in.n - a->at, n = have < a->literal ? have : (size_t)a->literal;
	hash_add(a, span(a->in.p + a->at, n));
	a->at += n;
	a->scanned = a->at;
	a->literal -= n;
	if (a->literal > 0)
		return false;
	hash_end(a);
	return true;
}

static bool ends_in_literal(struct span line, uint64_t *size)
{
	if (line.n < 3 || line.p[line.n - 1] != '}')
		return false;
	size_t open = line.n - 1;
	while (open > 0 && line.p[open] != '{')
		open--;
	return span_u64(span(line.p + open + 1, line.n - open - 2), size);
}

static uint64_t count_words(struct span s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == ' ';
	return n;
}

static void look_at_untagged(struct answer *a, struct span line)
{
	uint64_t number;
	struct span rest = span_skip(line, 2);
	if (span_starts(rest, SPAN("SEARCH")) || span_starts(rest, SPAN("SORT")))
		a->seen[SEEN_HITS] += count_words(span_trim(rest));
	else if (span_starts(rest, SPAN("THREAD ")))
		a->seen[SEEN_THREADS]++;
	else if (span_starts(rest, SPAN("STATUS ")))
		a->seen[SEEN_STATUS]++;
	else if (span_starts(rest, SPAN("LIST ")))
		a->seen[SEEN_LIST]++;
	if (!span_take_u64(&rest, &number))
		return;
	if (span_starts(rest, SPAN(" FETCH")))
		a->seen[SEEN_FETCH]++;
	else if (span_starts(rest, SPAN(" EXISTS")))
		a->seen[SEEN_EXISTS]++;
	else if (span_starts(rest, SPAN(" EXPUNGE")))
		a->seen[SEEN_EXPUNGE]++;
}

static enum answer_state read_imap(struct answer *a, struct span prefix, struct span *line_out)
{
	struct span line;
	for (;;) {
		if (a->literal > 0 && !take_literal(a))
			return ANSWER_MORE;
		if (!take_line(a, &line))
			return ANSWER_MORE;
		bool head = !a->continued, untagged = span_starts(line, SPAN("* "));
		if (head && untagged)
			look_at_untagged(a, line);
		a->continued = ends_in_literal(line, &a->literal);
		if (a->continued) {
			a->seen[SEEN_LITERALS]++;
			hash_begin(a);
		}
		*line_out = line;
		if (head && prefix.n > 0 && span_starts(line, prefix))
			return ANSWER_DONE;
		if (head && !untagged)
			return ANSWER_WRONG;
	}
}

static enum answer_state read_lines(struct answer *a)
{
	struct span line;
	while (take_line(a, &line)) {
		if (line.n == 1 && line.p[0] == '.') {
			a->lines = false;
			hash_end(a);
			return ANSWER_DONE;
		}
		a->seen[SEEN_LINES]++;
		hash_add(a, line);
		hash_add(a, SPAN("\r\n"));
	}
	return ANSWER_MORE;
}

static enum answer_state read_pop3(struct answer *a, struct span prefix, bool multi, struct span *line_out)
{
	if (a->lines)
		return read_lines(a);
	if (!take_line(a, line_out))
		return ANSWER_MORE;
	if (!span_starts(*line_out, prefix))
		return ANSWER_WRONG;
	if (!multi)
		return ANSWER_DONE;
	a->lines = true;
	hash_begin(a);
	return read_lines(a);
}

static enum answer_state read_lmtp(struct answer *a, struct span prefix, struct span *line_out)
{
	while (take_line(a, line_out)) {
		if (line_out->n < 4 || line_out->p[3] == '-')
			continue;
		return span_starts(*line_out, prefix) ? ANSWER_DONE : ANSWER_WRONG;
	}
	return ANSWER_MORE;
}

enum answer_state answer_read(struct answer *a, struct span prefix, bool multi, struct span *line_out)
{
	enum answer_state state = ANSWER_MORE;
	if (a->in.n > a->at) {
		switch (a->protocol) {
		case PROTOCOL_IMAP: state = read_imap(a, prefix, line_out); break;
		case PROTOCOL_POP3: state = read_pop3(a, prefix, multi, line_out); break;
		case PROTOCOL_LMTP: state = read_lmtp(a, prefix, line_out); break;
		}
	}
	if (state != ANSWER_WRONG &&
		a->at > 0) { /* the caller of a wrong answer shows line_out, which points in here */
		buf_consume(&a->in, a->at);
		a->scanned -= a->at;
		a->at = 0;
	}
	return state;
}
