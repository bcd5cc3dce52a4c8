/* For the tests of this room: a message in, its structure out. */
#ifndef MIME_PARSE_TEST_H
#define MIME_PARSE_TEST_H

#include "base/test.h"

#include "mime/mime.h"

struct parsed {
	struct buf bytes;
	struct arena arena;
	const struct mime_structure *structure;
};

static inline void parse_pieces(struct parsed *p, struct span message, size_t piece)
{
	struct mime_parser *parser = mime_parser_new();

	buf_init(&p->bytes, MIME_STRUCTURE_MAX);
	arena_init(&p->arena, 1 << 20);
	while (message.n) {
		mime_parser_feed(parser, span_first(message, piece));
		message = span_skip(message, piece);
	}
	assert_int_equal(mime_parser_end(parser, &p->bytes), FAIL_NONE);
	mime_parser_free(parser);
	assert_int_equal(mime_structure_open(buf_span(&p->bytes), &p->arena, &p->structure), FAIL_NONE);
}

static inline void parsed_fini(struct parsed *p)
{
	buf_fini(&p->bytes);
	arena_fini(&p->arena);
}

/* The same whatever the cuts. */
static inline void parse(struct parsed *p, struct span message)
{
	static const size_t pieces[] = {1, 2, 3, 7, 61};

	parse_pieces(p, message, SIZE_MAX);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct parsed other;

		parse_pieces(&other, message, pieces[i]);
		assert_true(span_eq(buf_span(&p->bytes), buf_span(&other.bytes)));
		parsed_fini(&other);
	}
}

/* Fails with both texts in view. */
static inline void assert_span(struct span got, const char *want)
{
	if (span_eq(got, span_of(want)))
		return;
	print_error("got:  %.*s\nwant: %s\n", SPAN_ARG(got), want);
	fail_msg("not expected");
}

static inline void assert_texts(struct span message, const char *envelope, const char *body, const char *bodystructure)
{
	struct parsed p;

	parse(&p, message);
	if (envelope)
		assert_span(mime_envelope_text(p.structure), envelope);
	if (body)
		assert_span(mime_body_text(p.structure), body);
	if (bodystructure)
		assert_span(mime_bodystructure_text(p.structure), bodystructure);
	parsed_fini(&p);
}

#endif
