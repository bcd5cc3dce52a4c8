/* Which octets may stand where: RFC 3501 §9. */
#ifndef IMAP_WIRE_CHARS_H
#define IMAP_WIRE_CHARS_H

#include <stdbool.h>

/* Not CTL, not 8-bit, not one of ( ) { SP % * " \ ] */
static inline bool is_atom_char(char c)
{
	unsigned char u = (unsigned char)c;

	if (u <= 0x20 || u >= 0x7f)
		return false;
	switch (c) {
	case '(':
	case ')':
	case '{':
	case '%':
	case '*':
	case '"':
	case '\\':
	case ']': return false;
	default: return true;
	}
}

/* ASTRING-CHAR, and octets above 0x7f: clients send passwords and mailbox names in raw UTF-8. */
static inline bool is_astring_char(char c)
{
	return is_atom_char(c) || c == ']' || (unsigned char)c >= 0x80;
}

/* list-char */
static inline bool is_list_char(char c)
{
	return is_astring_char(c) || c == '%' || c == '*';
}

static inline bool is_tag_char(char c)
{
	return (is_atom_char(c) || c == ']') && c != '+';
}

#endif
