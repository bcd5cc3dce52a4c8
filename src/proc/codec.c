/* The one codec of all messages between processes: walks the field tables that messages.def yields. It must never trust a length. */
#include "proc/codec.h"

#include <stddef.h>

enum field_type {
	FIELD_U8,
	FIELD_U32,
	FIELD_U64,
	FIELD_FLAG,
	FIELD_FAILURE,
	FIELD_FIXED,
	FIELD_BYTES,
	FIELD_TEXT,
	FIELD_END
};

struct field {
	enum field_type type;
	size_t offset; /* in struct msg_NAME, which starts where the union does */
	size_t most;   /* octets */
};

/* One function a message, only to give the name `this_message` a meaning between MESSAGE and END. */
#define MESSAGE(NAME, name, number, version)                                                                           \
	static const struct field *fields_of_##name(void)                                                              \
	{                                                                                                              \
		typedef struct msg_##name this_message UNUSED;                                                         \
		static const struct field fields[] = {
#define U8(f)          {FIELD_U8, offsetof(this_message, f), 1},
#define U32(f)         {FIELD_U32, offsetof(this_message, f), 4},
#define U64(f)         {FIELD_U64, offsetof(this_message, f), 8},
#define FLAG(f)        {FIELD_FLAG, offsetof(this_message, f), 1},
#define FAILURE(f)     {FIELD_FAILURE, offsetof(this_message, f), 1},
#define FIXED(f, size) {FIELD_FIXED, offsetof(this_message, f), size},
#define BYTES(f, most) {FIELD_BYTES, offsetof(this_message, f), most},
#define TEXT(f, most)  {FIELD_TEXT, offsetof(this_message, f), most},
#define END                                                                                                            \
	{                                                                                                              \
		FIELD_END, 0, 0                                                                                        \
	}                                                                                                              \
	}                                                                                                              \
	;                                                                                                              \
	return fields;                                                                                                 \
	}
#include "proc/messages.def"
#include "proc/messages_undef.h"

struct row {
	enum msg_kind kind;
	uint8_t version;
	const char *name;
	const struct field *(*fields)(void);
};

static const struct row rows[] = {
#define MESSAGE(NAME, name, number, version) {MSG_##NAME, version, #NAME, fields_of_##name},
#define U8(f)
#define U32(f)
#define U64(f)
#define FLAG(f)
#define FAILURE(f)
#define FIXED(f, size)
#define BYTES(f, most)
#define TEXT(f, most)
#define END
#include "proc/messages.def"
#include "proc/messages_undef.h"
};

static const struct row *row_of(unsigned kind)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((unsigned)rows[i].kind == kind)
			return &rows[i];
	return NULL;
}

const char *msg_name(enum msg_kind kind)
{
	const struct row *r = row_of(kind);

	return r ? r->name : "?";
}

static bool is_text(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
			return false;
	}
	return true;
}

static enum fail put_counted(const struct field *f, struct span value, struct buf *out)
{
	if (value.n > f->most)
		return FAIL_TOO_BIG;
	if (f->type == FIELD_TEXT && !is_text(value))
		return FAIL_CANNOT;
	return buf_add_counted(out, value);
}

static enum fail put_field(const struct field *f, const void *at, struct buf *out)
{
	switch (f->type) {
	case FIELD_U8: return buf_add_u8(out, *(const uint8_t *)at);
	case FIELD_U32: return buf_add_u32(out, *(const uint32_t *)at);
	case FIELD_U64: return buf_add_u64(out, *(const uint64_t *)at);
	case FIELD_FLAG: return buf_add_u8(out, *(const bool *)at);
	case FIELD_FAILURE: return buf_add_u8(out, (uint8_t) * (const enum fail *)at);
	case FIELD_FIXED: return buf_add(out, span(at, f->most));
	case FIELD_BYTES:
	case FIELD_TEXT: return put_counted(f, *(const struct span *)at, out);
	case FIELD_END: break;
	}
	return FAIL_CANNOT;
}

enum fail msg_encode(const struct msg *m, struct buf *out)
{
	const struct row *r = row_of(m->kind);
	size_t before = out->n;
	enum fail f = FAIL_NONE;

	if (!r)
		return FAIL_CANNOT;
	buf_add_u8(out, (uint8_t)r->kind);
	buf_add_u8(out, r->version);
	for (const struct field *field = r->fields(); !f && field->type != FIELD_END; field++)
		f = put_field(field, (const char *)&m->start + field->offset, out);
	if (!f && out->over)
		f = FAIL_TOO_BIG;
	if (f)
		buf_truncate(out, before);
	return f;
}

static bool take_flag(struct span *s, bool *out)
{
	uint8_t v;

	if (!span_take_u8(s, &v) || v > 1)
		return false;
	*out = v == 1;
	return true;
}

static bool take_failure(struct span *s, enum fail *out)
{
	uint8_t v;

	if (!span_take_u8(s, &v) || v >= FAIL_COUNT)
		return false;
	*out = v;
	return true;
}

static bool take_fixed(struct span *s, size_t n, uint8_t *out)
{
	struct span bytes;

	if (!span_take_bytes(s, n, &bytes))
		return false;
	memcpy(out, bytes.p, n);
	return true;
}

/* A count that is written longer than need be is refused too: so a message has one form only. */
static bool take_counted(const struct field *f, struct span *s, struct span *out)
{
	const char *start = s->p;

	if (!span_take_counted(s, out) || out->n > f->most || (f->type == FIELD_TEXT && !is_text(*out)))
		return false;
	return out->p == start + 1 || out->p[-1] != 0;
}

static bool take_field(const struct field *f, struct span *s, void *at)
{
	switch (f->type) {
	case FIELD_U8: return span_take_u8(s, at);
	case FIELD_U32: return span_take_be32(s, at);
	case FIELD_U64: return span_take_be64(s, at);
	case FIELD_FLAG: return take_flag(s, at);
	case FIELD_FAILURE: return take_failure(s, at);
	case FIELD_FIXED: return take_fixed(s, f->most, at);
	case FIELD_BYTES:
	case FIELD_TEXT: return take_counted(f, s, at);
	case FIELD_END: break;
	}
	return false;
}

enum fail msg_decode(struct span bytes, struct msg *out)
{
	const struct row *r;
	struct msg m = {0};
	uint8_t kind, version;

	if (!span_take_u8(&bytes, &kind) || !span_take_u8(&bytes, &version))
		return FAIL_CORRUPT;
	r = row_of(kind);
	if (!r || version != r->version)
		return FAIL_CORRUPT;
	m.kind = r->kind;
	for (const struct field *f = r->fields(); f->type != FIELD_END; f++)
		if (!take_field(f, &bytes, (char *)&m.start + f->offset))
			return FAIL_CORRUPT;
	if (bytes.n)
		return FAIL_CORRUPT;
	*out = m;
	return FAIL_NONE;
}
