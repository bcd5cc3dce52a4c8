/* A section of a message, as BODY[section]<partial> names it (RFC 3501 §6.4.5, §9 `section`): what it is called, which octets of the
 * message it is, and the filtering of HEADER.FIELDS. Pure functions: nothing here reads a message or waits. */
#ifndef IMAP_VERB_SECTION_H
#define IMAP_VERB_SECTION_H

#include "imap/wire/args.h"
#include "mime/mime.h"

enum { SECTION_FIELDS_MAX = 1000 };

enum section_part {
	SECTION_WHOLE, /* BODY[], BODY[1.2] */
	SECTION_HEADER,
	SECTION_FIELDS,     /* HEADER.FIELDS */
	SECTION_FIELDS_NOT, /* HEADER.FIELDS.NOT */
	SECTION_TEXT,
	SECTION_MIME,
};

struct section {
	enum section_part part;
	const uint32_t *numbers; /* "1.2" = {1, 2} */
	size_t depth;
	const struct span *fields; /* names of SECTION_FIELDS and SECTION_FIELDS_NOT */
	size_t field_count;
	bool partial; /* <first.count> was asked for */
	uint32_t first, count;
};

/* Octets of a message in the store's counting (its prefix first). */
struct section_extent {
	uint64_t offset, length;
};

/* What follows "BODY": "[1.2.HEADER.FIELDS (To)]<0.100>". */
bool args_section(struct args *a, struct section *out);

/* Does it need the message's structure to be found? BODY[] does not. */
bool section_needs_structure(const struct section *s);

/* Where it is, before any partial. `prefix` octets of the message stand before the body that `structure` (NULL where not needed) counts from;
 * `size` is the whole message's. For HEADER.FIELDS: the header that is to be filtered. False when the message has no such section. */
bool section_extent(const struct section *s, const struct mime_structure *structure, uint32_t prefix, uint64_t size,
	struct section_extent *out);

/* The part of `whole` that <first.count> asks for: nothing of it when `first` is beyond its end. */
struct section_extent section_cut(const struct section *s, struct section_extent whole);

/* Keeps in `header` (a whole header) only the fields that SECTION_FIELDS or SECTION_FIELDS_NOT selects, and the blank line that ends it. */
void section_filter(const struct section *s, struct buf *header);

/* Appends the name with which a response answers: `BODY[1.2.HEADER.FIELDS (To "a b")]<0>`; `word` is "BODY". */
enum fail section_name(struct span word, const struct section *s, struct buf *out);

#endif
