/* The grammar of FETCH's items: RFC 3501 §9 `fetch`, `fetch-att`. Never looks at a message. */
#include "imap/verb/fetch_items.h"

#include "imap/wire/capability.h"

enum { SEES = 1, BRACKETS = 2, NUMBERS = 4, UNCUT = 8, FETCH_NAME_MAX = 64 << 10 };

static const struct item_row {
	struct span word;
	enum fetch_kind kind;
	enum section_part part;
	unsigned traits;
	enum capability capability;
} item_rows[] = {
#define FETCH_ITEM(word, kind, part, traits, capability)                                                               \
	{SPAN(word), FETCH_##kind, SECTION_##part, traits, CAPABILITY_##capability},
#define FETCH_MACRO(word, items)
#include "imap/verb/fetch_items.def"
#undef FETCH_ITEM
#undef FETCH_MACRO
};

static const struct macro_row {
	struct span word, items;
} macro_rows[] = {
#define FETCH_ITEM(word, kind, part, traits, capability)
#define FETCH_MACRO(word, items) {SPAN(word), SPAN(items)},
#include "imap/verb/fetch_items.def"
#undef FETCH_ITEM
#undef FETCH_MACRO
};

/* The item's word; a bracket ends it, though IMAP's atoms may hold one. */
static struct span item_word(const struct args *a)
{
	size_t n = 0;

	while (n < a->rest.n && !memchr(" ()[<\r\n", a->rest.p[n], 7))
		n++;
	return span_first(a->rest, n);
}

static const struct item_row *find_row(const struct args *a, struct span word, bool brackets)
{
	for (size_t i = 0; i < ARRAY_LEN(item_rows); i++) {
		if (capability_on(a->capabilities, item_rows[i].capability) &&
			span_eq_nocase(item_rows[i].word, word) && brackets == ((item_rows[i].traits & BRACKETS) != 0))
			return &item_rows[i];
	}
	return NULL;
}

/* "BODY[1.2]<0>": ".PEEK" is not told again. */
static bool name_section(struct args *a, struct fetch_item *item)
{
	struct span word = span_ends(item->name, SPAN(".PEEK")) ? span_first(item->name, item->name.n - 5) : item->name;
	struct buf name;

	buf_init(&name, FETCH_NAME_MAX);
	if (!section_name(word, &item->section, &name))
		item->name = arena_dup(a->arena, buf_span(&name));
	buf_fini(&name);
	return item->name.p || args_wrong(a, "fewer or shorter header fields are expected");
}

/* Room for one more item; one past FETCH_ITEMS_MAX is the UID of UID FETCH. */
static struct fetch_item *add_item(struct args *a, struct fetch_items *items)
{
	struct fetch_item *more;
	bool full = items->n >= 8 && (items->n & (items->n - 1)) == 0;

	if (items->at && !full)
		return &items->at[items->n++];
	more = items->n > FETCH_ITEMS_MAX ? NULL
					  : arena_alloc(a->arena, (items->at ? items->n * 2 : 8) * sizeof(*more));
	if (!more) {
		args_wrong(a, "fewer fetch items are expected");
		return NULL;
	}
	if (items->at)
		memcpy(more, items->at, items->n * sizeof(*more));
	items->at = more;
	return &items->at[items->n++];
}

/* [SP "(" "LAZY" ")"]: RFC 8970 §4. What LAZY allows (NIL, where it would take long) is never needed. */
static bool args_preview(struct args *a)
{
	if (a->rest.n < 2 || a->rest.p[0] != ' ' || a->rest.p[1] != '(')
		return true;
	return args_sp(a) && args_open(a) && (args_if_word(a, SPAN("LAZY")) || args_wrong(a, "LAZY is expected")) &&
	       args_close(a);
}

static bool needs_structure(const struct fetch_item *item)
{
	switch (item->kind) {
	case FETCH_ENVELOPE:
	case FETCH_BODY:
	case FETCH_STRUCTURE:
	case FETCH_PREVIEW: return true;
	case FETCH_SECTION:
	case FETCH_BINARY:
	case FETCH_BINARY_SIZE: return section_needs_structure(&item->section);
	default: return false;
	}
}

static bool args_item(struct args *a, struct fetch_items *items)
{
	struct span word = item_word(a);
	bool brackets = word.n < a->rest.n && a->rest.p[word.n] == '[';
	const struct item_row *row = find_row(a, word, brackets);
	struct fetch_item *item;

	if (!row)
		return args_wrong(a, "a fetch item is expected");
	if (items->n == FETCH_ITEMS_MAX)
		return args_wrong(a, "fewer fetch items are expected");
	item = add_item(a, items);
	if (!item)
		return false;
	*item = (struct fetch_item){.kind = row->kind, .name = row->word, .section = {.part = row->part}};
	a->rest = span_skip(a->rest, word.n);
	if (brackets && (!args_section(a, &item->section) || !name_section(a, item)))
		return false;
	if (row->traits & NUMBERS && item->section.part != SECTION_WHOLE)
		return args_wrong(a, "the number of a part is expected");
	if (row->traits & UNCUT && item->section.partial)
		return args_wrong(a, "a size has no partial");
	if (row->kind == FETCH_PREVIEW && !args_preview(a))
		return false;
	items->sees |= (row->traits & SEES) != 0;
	items->flags |= row->kind == FETCH_FLAGS;
	items->structure |= needs_structure(item);
	return true;
}

static bool args_items(struct args *a, struct fetch_items *items)
{
	if (args_peek(a) != '(')
		return args_item(a, items);
	if (!args_open(a))
		return false;
	do {
		if (!args_item(a, items))
			return false;
	} while (args_peek(a) == ' ' && args_sp(a) && args_peek(a) != ')');
	return args_close(a);
}

/* A macro stands for a list of items and stands alone. */
static bool args_macro(struct args *a, struct fetch_items *items, bool *fine)
{
	struct span word = item_word(a);

	for (size_t i = 0; i < ARRAY_LEN(macro_rows); i++) {
		struct args list;

		if (!span_eq_nocase(macro_rows[i].word, word))
			continue;
		a->rest = span_skip(a->rest, word.n);
		args_init(&list, macro_rows[i].items, a->arena);
		*fine = args_items(&list, items);
		return true;
	}
	return false;
}

bool args_fetch_items(struct args *a, bool uid, struct fetch_items *out)
{
	struct fetch_items items = {0};
	bool fine = true;
	size_t uids = 0;

	if (!args_macro(a, &items, &fine))
		fine = args_items(a, &items);
	if (!fine || !args_end(a))
		return false;
	for (size_t i = 0; i < items.n; i++)
		uids += items.at[i].kind == FETCH_UID;
	if (uid && uids == 0) {
		if (!add_item(a, &items))
			return false;
		memmove(items.at + 1, items.at, (items.n - 1) * sizeof(*items.at));
		items.at[0] = (struct fetch_item){.kind = FETCH_UID, .name = SPAN("UID")};
	}
	*out = items;
	return true;
}
