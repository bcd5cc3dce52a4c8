/* The load generator of `make bench`: one workload against one port. See bench/README.md.
 *
 * Says {"ready": true} when its connections are set up and waits for a line (or the end) of standard input, so that whoever
 * measures the server can look at it first; then runs, prints its figures as one line of JSON, and with --hold keeps the
 * connections until standard input ends. A wrong answer ends it with exit code 1. */
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "die.h"
#include "push.h"

enum { DEFINES_MAX = 16 };

struct options {
	struct crowd crowd;
	unsigned connections, at_once;
	double seconds;
	bool tls, resume, hold;
	uint32_t port;
	char *defines[DEFINES_MAX];
	unsigned defines_n;
	const char *deliver_script; /* push: the deliveries' workload */
	uint32_t deliver_port, deliveries;
};

void die(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	fprintf(stderr, "load: ");
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(1);
}

static uint64_t number_of(const char *text, const char *option)
{
	uint64_t n;
	if (!span_u64(span_of(text), &n) || n > 1000000000)
		die("--%s: '%s' is not a number", option, text);
	return n;
}

#define OPTIONS(X)                                                                                                     \
	X(port)                                                                                                        \
	X(connections)                                                                                                 \
	X(at_once)                                                                                                     \
	X(users)                                                                                                       \
	X(first_user)                                                                                                  \
	X(size)                                                                                                        \
	X(first_message)                                                                                               \
	X(any)                                                                                                         \
	X(count)                                                                                                       \
	X(seconds)                                                                                                     \
	X(define) X(login_suffix) X(password) X(tls) X(resume) X(hold) X(deliver) X(deliver_port) X(deliveries)

enum option_name {
#define X(name) OPTION_##name,
	OPTIONS(X)
#undef X
};

static const struct option long_options[] = {
#define X(name)                                                                                                        \
	{#name,                                                                                                        \
		OPTION_##name == OPTION_tls || OPTION_##name == OPTION_resume || OPTION_##name == OPTION_hold          \
			? no_argument                                                                                  \
			: required_argument,                                                                           \
		NULL, OPTION_##name},
	OPTIONS(X)
#undef X
		{0}};

static void take_define(struct options *o, char *text)
{
	if (o->defines_n == DEFINES_MAX)
		die("more than %d --define", DEFINES_MAX);
	o->defines[o->defines_n++] = text;
}

static void take_option(struct options *o, int option, char *value)
{
	struct crowd *crowd = &o->crowd;
	const char *name = long_options[option].name;
	switch ((enum option_name)option) {
	case OPTION_port: o->port = (uint32_t)number_of(value, name); break;
	case OPTION_connections: o->connections = (unsigned)number_of(value, name); break;
	case OPTION_at_once: o->at_once = (unsigned)number_of(value, name); break;
	case OPTION_users: crowd->users = (unsigned)number_of(value, name); break;
	case OPTION_first_user: crowd->first_user = (unsigned)number_of(value, name); break;
	case OPTION_size: crowd->message_size = number_of(value, name); break;
	case OPTION_first_message: crowd->next_message = number_of(value, name); break;
	case OPTION_any: crowd->any = number_of(value, name); break;
	case OPTION_count: crowd->most = number_of(value, name); break;
	case OPTION_seconds: o->seconds = strtod(value, NULL); break;
	case OPTION_define: take_define(o, value); break;
	case OPTION_login_suffix: crowd->login_suffix = value; break;
	case OPTION_password: crowd->password = value; break;
	case OPTION_tls: o->tls = true; break;
	case OPTION_resume: o->resume = true; break;
	case OPTION_hold: o->hold = true; break;
	case OPTION_deliver: o->deliver_script = value; break;
	case OPTION_deliver_port: o->deliver_port = (uint32_t)number_of(value, name); break;
	case OPTION_deliveries: o->deliveries = (uint32_t)number_of(value, name); break;
	}
}

static void read_options(struct options *o, int argc, char **argv)
{
	int c;
	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (c == '?')
			exit(64);
		take_option(o, c, optarg);
	}
	if (optind != argc - 1 || o->port == 0 || o->crowd.users == 0)
		die("usage: load --port PORT [--OPTION...] WORKLOAD; the options stand in bench/README.md");
	script_read(&o->crowd.script, argv[optind], o->defines, o->defines_n);
}

static double cpu_seconds(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void wait_for_line(void)
{
	int c;
	do
		c = getchar();
	while (c != '\n' && c != EOF);
}

static struct crowd *running;

/* SIGUSR1: no operation begins any more. */
static void on_signal(int number UNUSED)
{
	running->end_us = 1;
}

static void print_shares(const char *name, const struct histogram *h)
{
	printf(", \"%s\": {\"p50\": %.4f, \"p90\": %.4f, \"p99\": %.4f, \"max\": %.4f}", name,
		(double)histogram_share(h, 0.5) / 1e6, (double)histogram_share(h, 0.9) / 1e6,
		(double)histogram_share(h, 0.99) / 1e6, (double)h->max / 1e6);
}

/* Durations in milliseconds. */
static void print_figures(const struct crowd *crowd, uint64_t done, double seconds, double cpu)
{
	printf("{\"operations\": %llu, \"seconds\": %.6f, \"rate\": %.3f, \"bytes\": %llu, \"resumed\": %llu, \"cpu\": "
	       "%.6f, "
	       "\"cpu_share\": %.3f",
		(unsigned long long)done, seconds, (double)done / seconds, (unsigned long long)crowd->bytes,
		(unsigned long long)crowd->reused, cpu, cpu / seconds);
	print_shares("latency_ms", &crowd->latency);
	printf(", \"sum\": \"%016llx\"", (unsigned long long)crowd->first_sum);
}

static void run_push(struct options *o, struct session *watchers)
{
	static struct crowd sender;
	static struct push push;
	sender = o->crowd;
	sender.next_user = 0;
	sender.most = sender.begun = sender.done = 0;
	sender.script = (struct script){0};
	script_read(&sender.script, o->deliver_script, o->defines, o->defines_n);
	target_init(&sender.target, (uint16_t)o->deliver_port, false, false);
	struct session *deliverer = crowd_setup(&sender, 1, 1);
	printf("{\"ready\": true}\n");
	wait_for_line();
	double cpu = cpu_seconds();
	int64_t began = mono_ns();
	running = &o->crowd;
	signal(SIGUSR1, on_signal);
	push_run(&push, &o->crowd, watchers, o->connections, &sender, deliverer, o->deliveries);
	print_figures(&sender, push.deliveries, (double)(mono_ns() - began) / 1e9, cpu_seconds() - cpu);
	printf(", \"told\": %llu", (unsigned long long)push.told);
	print_shares("after_answer_ms", &push.after_answer);
	print_shares("after_start_ms", &push.after_start);
	printf("}\n");
}

static void run_load(struct options *o, struct session *sessions)
{
	printf("{\"ready\": true}\n");
	wait_for_line();
	double cpu = cpu_seconds();
	int64_t began = mono_ns();
	o->crowd.bytes = o->crowd.reused = 0;
	if (o->seconds > 0)
		o->crowd.end_us = began / 1000 + (int64_t)(o->seconds * 1e6);
	running = &o->crowd;
	signal(SIGUSR1, on_signal);
	if (o->crowd.script.loop_n > 0)
		crowd_run(&o->crowd, sessions, o->connections);
	print_figures(&o->crowd, o->crowd.done, (double)(mono_ns() - began) / 1e9, cpu_seconds() - cpu);
	printf("}\n");
}

int main(int argc, char **argv)
{
	static struct options o = {.connections = 1,
		.at_once = 32,
		.crowd = {.users = 1, .login_suffix = "", .password = "open-sesame", .message_size = 5000}};
	setvbuf(stdout, NULL, _IOLBF, 0);
	read_options(&o, argc, argv);
	o.crowd.poll = epoll_create1(EPOLL_CLOEXEC);
	target_init(&o.crowd.target, (uint16_t)o.port, o.tls, o.resume);
	struct session *sessions = crowd_setup(&o.crowd, o.connections, o.at_once);
	if (o.deliver_script)
		run_push(&o, sessions);
	else
		run_load(&o, sessions);
	if (o.hold)
		wait_for_line();
	for (unsigned i = 0; i < o.connections; i++)
		session_fini(&sessions[i]);
	free(sessions);
	target_fini(&o.crowd.target);
	buf_fini(&o.crowd.script.text);
	return 0;
}
