/* A mail transaction: from accepted recipients to one result each. Every recipient gets exactly one result: from its delivery, or,
 * when that goes away, a temporary failure, so that the sender tries again and nothing is lost. */
#include "lmtp/door/transaction.h"

#include "base/memory.h"

enum { LINGER_MS = 1000, FRAMES_MAX = 1 << 20 };

void transaction_init(struct transaction *t, struct door_host *h, const struct transaction_events *events, void *ctx)
{
	*t = (struct transaction){.host = h, .events = events, .ctx = ctx};
}

static void set_result(struct transaction *t, struct recipient *r, enum fail f, struct span text)
{
	if (r->answered)
		return;
	r->answered = true;
	r->fail = f;
	snprintf(r->text, sizeof r->text, "%.*s", SPAN_ARG(text));
	if (--t->open == 0 && t->begun)
		t->events->answered(t->ctx);
}

/* ── Links ── */

static void link_gone(struct link *l)
{
	struct transaction *t = l->owner;

	if (!t)
		return;
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (t->links[i] == l)
			t->links[i] = NULL;
	l->owner = NULL;
	stream_close(l->stream, 0);
	if (!l->wanted)
		return;
	for (uint32_t i = 0; i < t->count; i++)
		if (t->recipients[i].answer.shard == l->shard)
			set_result(t, &t->recipients[i], FAIL_UNAVAILABLE, SPAN("the mail store went away: try again"));
	t->events->room(t->ctx);
}

static bool take_result(struct link *l, const struct relay_frame *frame)
{
	struct transaction *t = l->owner;
	struct relay_result r;

	if (frame->type != RELAY_RESULT || relay_result_take(frame->payload, &r))
		return false;
	if (l->wanted && r.index < t->count && t->recipients[r.index].answer.shard == l->shard)
		set_result(t, &t->recipients[r.index], r.fail, r.text);
	return true;
}

static size_t link_input(void *ctx, struct span bytes)
{
	struct link *l = ctx;
	struct relay_frame frame;
	size_t n;

	if (!l->owner)
		return bytes.n;
	if (relay_take(bytes, &frame, &n) || (n && !take_result(l, &frame))) {
		link_gone(l);
		return bytes.n;
	}
	return n;
}

static void link_writable(void *ctx)
{
	struct link *l = ctx;

	if (l->owner)
		l->owner->events->room(l->owner->ctx);
}

static void link_ended(void *ctx, enum fail f, const struct why *w)
{
	(void)f;
	(void)w;
	link_gone(ctx);
}

static void link_closed(void *ctx)
{
	free(ctx);
}

static const struct stream_events link_events = {
	.input = link_input, .writable = link_writable, .ended = link_ended, .closed = link_closed};

static struct link *link_to(struct transaction *t, uint32_t shard)
{
	struct link **free_place = NULL, *l;

	for (size_t i = 0; i < LINKS_MAX; i++) {
		if (t->links[i] && t->links[i]->shard == shard)
			return t->links[i];
		if (!t->links[i] && !free_place)
			free_place = &t->links[i];
	}
	if (!free_place)
		return NULL;
	l = NEW(struct link);
	l->stream = t->host->ops->delivery(t->host, shard, l);
	if (!l->stream) {
		free(l);
		return NULL;
	}
	l->owner = t;
	l->shard = shard;
	stream_set_owner(l->stream, &link_events, l);
	*free_place = l;
	return l;
}

static void send_frame(struct link *l, enum relay_type type, struct span payload)
{
	CLEANUP(buf_fini) struct buf head = {0};

	buf_init(&head, RELAY_HEAD);
	relay_head(&head, type, payload.n);
	if (stream_write(l->stream, buf_span(&head)) || stream_write(l->stream, payload))
		link_gone(l);
}

/* ── The transaction ── */

void transaction_add(struct transaction *t, struct span address, const struct recipient_answer *a)
{
	struct recipient *r;

	t->recipients = memory_resize_array(t->recipients, t->count + 1, sizeof *t->recipients);
	r = &t->recipients[t->count++];
	*r = (struct recipient){.answer = *a, .address = memory_new(address.n + 1)};
	if (address.n)
		memcpy(r->address, address.p, address.n);
	t->open++;
}

static void begin_link(struct transaction *t, struct link *l, struct span client, const struct door_info *info)
{
	CLEANUP(buf_fini) struct buf payload = {0};
	struct relay_envelope e = {.sender = span(t->sender.address, t->sender.n),
		.client = client,
		.peer = span_of(info->peer),
		.session = span_of(info->session),
		.utf8 = t->utf8};

	for (uint32_t i = 0; i < t->count; i++)
		e.recipients += t->recipients[i].answer.shard == l->shard;
	buf_init(&payload, FRAMES_MAX);
	relay_add_envelope(&payload, &e);
	for (uint32_t i = 0; i < t->count; i++) {
		const struct recipient *r = &t->recipients[i];
		struct relay_recipient one = {i, span(r->answer.ticket, sizeof r->answer.ticket), span_of(r->address)};

		if (r->answer.shard == l->shard)
			relay_add_recipient(&payload, &one);
	}
	l->wanted = true;
	send_frame(l, RELAY_BEGIN, buf_span(&payload));
}

void transaction_begin(struct transaction *t, struct span client, const struct door_info *info)
{
	for (uint32_t i = 0; i < t->count; i++) {
		struct recipient *r = &t->recipients[i];
		struct link *l = link_to(t, r->answer.shard);

		if (!l)
			set_result(t, r, FAIL_UNAVAILABLE, SPAN("the mail store is not there just now: try again"));
		else if (!l->wanted)
			begin_link(t, l, client, info);
	}
	t->begun = true;
}

bool transaction_has_room(const struct transaction *t)
{
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (t->links[i] && t->links[i]->wanted &&
			stream_room(t->links[i]->stream) < RELAY_DATA_MAX + RELAY_HEAD)
			return false;
	return true;
}

static void send_all(struct transaction *t, enum relay_type type, struct span payload)
{
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (t->links[i] && t->links[i]->wanted)
			send_frame(t->links[i], type, payload);
}

void transaction_content(struct transaction *t, struct span bytes)
{
	t->size += bytes.n;
	if (bytes.n)
		send_all(t, RELAY_DATA, bytes);
}

void transaction_end(struct transaction *t)
{
	send_all(t, RELAY_END, SPAN(""));
	if (t->open == 0)
		t->events->answered(t->ctx);
}

static void stop_deliveries(struct transaction *t)
{
	send_all(t, RELAY_ABORT, SPAN(""));
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (t->links[i])
			t->links[i]->wanted = false;
}

void transaction_refuse(struct transaction *t, enum fail f, const char *text)
{
	stop_deliveries(t);
	t->begun = false; /* the caller knows that all are answered now */
	for (uint32_t i = 0; i < t->count; i++)
		set_result(t, &t->recipients[i], f, span_of(text));
}

void transaction_reset(struct transaction *t)
{
	if (t->begun && t->open)
		stop_deliveries(t);
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (t->links[i])
			t->links[i]->wanted = false;
	for (uint32_t i = 0; i < t->count; i++)
		free(t->recipients[i].address);
	free(t->recipients);
	t->recipients = NULL;
	t->count = t->open = 0;
	t->size = 0;
	t->begun = t->utf8 = false;
	t->sender.n = 0;
}

void transaction_fini(struct transaction *t)
{
	transaction_reset(t);
	for (size_t i = 0; i < LINKS_MAX; i++) {
		struct link *l = t->links[i];

		if (!l)
			continue;
		t->links[i] = NULL;
		l->owner = NULL;
		stream_close(l->stream, LINGER_MS);
	}
}
