/* The steps of a workload. A wrong answer ends the run: nothing of it is counted. */
#include "session.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "die.h"
#include "message.h"

int64_t mono_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void session_init(struct session *s, struct crowd *crowd)
{
	*s = (struct session){.crowd = crowd, .state = SESSION_SETUP, .timer = -1};
	connection_init(&s->c);
	answer_init(&s->a, crowd->script.protocol);
	s->a.genuine = crowd->script.genuine ? crowd->message_size : 0;
}

void session_fini(struct session *s)
{
	if (s->timer >= 0)
		close(s->timer);
	connection_close(&s->c);
	answer_fini(&s->a);
}

static void watch(struct session *s, bool to_write, int op)
{
	struct epoll_event e = {.events = EPOLLIN | (to_write ? EPOLLOUT : 0), .data.ptr = s};
	if (epoll_ctl(s->crowd->poll, op, s->c.fd, &e))
		die("epoll_ctl: %m");
}

static void flush(struct session *s)
{
	bool empty = connection_flush(&s->c);
	watch(s, !empty && !s->c.shaking, EPOLL_CTL_MOD);
}

static void open_connection(struct session *s)
{
	connection_open(&s->c, &s->crowd->target);
	answer_reset(&s->a);
	watch(s, false, EPOLL_CTL_ADD);
	if (s->c.tls)
		flush(s);
}

/* The head of a literal that holds the message which {message} will then send. */
static void add_literal_head(struct session *s, const char *plus)
{
	struct buf message CLEANUP(buf_fini);
	buf_init(&message, MESSAGE_SIZE_MAX);
	s->message = s->crowd->next_message++;
	s->announced = true;
	message_add(&message, s->message, s->crowd->message_size);
	buf_addf(&s->c.out, "{%zu%s}", message.n, plus);
}

static void add_message(struct session *s)
{
	message_add(&s->c.out, s->announced ? s->message : s->crowd->next_message++, s->crowd->message_size);
	s->announced = false;
}

/* Steps of a golden ratio come near every place, none twice running. */
static uint64_t any_number(struct crowd *crowd)
{
	if (crowd->any == 0)
		die("{any} wants --any NUMBER");
	return (++crowd->next_any * 0x9e3779b97f4a7c15u >> 16) % crowd->any + 1;
}

static void add_value(struct session *s, struct span name)
{
	struct crowd *crowd = s->crowd;
	struct buf *out = &s->c.out;
	if (span_eq(name, SPAN("login")))
		buf_addf(out, "u%u%s", s->user, crowd->login_suffix);
	else if (span_eq(name, SPAN("address")))
		buf_addf(out, "u%u@example.org", s->user);
	else if (span_eq(name, SPAN("password")))
		buf_addf(out, "%s", crowd->password);
	else if (span_eq(name, SPAN("n")))
		buf_addf(out, "%llu", (unsigned long long)++crowd->next_number);
	else if (span_eq(name, SPAN("any")))
		buf_addf(out, "%llu", (unsigned long long)any_number(crowd));
	else if (span_eq(name, SPAN("i")))
		buf_addf(out, "%u", s->i);
	else if (span_eq(name, SPAN("literal")))
		add_literal_head(s, "");
	else if (span_eq(name, SPAN("literal+")))
		add_literal_head(s, "+");
	else if (span_eq(name, SPAN("message")))
		add_message(s);
	else
		die("nothing is known of {%.*s}", SPAN_ARG(name));
}

static void send_text(struct session *s, struct span text)
{
	size_t open, end;
	while ((open = span_find_byte(text, '{')) != SIZE_MAX && (end = span_find_byte(text, '}')) != SIZE_MAX) {
		buf_add(&s->c.out, span_first(text, open));
		add_value(s, span(text.p + open + 1, end - open - 1));
		text = span_skip(text, end + 1);
	}
	buf_add(&s->c.out, text);
	buf_add_lit(&s->c.out, "\r\n");
	if (s->c.out.over)
		die("a step sends more than %d bytes", CONNECTION_OUT_MAX);
}

static void expect(struct session *s, const struct step *step)
{
	uint64_t seen = s->a.seen[step->what];
	if (step->what == SEEN_SAME) {
		if (s->crowd->first_sum == 0)
			s->crowd->first_sum = seen;
		if (seen != s->crowd->first_sum)
			die("wrong answer: the bytes differ from those of the first time");
	} else if (seen != step->number) {
		die("wrong answer: %llu instead of %llu of what is counted in step %u", (unsigned long long)seen,
			(unsigned long long)step->number, s->at);
	}
}

/* False: the answer has not come yet. */
static bool await(struct session *s, const struct step *step)
{
	struct span line = {0};
	switch (answer_read(&s->a, step->text, step->kind == STEP_AWAIT_LINES, &line)) {
	case ANSWER_MORE: return false;
	case ANSWER_WRONG: die("wrong answer: '%.*s' instead of '%.*s'", SPAN_ARG(line), SPAN_ARG(step->text));
	case ANSWER_DONE: break;
	}
	return true;
}

/* True: the pause is over. */
static bool pause_over(struct session *s, uint64_t ms)
{
	uint64_t times;
	if (s->timer >= 0) {
		if (read(s->timer, &times, sizeof times) < 0)
			return false;
		close(s->timer);
		s->timer = -1;
		return true;
	}
	struct itimerspec when = {
		.it_value = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 + 1}};
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = s};
	s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (s->timer < 0 || timerfd_settime(s->timer, 0, &when, NULL) ||
		epoll_ctl(s->crowd->poll, EPOLL_CTL_ADD, s->timer, &e))
		die("timerfd: %m");
	return false;
}

/* True: the next step can follow at once. */
static bool take_step(struct session *s, const struct step *steps)
{
	const struct step *step = &steps[s->at];
	switch (step->kind) {
	case STEP_USER: s->user = s->crowd->first_user + s->crowd->next_user++ % s->crowd->users; return true;
	case STEP_CONNECT: open_connection(s); return true;
	case STEP_SEND:
		if (!s->sent)
			answer_forget(&s->a);
		s->sent = true;
		send_text(s, step->text);
		return true;
	case STEP_AWAIT:
	case STEP_AWAIT_LINES:
		if (s->sent || s->c.out.n > 0)
			flush(s);
		s->sent = false;
		return await(s, step);
	case STEP_EXPECT: expect(s, step); return true;
	case STEP_REPEAT:
		s->i = 1;
		s->repeat_at = s->at;
		return true;
	case STEP_END:
		if (s->i < steps[s->repeat_at].number) {
			s->i++;
			s->at = s->repeat_at;
		}
		return true;
	case STEP_PAUSE: return pause_over(s, step->number);
	case STEP_CLOSE:
		s->crowd->reused += s->c.reused;
		connection_close(&s->c);
		return true;
	}
	return true;
}

static void begin_operation(struct session *s)
{
	struct crowd *crowd = s->crowd;
	s->at = 0;
	s->began_ns = mono_ns();
	bool more = crowd->going && crowd->script.loop_n > 0 && (crowd->most == 0 || crowd->begun < crowd->most) &&
		    (crowd->end_us == 0 || s->began_ns / 1000 < crowd->end_us);
	crowd->begun += more;
	s->state = more ? SESSION_RUNS : SESSION_READY;
}

static void end_operation(struct session *s)
{
	struct crowd *crowd = s->crowd;
	histogram_add(&crowd->latency, (uint64_t)(mono_ns() - s->began_ns));
	crowd->done++;
	begin_operation(s);
}

static void end_setup(struct session *s)
{
	s->state = SESSION_READY;
	s->at = 0;
	if (s->a.in.n == 0)
		buf_fini(&s->a.in); /* thousands that only wait need no buffers */
	buf_fini(&s->c.out);
}

static void walk(struct session *s)
{
	const struct script *script = &s->crowd->script;
	while (s->state != SESSION_READY) {
		bool setup = s->state == SESSION_SETUP;
		unsigned count = setup ? script->setup_n : script->loop_n;
		if (s->at < count && !take_step(s, setup ? script->setup : script->loop))
			return;
		if (s->at < count)
			s->at++;
		if (s->at < count)
			continue;
		if (s->sent)
			flush(s);
		if (setup)
			end_setup(s);
		else
			end_operation(s);
	}
}

void session_setup(struct session *s)
{
	walk(s);
}

void session_start(struct session *s)
{
	begin_operation(s);
	walk(s);
}

void session_ready(struct session *s)
{
	if (s->timer >= 0)
		walk(s);
	if (s->c.shaking || s->c.out.n > 0)
		flush(s);
	while (!s->c.shaking && s->c.fd >= 0) {
		size_t before = s->a.in.n;
		if (!connection_read(&s->c, &s->a.in))
			die("the server closed the connection in step %u", s->at);
		s->crowd->bytes += s->a.in.n - before;
		walk(s);
		if (s->c.fd < 0 || !s->c.tls || SSL_pending(s->c.tls) == 0)
			break;
	}
}
