/* LOGIN-DELAY's memory: who waits, who does not, and for how long. RFC 2449 §6.5. */
#include "base/test.h"

#include "auth/login_delay.h"

static void each_account_waits_for_itself(void **state)
{
	struct login_delays d;

	(void)state;
	login_delays_init(&d);
	assert_true(login_delay_over(&d, 1, SPAN(""), 1000, 500));
	assert_false(login_delay_over(&d, 1, SPAN(""), 1499, 500));
	assert_true(login_delay_over(&d, 2, SPAN(""), 1499, 500));
	assert_true(login_delay_over(&d, 1, SPAN("phone"), 1499, 500)); /* so does each device */
	assert_false(login_delay_over(&d, 1, SPAN("phone"), 1500, 500));
	assert_true(login_delay_over(&d, 1, SPAN(""), 1500, 500)); /* what was refused did not count */
	assert_false(login_delay_over(&d, 1, SPAN(""), 1501, 500));
	login_delays_fini(&d);
}

static void another_setting_holds_at_once(void **state)
{
	struct login_delays d;

	(void)state;
	login_delays_init(&d);
	assert_true(login_delay_over(&d, 1, SPAN(""), 1000, 500));
	assert_true(login_delay_over(&d, 1, SPAN(""), 1001, 0)); /* switched off: nothing is kept */
	assert_int_equal(d.table.n, 0);
	assert_true(login_delay_over(&d, 1, SPAN(""), 1002, 60000));
	assert_false(login_delay_over(&d, 1, SPAN(""), 2000, 60000));
	assert_true(login_delay_over(&d, 1, SPAN(""), 2000, 10));
	login_delays_fini(&d);
}

static void it_is_bounded(void **state)
{
	struct login_delays d;

	(void)state;
	login_delays_init(&d);
	for (uint64_t i = 1; i <= LOGIN_DELAYS_MAX + 10; i++)
		assert_true(login_delay_over(&d, i, SPAN(""), 1000, 500));
	assert_int_equal(d.table.n, LOGIN_DELAYS_MAX);
	assert_true(login_delay_over(&d, 1, SPAN(""), 1000, 500)); /* forgotten */
	assert_false(login_delay_over(&d, LOGIN_DELAYS_MAX, SPAN(""), 1000, 500));
	login_delays_fini(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_account_waits_for_itself),
		cmocka_unit_test(another_setting_holds_at_once),
		cmocka_unit_test(it_is_bounded),
	};

	return cmocka_run_group_tests_name("auth/login_delay", tests, NULL, NULL);
}
