/* Confinement, on the ordinary build: code that runs with the profile of a role cannot do what the role must not. Each test lets a child
 * process confine itself and try; it must be refused or ended, never let through, while the role's own work goes on. */
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/confine.h"

enum outcome { DONE, REFUSED, KILLED, BROKEN };

static char dir[] = "/tmp/confine-XXXXXX";
static char mail[64];

/* The profiles as in prog/super/topology.def. */
enum {
	FRONT = ALLOW_RUN | ALLOW_ACCEPT | ALLOW_SOCKETPAIR,
	MAIL = ALLOW_RUN | ALLOW_THREADS | ALLOW_READ | ALLOW_WRITE | ALLOW_CODE,
};

static void confine_as(unsigned allow)
{
	const struct confine_path paths[] = {{dir, true}};
	bool active;
	struct why w;

	confine_descriptors(16);
	if (confine_identity(NULL, 1024, &w) || confine_paths(paths, allow & ALLOW_READ ? 1 : 0, &active, &w) ||
		confine_calls(allow, !(allow & ALLOW_READ), &w)) {
		fprintf(stderr, "%s\n", w.log);
		_exit(BROKEN);
	}
}

static enum outcome attempt(unsigned allow, bool (*deed)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		confine_as(allow);
		_exit(deed() ? DONE : REFUSED);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : BROKEN;
	return WEXITSTATUS(status);
}

static bool opens_mail(void)
{
	return open(mail, O_RDONLY) >= 0;
}
static bool writes_mail(void)
{
	return open(mail, O_WRONLY | O_TRUNC) >= 0;
}
static bool opens_passwd(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0;
}
static bool executes(void)
{
	char *const argv[] = {(char[]){"true"}, NULL};

	execv("/bin/true", argv);
	return false;
}
static bool forks(void)
{
	pid_t p = fork();

	if (p == 0)
		_exit(0);
	return p > 0;
}
static bool makes_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}
static bool maps_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}
static bool raises_limits(void)
{
	struct rlimit r = {4096, 4096};

	return setrlimit(RLIMIT_CORE, &r) == 0;
}

/* What front lives from. */
static bool relays(void)
{
	int pair[2];
	char c = 'x';
	char *memory = malloc(100000);
	bool ok = memory && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 &&
		  write(pair[0], &c, 1) == 1 && read(pair[1], &c, 1) == 1 && fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0;

	free(memory);
	return ok;
}

static void *nothing(void *p)
{
	return p;
}

/* What mail lives from: files in its own directory, threads. */
static bool keeps_mail(void)
{
	char path[96], other[96];
	pthread_t t;
	int fd;

	snprintf(path, sizeof path, "%s/segment", dir);
	snprintf(other, sizeof other, "%s/renamed", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return fd >= 0 && pwrite(fd, "x", 1, 0) == 1 && fdatasync(fd) == 0 && ftruncate(fd, 0) == 0 &&
	       rename(path, other) == 0 && unlink(other) == 0 && pthread_create(&t, NULL, nothing, NULL) == 0 &&
	       pthread_join(t, NULL) == 0;
}

static int stop_code(enum outcome o)
{
	return o == KILLED || o == REFUSED;
}

static void front_does_its_work(void **state)
{
	assert_int_equal(attempt(FRONT, relays), DONE);
}

static void front_cannot_open_mail(void **state)
{
	assert_true(stop_code(attempt(FRONT, opens_mail)));
	assert_true(stop_code(attempt(FRONT, writes_mail)));
	assert_true(stop_code(attempt(FRONT, opens_passwd)));
}

static void front_cannot_execute_nor_fork(void **state)
{
	assert_int_equal(attempt(FRONT, executes), KILLED);
	assert_true(stop_code(attempt(FRONT, forks)));
}

static void front_cannot_make_sockets_nor_code(void **state)
{
	assert_true(stop_code(attempt(FRONT, makes_socket)));
	assert_int_equal(attempt(FRONT, maps_code), KILLED);
	assert_int_equal(attempt(FRONT, raises_limits), KILLED);
}

static void mail_keeps_to_its_directory(void **state)
{
	assert_int_equal(attempt(MAIL, keeps_mail), DONE);
	assert_int_equal(attempt(MAIL, opens_mail), DONE);
	assert_int_equal(attempt(MAIL, makes_socket), REFUSED);
	assert_int_equal(attempt(MAIL, executes), REFUSED);
	assert_int_equal(attempt(MAIL, forks), REFUSED);
}

/* Only where the kernel has Landlock; without it an ordinary user's rights are what is left. */
static void mail_sees_no_other_file(void **state)
{
	const struct confine_path none[] = {{dir, true}};
	bool active = false;
	struct why w;
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(confine_identity(NULL, 1024, &w) || confine_paths(none, 1, &active, &w) || !active);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WEXITSTATUS(status))
		skip();
	assert_int_equal(attempt(MAIL, opens_passwd), REFUSED);
}

static void a_user_that_is_not_there_is_named(void **state)
{
	struct why w;
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(confine_identity("no-such-user-here", 1024, &w));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), geteuid() == 0 ? FAIL_CONFIG : FAIL_NONE);
}

static void root_becomes_another(void **state)
{
	struct why w;
	int status;
	pid_t child;

	if (geteuid() != 0)
		skip();
	child = fork();
	if (child == 0)
		_exit(confine_identity("nobody", 1024, &w) || geteuid() == 0 || getuid() == 0 || setuid(0) == 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int set_up(void **state)
{
	int fd;

	assert_non_null(mkdtemp(dir));
	snprintf(mail, sizeof mail, "%s/mail", dir);
	fd = open(mail, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
	return 0;
}

static int tear_down(void **state)
{
	unlink(mail);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(front_does_its_work),
		cmocka_unit_test(front_cannot_open_mail),
		cmocka_unit_test(front_cannot_execute_nor_fork),
		cmocka_unit_test(front_cannot_make_sockets_nor_code),
		cmocka_unit_test(mail_keeps_to_its_directory),
		cmocka_unit_test(mail_sees_no_other_file),
		cmocka_unit_test(a_user_that_is_not_there_is_named),
		cmocka_unit_test(root_becomes_another),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
