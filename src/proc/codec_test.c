/* The codec: what is encoded is decoded equal, and nothing that is cut, longer, or past a bound is taken. */
#include "base/test.h"

#include "proc/codec.h"

static struct msg sample(void)
{
	struct msg m = {.kind = MSG_SESSION_OPEN};

	memset(m.session_open.ticket, 0xa5, 16);
	m.session_open.connection = 0x0102030405060708;
	m.session_open.session = SPAN("f0-17");
	m.session_open.protocol = SPAN("imap");
	m.session_open.peer = SPAN("192.0.2.1");
	m.session_open.tls = true;
	m.session_open.note = SPAN("a1\0b");
	m.session_open.early = SPAN("b NOOP\r\n");
	return m;
}

static void equal_after_the_way_there(void **state)
{
	struct msg m = sample(), back;
	struct buf b;

	buf_init(&b, MSG_MAX);
	assert_int_equal(msg_encode(&m, &b), FAIL_NONE);
	assert_int_equal(msg_decode(buf_span(&b), &back), FAIL_NONE);
	assert_int_equal(back.kind, MSG_SESSION_OPEN);
	assert_memory_equal(back.session_open.ticket, m.session_open.ticket, 16);
	assert_true(back.session_open.connection == m.session_open.connection);
	assert_true(back.session_open.tls);
	assert_true(span_eq(back.session_open.note, SPAN("a1\0b")));
	assert_true(span_eq(back.session_open.early, m.session_open.early));
	buf_fini(&b);
}

static void every_cut_and_every_addition_is_refused(void **state)
{
	struct msg m = sample(), back;
	struct buf b;

	buf_init(&b, MSG_MAX);
	assert_int_equal(msg_encode(&m, &b), FAIL_NONE);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(msg_decode(span_first(buf_span(&b), n), &back), FAIL_CORRUPT);
	buf_add_byte(&b, 0);
	assert_int_equal(msg_decode(buf_span(&b), &back), FAIL_CORRUPT);
	buf_fini(&b);
}

static void unknown_number_or_version_is_refused(void **state)
{
	struct msg back;

	assert_int_equal(msg_decode(SPAN("\x03\x01"), &back), FAIL_NONE); /* STOP */
	assert_int_equal(msg_decode(SPAN("\x03\x02"), &back), FAIL_CORRUPT);
	assert_int_equal(msg_decode(SPAN("\xff\x01"), &back), FAIL_CORRUPT);
	assert_int_equal(msg_decode(SPAN(""), &back), FAIL_CORRUPT);
}

static void bounds_hold_on_both_sides(void **state)
{
	struct msg m = sample(), back;
	struct buf b;

	buf_init(&b, MSG_MAX);
	m.session_open.session = SPAN("longer than twenty-four octets");
	assert_int_equal(msg_encode(&m, &b), FAIL_TOO_BIG);
	assert_int_equal(b.n, 0);
	m.session_open.session = SPAN("a\x01");
	assert_int_equal(msg_encode(&m, &b), FAIL_CANNOT);
	/* UNLISTEN with a text of control characters; FAILED with a failure that does not exist; a flag of two */
	assert_int_equal(msg_decode(SPAN("\x06\x01\x01\x02"), &back), FAIL_CORRUPT);
	assert_int_equal(msg_decode(SPAN("\x15\x01\xfe\x00"), &back), FAIL_CORRUPT);
	assert_int_equal(msg_decode(SPAN("\x05\x01\x04imap\x02\x01x"), &back), FAIL_CORRUPT);
	assert_int_equal(msg_decode(SPAN("\x05\x01\x04imap\x01\x01x"), &back), FAIL_NONE);
	/* a count written longer than it need be: there is one form only */
	assert_int_equal(msg_decode(SPAN("\x06\x01\x81\x00x"), &back), FAIL_CORRUPT);
	/* a count that promises more than there is, and one near 2^64 */
	assert_int_equal(msg_decode(SPAN("\x06\x01\x7fx"), &back), FAIL_CORRUPT);
	assert_int_equal(msg_decode(SPAN("\x06\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"), &back), FAIL_CORRUPT);
	buf_fini(&b);
}

static void names_are_known(void **state)
{
	assert_string_equal(msg_name(MSG_AUTH_BEGIN), "AUTH_BEGIN");
	assert_string_equal(msg_name((enum msg_kind)255), "?");
}

static const struct {
	enum msg_kind kind;
	const char *fields;
} layout[] = {
#define MESSAGE(NAME, name, number, version)                                                                           \
	{                                                                                                              \
		MSG_##NAME, ""
#define U8(f)          " " #f
#define U32(f)         " " #f
#define U64(f)         " " #f
#define FLAG(f)        " " #f
#define FAILURE(f)     " " #f
#define FIXED(f, size) " " #f
#define BYTES(f, most) " " #f
#define TEXT(f, most)  " " #f
#define END                                                                                                            \
	}                                                                                                              \
	,
#include "proc/messages.def"
#include "proc/messages_undef.h"
};

static const char *fields_of(enum msg_kind kind)
{
	for (size_t i = 0; i < ARRAY_LEN(layout); i++)
		if (layout[i].kind == kind)
			return layout[i].fields;
	return "?";
}

/* DESIGN §1: a hijacked front must find no words to name an account to mail. All that it may say is laid out here, so that a new field
 * does not come in unseen. */
static void front_can_name_no_account(void **state)
{
	assert_string_equal(
		fields_of(MSG_SESSION_OPEN), " ticket connection session protocol peer tls tls_listener note early");
	assert_string_equal(fields_of(MSG_DELIVERY_OPEN), " connection session peer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_after_the_way_there),
		cmocka_unit_test(every_cut_and_every_addition_is_refused),
		cmocka_unit_test(unknown_number_or_version_is_refused),
		cmocka_unit_test(bounds_hold_on_both_sides),
		cmocka_unit_test(names_are_known),
		cmocka_unit_test(front_can_name_no_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
