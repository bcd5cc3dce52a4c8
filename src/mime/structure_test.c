/* The block of a structure: finding parts, offsets, and blocks that are damaged. */
#include "mime/parse_test.h"

static const char nested[] = "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
			     "--b\r\nContent-Type: text/plain; charset=\"Windows-1256\"\r\nContent-Transfer-Encoding: "
			     "Quoted-Printable\r\n\r\none\r\n"
			     "--b\r\nContent-Type: message/rfc822\r\n\r\n"
			     "Subject: in\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n"
			     "--c\r\n\r\ntwo\r\n--c\r\nContent-Type: text/html\r\n\r\nthree\r\n--c--\r\n"
			     "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: last\r\n\r\nfour\r\n"
			     "--b--\r\nepilogue\r\n";

static struct span bytes_of(uint64_t from, uint64_t to)
{
	return span(nested + from, (size_t)(to - from));
}

static void assert_body(const struct parsed *p, const uint32_t *numbers, size_t depth, const char *want)
{
	struct mime_part part;

	assert_true(mime_part_find(p->structure, numbers, depth, &part));
	assert_span(bytes_of(part.body, part.end), want);
}

static void parts_are_found(void **state)
{
	struct parsed p;
	struct mime_part part;

	(void)state;
	parse(&p, span_of(nested));
	assert_int_equal(mime_part_count(p.structure), 8);
	assert_body(&p, (uint32_t[]){1}, 1, "one");
	assert_body(&p, (uint32_t[]){2, 1}, 2, "two");
	assert_body(&p, (uint32_t[]){2, 2}, 2, "three");
	assert_body(&p, (uint32_t[]){3}, 1, "Subject: last\r\n\r\nfour");
	assert_body(&p, (uint32_t[]){3, 1}, 2, "four");
	assert_body(&p, NULL, 0, nested + strlen("Content-Type: multipart/mixed; boundary=b\r\n\r\n"));
	assert_true(mime_part_find(p.structure, (uint32_t[]){1}, 1, &part));
	assert_span(part.type, "text");
	assert_span(part.charset, "Windows-1256");
	assert_span(part.encoding, "quoted-printable");
	assert_int_equal(part.lines, 0);
	assert_span(bytes_of(part.header, part.header + 13), "Content-Type:");
	parsed_fini(&p);
}

static void parts_that_are_not_there(void **state)
{
	static const uint32_t none[][3] = {
		{0}, {4}, {1, 1}, {2, 0}, {2, 3}, {2, 1, 1}, {3, 2}, {3, 1, 1}, {UINT32_MAX}};
	static const size_t depth[] = {1, 1, 2, 2, 2, 3, 2, 3, 1};
	struct parsed p;
	struct mime_part part;

	(void)state;
	parse(&p, span_of(nested));
	for (size_t i = 0; i < sizeof depth / sizeof *depth; i++)
		assert_false(mime_part_find(p.structure, none[i], depth[i], &part));
	assert_false(mime_part_message(p.structure, none[1], 1, &part));
	parsed_fini(&p);
}

static void messages_in_parts(void **state)
{
	struct parsed p;
	struct mime_part part;

	(void)state;
	parse(&p, span_of(nested));
	assert_true(mime_part_message(p.structure, (uint32_t[]){3}, 1, &part));
	assert_span(bytes_of(part.header, part.body), "Subject: last\r\n\r\n");
	assert_span(bytes_of(part.body, part.end), "four");
	assert_true(mime_part_message(p.structure, NULL, 0, &part));
	assert_int_equal(part.header, 0);
	assert_int_equal(part.end, sizeof nested - 1);
	assert_false(mime_part_message(p.structure, (uint32_t[]){1}, 1, &part));
	assert_false(mime_part_message(p.structure, (uint32_t[]){2, 1}, 2, &part));
	parsed_fini(&p);
}

static void one_is_the_body_of_a_plain_message(void **state)
{
	struct parsed p;
	struct mime_part part;

	(void)state;
	parse(&p, SPAN("Subject: x\r\n\r\nbody"));
	assert_true(mime_part_find(p.structure, (uint32_t[]){1}, 1, &part));
	assert_int_equal(part.body, 14);
	assert_int_equal(part.end, 18);
	assert_false(mime_part_find(p.structure, (uint32_t[]){2}, 1, &part));
	assert_false(mime_part_find(p.structure, (uint32_t[]){1, 1}, 2, &part));
	assert_false(mime_part_message(p.structure, (uint32_t[]){1}, 1, &part));
	parsed_fini(&p);
	parse(&p, SPAN("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nbody"));
	assert_true(mime_part_find(p.structure, (uint32_t[]){1}, 1, &part));
	assert_true(part.is_message);
	assert_true(mime_part_find(p.structure, (uint32_t[]){1, 1}, 2, &part));
	assert_int_equal(part.end - part.body, 4);
	assert_true(mime_part_message(p.structure, (uint32_t[]){1}, 1, &part));
	parsed_fini(&p);
}

/* Reads everything that a view can give; a sanitizer sees what should not be. */
static size_t read_all(const struct mime_structure *s)
{
	size_t sum = mime_envelope_text(s).n + mime_body_text(s).n + mime_bodystructure_text(s).n;
	const struct span texts[] = {mime_envelope_text(s), mime_body_text(s), mime_bodystructure_text(s)};

	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < texts[i].n; k++)
			sum += (unsigned char)texts[i].p[k];
	for (size_t i = 0; i < mime_part_count(s); i++) {
		const uint32_t numbers[] = {(uint32_t)i, (uint32_t)i + 1, 1, 2};
		struct mime_part part;

		mime_part_at(s, i, &part);
		assert_true(part.header <= part.body && part.body <= part.end);
		sum += span_eq_nocase(part.type, part.subtype) + span_eq_nocase(part.charset, part.encoding);
		for (size_t depth = 0; depth <= 4; depth++)
			sum += mime_part_find(s, numbers, depth, &part) + mime_part_message(s, numbers, depth, &part);
	}
	return sum;
}

static void open_damaged(struct span bytes)
{
	struct arena arena;
	const struct mime_structure *s;
	char *copy = bytes.n ? malloc(bytes.n) : NULL; /* of exactly this size, so that reads past it are seen */

	if (bytes.n)
		memcpy(copy, bytes.p, bytes.n);
	arena_init(&arena, 1 << 20);
	if (mime_structure_open(span(copy, bytes.n), &arena, &s) == FAIL_NONE)
		read_all(s);
	arena_fini(&arena);
	free(copy);
}

static void damaged_blocks_do_no_harm(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, span_of(nested));
	for (size_t i = 0; i < p.bytes.n; i++) {
		char was = p.bytes.p[i];

		for (int bit = 0; bit < 8; bit++) {
			p.bytes.p[i] = (char)(was ^ 1 << bit);
			open_damaged(buf_span(&p.bytes));
		}
		p.bytes.p[i] = (char)0xff;
		open_damaged(buf_span(&p.bytes));
		p.bytes.p[i] = was;
	}
	parsed_fini(&p);
}

static void cut_blocks_are_corrupt(void **state)
{
	struct parsed p;
	const struct mime_structure *s;

	(void)state;
	parse(&p, span_of(nested));
	for (size_t n = 0; n < p.bytes.n; n++) {
		open_damaged(span_first(buf_span(&p.bytes), n));
		assert_int_equal(mime_structure_open(span_first(buf_span(&p.bytes), n), &p.arena, &s), FAIL_CORRUPT);
		arena_reset(&p.arena);
	}
	buf_add_byte(&p.bytes, 0);
	assert_int_equal(mime_structure_open(buf_span(&p.bytes), &p.arena, &s), FAIL_CORRUPT);
	parsed_fini(&p);
}

static void the_arena_may_be_small(void **state)
{
	struct parsed p;
	struct arena small;
	const struct mime_structure *s;

	(void)state;
	parse(&p, span_of(nested));
	arena_init(&small, 64);
	assert_int_equal(mime_structure_open(buf_span(&p.bytes), &small, &s), FAIL_MEMORY);
	arena_fini(&small);
	parsed_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_found),
		cmocka_unit_test(parts_that_are_not_there),
		cmocka_unit_test(messages_in_parts),
		cmocka_unit_test(one_is_the_body_of_a_plain_message),
		cmocka_unit_test(damaged_blocks_do_no_harm),
		cmocka_unit_test(cut_blocks_are_corrupt),
		cmocka_unit_test(the_arena_may_be_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
