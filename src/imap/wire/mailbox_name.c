/* Modified UTF-7: RFC 3501 §5.1.3. BASE64 with ',' for '/', no padding, over UTF-16BE; "&-" is '&'. */
#include "imap/wire/mailbox_name.h"

#include "base/utf8.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static int digit_value(char c)
{
	const char *hit = c ? strchr(digits, c) : NULL;

	return hit ? (int)(hit - digits) : -1;
}

/* Joins surrogates as the UTF-16 units come. */
struct utf16 {
	uint32_t high; /* a high surrogate that waits for its low one, or 0 */
	bool wrong;
};

static void utf16_add(struct utf16 *u, uint32_t unit, struct buf *out)
{
	bool is_low = unit >= 0xdc00 && unit <= 0xdfff, is_high = unit >= 0xd800 && unit <= 0xdbff;

	if (is_low != (u->high != 0) || unit < 0x20 || unit == 0x7f) {
		u->wrong = true;
	} else if (is_low) {
		utf8_add(out, 0x10000 + ((u->high - 0xd800) << 10) + (unit - 0xdc00));
		u->high = 0;
	} else if (is_high) {
		u->high = unit;
	} else {
		utf8_add(out, unit);
	}
}

/* What stands between '&' and '-': false, nothing added, when it is no encoding of anything. */
static bool decode_run(struct span run, struct buf *out)
{
	struct utf16 u = {0};
	size_t before = out->n;
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < run.n && !u.wrong; i++) {
		int v = digit_value(run.p[i]);

		if (v < 0) {
			u.wrong = true;
			break;
		}
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 16) {
			have -= 16;
			utf16_add(&u, bits >> have & 0xffff, out);
			bits &= (1u << have) - 1;
		}
	}
	/* Fewer than six bits may be left, and they must be zero. */
	if (u.wrong || u.high || have >= 6 || bits || out->n == before) {
		buf_truncate(out, before);
		return false;
	}
	return true;
}

enum fail mailbox_name_decode(struct span wire, struct buf *out)
{
	struct span run;
	uint32_t code;

	while (wire.n) {
		if (span_take(&wire, SPAN("&-"))) {
			buf_add_byte(out, '&');
		} else if (wire.p[0] == '&') {
			struct span rest = span_skip(wire, 1);

			if (span_take_until(&rest, '-', &run) && decode_run(run, out))
				wire = rest;
			else if (buf_add_byte(out, '&') == FAIL_NONE)
				wire = span_skip(wire, 1);
		} else if (utf8_take(&wire, &code)) {
			utf8_add(out, code);
		} else {
			return FAIL_SYNTAX;
		}
		if (out->over)
			return FAIL_TOO_BIG;
	}
	return FAIL_NONE;
}

/* An encoded run that is being written. */
struct run {
	struct buf *out;
	uint32_t bits;
	unsigned have;
	bool open;
};

static void run_unit(struct run *r, uint32_t unit)
{
	if (!r->open)
		buf_add_byte(r->out, '&');
	r->open = true;
	r->bits = r->bits << 16 | unit;
	r->have += 16;
	while (r->have >= 6) {
		r->have -= 6;
		buf_add_byte(r->out, digits[r->bits >> r->have & 63]);
	}
	r->bits &= (1u << r->have) - 1;
}

static void run_end(struct run *r)
{
	if (!r->open)
		return;
	if (r->have)
		buf_add_byte(r->out, digits[r->bits << (6 - r->have) & 63]);
	buf_add_byte(r->out, '-');
	*r = (struct run){.out = r->out};
}

enum fail mailbox_name_encode(struct span utf8, struct buf *out)
{
	struct run run = {.out = out};
	uint32_t code;

	while (utf8.n) {
		if (!utf8_take(&utf8, &code))
			return FAIL_SYNTAX;
		if (code >= 0x20 && code < 0x7f) {
			run_end(&run);
			buf_add_byte(out, (char)code);
			if (code == '&')
				buf_add_byte(out, '-');
		} else if (code < 0x10000) {
			run_unit(&run, code);
		} else {
			run_unit(&run, 0xd800 + ((code - 0x10000) >> 10));
			run_unit(&run, 0xdc00 + ((code - 0x10000) & 0x3ff));
		}
	}
	run_end(&run);
	return out->over ? FAIL_TOO_BIG : FAIL_NONE;
}
