/* Hot paths over the engine `mem`, for counting instructions: `make test-perf` runs this under callgrind, which counts
 * within loop_turn (what the server does) and bare_* (what needs no loop), and dumps before each path_*. What a
 * path is given and what it answers is the same in every run. Names of functions are the interface: counts.py reads them. */
#include "base/memory.h"
#include "conf/settings.h"
#include "imap/door/door.h"
#include "imap/verb/session.h"
#include "lmtp/delivery.h"
#include "lmtp/wire/relay.h"
#include "mime/mime.h"
#include "peer.h"
#include "pop3/verb/session.h"
#include "store/engine.h"

#include "../load/message.h"

#define PATH __attribute__((noinline))

enum { MESSAGES = 1000, SIZE = 5000, DELIVERIES = 50, DIALOGUES = 100 };

struct counts {
	struct loop loop;
	struct store *store;
	struct settings *settings;
	struct peer imap, pop3, lmtp;
	struct deferred redeeming;
	struct lmtp_redeem *redeem;
	struct buf message;
};

PATH void path_select(struct counts *c);
PATH void path_fetch_flags(struct counts *c);
PATH void path_fetch_envelope(struct counts *c);
PATH void path_search_subject(struct counts *c);
PATH void path_search_known(struct counts *c);
PATH void path_sort(struct counts *c);
PATH void path_search_body(struct counts *c);
PATH void path_store_flags(struct counts *c);
PATH void path_pop3_uidl_list(struct counts *c);
PATH void path_lmtp_delivery(struct counts *c);
PATH void path_mime_parse(struct counts *c);
PATH void path_login_dialogue(struct counts *c);
PATH void path_pause(struct counts *c);
PATH void bare_mime_parse(struct span message);
PATH void bare_login_dialogue(struct door_host *host);

void path_select(struct counts *c)
{
	peer_ask(&c->imap, SPAN("s SELECT INBOX\r\n"), "s OK", " EXISTS", 1);
}

void path_fetch_flags(struct counts *c)
{
	peer_ask(&c->imap, SPAN("f FETCH 1:* (UID FLAGS)\r\n"), "f OK", " FETCH (", MESSAGES);
}

void path_fetch_envelope(struct counts *c)
{
	peer_ask(&c->imap, SPAN("f FETCH 1:* (ENVELOPE BODYSTRUCTURE)\r\n"), "f OK", " FETCH (", MESSAGES);
}

static void ask_budget(struct counts *c)
{
	peer_ask(&c->imap, SPAN("f SEARCH SUBJECT budget\r\n"), "f OK",
		"* SEARCH 8 108 208 308 408 508 608 708 808 908\r\n", 1);
}

void path_search_subject(struct counts *c)
{
	ask_budget(c);
}

/* What headers say is known by now. */
void path_search_known(struct counts *c)
{
	ask_budget(c);
}

void path_sort(struct counts *c)
{
	peer_ask(&c->imap, SPAN("f SORT (REVERSE ARRIVAL SUBJECT) UTF-8 ALL\r\n"), "f OK", "* SORT ", 1);
}

void path_search_body(struct counts *c)
{
	peer_ask(&c->imap, SPAN("f SEARCH BODY xylophage\r\n"), "f OK", "* SEARCH 14 514\r\n", 1);
}

void path_store_flags(struct counts *c)
{
	peer_ask(&c->imap, SPAN("f STORE 1:* +FLAGS (\\Flagged)\r\n"), "f OK", "\\Flagged", MESSAGES);
}

void path_pop3_uidl_list(struct counts *c)
{
	peer_ask(&c->pop3, SPAN("UIDL\r\n"), "\r\n.\r\n", "\r\n", MESSAGES + 2);
	peer_ask(&c->pop3, SPAN("LIST\r\n"), "\r\n.\r\n", "\r\n", MESSAGES + 2);
}

static void deliver(struct counts *c, uint64_t number)
{
	struct buf payload CLEANUP(buf_fini), out CLEANUP(buf_fini);
	struct relay_envelope e = {
		SPAN("sender@example.net"), SPAN("mx.example.net"), SPAN("192.0.2.1"), SPAN("s"), false, 1, {0}};
	struct relay_recipient r = {0, SPAN("0123456789abcdef"), SPAN("amal@example.org")};
	buf_init(&payload, 1 << 16);
	buf_init(&out, 1 << 20);
	buf_reset(&c->message);
	message_add(&c->message, number, SIZE);
	relay_add_envelope(&payload, &e);
	relay_add_recipient(&payload, &r);
	relay_head(&out, RELAY_BEGIN, payload.n);
	buf_add(&out, buf_span(&payload));
	relay_head(&out, RELAY_DATA, c->message.n);
	buf_add(&out, buf_span(&c->message));
	relay_head(&out, RELAY_END, 0);
	peer_ask(&c->lmtp, buf_span(&out), "R", "R", 1);
	struct relay_frame frame;
	struct relay_result result;
	size_t n;
	if (relay_take(buf_span(&c->lmtp.in), &frame, &n) || n == 0 || relay_result_take(frame.payload, &result) ||
		result.fail)
		die("a delivery failed");
}

void path_lmtp_delivery(struct counts *c)
{
	for (unsigned i = 0; i < DELIVERIES; i++)
		deliver(c, MESSAGES + i);
}

void bare_mime_parse(struct span message)
{
	struct buf out CLEANUP(buf_fini);
	struct mime_parser *p = mime_parser_new();
	buf_init(&out, MIME_STRUCTURE_MAX);
	mime_parser_feed(p, message);
	if (mime_parser_end(p, &out))
		die("mime_parser_end failed");
	mime_parser_free(p);
}

void path_mime_parse(struct counts *c)
{
	for (unsigned i = 0; i < DIALOGUES; i++) {
		buf_reset(&c->message);
		message_add(&c->message, i, SIZE);
		bare_mime_parse(buf_span(&c->message));
	}
}

/* ── A front that says yes ── */

struct yes_host {
	struct door_host face; /* first */
	struct door_info info;
	struct door *door;
	unsigned logins;
};

static const struct door_info *yes_info(struct door_host *h)
{
	return &CONTAINER_OF(h, struct yes_host, face)->info;
}
static void yes_write(struct door_host *h UNUSED, struct span bytes UNUSED)
{
}
static void yes_login(struct door_host *h, struct span user, struct span password UNUSED)
{
	CONTAINER_OF(h, struct yes_host, face)->logins += span_eq(user, SPAN("amal@example.org"));
}
static void yes_nothing(struct door_host *h UNUSED)
{
}
static void yes_deadline(struct door_host *h UNUSED, uint64_t ms UNUSED)
{
}

void bare_login_dialogue(struct door_host *host)
{
	struct yes_host *h = CONTAINER_OF(host, struct yes_host, face);
	struct span rest =
		SPAN("a CAPABILITY\r\nb ID (\"name\" \"reader\")\r\nc LOGIN amal@example.org \"open-sesame\"\r\n");
	struct buf note CLEANUP(buf_fini);
	buf_init(&note, 1000);
	h->door = imap_door_ops.new(host);
	imap_door_ops.start(h->door);
	while (rest.n > 0) {
		size_t n = imap_door_ops.input(h->door, rest);
		rest = span_skip(rest, n);
		if (n == 0)
			break;
	}
	imap_door_ops.auth_done(h->door, FAIL_NONE, "");
	imap_door_ops.handover(h->door, &note);
	imap_door_ops.free(h->door);
}

void path_login_dialogue(struct counts *c)
{
	static const struct door_host_ops ops = {.info = yes_info,
		.write = yes_write,
		.login = yes_login,
		.poke = yes_nothing,
		.close = yes_nothing,
		.deadline = yes_deadline};
	struct yes_host h = {.face = {&ops},
		.info = {.session = "s",
			.peer = "192.0.2.1",
			.tls = true,
			.cleartext_ok = true,
			.hostname = "mail.example.org",
			.settings = c->settings}};
	for (unsigned i = 0; i < DIALOGUES; i++)
		bare_login_dialogue(&h.face);
	if (h.logins != DIALOGUES)
		die("%u logins instead of %d", h.logins, DIALOGUES);
}

void path_pause(struct counts *c UNUSED)
{
	__asm__ volatile("");
}

/* ── Setting up ── */

static void on_ended(void *ctx UNUSED, struct session *s UNUSED, const char *how UNUSED)
{
}

struct opening {
	struct store_wait wait;
	bool done;
};

static void on_opened(struct store_wait *w, enum fail f)
{
	if (f)
		die("account_open: %s", w->why.log);
	CONTAINER_OF(w, struct opening, wait)->done = true;
}

static struct account *open_account(struct counts *c)
{
	struct opening o = {.done = false};
	struct account *a = NULL;
	store_wait_init(&o.wait, on_opened);
	enum fail f = account_open(c->store, 7, &o.wait, &a);
	if (f && f != FAIL_BUSY)
		die("account_open: %s", o.wait.why.log);
	while (f == FAIL_BUSY && !o.done)
		peer_turn(NULL, &c->loop);
	return a;
}

static void open_session(struct counts *c, struct peer *p, const struct session_ops *ops)
{
	static const struct stream_limits limits = {.input_max = 128 << 10, .output_max = 40 << 20};
	struct session_start start = {.loop = &c->loop,
		.account = open_account(c),
		.user = "amal",
		.session = "s",
		.device = "",
		.peer = "unix",
		.note = ops == &imap_session_ops ? SPAN("login") : SPAN(""),
		.settings = c->settings,
		.ended = on_ended};
	peer_open(p, &c->loop, &limits, &start.stream);
	ops->start(&start);
	while (!span_ends(buf_span(&p->in), SPAN("\r\n")))
		peer_turn(p, &c->loop);
}

static void say_yes(struct deferred *d)
{
	struct counts *c = CONTAINER_OF(d, struct counts, redeeming);
	struct lmtp_redeemed what = {.account = 7};
	c->redeem->done(c->redeem, FAIL_NONE, &what);
}

static void on_redeem(void *ctx, struct lmtp_redeem *r)
{
	struct counts *c = ctx;
	c->redeem = r;
	loop_defer(&c->loop, &c->redeeming);
}

static void on_cancel(void *ctx UNUSED, struct lmtp_redeem *r UNUSED)
{
}

static void on_delivered(void *ctx UNUSED, uint64_t account UNUSED, const char *session UNUSED,
	struct span sender UNUSED, uint64_t size UNUSED, enum fail f, const char *log)
{
	if (f)
		die("delivery: %s", log);
}

static void on_delivery_ended(void *ctx UNUSED, struct lmtp_delivery *d UNUSED)
{
}

static void open_delivery(struct counts *c)
{
	struct lmtp_delivery_start start = {.loop = &c->loop,
		.store = c->store,
		.settings = c->settings,
		.hostname = "mail.example.org",
		.redeem = on_redeem,
		.cancel = on_cancel,
		.delivered = on_delivered,
		.ended = on_delivery_ended,
		.ctx = c};
	peer_open(&c->lmtp, &c->loop, &relay_stream_limits, &start.stream);
	lmtp_delivery_start(&start);
}

int main(void)
{
	static struct counts c;
	struct why why;
	loop_init(&c.loop);
	deferred_init(&c.redeeming, say_yes);
	buf_init(&c.message, MESSAGE_SIZE_MAX);
	c.settings = settings_default();
	if (store_open_memory(&c.loop, &c.store, &why))
		die("%s", why.log);
	open_delivery(&c);
	for (unsigned i = 0; i < MESSAGES; i++)
		deliver(&c, i);
	open_session(&c, &c.imap, &imap_session_ops);
	path_select(&c); /* the first time loads the mailbox; the second is what counts */
	path_select(&c);
	path_fetch_flags(&c);
	path_fetch_envelope(&c);
	path_search_subject(&c);
	path_search_known(&c);
	path_sort(&c);
	path_search_body(&c);
	path_store_flags(&c);
	path_pause(&c);
	open_session(&c, &c.pop3, &pop3_session_ops);
	path_pop3_uidl_list(&c);
	path_lmtp_delivery(&c);
	path_mime_parse(&c);
	path_login_dialogue(&c);
	path_pause(&c);
	/* The process ends with everything open: what is counted has been. */
	return 0;
}
