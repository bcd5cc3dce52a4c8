/* Structures read ahead: each message's own, whatever the order, the engine, and what is missing in the index. */
#include "store/try.h"

#include "mime/mime.h"
#include "store/inside.h"
#include "store/structures.h"

enum { MESSAGES = 300 };

struct walk {
	struct trial t;
	struct mailbox *m;
	struct structures *x;
};

static int begin(void **state, struct kv *kv)
{
	struct walk *k = NEW(struct walk);
	struct store_settings s = {.loop = &k->t.loop, .disk = disk_memory(), .kv = kv};
	struct why w;
	char bytes[100];

	loop_init(&k->t.loop);
	assert_int_equal(store_open(&s, &k->t.store, &w), FAIL_NONE);
	k->t.account = try_account(&k->t, 7);
	k->m = try_mailbox(&k->t, k->t.account, "INBOX");
	for (int i = 0; i < MESSAGES; i++) {
		snprintf(bytes, sizeof(bytes), "Subject: number %d.\r\n\r\nx\r\n", i);
		try_deliver(&k->t, k->t.account, mailbox_id(k->m), span_of(bytes));
		if (i % 50 < 20) /* others' in between */
			try_deliver(&k->t, k->t.account, try_info(k->t.account, "Junk").id, SPAN("Subject: y\r\n\r\n"));
	}
	k->x = structures_begin(k->t.account);
	*state = k;
	return 0;
}

static int begin_memory(void **state)
{
	return begin(state, kv_open_memory());
}

static int begin_cold(void **state)
{
	return begin(state, kv_open_cold(kv_open_memory(), 3));
}

static int end(void **state)
{
	struct walk *k = *state;

	structures_end(k->x);
	mailbox_close(k->m);
	account_close(k->t.account);
	store_close(k->t.store);
	loop_fini(&k->t.loop);
	free(k);
	return 0;
}

static void look_at(struct walk *k, size_t i)
{
	struct message msg;
	struct try_wait w;
	struct span out = {0};
	char subject[40];

	mailbox_at(k->m, i, &msg);
	try_wait_init(&w);
	assert_int_equal(try_finish(&k->t, &w, structures_get(k->x, &msg, &out, &w.wait)), FAIL_NONE);
	snprintf(subject, sizeof(subject), "\"number %zu.\"", i);
	assert_true(span_find(out, span_of(subject)) != SIZE_MAX);
}

static void each_gets_its_own(void **state)
{
	struct walk *k = *state;
	uint64_t seed = 5;

	for (size_t i = 0; i < MESSAGES; i++)
		look_at(k, i);
	for (size_t i = MESSAGES; i-- > 0;)
		look_at(k, i);
	for (size_t i = 0; i < MESSAGES; i += 1 + try_random(&seed) % 20)
		look_at(k, i);
	for (int n = 0; n < MESSAGES; n++)
		look_at(k, try_random(&seed) % MESSAGES);
}

static void missing_ones_come_from_the_log(void **state)
{
	struct walk *k = *state;
	struct why w;

	for (size_t i = 0; i < MESSAGES; i++)
		if (i % 7 == 3 || (i > 100 && i < 150) || i == MESSAGES - 1)
			index_delete_structure(k->t.account, k->m->rows.p[i].body);
	assert_int_equal(index_write(k->t.store, &w), FAIL_NONE);
	for (size_t i = 0; i < MESSAGES; i++)
		look_at(k, i);
}

/* A walk in order asks the index a few times, not once a message. */
static void a_walk_reads_ahead(void **state)
{
	struct walk *k = *state;
	unsigned busy = 0;

	for (size_t i = 0; i < MESSAGES; i++) {
		struct message msg;
		struct try_wait w;
		struct span out;
		enum fail f;

		mailbox_at(k->m, i, &msg);
		try_wait_init(&w);
		f = structures_get(k->x, &msg, &out, &w.wait);
		busy += f == FAIL_BUSY;
		assert_int_equal(try_finish(&k->t, &w, f), FAIL_NONE);
	}
	assert_in_range(busy, 1, 20);
}

static void who_has_gone_gets_nothing(void **state)
{
	struct walk *k = *state;

	for (int i = 0; i < 6; i++) { /* of three one is answered at once */
		struct message msg;
		struct try_wait w;
		struct span out = {0};
		enum fail f;

		mailbox_at(k->m, 0, &msg);
		try_wait_init(&w);
		f = structures_get(k->x, &msg, &out, &w.wait);
		structures_end(k->x);
		while (k->t.store->busy)
			loop_turn(&k->t.loop);
		assert_false(w.done);
		assert_true(f == FAIL_NONE || !out.n);
		k->x = structures_begin(k->t.account);
	}
}

#define ON_BOTH(test)                                                                                                  \
	cmocka_unit_test_setup_teardown(test, begin_memory, end), cmocka_unit_test_setup_teardown(test, begin_cold, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(each_gets_its_own),
		ON_BOTH(missing_ones_come_from_the_log),
		cmocka_unit_test_setup_teardown(a_walk_reads_ahead, begin_cold, end),
		ON_BOTH(who_has_gone_gets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
