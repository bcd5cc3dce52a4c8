/* From a part's header to the texts of its BODYSTRUCTURE, and the decision how its body is read (RFC 2045 §5.2, §6,
 * RFC 2046 §5). What cannot be understood is text/plain; what may not be opened any more is application/octet-stream,
 * so that no client expects a multipart or a message where none is described. */
#include "mime/draft.h"

#include "base/utf8.h"
#include "mime/content_type.h"
#include "mime/fields.h"
#include "mime/quote.h"

struct describing {
	struct mime_draft *part;
	struct mime_fields fields;
	struct mime_content_type type;
	struct mime_parameters parameters;
	struct span encoding;
	struct buf *texts, *scratch;
};

static struct mime_text text_since(const struct buf *texts, size_t start)
{
	return (struct mime_text){(uint32_t)start, (uint32_t)(texts->n - start)};
}

static struct mime_text add_lower(struct buf *texts, struct span s)
{
	size_t start = texts->n;
	char *dst = s.n ? buf_reserve(texts, s.n) : NULL;

	for (size_t i = 0; dst && i < s.n; i++)
		dst[i] = ascii_lower(s.p[i]);
	if (dst)
		buf_commit(texts, s.n);
	return text_since(texts, start);
}

static bool type_is(const struct describing *d, struct span type, struct span subtype)
{
	return span_eq_nocase(d->type.type, type) && span_eq_nocase(d->type.subtype, subtype);
}

static void use_type(struct describing *d, struct span type, struct span subtype)
{
	d->type = (struct mime_content_type){type, subtype};
}

static void read_type(struct describing *d, bool in_digest)
{
	struct span value = d->fields.value[MIME_CONTENT_TYPE];

	if (value.p && mime_content_type_take(&value, &d->type)) {
		mime_parameters_read(value, &d->parameters);
		return;
	}
	if (!value.p && in_digest)
		use_type(d, SPAN("message"), SPAN("rfc822"));
	else
		use_type(d, SPAN("text"), SPAN("plain"));
	mime_parameters_read(SPAN(""), &d->parameters);
}

static void read_encoding(struct describing *d)
{
	struct span value = d->fields.value[MIME_CONTENT_ENCODING];

	d->encoding = value.p ? mime_token_take(&value) : SPAN("7bit");
	if (!d->encoding.n)
		d->encoding = SPAN("7bit");
	if (d->encoding.n > MIME_ENCODING_MAX || !span_is_ascii(d->encoding))
		d->encoding = SPAN("x-unknown");
}

/* RFC 6532 §3.7 allows an encoded message/global; that is an attachment then, not a message that can be looked into. */
static bool is_encoded(struct span encoding)
{
	return span_eq_nocase(encoding, SPAN("base64")) || span_eq_nocase(encoding, SPAN("quoted-printable"));
}

static void decide_multipart(struct describing *d, bool may_nest, struct buf *boundary)
{
	struct span value = span_trim(mime_parameter_find(&d->parameters, SPAN("boundary")));

	if (!may_nest) {
		use_type(d, SPAN("application"), SPAN("octet-stream"));
	} else if (!value.n || value.n > MIME_BOUNDARY_MAX) {
		use_type(d, SPAN("text"), SPAN("plain")); /* its content is at least shown */
		d->parameters.count = 0;
		d->part->kind = MIME_TEXT;
	} else {
		buf_add(boundary, value);
		d->part->kind = MIME_MULTIPART;
	}
}

static void decide_kind(struct describing *d, bool may_nest, struct buf *boundary)
{
	bool is_global = type_is(d, SPAN("message"), SPAN("global"));

	buf_reset(boundary);
	d->part->kind = span_eq_nocase(d->type.type, SPAN("text")) ? MIME_TEXT : MIME_LEAF;
	if (span_eq_nocase(d->type.type, SPAN("multipart"))) {
		decide_multipart(d, may_nest, boundary);
	} else if (type_is(d, SPAN("message"), SPAN("rfc822")) || (is_global && !is_encoded(d->encoding))) {
		if (may_nest)
			d->part->kind = MIME_MESSAGE;
		else
			use_type(d, SPAN("application"), SPAN("octet-stream"));
	}
	d->part->is_global = is_global;
}

/* "(name value ...)" or NIL. Text has a charset even when it does not say so (RFC 2045 §5.2), as other servers tell. */
static void add_parameters(struct describing *d, const struct mime_parameters *p, bool with_charset)
{
	bool any = false;

	for (size_t i = 0; i < p->count; i++) {
		const struct mime_parameter *q = &p->list[i];

		if (d->texts->n + 2 * (q->name.n + q->value.n + MIME_QUOTE_OVERHEAD) > MIME_TEXTS_SOFT)
			continue;
		buf_add(d->texts, any ? SPAN(" ") : SPAN("("));
		mime_quote(d->texts, q->name);
		buf_add_lit(d->texts, " ");
		mime_quote(d->texts, q->value);
		any = true;
	}
	if (with_charset) {
		buf_add(d->texts, any ? SPAN(" ") : SPAN("("));
		buf_add_lit(d->texts, "\"charset\" \"us-ascii\"");
		any = true;
	}
	buf_add(d->texts, any ? SPAN(")") : SPAN("NIL"));
}

static void add_field(struct describing *d, enum mime_field_id id)
{
	buf_add_lit(d->texts, " ");
	mime_field_add(d->texts, MIME_TEXTS_SOFT, d->fields.value[id], d->scratch);
}

static void add_disposition(struct describing *d)
{
	struct span value = d->fields.value[MIME_CONTENT_DISPOSITION];
	struct span token = value.p ? mime_token_take(&value) : value;
	struct mime_parameters parameters;

	if (!token.n || token.n > MIME_TOKEN_MAX || d->texts->n + 2 * token.n > MIME_TEXTS_SOFT) {
		buf_add_lit(d->texts, " NIL");
		return;
	}
	mime_parameters_read(value, &parameters);
	buf_add_lit(d->texts, " (");
	mime_quote(d->texts, token);
	buf_add_lit(d->texts, " ");
	add_parameters(d, &parameters, false);
	buf_add_lit(d->texts, ")");
	mime_parameters_fini(&parameters);
}

/* NIL or a list of strings (RFC 3282), a list for one too, as other servers write it. */
static void add_language(struct describing *d)
{
	struct span value = d->fields.value[MIME_CONTENT_LANGUAGE], tag, junk;
	bool any = false;

	do {
		tag = mime_token_take(&value);
		if (!tag.n || d->texts->n + 2 * tag.n + MIME_QUOTE_OVERHEAD > MIME_TEXTS_SOFT)
			continue;
		buf_add(d->texts, any ? SPAN(" ") : SPAN(" ("));
		mime_quote(d->texts, tag);
		any = true;
	} while (span_take_until(&value, ',', &junk));
	buf_add(d->texts, any ? SPAN(")") : SPAN(" NIL"));
}

static void add_fields(struct describing *d)
{
	size_t start = d->texts->n;
	bool lacks_charset = d->part->kind == MIME_TEXT && !mime_parameter_find(&d->parameters, SPAN("charset")).p;

	if (d->part->kind == MIME_MULTIPART) {
		mime_quote(d->texts, d->type.subtype);
	} else {
		mime_quote(d->texts, d->type.type);
		buf_add_lit(d->texts, " ");
		mime_quote(d->texts, d->type.subtype);
		buf_add_lit(d->texts, " ");
		add_parameters(d, &d->parameters, lacks_charset);
		add_field(d, MIME_CONTENT_ID);
		add_field(d, MIME_CONTENT_DESCRIPTION);
		buf_add_lit(d->texts, " ");
		mime_quote(d->texts, d->encoding);
	}
	d->part->fields = text_since(d->texts, start);
}

static void add_extension(struct describing *d)
{
	size_t start = d->texts->n;

	if (d->part->kind == MIME_MULTIPART) {
		buf_add_lit(d->texts, " ");
		add_parameters(d, &d->parameters, false);
	} else {
		add_field(d, MIME_CONTENT_MD5);
	}
	add_disposition(d);
	add_language(d);
	add_field(d, MIME_CONTENT_LOCATION);
	d->part->extension = text_since(d->texts, start);
}

static void add_names(struct describing *d)
{
	struct span charset = mime_parameter_find(&d->parameters, SPAN("charset"));
	size_t start;

	d->part->type = add_lower(d->texts, d->type.type);
	d->part->subtype = add_lower(d->texts, d->type.subtype);
	d->part->encoding = add_lower(d->texts, d->encoding);
	start = d->texts->n;
	if (charset.n <= MIME_CHARSET_MAX)
		buf_add(d->texts, charset);
	d->part->charset = text_since(d->texts, start);
}

void mime_draft_describe(struct mime_draft *part, struct span header, struct mime_draft_limits limits,
	struct buf *texts, struct buf *boundary_out, struct buf *scratch)
{
	struct describing d = {.part = part, .texts = texts, .scratch = scratch};
	size_t start;

	mime_fields_find(header, &d.fields);
	read_type(&d, limits.in_digest);
	read_encoding(&d);
	decide_kind(&d, limits.may_nest, boundary_out);
	add_fields(&d);
	add_extension(&d);
	add_names(&d);
	start = texts->n;
	if (part->has_envelope)
		mime_envelope_add(texts, MIME_TEXTS_SOFT, &d.fields, scratch);
	part->envelope = text_since(texts, start);
	mime_parameters_fini(&d.parameters);
}
