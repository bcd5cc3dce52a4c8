/* Mail that crashes whoever touches it: stands for the faults that nobody knows yet. The word `poison` of BARID_FAULT puts it on; the linker puts these
 * functions in the place of the server's own (--wrap).
 *
 *   a mailbox named "poison"           its record cannot be applied: not when it is made, not at the redo
 *   a header line "X-Poison: parse"    the message cannot be parsed as it is delivered; "X-Poison: spin": not in finite time
 *   a subject with "poison" in it      its structure cannot be read */
#include <stdlib.h>

#include "faults.h"
#include "mime/mime.h"
#include "store/op.h"

bool fault_program_poison;

enum fail __real_op_decode(struct span *in, struct op *op);
void __real_mime_parser_feed(struct mime_parser *p, struct span bytes);
enum fail __real_mime_structure_open(struct span bytes, struct arena *arena, const struct mime_structure **out);
enum fail __wrap_op_decode(struct span *in, struct op *op);
void __wrap_mime_parser_feed(struct mime_parser *p, struct span bytes);
enum fail __wrap_mime_structure_open(struct span bytes, struct arena *arena, const struct mime_structure **out);

static bool holds(struct span bytes, struct span poison)
{
	return fault_program_poison && span_find(bytes, poison) != SIZE_MAX;
}

enum fail __wrap_op_decode(struct span *in, struct op *op)
{
	enum fail f = __real_op_decode(in, op);

	if (!f && op->kind == OP_CREATE && holds(op->text, SPAN("poison")))
		abort();
	return f;
}

void __wrap_mime_parser_feed(struct mime_parser *p, struct span bytes)
{
	if (holds(bytes, SPAN("X-Poison: parse")))
		abort();
	for (volatile bool spin = holds(bytes, SPAN("X-Poison: spin")); spin;)
		;
	__real_mime_parser_feed(p, bytes);
}

enum fail __wrap_mime_structure_open(struct span bytes, struct arena *arena, const struct mime_structure **out)
{
	if (holds(bytes, SPAN("poison")))
		abort();
	return __real_mime_structure_open(bytes, arena, out);
}
