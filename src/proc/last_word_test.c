/* The last word of a process that dies: whose account it is, by each way of dying. */
#include "base/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/last_word.h"

static struct last_word *page;

static int die(int fd, void (*how)(void))
{
	int status;
	pid_t child = fork();
	struct why w;

	assert_true(child >= 0);
	if (child == 0) {
		for (int number = 1; number < 32; number++)
			signal(number, SIG_DFL); /* not the test's own, nor a sanitizer's */
		if (last_word_take(fd, &w))
			_exit(99);
		how();
		_exit(0);
	}
	close(fd);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static int die_so(void (*how)(void))
{
	struct why w;
	int fd, status;

	assert_int_equal(last_word_new(&page, &fd, &w), FAIL_NONE);
	status = die(fd, how);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 99);
	return status;
}

static void work_for(uint64_t account, bool crash)
{
	SERVING(account);

	if (crash)
		abort();
}

static void abort_within(void)
{
	SERVING(1);
	work_for(2, true);
}

static void abort_after(void)
{
	SERVING(1);
	work_for(2, false);
	abort();
}

static void abort_for_nobody(void)
{
	work_for(1, false);
	abort();
}

static void *in_thread(void *unused)
{
	(void)unused;
	(void)service_enter(7);
	abort();
}

static void abort_in_thread(void)
{
	SERVING(1);
	pthread_t t;

	if (!pthread_create(&t, NULL, in_thread, NULL))
		pthread_join(t, NULL);
}

static uint64_t run_over(uint64_t deep)
{
	volatile char taken[4096];

	taken[0] = (char)deep;
	return deep ? run_over(deep - 1) + (uint64_t)taken[0] : 0;
}

static void overflow(void)
{
	SERVING(5);
	(void)run_over(UINT64_MAX);
}

static void be_killed(void)
{
	SERVING(5);
	kill(getpid(), SIGKILL);
	pause();
}

static void be_shot(void)
{
	pid_t me = getpid(), other = fork();

	SERVING(5);
	if (other == 0) {
		kill(me, SIGSEGV);
		_exit(0);
	}
	for (;;)
		pause();
}

static void names_the_account_in_service(void **state)
{
	int status = die_so(abort_within);

	(void)state;
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_int_equal(last_word_account(page, SIGABRT), 2);
	die_so(abort_after);
	assert_int_equal(last_word_account(page, SIGABRT), 1);
	die_so(abort_for_nobody);
	assert_int_equal(last_word_account(page, SIGABRT), 0);
}

static void names_that_of_the_thread_that_dies(void **state)
{
	(void)state;
	die_so(abort_in_thread);
	assert_int_equal(last_word_account(page, SIGABRT), 7);
	assert_int_equal(page->loop.account, 1);
}

static void survives_a_stack_that_runs_over(void **state)
{
	(void)state;
	die_so(overflow);
	assert_true(page->said);
	assert_int_equal(last_word_account(page, SIGSEGV), 5);
}

static void what_others_send_names_nobody(void **state)
{
	int status = die_so(be_killed);

	(void)state;
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_int_equal(page->loop.account, 5);
	assert_int_equal(last_word_account(page, SIGKILL), 0);
	assert_int_equal(last_word_account(page, SIGTERM), 0);
	die_so(be_shot);
	assert_int_equal(last_word_account(page, SIGSEGV), 0);
}

static void is_made_clean_for_the_next(void **state)
{
	(void)state;
	die_so(abort_within);
	last_word_clear(page);
	assert_int_equal(last_word_account(page, SIGABRT), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_account_in_service),
		cmocka_unit_test(names_that_of_the_thread_that_dies),
		cmocka_unit_test(survives_a_stack_that_runs_over),
		cmocka_unit_test(what_others_send_names_nobody),
		cmocka_unit_test(is_made_clean_for_the_next),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
