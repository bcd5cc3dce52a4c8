/* BODY and BODYSTRUCTURE (RFC 3501 §7.4.2, grammar §9). Recursion is as deep as MIME_DEPTH_MAX, no deeper. Must never
 * write a list that a strict client cannot read: no empty multipart, no negative or missing number. */
#include "mime/render.h"

static void add_text(struct buf *out, const struct mime_drafts *drafts, struct mime_text text)
{
	buf_add(out, mime_text_span(&drafts->texts, text));
}

static void add_number(struct buf *out, uint64_t n)
{
	char digits[24];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + n % 10);
	while (n /= 10);
	digits[--at] = ' ';
	buf_add(out, span(digits + at, sizeof digits - at));
}

static void render_multipart(
	struct buf *out, const struct mime_drafts *drafts, const struct mime_draft *d, enum mime_form form)
{
	for (uint32_t i = d->first_child; i != MIME_NO_PART; i = drafts->list[i].next)
		mime_render_body(out, drafts, i, form);
	buf_add_lit(out, " ");
	add_text(out, drafts, d->fields);
}

/* The nested form is that of message/rfc822 alone: to a client of RFC 3501 message/global is a part like an image. */
static void render_single(
	struct buf *out, const struct mime_drafts *drafts, const struct mime_draft *d, enum mime_form form)
{
	bool nested = d->kind == MIME_MESSAGE && !d->is_global;

	add_text(out, drafts, d->fields);
	add_number(out, d->end - d->body);
	if (nested) {
		buf_add_lit(out, " ");
		add_text(out, drafts, drafts->list[d->first_child].envelope);
		buf_add_lit(out, " ");
		mime_render_body(out, drafts, d->first_child, form);
	}
	if (nested || d->kind == MIME_TEXT)
		add_number(out, d->lines);
}

void mime_render_body(struct buf *out, const struct mime_drafts *drafts, uint32_t index, enum mime_form form)
{
	const struct mime_draft *d = &drafts->list[index];

	buf_add_lit(out, "(");
	if (d->kind == MIME_MULTIPART)
		render_multipart(out, drafts, d, form);
	else
		render_single(out, drafts, d, form);
	if (form == MIME_BODYSTRUCTURE)
		add_text(out, drafts, d->extension);
	buf_add_lit(out, ")");
}
