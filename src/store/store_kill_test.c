/* kill -9 under load, on a real disk: a child with several sessions delivers, flags, expunges and moves, and says on a pipe what it is about to
 * commit and what was acknowledged. It is killed at a random moment; another child opens the store and tells what is there; and a model
 * that knows nothing of the store's code says whether that is every acknowledged change, and of the others, per account, the first few in order. */
#include "store/try.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 20, ACCOUNTS = 3, BOXES = 2, SESSIONS = 5, UIDS = 60000, OPS_MAX = 200000, KEYWORD = 32 };

static const char *const box_name[BOXES] = {"INBOX", "Archive"};

/* ── The model ── */

struct model_message {
	bool there;
	unsigned flags; /* system flags, and KEYWORD */
	unsigned long tag;
};
struct model_box {
	unsigned uid_next;
	struct model_message at[UIDS];
};
struct model {
	struct model_box box[BOXES];
};
struct model_op {
	char kind; /* D, F, E, M */
	unsigned box, first, last, how, flags;
	unsigned long tag;
};

static struct model models[ACCOUNTS];
static struct model_op *ops[ACCOUNTS];
static size_t issued[ACCOUNTS], acked[ACCOUNTS];

static void model_move(struct model *m, unsigned from, unsigned uid)
{
	struct model_box *to = &m->box[!from];
	struct model_message *msg = &m->box[from].at[uid];

	if (msg->there) {
		to->at[to->uid_next] = *msg;
		msg->there = false;
	}
	to->uid_next++;
}

static void model_apply(struct model *m, const struct model_op *op)
{
	struct model_box *box = &m->box[op->box];

	assert_true(box->uid_next < UIDS - 1 && m->box[!op->box].uid_next < UIDS - 1);
	if (op->kind == 'D')
		box->at[box->uid_next++] = (struct model_message){true, op->flags, op->tag};
	if (op->kind == 'M')
		model_move(m, op->box, op->first);
	for (unsigned uid = op->first; uid <= op->last && uid < UIDS && (op->kind == 'F' || op->kind == 'E'); uid++) {
		struct model_message *msg = &box->at[uid];

		if (op->kind == 'E')
			msg->there = false;
		else
			msg->flags = op->how == FLAGS_ADD      ? msg->flags | op->flags
				     : op->how == FLAGS_REMOVE ? msg->flags & ~op->flags
							       : op->flags;
	}
}

/* ── The child that works ── */

struct session {
	struct store_wait wait;
	struct trial *t;
	struct batch *b;
	int account, pipe;
	uint64_t seed;
};

static struct account *accounts[ACCOUNTS];
static struct mailbox *boxes[ACCOUNTS][BOXES];

static void say(int fd, const char *fmt, ...) PRINTF(2, 3);
static void say(int fd, const char *fmt, ...)
{
	char line[200];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (write(fd, line, (size_t)n) != n)
		_exit(3);
}

static struct body *tagged_body(struct trial *t, unsigned long tag)
{
	static char fill[4000];
	struct body_writer *w = body_begin(t->store);
	char head[60];
	int n = snprintf(head, sizeof(head), "Subject: %lx\r\n\r\n", tag);
	size_t copies = tag % 37 == 5 ? 150 : 1;
	struct body *body;
	struct why why;

	memset(fill, 'a' + (int)(tag % 26), sizeof(fill));
	if (body_append(w, span(head, (size_t)n), &why))
		_exit(4);
	for (size_t i = 0; i < copies; i++)
		if (body_append(w, span(fill, tag % sizeof(fill)), &why))
			_exit(4);
	if (body_end(w, &body, &why))
		_exit(4);
	return body;
}

static void stage_delivery(struct session *s, struct model_op *op)
{
	struct span work = SPAN("Work");
	struct body *body = tagged_body(s->t, op->tag);
	struct new_message m = {.body = body,
		.flags = op->flags & MESSAGE_SYSTEM_FLAGS,
		.keywords = &work,
		.keyword_count = op->flags & KEYWORD ? 1 : 0};
	struct why w;

	if (op->tag & 1)
		m.prefix = SPAN("Return-Path: <>\r\n");
	if (batch_message(s->b, mailbox_id(boxes[s->account][op->box]), &m, &w))
		_exit(5);
	body_free(body);
}

static bool stage(struct session *s, struct model_op *op)
{
	struct mailbox *m = boxes[s->account][op->box];
	struct span work = SPAN("Work");
	struct flag_set set = {op->flags & MESSAGE_SYSTEM_FLAGS, &work, op->flags & KEYWORD ? 1 : 0};
	struct message msg;
	struct why w;
	enum fail f;

	switch (op->kind) {
	case 'D': stage_delivery(s, op); return true;
	case 'F': f = batch_flags(s->b, m, op->first, op->last, (enum flag_change)op->how, &set, &w); break;
	case 'E': f = batch_expunge(s->b, m, op->first, op->last, &w); break;
	default:
		if (!mailbox_message(m, op->first, &msg))
			return false;
		f = batch_move(s->b, m, &msg, mailbox_id(boxes[s->account][!op->box]), &w);
		break;
	}
	if (f)
		_exit(6);
	return true;
}

static struct model_op random_op(struct session *s)
{
	uint64_t r = try_random(&s->seed);
	struct model_op op = {.kind = "DDDDFFEM"[r % 8],
		.box = r >> 8 & 1,
		.flags = (unsigned)(r >> 16) & (MESSAGE_SYSTEM_FLAGS | KEYWORD)};
	struct mailbox *m = boxes[s->account][op.box];
	size_t n = mailbox_count(m);

	op.how = (unsigned)(r >> 24) % 3;
	op.tag = (unsigned long)(r >> 20);
	op.first = n ? mailbox_uid_at(m, (r >> 32) % n) : 1;
	op.last = op.first + (op.kind == 'F' ? (unsigned)(r >> 40) % 30 : 0);
	return op;
}

static void session_next(struct session *s);

static void session_done(struct store_wait *w, enum fail f)
{
	struct session *s = CONTAINER_OF(w, struct session, wait);

	if (f)
		_exit(7);
	say(s->pipe, "A %d\n", s->account);
	batch_free(s->b);
	session_next(s);
}

static void session_next(struct session *s)
{
	struct model_op op;

	s->account = (int)(try_random(&s->seed) % ACCOUNTS);
	s->b = batch_begin(accounts[s->account]);
	do
		op = random_op(s);
	while (!stage(s, &op));
	say(s->pipe, "I %d %c %u %u %u %u %u %lx\n", s->account, op.kind, op.box, op.first, op.last, op.how, op.flags,
		op.tag);
	store_wait_init(&s->wait, session_done);
	if (batch_commit(s->b, &s->wait) != FAIL_BUSY)
		_exit(8);
}

static void child_open(struct trial *t, const char *dir)
{
	loop_init(&t->loop);
	snprintf(t->dir, sizeof(t->dir), "%s", dir);
	try_open_local(t);
	for (int i = 0; i < ACCOUNTS; i++) {
		accounts[i] = try_account(t, 100 + (uint64_t)i);
		for (int k = 0; k < BOXES; k++)
			boxes[i][k] = try_mailbox(t, accounts[i], box_name[k]);
	}
}

static void child_work(const char *dir, int pipe, uint64_t seed)
{
	struct session sessions[SESSIONS];
	struct trial t = {0};

	child_open(&t, dir);
	say(pipe, "S\n");
	for (int i = 0; i < SESSIONS; i++) {
		sessions[i] = (struct session){
			.t = &t, .pipe = pipe, .seed = seed * 31 + (uint64_t)i * 0x9e3779b97f4a7c15u + 1};
		session_next(&sessions[i]);
	}
	loop_run(&t.loop);
	_exit(9);
}

/* ── The child that looks ── */

static void look_at(struct trial *t, int account, int box, size_t i, int pipe)
{
	struct mailbox *m = boxes[account][box];
	int bit = mailbox_keyword_bit(m, SPAN("Work"));
	struct message msg;
	unsigned long tag;
	unsigned flags;
	struct buf bytes;
	size_t copies;

	mailbox_at(m, i, &msg);
	flags = (unsigned)msg.flags & MESSAGE_SYSTEM_FLAGS;
	if (bit >= 0 && msg.flags >> bit & 1)
		flags |= KEYWORD;
	buf_init(&bytes, 2 << 20);
	try_read(t, accounts[account], &msg, msg.prefix, 1 << 20, &bytes);
	buf_add_byte(&bytes, 0);
	assert_int_equal(sscanf(bytes.p, "Subject: %lx", &tag), 1);
	copies = tag % 37 == 5 ? 150 : 1;
	assert_int_equal(msg.prefix, tag & 1 ? 17 : 0);
	assert_int_equal(bytes.n - 1 - span_find(buf_span(&bytes), SPAN("\r\n\r\n")) - 4, copies * (tag % 4000));
	for (size_t k = bytes.n - 1; k > 0 && bytes.p[k - 1] != '\n'; k--)
		assert_int_equal(bytes.p[k - 1], 'a' + (int)(tag % 26));
	buf_fini(&bytes);
	say(pipe, "R %d %d %u %u %lx\n", account, box, msg.uid, flags, tag);
}

static void child_look(const char *dir, int pipe)
{
	struct trial t = {0};

	child_open(&t, dir);
	for (int a = 0; a < ACCOUNTS; a++)
		for (int k = 0; k < BOXES; k++) {
			assert_int_equal(try_info(accounts[a], box_name[k]).messages, mailbox_count(boxes[a][k]));
			say(pipe, "N %d %d %u\n", a, k, try_info(accounts[a], box_name[k]).uid_next);
			for (size_t i = 0; i < mailbox_count(boxes[a][k]); i++)
				look_at(&t, a, k, i, pipe);
		}
	for (int a = 0; a < ACCOUNTS; a++) {
		for (int k = 0; k < BOXES; k++)
			mailbox_close(boxes[a][k]);
		account_close(accounts[a]);
	}
	store_close(t.store);
	say(pipe, "E\n");
	_exit(0);
}

/* ── The parent ── */

static struct model found[ACCOUNTS];
static bool found_all;

static void take_line(char *line)
{
	struct model_op op = {0};
	unsigned account, box, uid, flags;
	unsigned long tag;

	if (sscanf(line, "I %u %c %u %u %u %u %u %lx", &account, &op.kind, &op.box, &op.first, &op.last, &op.how,
		    &op.flags, &op.tag) == 8) {
		assert_true(issued[account] < OPS_MAX);
		ops[account][issued[account]++] = op;
	} else if (sscanf(line, "A %u", &account) == 1) {
		acked[account]++;
	} else if (sscanf(line, "N %u %u %u", &account, &box, &uid) == 3) {
		found[account].box[box].uid_next = uid;
	} else if (sscanf(line, "R %u %u %u %u %lx", &account, &box, &uid, &flags, &tag) == 5) {
		assert_false(found[account].box[box].at[uid].there);
		found[account].box[box].at[uid] = (struct model_message){true, flags, tag};
	} else if (line[0] == 'E') {
		found_all = true;
	}
}

/* Reads lines until the end, or until `deadline`. A line that was cut by the kill is dropped: its write had not returned. */
static void read_lines(int fd, int64_t deadline, struct buf *pending)
{
	for (;;) {
		int64_t left = deadline ? deadline - clock_mono_ms() : 100000;
		struct pollfd p = {fd, POLLIN, 0};
		char piece[4096];
		ssize_t n;
		struct span rest, line;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return;
		n = read(fd, piece, sizeof(piece));
		if (n <= 0)
			return;
		buf_add(pending, span(piece, (size_t)n));
		rest = buf_span(pending);
		while (span_take_until(&rest, '\n', &line)) {
			char text[200];

			assert_true(span_cstr(line, text, sizeof(text)));
			take_line(text);
		}
		buf_consume(pending, pending->n - rest.n);
	}
}

static pid_t start(const char *dir, bool look, uint64_t seed, int *fd_out)
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		close(ends[0]);
		if (look)
			child_look(dir, ends[1]);
		else
			child_work(dir, ends[1], seed);
	}
	close(ends[1]);
	*fd_out = ends[0];
	return child;
}

static void print_differences(const struct model *want, const struct model *is)
{
	for (int k = 0; k < BOXES; k++) {
		print_error("%s: next uid %u, but %u\n", box_name[k], want->box[k].uid_next, is->box[k].uid_next);
		for (unsigned uid = 1; uid < want->box[k].uid_next; uid++) {
			const struct model_message *x = &want->box[k].at[uid], *y = &is->box[k].at[uid];

			if (x->there != y->there || (x->there && (x->flags != y->flags || x->tag != y->tag)))
				print_error("%u: %d %x %lx, but %d %x %lx\n", uid, x->there, x->flags, x->tag, y->there,
					y->flags, y->tag);
		}
	}
}

static bool same(const struct model *a, const struct model *b)
{
	for (int k = 0; k < BOXES; k++) {
		if (a->box[k].uid_next != b->box[k].uid_next)
			return false;
		for (unsigned uid = 1; uid < a->box[k].uid_next; uid++) {
			const struct model_message *x = &a->box[k].at[uid], *y = &b->box[k].at[uid];

			if (x->there != y->there || (x->there && (x->flags != y->flags || x->tag != y->tag)))
				return false;
		}
	}
	return true;
}

/* Batches of an account are applied in order, so what is there must be the acknowledged ones and the first few of the others. */
static void check_account(int account)
{
	struct model *m = &models[account];
	size_t n = 0;

	while (n < acked[account])
		model_apply(m, &ops[account][n++]);
	while (!same(m, &found[account]) && n < issued[account])
		model_apply(m, &ops[account][n++]);
	if (!same(m, &found[account])) {
		print_error("account %d: acknowledged %zu of %zu\n", account, acked[account], issued[account]);
		print_differences(m, &found[account]);
	}
	assert_true(same(m, &found[account]));
	issued[account] = acked[account] = 0;
}

static size_t round_of_work(const char *dir, uint64_t seed)
{
	struct buf pending;
	size_t done = 0;
	int fd, status;
	pid_t child;

	buf_init(&pending, 1 << 20);
	child = start(dir, false, seed, &fd);
	while (!acked[0] && !acked[1])
		read_lines(fd, clock_mono_ms() + 5, &pending);
	read_lines(fd, clock_mono_ms() + (int64_t)(seed % 97), &pending);
	assert_int_equal(kill(child, SIGKILL), 0);
	read_lines(fd, 0, &pending);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(fd);
	for (int i = 0; i < ACCOUNTS; i++)
		done += acked[i];

	memset(found, 0, sizeof(found));
	found_all = false;
	buf_reset(&pending);
	child = start(dir, true, 0, &fd);
	read_lines(fd, 0, &pending);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0 && found_all);
	close(fd);
	buf_fini(&pending);
	for (int i = 0; i < ACCOUNTS; i++)
		check_account(i);
	return done;
}

static void kills_lose_nothing(void **state)
{
	char dir[] = "/tmp/barid-kill-test-XXXXXX", command[100];
	uint64_t seed = (uint64_t)clock_mono_us();
	size_t done = 0;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	assert_non_null(mkdtemp(dir));
	for (int i = 0; i < ACCOUNTS; i++) {
		ops[i] = memory_resize_array(NULL, OPS_MAX, sizeof(struct model_op));
		for (int k = 0; k < BOXES; k++)
			models[i].box[k].uid_next = 1;
	}
	for (int i = 0; i < ROUNDS; i++)
		done += round_of_work(dir, try_random(&seed));
	print_message("%zu changes acknowledged in %d lives\n", done, ROUNDS);
	for (int i = 0; i < ACCOUNTS; i++)
		free(ops[i]);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(kills_lose_nothing)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
