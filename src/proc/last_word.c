/* The last word. The handler only stores and hands on: what was to happen at the signal happens. */
#include "proc/last_word.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STACK_SIZE = 64 << 10 };

static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};

/* ── super ── */

enum fail last_word_new(struct last_word **out, int *fd_out, struct why *w)
{
	int fd = memfd_create("last-word", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *at = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, sizeof(struct last_word)) &&
		!fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		at = mmap(NULL, sizeof(struct last_word), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		enum fail f = why(w, FAIL_LIMIT, "no memory to share with a process: %s", strerror(errno));

		if (fd >= 0)
			close(fd);
		return f;
	}
	*out = at;
	*fd_out = fd;
	return FAIL_NONE;
}

void last_word_clear(struct last_word *l)
{
	memset(l, 0, sizeof *l);
}

static bool is_crash(int signal)
{
	for (size_t i = 0; i < ARRAY_LEN(crashes); i++)
		if (crashes[i] == signal)
			return true;
	return signal == SIGSYS; /* which the confinement catches in its own way, or not at all */
}

uint64_t last_word_account(const struct last_word *l, int signal)
{
	if (!is_crash(signal))
		return 0;
	/* Not said: its stack was gone, say. The main thread then is the likely one. */
	return l->said ? l->dying : l->loop.account;
}

/* ── The child ── */

static struct last_word *page;
static struct sigaction before[ARRAY_LEN(crashes)];

/* The kernel's word that an instruction failed, or this process' own abort(). */
static bool of_own_making(const siginfo_t *info)
{
	return info->si_code > 0 || info->si_pid == getpid();
}

static void on_crash(int number, siginfo_t *info, void *context)
{
	(void)context;
	page->dying = of_own_making(info) ? service_account() : 0;
	page->said = 1;
	for (size_t i = 0; i < ARRAY_LEN(crashes); i++)
		if (crashes[i] == number)
			(void)sigaction(number, &before[i], NULL);
	/* A failed instruction fails again on return; what was sent is sent again, and comes on return. */
	if (info->si_code <= 0)
		(void)raise(number);
}

/* A crash may be a stack that has run over. */
static void give_stack(void)
{
	static char stack[STACK_SIZE];
	stack_t mine = {.ss_sp = stack, .ss_size = sizeof stack}, old;

	if (!sigaltstack(NULL, &old) && old.ss_flags & SS_DISABLE)
		(void)sigaltstack(&mine, NULL);
}

enum fail last_word_take(int fd, struct why *w)
{
	struct sigaction a = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	void *at = mmap(NULL, sizeof(struct last_word), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	if (at == MAP_FAILED)
		return why(w, FAIL_LIMIT, "cannot share memory with the supervisor: %s", strerror(errno));
	page = at;
	service_share(&page->loop);
	give_stack();
	sigemptyset(&a.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(crashes); i++)
		if (sigaction(crashes[i], &a, &before[i]))
			return why(w, FAIL_LIMIT, "cannot watch for signals: %s", strerror(errno));
	return FAIL_NONE;
}
