/* APOP: the digest of RFC 1939 §7, sealing, the key. */
#include "base/test.h"

#include "auth/apop.h"

static const struct span timestamp = SPAN("<1896.697170952@dbc.mtview.ca.us>"),
			 digest = SPAN("c4c9334bac560ecc979e58001b3e22fb");

static void sealed_is(struct span sealed, const struct apop_key *key, uint64_t account, bool good)
{
	assert_int_equal(apop_matches(key, account, sealed, timestamp, digest), good);
}

static void the_example_of_the_rfc(void **state)
{
	struct apop_key key = {.known = true}, other = {.octets = {1}};
	struct buf b;
	struct why w;

	(void)state;
	buf_init(&b, APOP_SEALED_MAX);
	assert_int_equal(apop_seal(&key, 7, SPAN("tanstaaf"), &b, &w), FAIL_NONE);
	assert_true(span_find(buf_span(&b), SPAN("tanstaaf")) == SIZE_MAX);
	sealed_is(buf_span(&b), &key, 7, true);
	sealed_is(buf_span(&b), &key, 8, false);
	sealed_is(buf_span(&b), &other, 7, false);
	assert_false(apop_matches(&key, 7, buf_span(&b), SPAN("<1897.697170952@dbc.mtview.ca.us>"), digest));
	assert_false(apop_matches(&key, 7, buf_span(&b), timestamp, span_first(digest, 31)));
	assert_false(apop_matches(&key, 7, buf_span(&b), timestamp, SPAN("")));
	for (size_t i = 0; i < b.n; i++) {
		sealed_is(span_first(buf_span(&b), i), &key, 7, false);
		b.p[i] ^= 1;
		sealed_is(buf_span(&b), &key, 7, false);
		b.p[i] ^= 1;
	}
	buf_fini(&b);
}

static void what_is_no_secret(void **state)
{
	struct apop_key key = {.known = true};
	char longest[APOP_SECRET_MAX + 1];
	struct buf b;
	struct why w;

	(void)state;
	buf_init(&b, 1000);
	memset(longest, 'x', sizeof longest);
	assert_int_equal(apop_seal(&key, 1, span(longest, APOP_SECRET_MAX), &b, &w), FAIL_NONE);
	assert_int_equal(b.n, APOP_SEALED_MAX);
	assert_int_equal(apop_seal(&key, 1, span(longest, APOP_SECRET_MAX + 1), &b, &w), FAIL_CANNOT);
	assert_int_equal(apop_seal(&key, 1, SPAN(""), &b, &w), FAIL_CANNOT);
	assert_int_equal(apop_seal(&key, 1, SPAN("a\nb"), &b, &w), FAIL_CANNOT);
	assert_int_equal(apop_seal(&key, 1, SPAN("\xff"), &b, &w), FAIL_CANNOT);
	buf_fini(&b);
}

/* RFC 6856 §2.2: the client prepares it the same way. */
static void letters_are_composed(void **state)
{
	struct apop_key key = {.known = true};
	struct buf b, c;
	struct why w;

	(void)state;
	buf_init(&b, 1000);
	buf_init(&c, 1000);
	assert_int_equal(apop_seal(&key, 1, SPAN("e\xcc\x81"), &b, &w), FAIL_NONE);
	assert_int_equal(apop_seal(&key, 1, SPAN("\xc3\xa9"), &c, &w), FAIL_NONE);
	assert_int_equal(b.n, c.n);
	buf_fini(&b);
	buf_fini(&c);
}

static void the_key_is_made_once(void **state)
{
	struct disk *d = disk_memory();
	struct apop_key one = {0}, two = {0};
	struct disk_file *f;
	struct why w;

	(void)state;
	assert_int_equal(apop_key_load(d, false, &one, &w), FAIL_NOT_FOUND);
	assert_false(one.known);
	assert_int_equal(apop_key_load(d, true, &one, &w), FAIL_NONE);
	assert_int_equal(apop_key_load(d, false, &two, &w), FAIL_NONE);
	assert_memory_equal(one.octets, two.octets, sizeof one.octets);
	assert_int_equal(d->ops->open(d, "apop.key", DISK_WRITE, &f, &w), FAIL_NONE);
	assert_int_equal(f->ops->truncate(f, 31, &w), FAIL_NONE);
	d->ops->close(f);
	two.known = false;
	assert_int_equal(
		apop_key_load(d, true, &two, &w), FAIL_CORRUPT); /* never made anew: what it opens would be lost */
	d->ops->free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_rfc),
		cmocka_unit_test(what_is_no_secret),
		cmocka_unit_test(letters_are_composed),
		cmocka_unit_test(the_key_is_made_once),
	};

	return cmocka_run_group_tests_name("auth/apop", tests, NULL, NULL);
}
