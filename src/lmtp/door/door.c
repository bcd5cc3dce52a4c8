/* LMTP's dialogue. After the content one reply for each accepted recipient, in their order (RFC 2033 §4.2).
 *
 *   COMMAND ─ RCPT ─► RESOLVING ─ resolved ─► COMMAND
 *   COMMAND ─ DATA, BDAT ─► CONTENT ─ its end ─► RESULTS ─ all answered ─► COMMAND
 *                              └─ BDAT chunk that is not the last ─► COMMAND */
#include "lmtp/door/door.h"

#include "base/memory.h"
#include "conf/settings.h"
#include "lmtp/door/transaction.h"
#include "lmtp/wire/unstuff.h"

enum { BAD_COMMANDS_MAX = 20, REPLY_MAX = 512 << 10, CLIENT_MAX = 255, RESULTS_MS = 300 * 1000, PIECE = 16 << 10 };

enum phase { COMMAND, RESOLVING, CONTENT, RESULTS, LEFT };
enum state { ANY, GREETED, MAIL, RCPT };
enum content { BY_DATA, BY_BDAT, SWALLOWED /* a chunk that was refused */ };

struct lmtp_door {
	struct door_host *host;
	enum phase phase;
	enum state state;
	bool skipping; /* the rest of a line that was too long */
	unsigned bad;
	char client[CLIENT_MAX + 1];
	struct transaction transaction;
	struct lmtp_path resolving;
	enum content content;
	struct unstuff unstuff;
	uint64_t chunk_left;
	bool chunk_last, chunking, too_big;
	bool stopping; /* the server ends once the results are out */
	struct buf reply;
};

typedef void (*lmtp_verb)(struct lmtp_door *d, struct span args);

static const struct door_info *info(struct lmtp_door *d)
{
	return d->host->ops->info(d->host);
}

static void send_reply(struct lmtp_door *d)
{
	d->host->ops->write(d->host, buf_span(&d->reply));
	buf_fini(&d->reply);
}

static void say(struct lmtp_door *d, int code, const char *status, const char *text)
{
	buf_addf(&d->reply, "%d %s %s\r\n", code, status, text);
	send_reply(d);
}

static void say_fail(struct lmtp_door *d, enum fail f, const char *text)
{
	say(d, fail_row(f)->smtp_reply, fail_row(f)->smtp_status, text);
}

static void touch(struct lmtp_door *d)
{
	d->host->ops->deadline(d->host, d->phase == RESULTS ? RESULTS_MS : info(d)->settings->lmtp_idle_timeout * 1000);
}

static void leave(struct lmtp_door *d)
{
	d->phase = LEFT;
	transaction_reset(&d->transaction);
	d->host->ops->close(d->host);
}

static void bad_command(struct lmtp_door *d, enum fail f, const char *text)
{
	say_fail(d, f, text);
	if (++d->bad < BAD_COMMANDS_MAX)
		return;
	say(d, 421, "4.7.0", "too many bad commands");
	leave(d);
}

/* RFC 5321 §4.1.1.11: a parameter that was not offered has a reply code of its own. */
static void refuse_arguments(struct lmtp_door *d, enum fail f, const char *text)
{
	if (f == FAIL_CANNOT)
		say(d, 555, "5.5.4", text);
	else
		bad_command(d, f, text);
}

static void reset(struct lmtp_door *d)
{
	transaction_reset(&d->transaction);
	d->chunking = d->too_big = false;
	if (d->state > GREETED)
		d->state = GREETED;
}

/* ── Verbs ── */

static void verb_lhlo(struct lmtp_door *d, struct span args)
{
	struct span name = span_trim(args);

	if (name.n == 0 || name.n > CLIENT_MAX || !span_cstr(name, d->client, sizeof d->client)) {
		bad_command(d, FAIL_SYNTAX, "LHLO wants the client's name");
		return;
	}
	reset(d);
	d->state = GREETED;
	buf_addf(&d->reply,
		"250-%s\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 SIZE "
		"%llu\r\n",
		info(d)->hostname, (unsigned long long)info(d)->settings->message_size_max);
	send_reply(d);
}

static void verb_mail(struct lmtp_door *d, struct span args)
{
	struct lmtp_mail_parameters p;
	struct lmtp_path path;
	struct why w;
	enum fail f = FAIL_SYNTAX;

	why(&w, f, "MAIL FROM:<address> is wanted");
	if (d->state > GREETED) {
		bad_command(d, FAIL_WRONG_STATE, "a transaction is open already: RSET ends it");
		return;
	}
	if (span_take_nocase(&args, SPAN("FROM:")))
		f = lmtp_path_take(&args, &path, &w);
	if (!f)
		f = lmtp_mail_parameters(args, &p, &w);
	if (f) {
		refuse_arguments(d, f, w.text);
		return;
	}
	if (p.size > info(d)->settings->message_size_max) {
		say_fail(d, FAIL_TOO_BIG, "messages as large as that are not taken here");
		return;
	}
	d->transaction.sender = path;
	d->state = MAIL;
	say(d, 250, "2.1.0", "sender ok");
}

static void verb_rcpt(struct lmtp_door *d, struct span args)
{
	struct why w;
	enum fail f = FAIL_SYNTAX;

	why(&w, f, "RCPT TO:<address> is wanted");
	if (d->chunking) {
		bad_command(d, FAIL_WRONG_STATE, "no more recipients once the content has begun");
		return;
	}
	if (span_take_nocase(&args, SPAN("TO:")))
		f = lmtp_path_take(&args, &d->resolving, &w);
	if (!f)
		f = lmtp_rcpt_parameters(args, &w);
	if (!f && d->resolving.n == 0)
		f = why(&w, FAIL_NOT_FOUND, "there is no such user here");
	if (f) {
		refuse_arguments(d, f, w.text);
		return;
	}
	if (d->transaction.count >= RELAY_RECIPIENTS_MAX) {
		say_fail(d, FAIL_LIMIT, "too many recipients: send the rest in another transaction");
		return;
	}
	d->phase = RESOLVING;
	d->host->ops->resolve(d->host, span(d->resolving.address, d->resolving.n));
}

static void begin_content(struct lmtp_door *d, enum content how)
{
	d->content = how;
	d->phase = CONTENT;
	if (how != SWALLOWED && !d->transaction.begun)
		transaction_begin(&d->transaction, span_of(d->client), info(d));
}

static void verb_data(struct lmtp_door *d, struct span args)
{
	if (span_trim(args).n) {
		bad_command(d, FAIL_SYNTAX, "DATA takes no arguments");
		return;
	}
	if (d->chunking) {
		bad_command(d, FAIL_WRONG_STATE, "the content has begun with BDAT");
		return;
	}
	unstuff_begin(&d->unstuff);
	buf_add_lit(&d->reply, "354 send the message, end it with a line that is just a dot\r\n");
	send_reply(d);
	begin_content(d, BY_DATA);
}

/* A refused chunk's octets come all the same and are read away (RFC 3030 §2). */
static void verb_bdat(struct lmtp_door *d, struct span args)
{
	struct span number, word;
	uint64_t n;
	bool last = false;

	if (!span_take_word(&args, &number) || !span_u64(number, &n)) {
		bad_command(d, FAIL_SYNTAX, "BDAT wants a number of octets");
		if (d->phase != LEFT)
			leave(d); /* where the next command begins cannot be known */
		return;
	}
	if (span_take_word(&args, &word))
		last = span_eq_nocase(word, SPAN("LAST"));
	d->chunk_left = n;
	d->chunk_last = last;
	if (d->state != RCPT) {
		begin_content(d, SWALLOWED);
		return;
	}
	d->chunking = true;
	begin_content(d, BY_BDAT);
}

static void verb_rset(struct lmtp_door *d, struct span args)
{
	(void)args;
	reset(d);
	say(d, 250, "2.0.0", "forgotten");
}

static void verb_vrfy(struct lmtp_door *d, struct span args)
{
	(void)args;
	say(d, 252, "2.5.2", "RCPT tells whether a user exists");
}

static void verb_noop(struct lmtp_door *d, struct span args)
{
	(void)args;
	say(d, 250, "2.0.0", "still here");
}

static void verb_quit(struct lmtp_door *d, struct span args)
{
	(void)args;
	say(d, 221, "2.0.0", "bye");
	leave(d);
}

static const struct {
	const char *word;
	lmtp_verb run;
	enum state least;
} verbs[] = {
#define VERB(word, function, state, rfc) {#word, verb_##function, state},
#include "lmtp/verbs.def"
#undef VERB
};

static void run_line(struct lmtp_door *d, struct span line)
{
	struct span word;

	if (!span_take_word(&line, &word) || span_find_byte(line, '\0') != SIZE_MAX) {
		bad_command(d, FAIL_SYNTAX, "that is no command");
		return;
	}
	line = span_trim(line);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!span_eq_nocase(word, span_of(verbs[i].word)))
			continue;
		if (d->state >= verbs[i].least || verbs[i].run == verb_bdat)
			verbs[i].run(d, line);
		else
			bad_command(d, FAIL_WRONG_STATE,
				d->state == ANY       ? "LHLO comes first"
				: d->state == GREETED ? "MAIL comes first"
						      : "no valid recipients");
		return;
	}
	bad_command(d, FAIL_UNKNOWN_VERB,
		span_eq_nocase(word, SPAN("EHLO")) || span_eq_nocase(word, SPAN("HELO")) ? "this is LMTP: use LHLO"
											 : "unknown command");
}

/* ── Content ── */

static void say_stop(struct lmtp_door *d)
{
	say(d, 421, "4.3.2", "the server is shutting down");
	leave(d);
}

static void say_results(struct lmtp_door *d)
{
	for (uint32_t i = 0; i < d->transaction.count; i++) {
		const struct recipient *r = &d->transaction.recipients[i];
		const struct fail_row *row = fail_row(r->fail);

		buf_addf(&d->reply, "%d %s <%s> %s\r\n", row->smtp_reply, row->smtp_status, r->address, r->text);
	}
	send_reply(d);
	reset(d);
	d->phase = COMMAND;
	if (d->stopping)
		say_stop(d);
	else
		d->host->ops->poke(d->host);
}

static void end_content(struct lmtp_door *d)
{
	d->phase = RESULTS;
	if (!d->too_big) {
		transaction_end(&d->transaction);
		return;
	}
	transaction_refuse(&d->transaction, FAIL_TOO_BIG, "the message is larger than what is taken here");
	say_results(d);
}

static void add_content(struct lmtp_door *d, struct span bytes)
{
	if (d->too_big)
		return;
	if (d->transaction.size + bytes.n > info(d)->settings->message_size_max)
		d->too_big = true;
	else
		transaction_content(&d->transaction, bytes);
}

static size_t take_data(struct lmtp_door *d, struct span bytes)
{
	CLEANUP(buf_fini) struct buf text = {0};
	size_t n;

	buf_init(&text, PIECE + 2);
	n = unstuff_take(&d->unstuff, span_first(bytes, PIECE), &text);
	add_content(d, buf_span(&text));
	if (d->unstuff.at == UNSTUFF_END)
		end_content(d);
	return n;
}

static void end_chunk(struct lmtp_door *d)
{
	if (d->content == BY_BDAT && d->chunk_last) {
		end_content(d);
		return;
	}
	d->phase = COMMAND;
	if (d->content == SWALLOWED)
		bad_command(d, FAIL_WRONG_STATE, d->state < MAIL ? "MAIL comes first" : "no valid recipients");
	else
		say(d, 250, "2.0.0", "chunk taken");
}

static size_t take_chunk(struct lmtp_door *d, struct span bytes)
{
	struct span piece = span_first(bytes, PIECE);

	if (d->chunk_left < piece.n)
		piece = span_first(piece, (size_t)d->chunk_left);
	if (d->content == BY_BDAT)
		add_content(d, piece);
	d->chunk_left -= piece.n;
	if (d->chunk_left == 0)
		end_chunk(d);
	return piece.n;
}

static size_t take_line(struct lmtp_door *d, struct span bytes)
{
	size_t at = span_find_byte(bytes, '\n');
	struct span line = span_first(bytes, at);

	if (d->skipping) {
		d->skipping = at == SIZE_MAX;
		return d->skipping ? bytes.n : at + 1;
	}
	if (at == SIZE_MAX && bytes.n < LMTP_LINE_MAX)
		return 0;
	if (at == SIZE_MAX || at > LMTP_LINE_MAX) {
		d->skipping = at == SIZE_MAX;
		bad_command(d, FAIL_UNKNOWN_VERB, "that line is too long");
		return d->skipping ? bytes.n : at + 1;
	}
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	run_line(d, line);
	/* an empty chunk has no octets that would bring it to its end */
	if (d->phase == CONTENT && d->content != BY_DATA && d->chunk_left == 0)
		end_chunk(d);
	return at + 1;
}

/* ── transaction_events ── */

static void on_room(void *ctx)
{
	struct lmtp_door *d = ctx;

	if (d->phase == CONTENT)
		d->host->ops->poke(d->host);
}

static void on_answered(void *ctx)
{
	struct lmtp_door *d = ctx;

	if (d->phase == RESULTS)
		say_results(d);
}

static const struct transaction_events transaction_events = {on_room, on_answered};

/* ── door_ops ── */

static struct lmtp_door *self(struct door *d)
{
	return (struct lmtp_door *)(void *)d;
}

static struct door *new_door(struct door_host *h)
{
	struct lmtp_door *d = NEW(struct lmtp_door);

	d->host = h;
	buf_init(&d->reply, REPLY_MAX);
	transaction_init(&d->transaction, h, &transaction_events, d);
	return (struct door *)(void *)d;
}

static void free_door(struct door *base)
{
	struct lmtp_door *d = self(base);

	if (!d)
		return;
	transaction_fini(&d->transaction);
	buf_fini(&d->reply);
	free(d);
}

static void start(struct door *base)
{
	struct lmtp_door *d = self(base);

	buf_addf(&d->reply, "220 %s Barid LMTP ready\r\n", info(d)->hostname);
	send_reply(d);
	touch(d);
}

static size_t input(struct door *base, struct span bytes)
{
	struct lmtp_door *d = self(base);

	switch (d->phase) {
	case COMMAND: touch(d); return take_line(d, bytes);
	case CONTENT:
		if (d->content != SWALLOWED && !transaction_has_room(&d->transaction))
			return 0;
		touch(d);
		return d->content == BY_DATA ? take_data(d, bytes) : take_chunk(d, bytes);
	case RESOLVING:
	case RESULTS: return 0;
	case LEFT: break;
	}
	return bytes.n;
}

static void resolved(struct door *base, enum fail f, const struct recipient_answer *a, const char *text)
{
	struct lmtp_door *d = self(base);

	if (d->phase != RESOLVING)
		return;
	d->phase = COMMAND;
	if (f) {
		say_fail(d, f, text);
	} else {
		transaction_add(&d->transaction, span(d->resolving.address, d->resolving.n), a);
		d->state = RCPT;
		say(d, 250, "2.1.5", "recipient ok");
	}
	d->host->ops->poke(d->host);
}

/* LMTP has no login and no TLS of its own: `front` never calls these. */
static void no_login(struct door *base, enum fail f, const char *text)
{
	(void)base;
	(void)f;
	(void)text;
}
static void no_challenge(struct door *base, struct span text)
{
	(void)base;
	(void)text;
}
static void no_handover(struct door *base, struct buf *note_out)
{
	(void)base;
	(void)note_out;
}
static void secured(struct door *base, enum fail f)
{
	struct lmtp_door *d = self(base);

	if (f)
		leave(d);
}

static bool owes(const struct door *base)
{
	const struct lmtp_door *d = (const struct lmtp_door *)(const void *)base;

	return d->phase == RESULTS ||
	       (d->phase == CONTENT && d->content != SWALLOWED && !transaction_has_room(&d->transaction));
}

/* Recipients without a result after RESULTS_MS get a temporary failure: the sender tries again. */
static void timeout(struct door *base)
{
	struct lmtp_door *d = self(base);

	if (d->phase == RESULTS) {
		transaction_refuse(&d->transaction, FAIL_TIMEOUT, "the mail store did not answer in time: try again");
		say_results(d);
	}
	say(d, 421, "4.4.2", "nothing was said for too long");
	leave(d);
}

/* What is being committed gets its results first: without them the sender would deliver it again. */
static void stop(struct door *base)
{
	struct lmtp_door *d = self(base);

	d->stopping = true;
	if (d->phase != RESULTS)
		say_stop(d);
}

const struct door_ops lmtp_door_ops = {
	.protocol = "lmtp",
	.new = new_door,
	.free = free_door,
	.start = start,
	.input = input,
	.secured = secured,
	.challenge = no_challenge,
	.auth_done = no_login,
	.handover = no_handover,
	.resolved = resolved,
	.owes = owes,
	.timeout = timeout,
	.shutdown = stop,
};
