/* ID. */
#include "imap/wire/id.h"

#include "imap/wire/print.h"

static bool take_pairs(struct args *a)
{
	struct span field, value;
	size_t n = 0;

	if (args_peek(a) == ')')
		return true;
	do {
		if (n++ == ID_PAIRS_MAX)
			return args_wrong(a, "too many fields");
		if (!args_string(a, &field) || !args_sp(a) || !args_nstring(a, &value))
			return false;
		if (field.n > ID_FIELD_MAX || value.n > ID_VALUE_MAX)
			return args_wrong(a, "a field is too long");
	} while (args_if(a, ' '));
	return true;
}

bool args_id(struct args *a)
{
	if (a->rest.n == 0 || args_if_word(a, SPAN("NIL")))
		return true;
	return args_open(a) && take_pairs(a) && args_close(a);
}

void print_id(struct buf *out, bool logged_in)
{
	buf_add_lit(out, "* ID (\"name\" \"Barid\"");
	if (logged_in) {
		buf_add_lit(out, " \"version\" ");
		print_string(out, SPAN(BARID_VERSION));
	}
	buf_add_lit(out, ")\r\n");
}
