/* Paths and parameters of MAIL and RCPT. */
#include "lmtp/wire/path.h"

#include "base/utf8.h"

static bool put(struct lmtp_path *p, char c)
{
	if (p->n >= sizeof p->address || (unsigned char)c < 0x20 || c == 0x7f)
		return false;
	p->address[p->n++] = c;
	return true;
}

static bool take_quoted(struct span *s, struct lmtp_path *out)
{
	*s = span_skip(*s, 1);
	while (s->n && s->p[0] != '"') {
		if (s->p[0] == '\\')
			*s = span_skip(*s, 1);
		if (!s->n || !put(out, s->p[0]))
			return false;
		*s = span_skip(*s, 1);
	}
	if (!s->n)
		return false;
	*s = span_skip(*s, 1);
	return true;
}

/* "@a,@b:" before the mailbox: RFC 5321 appendix C lets a receiver ignore it. */
static void drop_route(struct span *s)
{
	struct span rest = *s, route;

	if (s->n && s->p[0] == '@' && span_take_until(&rest, ':', &route) && span_find_byte(route, '>') == SIZE_MAX)
		*s = rest;
}

enum fail lmtp_path_take(struct span *args, struct lmtp_path *out, struct why *w)
{
	struct span s = *args;

	*out = (struct lmtp_path){0};
	while (span_take(&s, SPAN(" ")))
		;
	if (!span_take(&s, SPAN("<")))
		return why(w, FAIL_SYNTAX, "an address in angle brackets is wanted");
	drop_route(&s);
	if (s.n && s.p[0] == '"' && !take_quoted(&s, out))
		return why(w, FAIL_SYNTAX, "the quoted part of the address is malformed");
	while (s.n && s.p[0] != '>') {
		if (s.p[0] == ' ' || s.p[0] == '<' || !put(out, s.p[0]))
			return why(w, FAIL_SYNTAX, "the address is malformed or too long");
		s = span_skip(s, 1);
	}
	if (!span_take(&s, SPAN(">")) || (s.n && s.p[0] != ' '))
		return why(w, FAIL_SYNTAX, "the address is not closed by an angle bracket");
	*args = s;
	return FAIL_NONE;
}

enum fail lmtp_path_check(const struct lmtp_path *p, bool smtputf8, struct why *w)
{
	struct span address = span(p->address, p->n);

	if (span_is_ascii(address))
		return FAIL_NONE;
	if (!smtputf8)
		return why(w, FAIL_UTF8, "an address beyond ASCII wants SMTPUTF8 in MAIL");
	return utf8_valid(address) ? FAIL_NONE : why(w, FAIL_SYNTAX, "the address is not UTF-8");
}

static enum fail set_parameter(struct lmtp_mail_parameters *out, struct span word, struct why *w)
{
	if (span_take_nocase(&word, SPAN("SIZE=")))
		return span_u64(word, &out->size) ? FAIL_NONE : why(w, FAIL_SYNTAX, "SIZE wants a number of octets");
	if (span_take_nocase(&word, SPAN("BODY="))) {
		out->eight_bit = span_eq_nocase(word, SPAN("8BITMIME"));
		if (out->eight_bit || span_eq_nocase(word, SPAN("7BIT")))
			return FAIL_NONE;
		return why(w, FAIL_SYNTAX, "BODY is 7BIT or 8BITMIME here");
	}
	if (span_take_nocase(&word, SPAN("SMTPUTF8")) && (!word.n || word.p[0] == '=')) {
		out->utf8 = true;
		return word.n ? why(w, FAIL_SYNTAX, "SMTPUTF8 takes no value") : FAIL_NONE;
	}
	return why(w, FAIL_CANNOT, "a parameter that was not offered");
}

enum fail lmtp_mail_parameters(struct span args, struct lmtp_mail_parameters *out, struct why *w)
{
	struct span word;
	enum fail f = FAIL_NONE;

	*out = (struct lmtp_mail_parameters){0};
	for (int n = 0; !f && span_take_word(&args, &word); n++)
		f = n < LMTP_PARAMETERS_MAX ? set_parameter(out, word, w) : why(w, FAIL_SYNTAX, "too many parameters");
	return f;
}

enum fail lmtp_rcpt_parameters(struct span args, struct why *w)
{
	return span_trim(args).n ? why(w, FAIL_CANNOT, "a parameter that was not offered") : FAIL_NONE;
}
