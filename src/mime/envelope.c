/* The envelope of RFC 3501 §7.4.2. Strings stay raw (encoded words are the client's to decode) but unfolded.
 *
 * Decided: a field that may stand once counts by its first appearance, address fields that stand more than once are
 * one list; an address without a host has the host "" (NIL would make a group of it). Must never write an empty list. */
#include "mime/fields.h"

#include "mime/header.h"
#include "mime/quote.h"

enum { ENVELOPE_ADDRESSES_MAX = 50000 };

static const struct {
	struct span name;
	enum mime_field_id id;
} names[] = {
	{SPAN("Date"), MIME_DATE},
	{SPAN("Subject"), MIME_SUBJECT},
	{SPAN("From"), MIME_FROM},
	{SPAN("Sender"), MIME_SENDER},
	{SPAN("Reply-To"), MIME_REPLY_TO},
	{SPAN("To"), MIME_TO},
	{SPAN("Cc"), MIME_CC},
	{SPAN("Bcc"), MIME_BCC},
	{SPAN("In-Reply-To"), MIME_IN_REPLY_TO},
	{SPAN("Message-ID"), MIME_MESSAGE_ID},
	{SPAN("Content-Type"), MIME_CONTENT_TYPE},
	{SPAN("Content-ID"), MIME_CONTENT_ID},
	{SPAN("Content-Description"), MIME_CONTENT_DESCRIPTION},
	{SPAN("Content-Transfer-Encoding"), MIME_CONTENT_ENCODING},
	{SPAN("Content-MD5"), MIME_CONTENT_MD5},
	{SPAN("Content-Disposition"), MIME_CONTENT_DISPOSITION},
	{SPAN("Content-Language"), MIME_CONTENT_LANGUAGE},
	{SPAN("Content-Location"), MIME_CONTENT_LOCATION},
};

static size_t field_id(struct span name)
{
	char first = name.n ? ascii_lower(*name.p) : 0;

	for (size_t i = 0; i < MIME_FIELD_COUNT; i++)
		if (names[i].name.n == name.n && ascii_lower(*names[i].name.p) == first &&
			span_eq_nocase(names[i].name, name))
			return i;
	return MIME_FIELD_COUNT;
}

void mime_fields_find(struct span header, struct mime_fields *out)
{
	struct mime_field field;

	*out = (struct mime_fields){.header = header};
	while (mime_field_take(&header, &field)) {
		size_t id = field_id(field.name);

		if (id == MIME_FIELD_COUNT)
			continue;
		if (!out->value[id].p)
			out->value[id] = field.value;
		else
			out->repeated |= 1u << id;
	}
}

void mime_field_add(struct buf *out, size_t soft, struct span value, struct buf *scratch)
{
	struct span s = value.p ? mime_unfold(value, scratch) : value;

	if (out->n + 2 * s.n + MIME_QUOTE_OVERHEAD > soft)
		s = span(NULL, 0);
	mime_quote_nil(out, s);
}

struct address_list {
	struct buf *out;
	size_t soft;
	bool begun;
	bool in_group; /* whose start was added */
};

static void add_address(void *context, const struct mime_address *a)
{
	struct address_list *l = context;
	size_t size = a->name.n + a->route.n + a->mailbox.n + a->host.n;

	/* A group that was begun is ended even past the bound: the list stays well formed, and few bytes are at stake. */
	if (!a->mailbox.p ? !l->in_group : l->out->n + 2 * size + 4 * MIME_QUOTE_OVERHEAD > l->soft)
		return;
	if (!a->host.p)
		l->in_group = a->mailbox.p != NULL;
	if (!l->begun)
		buf_add_lit(l->out, "(");
	l->begun = true;
	buf_add_lit(l->out, "(");
	mime_quote_nil(l->out, a->name.n ? a->name : span(NULL, 0));
	buf_add_lit(l->out, " ");
	mime_quote_nil(l->out, a->route);
	buf_add_lit(l->out, " ");
	mime_quote_nil(l->out, a->mailbox);
	buf_add_lit(l->out, " ");
	mime_quote_nil(l->out, a->host);
	buf_add_lit(l->out, ")");
}

static void add_field_addresses(struct address_list *l, const struct mime_fields *f, enum mime_field_id id)
{
	struct span header = f->header;
	struct mime_field field;

	if (!f->value[id].p)
		return;
	if (!(f->repeated & 1u << id)) {
		mime_addresses(f->value[id], ENVELOPE_ADDRESSES_MAX, add_address, l);
		return;
	}
	while (mime_field_take(&header, &field))
		if (field_id(field.name) == id)
			mime_addresses(field.value, ENVELOPE_ADDRESSES_MAX, add_address, l);
}

static bool add_addresses(struct buf *out, size_t soft, const struct mime_fields *f, enum mime_field_id id)
{
	struct address_list l = {.out = out, .soft = soft};

	add_field_addresses(&l, f, id);
	if (l.begun)
		buf_add_lit(out, ")");
	return l.begun;
}

/* Sender and Reply-To stand for From when they name nobody (RFC 3501 §7.4.2). */
static void add_people(struct buf *out, size_t soft, const struct mime_fields *f, enum mime_field_id id)
{
	bool begun = add_addresses(out, soft, f, id);

	if (!begun && (id == MIME_SENDER || id == MIME_REPLY_TO))
		begun = add_addresses(out, soft, f, MIME_FROM);
	if (!begun)
		buf_add_lit(out, "NIL");
}

void mime_envelope_add(struct buf *out, size_t soft, const struct mime_fields *f, struct buf *scratch)
{
	for (enum mime_field_id id = MIME_DATE; id <= MIME_MESSAGE_ID; id++) {
		buf_add(out, id == MIME_DATE ? SPAN("(") : SPAN(" "));
		if (id >= MIME_FROM && id <= MIME_BCC)
			add_people(out, soft, f, id);
		else
			mime_field_add(out, soft, f->value[id], scratch);
	}
	buf_add_lit(out, ")");
}
