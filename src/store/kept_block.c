/* A block's bytes: mailbox and time (varints), number of messages (byte), the columns of their rows, uids first; then for each imported UIDL which
 * message it is of (byte), and the text. */
#include "store/kept_block.h"

#include "base/memory.h"
#include "store/index_block.h"

/* ── Lists ── */

void kept_list_add(struct kept_list *l, const struct kept_item *item, struct span uidl)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->at = memory_resize_array(l->at, l->cap, sizeof(*l->at));
	}
	if (uidl.n && !l->texts.max)
		buf_init(&l->texts, SIZE_MAX);
	l->at[l->n] = *item;
	l->at[l->n].text_at = (uint32_t)l->texts.n;
	l->at[l->n++].text_n = (uint32_t)uidl.n;
	if (uidl.n)
		buf_add(&l->texts, uidl);
}

struct span kept_list_uidl(const struct kept_list *l, const struct kept_item *item)
{
	return item->text_n ? span(l->texts.p + item->text_at, item->text_n) : SPAN("");
}

static int item_cmp(const void *a, const void *b)
{
	const struct kept_item *x = a, *y = b;

	return (x->row.id > y->row.id) - (x->row.id < y->row.id);
}

void kept_list_sort(struct kept_list *l)
{
	for (size_t i = 1; i < l->n; i++)
		if (l->at[i - 1].row.id > l->at[i].row.id) {
			qsort(l->at, l->n, sizeof(*l->at), item_cmp);
			return;
		}
}

struct kept_item *kept_list_find(const struct kept_list *l, uint64_t id)
{
	struct kept_item wanted = {.row.id = id};

	return l->n ? bsearch(&wanted, l->at, l->n, sizeof(*l->at), item_cmp) : NULL;
}

void kept_list_remove(struct kept_list *l, struct kept_item *item)
{
	memmove(item, item + 1, (size_t)(&l->at[l->n] - (item + 1)) * sizeof(*item));
	l->n--;
}

void kept_list_reset(struct kept_list *l)
{
	l->n = 0;
	buf_reset(&l->texts);
}

void kept_list_fini(struct kept_list *l)
{
	free(l->at);
	buf_fini(&l->texts);
	*l = (struct kept_list){0};
}

/* ── Blocks ── */

size_t kept_block_encode(const struct kept_list *l, size_t from, struct buf *out)
{
	const struct kept_item *first = &l->at[from];
	struct row rows[BLOCK_MESSAGES_MAX];
	size_t n = 0;

	for (; n < BLOCK_MESSAGES_MAX && from + n < l->n; n++) {
		if (first[n].mailbox != first->mailbox || first[n].time != first->time)
			break;
		rows[n] = first[n].row;
	}
	buf_add_varint(out, first->mailbox);
	buf_add_varint(out, first->time);
	buf_add_u8(out, (uint8_t)n);
	rows_encode(rows, n, out);
	for (size_t i = 0; i < n; i++)
		if (first[i].text_n) {
			buf_add_u8(out, (uint8_t)i);
			buf_add_counted(out, kept_list_uidl(l, &first[i]));
		}
	return n;
}

/* The next UIDL is that of message `i`: cut off, or empty. */
static bool take_uidl(struct span *in, size_t i, struct span *out)
{
	uint8_t whose;

	*out = SPAN("");
	if (!in->n || (uint8_t)in->p[0] != i)
		return true;
	return span_take_u8(in, &whose) && span_take_counted(in, out);
}

bool kept_block_decode(struct span in, struct kept_list *l)
{
	struct row rows[BLOCK_MESSAGES_MAX];
	struct kept_item item = {0};
	struct span uidl;
	uint64_t time;
	uint8_t n;

	if (!span_take_varint(&in, &item.mailbox) || !span_take_varint(&in, &time) || time > UINT32_MAX ||
		!span_take_u8(&in, &n) || !rows_decode(&in, rows, n))
		return false;
	item.time = (uint32_t)time;
	for (size_t i = 0; i < n; i++) {
		if (!take_uidl(&in, i, &uidl))
			return false;
		item.row = rows[i];
		kept_list_add(l, &item, uidl);
	}
	return !in.n;
}
