/* Tests of POP3's capabilities: what CAPA lists as things stand, and what is switched off. */
#include "base/test.h"

#include "conf/settings.h"
#include "pop3/wire/capability.h"

static void listed(const struct pop3_offer *o, const char *wanted)
{
	struct buf b;

	buf_init(&b, 1000);
	pop3_capa(&b, POP3_ENGLISH, o);
	buf_add_byte(&b, '\0');
	assert_string_equal(b.p, wanted);
	buf_fini(&b);
}

static void capa_lists_what_works(void **state)
{
	struct pop3_offer o = {.stls = true};

	(void)state;
	listed(&o,
		"+OK capabilities follow\r\nTOP\r\nRESP-CODES\r\nPIPELINING\r\nUIDL\r\nIMPLEMENTATION Barid\r\nSTLS\r\n"
		"AUTH-RESP-CODE\r\nUTF8 USER\r\nLANG\r\n.\r\n");
	o = (struct pop3_offer){.login = true, .login_delay = 60};
	pop3_offer_expire(&o, 2 * 86400, true);
	pop3_capabilities_switch_off(&o.set, SPAN("top,resp-codes UIDL, SORT pipelining STLS"));
	listed(&o, "+OK capabilities follow\r\nUSER\r\nSASL PLAIN LOGIN\r\nLOGIN-DELAY 60\r\nEXPIRE 2 "
		   "USER\r\nIMPLEMENTATION Barid\r\n"
		   "AUTH-RESP-CODE\r\nUTF8 USER\r\nLANG\r\n.\r\n");
	pop3_capabilities_switch_off(&o.set, SPAN("USER"));
	assert_true(pop3_capability_on(&o.set, POP3_CAN_USER)); /* fixed */
	assert_false(pop3_capability_on(&o.set, POP3_CAN_TOP));
	assert_true(pop3_capability_on(&o.set, POP3_CAN_NONE));
}

static void each_listener_has_its_own(void **state)
{
	struct settings *s = settings_default();
	struct pop3_capabilities clear, tls;
	struct why w;

	(void)state;
	assert_int_equal(settings_assign(s, SPAN("pop3_capabilities_off=TOP"), &w), FAIL_NONE);
	tls = pop3_capabilities_of(s, true);
	assert_false(pop3_capability_on(&tls, POP3_CAN_TOP)); /* the same, unless it is said otherwise */
	assert_int_equal(settings_assign(s, SPAN("pop3s_capabilities_off=LANG"), &w), FAIL_NONE);
	clear = pop3_capabilities_of(s, false);
	tls = pop3_capabilities_of(s, true);
	assert_false(pop3_capability_on(&clear, POP3_CAN_TOP));
	assert_true(pop3_capability_on(&clear, POP3_CAN_LANG));
	assert_true(pop3_capability_on(&tls, POP3_CAN_TOP));
	assert_false(pop3_capability_on(&tls, POP3_CAN_LANG));
	settings_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capa_lists_what_works),
		cmocka_unit_test(each_listener_has_its_own),
	};

	return cmocka_run_group_tests_name("pop3/capability", tests, NULL, NULL);
}
