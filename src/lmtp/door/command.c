/* The commands of LMTP, by verbs.def. */
#include "base/utf8.h"
#include "conf/settings.h"
#include "lmtp/door/dialogue.h"

typedef void (*lmtp_verb)(struct lmtp_door *d, struct span args);

static void verb_lhlo(struct lmtp_door *d, struct span args)
{
	struct span name = span_trim(args);

	/* it goes into Received, also where SMTPUTF8 was not said (RFC 6531 §3.7.1) */
	if (name.n == 0 || name.n > CLIENT_MAX || !span_is_ascii(name) ||
		!span_cstr(name, d->client, sizeof d->client)) {
		lmtp_bad_command(d, FAIL_SYNTAX, "LHLO wants the client's name, in ASCII");
		return;
	}
	lmtp_reset(d);
	d->state = GREETED;
	buf_addf(&d->reply,
		"250-%s\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250-PIPELINING\r\n"
		"250-CHUNKING\r\n250 SIZE %llu\r\n",
		lmtp_info(d)->hostname, (unsigned long long)lmtp_info(d)->settings->message_size_max);
	lmtp_send_reply(d);
}

static void verb_mail(struct lmtp_door *d, struct span args)
{
	struct lmtp_mail_parameters p;
	struct lmtp_path path;
	struct why w;
	enum fail f = FAIL_SYNTAX;

	why(&w, f, "MAIL FROM:<address> is wanted");
	if (d->state > GREETED) {
		lmtp_bad_command(d, FAIL_WRONG_STATE, "a transaction is open already: RSET ends it");
		return;
	}
	if (span_take_nocase(&args, SPAN("FROM:")))
		f = lmtp_path_take(&args, &path, &w);
	if (!f)
		f = lmtp_mail_parameters(args, &p, &w);
	if (!f)
		f = lmtp_path_check(&path, p.utf8, &w);
	if (f == FAIL_UTF8) {
		lmtp_say(d, 550, "5.6.7", w.text);
		return;
	}
	if (f) {
		lmtp_refuse_arguments(d, f, w.text);
		return;
	}
	if (p.size > lmtp_info(d)->settings->message_size_max) {
		lmtp_say_fail(d, FAIL_TOO_BIG, "messages as large as that are not taken here");
		return;
	}
	d->transaction.sender = path;
	d->transaction.utf8 = p.utf8;
	d->state = MAIL;
	lmtp_say(d, 250, "2.1.0", "sender ok");
}

static void verb_rcpt(struct lmtp_door *d, struct span args)
{
	struct why w;
	enum fail f = FAIL_SYNTAX;

	why(&w, f, "RCPT TO:<address> is wanted");
	if (d->chunking) {
		lmtp_bad_command(d, FAIL_WRONG_STATE, "no more recipients once the content has begun");
		return;
	}
	if (span_take_nocase(&args, SPAN("TO:")))
		f = lmtp_path_take(&args, &d->resolving, &w);
	if (!f)
		f = lmtp_rcpt_parameters(args, &w);
	if (!f)
		f = lmtp_path_check(&d->resolving, d->transaction.utf8, &w);
	if (!f && d->resolving.n == 0)
		f = why(&w, FAIL_NOT_FOUND, "there is no such user here");
	if (f == FAIL_UTF8) {
		lmtp_say(d, 553, "5.6.7", w.text); /* RFC 6531 §3.5: of RCPT another code than of MAIL */
		return;
	}
	if (f) {
		lmtp_refuse_arguments(d, f, w.text);
		return;
	}
	if (d->transaction.count >= RELAY_RECIPIENTS_MAX) {
		lmtp_say_fail(d, FAIL_LIMIT, "too many recipients: send the rest in another transaction");
		return;
	}
	d->phase = RESOLVING;
	d->host->ops->resolve(d->host, span(d->resolving.address, d->resolving.n));
}

static void verb_data(struct lmtp_door *d, struct span args)
{
	if (span_trim(args).n) {
		lmtp_bad_command(d, FAIL_SYNTAX, "DATA takes no arguments");
		return;
	}
	if (d->chunking) {
		lmtp_bad_command(d, FAIL_WRONG_STATE, "the content has begun with BDAT");
		return;
	}
	unstuff_begin(&d->unstuff);
	buf_add_lit(&d->reply, "354 send the message, end it with a line that is just a dot\r\n");
	lmtp_send_reply(d);
	lmtp_begin_content(d, BY_DATA);
}

/* A refused chunk's octets come all the same and are read away (RFC 3030 §2). */
static void verb_bdat(struct lmtp_door *d, struct span args)
{
	struct span number, word;
	uint64_t n;
	bool last = false;

	if (!span_take_word(&args, &number) || !span_u64(number, &n)) {
		lmtp_bad_command(d, FAIL_SYNTAX, "BDAT wants a number of octets");
		if (d->phase != LEFT)
			lmtp_leave(d); /* where the next command begins cannot be known */
		return;
	}
	if (span_take_word(&args, &word))
		last = span_eq_nocase(word, SPAN("LAST"));
	d->chunk_left = n;
	d->chunk_last = last;
	if (d->state != RCPT) {
		lmtp_begin_content(d, SWALLOWED);
		return;
	}
	d->chunking = true;
	lmtp_begin_content(d, BY_BDAT);
}

static void verb_rset(struct lmtp_door *d, struct span args)
{
	(void)args;
	lmtp_reset(d);
	lmtp_say(d, 250, "2.0.0", "forgotten");
}

static void verb_vrfy(struct lmtp_door *d, struct span args)
{
	(void)args;
	lmtp_say(d, 252, "2.5.2", "RCPT tells whether a user exists");
}

static void verb_noop(struct lmtp_door *d, struct span args)
{
	(void)args;
	lmtp_say(d, 250, "2.0.0", "still here");
}

static void verb_quit(struct lmtp_door *d, struct span args)
{
	(void)args;
	lmtp_say(d, 221, "2.0.0", "bye");
	lmtp_leave(d);
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
		lmtp_bad_command(d, FAIL_SYNTAX, "that is no command");
		return;
	}
	line = span_trim(line);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!span_eq_nocase(word, span_of(verbs[i].word)))
			continue;
		if (d->state >= verbs[i].least || verbs[i].run == verb_bdat)
			verbs[i].run(d, line);
		else if (d->state == MAIL)
			lmtp_no_recipients(d);
		else
			lmtp_bad_command(
				d, FAIL_WRONG_STATE, d->state == ANY ? "LHLO comes first" : "MAIL comes first");
		return;
	}
	lmtp_bad_command(d, FAIL_UNKNOWN_VERB,
		span_eq_nocase(word, SPAN("EHLO")) || span_eq_nocase(word, SPAN("HELO")) ? "this is LMTP: use LHLO"
											 : "unknown command");
}

size_t lmtp_take_line(struct lmtp_door *d, struct span bytes)
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
		lmtp_bad_command(d, FAIL_UNKNOWN_VERB, "that line is too long");
		return d->skipping ? bytes.n : at + 1;
	}
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	run_line(d, line);
	/* an empty chunk has no octets that would bring it to its end */
	if (d->phase == CONTENT && d->content != BY_DATA && d->chunk_left == 0)
		lmtp_end_chunk(d);
	return at + 1;
}
