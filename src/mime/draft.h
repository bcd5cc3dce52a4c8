/* A part while its message is still being parsed, and what its header says of it. Inside the room. */
#ifndef MIME_DRAFT_H
#define MIME_DRAFT_H

#include "base/buf.h"
#include "mime/mime.h"

enum {
	MIME_NO_PART = UINT32_MAX,
	/* Bytes of all texts of one message. Past the first bound strings become NIL and addresses are left out; what is
	 * then still written (types and NILs, under 800 bytes a part) stays below the second. BODY and BODYSTRUCTURE hold
	 * the texts twice, which keeps the whole below MIME_STRUCTURE_MAX. */
	MIME_TEXTS_SOFT = 900 << 10,
	MIME_TEXTS_MAX = MIME_TEXTS_SOFT + 800 * MIME_PARTS_MAX,
	MIME_CHARSET_MAX = 64, /* longer names name nothing */
	MIME_ENCODING_MAX = 32,
	MIME_BOUNDARY_MAX = 996, /* "--" and this fill a line of RFC 5322 §2.1.1 */
};

/* Bytes of the parser's `texts`. */
struct mime_text {
	uint32_t at, n;
};

enum mime_kind { MIME_LEAF, MIME_TEXT, MIME_MULTIPART, MIME_MESSAGE };

struct mime_draft {
	uint64_t header, body, end, lines;
	uint32_t parent, first_child, last_child, next; /* MIME_NO_PART where there is none */
	enum mime_kind kind;
	bool is_global;             /* message/global: RFC 3501's grammar has no nested form for it */
	bool has_envelope;          /* it is a message: the whole, or the one inside a message/rfc822 */
	struct mime_text fields;    /* "TEXT" "PLAIN" (...) id description encoding; of a multipart: its subtype */
	struct mime_text extension; /* " md5 disposition language location", of a multipart " (...) disposition ..." */
	struct mime_text envelope;  /* "(date subject ...)" */
	struct mime_text type, subtype, charset, encoding; /* for the section map */
};

/* What decides how the body of a part is read. */
struct mime_draft_limits {
	bool in_digest; /* the default type is message/rfc822 (RFC 2046 §5.1.5) */
	bool may_nest;  /* multiparts and messages are opened; otherwise they are octets */
};

/* Reads `header` (a whole header, cut at MIME_HEADER_MAX) into the texts of `part`, appended to `texts`, and appends a
 * multipart's boundary to `boundary_out`, which is emptied first. `scratch` is working memory. */
void mime_draft_describe(struct mime_draft *part, struct span header, struct mime_draft_limits limits,
	struct buf *texts, struct buf *boundary_out, struct buf *scratch);

static inline struct span mime_text_span(const struct buf *texts, struct mime_text t)
{
	return span(texts->p + t.at, t.n);
}

#endif
