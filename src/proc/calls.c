/* seccomp: the allow-list of syscalls.def as a filter for all threads. A call that is not allowed either ends the process at once, or fails
 * with EPERM after one log line. It must never allow a call by default. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/banned.h"
#include "proc/confine.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZER 1
#endif
#endif

struct call {
	const char *name;
	unsigned group;
};
static const struct call calls[] = {
#define CALL(name, group) {#name, ALLOW_##group},
#include "proc/syscalls.def"
#undef CALL
};

/* libuv: FIONBIO and FIOCLEX; FIONREAD for streams. Nothing that reaches a device or a terminal's input. */
static const unsigned long ioctls[] = {FIONBIO, FIOCLEX, FIONCLEX, FIONREAD, TCGETS, TIOCGWINSZ};

static int allow_ioctls(scmp_filter_ctx filter)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(ioctls) && !r; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, ioctls[i]));
	return r;
}

/* Memory that is executable only where modules are loaded. */
static int allow_memory(scmp_filter_ctx filter, unsigned allow)
{
	const int map[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(map) && !r; i++)
		r = allow & ALLOW_CODE ? seccomp_rule_add(filter, SCMP_ACT_ALLOW, map[i], 0)
				       : seccomp_rule_add(filter, SCMP_ACT_ALLOW, map[i], 1,
						 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return r;
}

/* Threads, never processes: clone3 hides its flags from a filter, so it "does not exist" and the C library uses clone. */
static int allow_threads(scmp_filter_ctx filter)
{
	int r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	if (!r)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (!r)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	return r;
}

/* Limits may be read, not set. */
static int allow_limits(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0));
}

/* What a sanitizer asks for on its way to a report must fail, not kill, or the report is lost. It is not allowed here either. */
static int refuse_gently(scmp_filter_ctx filter, unsigned allow)
{
#ifdef SANITIZER
	static const char *const names[] = {"open", "openat", "readlink", "readlinkat", "stat", "lstat", "newfstatat",
		"access", "getcwd", "lseek", "pread64", "socket", "pipe2", "clone", "prctl", "sched_setaffinity",
		"unlink"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		int number = seccomp_syscall_resolve_name(names[i]);
		bool allowed = false;

		for (size_t k = 0; k < ARRAY_LEN(calls); k++)
			allowed = allowed || (!strcmp(calls[k].name, names[i]) && calls[k].group & allow);
		if (!allowed && !(allow & ALLOW_THREADS) && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0))
			return -EINVAL;
	}
#endif
	return 0;
}

static int fill(scmp_filter_ctx filter, unsigned allow)
{
	int r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	for (size_t i = 0; i < ARRAY_LEN(calls) && !r; i++) {
		int number = seccomp_syscall_resolve_name(calls[i].name);

		if (calls[i].group & allow && number != __NR_SCMP_ERROR)
			r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
		if (r == -EDOM)
			r = 0; /* a call that this architecture does not have */
	}
	if (!r)
		r = allow_memory(filter, allow);
	if (!r)
		r = allow_ioctls(filter);
	if (!r)
		r = allow_limits(filter);
	if (!r && allow & ALLOW_THREADS)
		r = allow_threads(filter);
	return r ? r : refuse_gently(filter, allow);
}

/* In a signal handler: only write(2), and the result of the refused call. */
static void refused(int signal, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	char line[] = "error call-refused number=000\n";
	int n = info->si_syscall;
	int saved = errno;
	ssize_t done;

	for (size_t i = sizeof line - 3, k = 0; k < 3; i--, k++, n /= 10)
		line[i] = (char)('0' + n % 10);
	done = write(STDERR_FILENO, line, sizeof line - 1);
	(void)done;
#if defined(__x86_64__)
	u->uc_mcontext.gregs[REG_RAX] = -EPERM;
#elif defined(__aarch64__)
	u->uc_mcontext.regs[0] = (unsigned long long)-EPERM;
#else
	_exit(1); /* the result cannot be set here: the process ends and is started anew */
#endif
	errno = saved;
}

static void catch_refused(void)
{
	struct sigaction a = {.sa_sigaction = refused, .sa_flags = SA_SIGINFO | SA_RESTART};

	sigemptyset(&a.sa_mask);
	(void)sigaction(SIGSYS, &a, NULL);
}

enum fail confine_calls(unsigned allow, bool kill, struct why *w)
{
	scmp_filter_ctx filter = seccomp_init(kill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_TRAP);
	int r;

	if (!filter)
		return why(w, FAIL_MEMORY, "cannot make a filter of system calls");
	if (!kill)
		catch_refused();
	r = fill(filter, allow);
	if (!r)
		r = seccomp_load(filter);
	seccomp_release(filter);
	if (r)
		return why(w, FAIL_IO, "cannot restrict this process to its system calls: %s", strerror(-r));
	return FAIL_NONE;
}
