/* The fields that describe a part: Content-Type (RFC 2045 §5), Content-Disposition (RFC 2183), and the parameters of
 * both with the continuations of RFC 2231 §3. Inside the room. */
#ifndef MIME_CONTENT_TYPE_H
#define MIME_CONTENT_TYPE_H

#include "base/buf.h"

enum {
	MIME_PARAMETERS_MAX = 100, /* of one field; further ones are passed over */
	MIME_TOKEN_MAX = 127,      /* bytes of a type's or subtype's name (RFC 6838 §4.2) */
};

struct mime_parameter {
	struct span name, value;
};

struct mime_parameters {
	struct mime_parameter list[MIME_PARAMETERS_MAX];
	size_t count;
	struct buf text; /* values that had to be put together */
};

struct mime_content_type {
	struct span type, subtype; /* as written */
};

/* Reads "type/subtype" and leaves the parameters in `*value`. False when that is no type: RFC 2045 §5.2 then says
 * text/plain. */
bool mime_content_type_take(struct span *value, struct mime_content_type *out);
/* Reads one token, such as a disposition or an encoding; empty when there is none. Comments before it are passed over. */
struct span mime_token_take(struct span *value);

/* Reads "; name=value ..." to the end. Segments of one value (name*0, name*1*) come out joined, as `name`, or as
 * `name*` in the form charset'language'%XX when any of them was extended, at the place of the first. Names as written. */
void mime_parameters_read(struct span rest, struct mime_parameters *out);
void mime_parameters_fini(struct mime_parameters *p);
/* The value of the first parameter `name`, in any case of letters; {NULL, 0} without one. */
struct span mime_parameter_find(const struct mime_parameters *p, struct span name);

#endif
