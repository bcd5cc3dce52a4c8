/* Fetch items: parse → print → parse is equal; and any section of any message lies within it. */
#include "imap/verb/fetch_items.h"

#include "mime/header.h"

static void must(bool b)
{
	if (!b)
		abort();
}

static void print_item(const struct fetch_item *item, struct buf *out)
{
	struct span name = item->name;

	if (item->kind != FETCH_SECTION || !span_starts(name, SPAN("BODY"))) {
		buf_add(out, name);
		return;
	}
	if (item->section.partial)
		name.n = span_find_byte(name, ']') == SIZE_MAX
				 ? name.n
				 : (size_t)((char *)memrchr(name.p, '<', name.n) - name.p);
	buf_add(out, name);
	if (item->section.partial)
		buf_addf(out, "<%u.%u>", item->section.first, item->section.count);
}

static void check_again(const struct fetch_items *items, struct arena *arena)
{
	struct fetch_items again;
	struct args args;
	struct buf text;

	buf_init(&text, 1 << 20);
	for (size_t i = 0; i < items->n; i++) {
		buf_add_byte(&text, i ? ' ' : '(');
		print_item(&items->at[i], &text);
	}
	buf_add_byte(&text, ')');
	args_init(&args, buf_span(&text), arena);
	must(args_fetch_items(&args, false, &again));
	must(again.n == items->n && again.structure == items->structure);
	for (size_t i = 0; i < items->n; i++)
		must(again.at[i].kind == items->at[i].kind && span_eq(again.at[i].name, items->at[i].name));
	buf_fini(&text);
}

static void check_sections(const struct fetch_items *items, struct span message, struct arena *arena)
{
	const struct mime_structure *mime;
	struct mime_parser *p = mime_parser_new();
	struct buf structure;

	buf_init(&structure, MIME_STRUCTURE_MAX);
	mime_parser_feed(p, message);
	must(mime_parser_end(p, &structure) == FAIL_NONE);
	must(mime_structure_open(buf_span(&structure), arena, &mime) == FAIL_NONE);
	for (size_t i = 0; i < items->n; i++) {
		struct section_extent e;

		if (items->at[i].kind != FETCH_SECTION ||
			!section_extent(&items->at[i].section, mime, 0, message.n, &e))
			continue;
		e = section_cut(&items->at[i].section, e);
		must(e.offset <= message.n && e.length <= message.n - e.offset);
	}
	buf_fini(&structure);
	mime_parser_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The command's line, then a message. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span message = span(data, size), line = message;
	struct arena arena;
	struct args args;
	struct fetch_items items;

	if (!span_take_until(&message, '\0', &line))
		message = SPAN("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n");
	arena_init(&arena, 8 << 20);
	args_init(&args, line, &arena);
	if (args_fetch_items(&args, false, &items)) {
		check_again(&items, &arena);
		check_sections(&items, message, &arena);
	}
	arena_fini(&arena);
	return 0;
}
