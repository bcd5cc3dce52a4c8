/* The check finds what is wrong, and nothing where nothing is. */
#include "store/try_step.h"

#include <fcntl.h>
#include <unistd.h>

#include "store/verify.h"

static void live_a_little(struct trial *t, uint64_t seed)
{
	for (int i = 0; i < 40; i++)
		assert_int_not_equal(try_commit(t, try_random_batch(t, t->account, &seed, true)), FAIL_UNKNOWN);
}

static struct store_check check(struct trial *t)
{
	struct store_check c;
	struct why w;
	enum fail f = store_check_local(
		t->dir, &t->loop, &(struct store_checking){.deep = true, .aside = NULL, .report = try_report}, &c, &w);

	if (f)
		print_error("%s\n", w.log);
	assert_int_equal(f, FAIL_NONE);
	return c;
}

static void close_store(struct trial *t)
{
	account_close(t->account);
	store_close(t->store);
}

static void open_store(struct trial *t)
{
	try_open_local(t);
	t->account = try_account(t, 7);
}

static void nothing_is_found_where_nothing_is(void **state)
{
	struct trial *t = *state;
	struct store_check c;

	store_keep(t->store, true);
	live_a_little(t, 77);
	try_deliver(t, t->account, try_info(t->account, "INBOX").id, SPAN("a: b\r\n\r\nc\r\n"));
	close_store(t);
	c = check(t);
	assert_int_equal(c.accounts, 1);
	assert_true(c.mailboxes >= 6);
	assert_true(c.messages > 0 && c.bytes > 0 && c.kept > 0);
	assert_int_equal(c.rot, 0);
	assert_int_equal(c.differences, 0);
	assert_int_equal(c.unreadable, 0);
	open_store(t);
}

/* Turns one octet of a message over, in the file. */
static void damage(struct trial *t, const char *needle)
{
	static char bytes[1 << 20];
	char path[200];
	bool found = false;

	for (int segment = 1; segment < 5 && !found; segment++) {
		struct span hay;
		size_t at;
		ssize_t n;
		int fd;

		snprintf(path, sizeof(path), "%s/log/%010d.log", t->dir, segment);
		fd = open(path, O_RDWR);
		if (fd < 0)
			continue;
		n = read(fd, bytes, sizeof(bytes));
		hay = span(bytes, n > 0 ? (size_t)n : 0);
		at = span_find(hay, span_of(needle));
		if (at != SIZE_MAX) {
			assert_int_equal(pwrite(fd, "#", 1, (off_t)at), 1);
			found = true;
		}
		close(fd);
	}
	assert_true(found);
}

static void rot_costs_one_message(void **state)
{
	struct trial *t = *state;
	uint64_t inbox = try_info(t->account, "INBOX").id;
	struct store_check c;
	struct mailbox *m;
	struct message msg;
	struct try_wait w;
	struct buf out;

	try_deliver(t, t->account, inbox, SPAN("a: b\r\n\r\nbefore\r\n"));
	try_deliver(t, t->account, inbox, SPAN("a: b\r\n\r\nthe-needle\r\n"));
	try_deliver(t, t->account, inbox, SPAN("a: b\r\n\r\nbehind\r\n"));
	close_store(t);
	damage(t, "the-needle");
	c = check(t);
	assert_int_equal(c.messages, 3);
	assert_int_equal(c.rot, 1);
	assert_int_equal(c.unreadable, 1);
	assert_int_equal(c.differences, 0);
	open_store(t);
	m = try_mailbox(t, t->account, "INBOX");
	assert_int_equal(mailbox_count(m), 3);
	buf_init(&out, 1000);
	mailbox_at(m, 1, &msg);
	try_wait_init(&w);
	assert_int_equal(try_finish(t, &w, message_read(t->account, &msg, 0, 1000, &out, &w.wait)), FAIL_CORRUPT);
	mailbox_at(m, 2, &msg);
	try_read(t, t->account, &msg, 0, 1000, &out);
	assert_true(span_ends(buf_span(&out), SPAN("behind\r\n")));
	buf_fini(&out);
	mailbox_close(m);
}

static bool first_row(void *context, struct span key, struct span value)
{
	struct kv_batch *b = context;

	if (key.n < 9 || key.p[8] != 'm')
		return true;
	kv_batch_put(b, key, span_first(value, value.n - 1));
	kv_batch_put(b, key, SPAN("not what it was"));
	return false;
}

static void a_false_index_is_found(void **state)
{
	struct trial *t = *state;
	struct kv_settings s = {0};
	char path[100];
	struct kv_batch b;
	struct store_check c;
	struct kv *kv;
	struct why w;

	try_deliver(t, t->account, try_info(t->account, "INBOX").id, SPAN("a: b\r\n\r\nc\r\n"));
	close_store(t);
	snprintf(path, sizeof(path), "%s/index", t->dir);
	s.path = path;
	kv_batch_init(&b);
	assert_int_equal(kv_open_rocks(&s, &kv, &w), FAIL_NONE);
	assert_int_equal(kv->ops->scan(kv, SPAN(""), SPAN(""), first_row, &b, &w), FAIL_NONE);
	assert_int_equal(b.count, 2);
	assert_int_equal(kv->ops->write(kv, &b, &w), FAIL_NONE);
	assert_int_equal(kv->ops->flush(kv, &w), FAIL_NONE);
	kv->ops->close(kv);
	kv_batch_fini(&b);
	c = check(t);
	assert_int_equal(c.differences, 1);
	assert_int_equal(c.unreadable, 0);
	open_store(t);
}

static void a_running_store_is_left_alone(void **state)
{
	struct trial *t = *state;
	struct store_check c;
	struct why w;

	assert_int_equal(store_check_local(t->dir, &t->loop,
				 &(struct store_checking){.deep = false, .aside = NULL, .report = NULL}, &c, &w),
		FAIL_CONFLICT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_found_where_nothing_is, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(rot_costs_one_message, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(a_false_index_is_found, try_setup_local, try_teardown),
		cmocka_unit_test_setup_teardown(a_running_store_is_left_alone, try_setup_local, try_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
