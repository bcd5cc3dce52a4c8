/* Tests of the accounts directory: names, addresses, what survives reopening, compaction and a loss of power. */
#include "base/test.h"

#include "auth/directory.h"
#include "auth/directory_record.h"
#include "base/random.h"
#include "log/record.h"

static const char hash_a[] = "$6$a$aaaa", hash_b[] = "$6$b$bbbb";

static struct directory *open_on(struct disk *disk)
{
	struct directory *d = NULL;
	struct why w;

	if (directory_open(disk, false, &d, &w))
		fail_msg("%s", w.log);
	return d;
}

static uint64_t add(struct directory *d, const char *name)
{
	struct why w;
	uint64_t id = 0;

	assert_int_equal(directory_add(d, span_of(name), hash_a, 2, &id, &w), FAIL_NONE);
	return id;
}

static uint64_t id_of(const struct account_row *row)
{
	return row ? row->id : 0;
}

static void names_are_found_as_people_write_them(void **state)
{
	struct disk *disk = disk_memory();
	struct directory *d = open_on(disk);
	uint64_t anna = add(d, "anna"), bob = add(d, "Bob@Example.org"), c1 = add(d, "carol@one.example"),
		 c2 = add(d, "carol@two.example");
	struct why w;
	uint64_t id;

	(void)state;
	assert_int_equal(id_of(directory_by_login(d, SPAN("ANNA"))), anna);
	assert_int_equal(id_of(directory_by_login(d, SPAN("anna@any.example"))), anna);
	assert_int_equal(id_of(directory_by_login(d, SPAN("bob"))), bob);
	assert_int_equal(id_of(directory_by_login(d, SPAN("bob@example.ORG"))), bob);
	assert_null(directory_by_login(d, SPAN("bob@other.example")));
	assert_null(directory_by_login(d, SPAN("carol"))); /* which of them? */
	assert_int_equal(id_of(directory_by_login(d, SPAN("carol@one.example"))), c1);
	assert_int_equal(id_of(directory_by_login(d, SPAN("carol@two.example"))), c2);
	assert_null(directory_by_login(d, SPAN("")));
	assert_null(directory_by_login(d, span("an\0na", 5)));
	assert_null(directory_by_name(d, SPAN("bob")));
	assert_int_equal(directory_add(d, SPAN("ANNA"), hash_a, 2, &id, &w), FAIL_EXISTS);
	assert_int_equal(directory_add(d, SPAN("a b"), hash_a, 2, &id, &w), FAIL_CANNOT);
	assert_int_equal(directory_add(d, SPAN("../etc"), hash_a, 2, &id, &w), FAIL_CANNOT);
	assert_int_equal(directory_add(d, SPAN("dave"), "no hash", 2, &id, &w), FAIL_CANNOT);
	directory_close(d);
	disk->ops->free(disk);
}

static void addresses_deliver(void **state)
{
	struct disk *disk = disk_memory();
	struct directory *d = open_on(disk);
	uint64_t anna = add(d, "anna"), plus = add(d, "plus+sign");
	char detail[DETAIL_MAX + 1];

	(void)state;
	assert_int_equal(id_of(directory_resolve(d, SPAN("anna@x"), "+", detail)), anna);
	assert_string_equal(detail, "");
	assert_int_equal(id_of(directory_resolve(d, SPAN("anna+Lists.Big@x"), "+", detail)), anna);
	assert_string_equal(detail, "Lists.Big");
	assert_int_equal(id_of(directory_resolve(d, SPAN("plus+sign@x"), "+", detail)), plus);
	assert_string_equal(detail, "");
	assert_null(directory_resolve(d, SPAN("anna+x@y"), "", detail));
	assert_null(directory_resolve(d, SPAN("nobody+x@y"), "+", detail));
	directory_close(d);
	disk->ops->free(disk);
}

static void changes_last_and_ids_are_burnt(void **state)
{
	struct disk *disk = disk_memory();
	struct directory *d = open_on(disk);
	uint64_t anna = add(d, "anna"), bob = add(d, "bob");
	const struct account_row *row;
	struct why w;

	(void)state;
	assert_int_equal(directory_set_hash(d, anna, hash_b, &w), FAIL_NONE);
	assert_int_equal(directory_set_disabled(d, anna, true, &w), FAIL_NONE);
	assert_int_equal(directory_remove(d, bob, false, &w), FAIL_NONE);
	assert_int_equal(directory_remove(d, bob, false, &w), FAIL_NOT_FOUND);
	for (int i = 0; i < 30; i++) { /* each opening leaves a segment: compaction comes in between */
		directory_close(d);
		d = open_on(disk);
	}
	row = directory_by_id(d, anna);
	assert_non_null(row);
	assert_string_equal(row->hash, hash_b);
	assert_true(row->disabled);
	assert_null(directory_by_id(d, bob));
	assert_int_equal(directory_count(d), 1);
	assert_true(add(d, "carol") > bob);
	directory_close(d);
	disk->ops->free(disk);
}

static void shards_are_filled_evenly(void **state)
{
	struct disk *disk = disk_memory();
	struct directory *d = open_on(disk);
	unsigned in[2] = {0};
	char name[16];

	(void)state;
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof name, "user%d", i);
		in[directory_by_id(d, add(d, name))->shard]++;
	}
	assert_int_equal(in[0], 5);
	assert_int_equal(in[1], 5);
	directory_close(d);
	disk->ops->free(disk);
}

/* ── Power loss ── */

enum { STEPS = 40 };

struct promise {
	size_t point; /* in the disk's history, once the call had returned */
	uint64_t last_id;
	bool anna, bob;
	bool second_hash;
};

/* A life of changes; after each, what has been promised. */
static size_t live(struct disk *disk, struct promise *p)
{
	struct directory *d = open_on(disk);
	struct promise now = {0};
	struct why w;
	size_t n = 0;
	uint64_t anna = 0, bob = 0;

	for (int i = 0; i < STEPS; i++) {
		switch (i % 5) {
		case 0:
			if (!now.anna)
				now.last_id = anna = add(d, "anna");
			now.anna = true;
			now.second_hash = false;
			assert_int_equal(directory_set_hash(d, anna, hash_a, &w), FAIL_NONE);
			break;
		case 1: now.last_id = bob = add(d, "bob"), now.bob = true; break;
		case 2:
			assert_int_equal(directory_set_hash(d, anna, hash_b, &w), FAIL_NONE), now.second_hash = true;
			break;
		case 3: assert_int_equal(directory_remove(d, bob, true, &w), FAIL_NONE), now.bob = false; break;
		default: directory_close(d), d = open_on(disk); break;
		}
		now.point = record_point(disk);
		p[n++] = now;
	}
	directory_close(d);
	return n;
}

/* What a directory opened after the loss may say: what was promised last before the point, or the change that was under way. */
static bool keeps(const struct directory *d, const struct promise *p)
{
	const struct account_row *anna = directory_by_name(d, SPAN("anna")), *bob = directory_by_name(d, SPAN("bob"));

	return (anna != NULL) == p->anna && (bob != NULL) == p->bob &&
	       (!anna || (strcmp(anna->hash, hash_b) == 0) == p->second_hash);
}

static unsigned count_losses(unsigned lies)
{
	struct promise p[STEPS];
	struct disk *disk = disk_record(lies, NULL);
	size_t n = live(disk, p), points = record_point(disk);
	unsigned lost = 0;

	for (size_t i = 1; i < n; i++) {
		for (uint64_t seed = 0; seed < 6; seed++) {
			size_t room = (i + 1 < n ? p[i + 1].point : points) - p[i].point,
			       at = p[i].point + (room ? seed % room : 0);
			struct record_dice dice = record_dice_random(seed * 1000 + i);
			struct disk *after = record_state(disk, at, &dice);
			struct directory *d = NULL;
			struct why w;

			if (directory_open(after, false, &d, &w) ||
				!(keeps(d, &p[i]) || (i + 1 < n && keeps(d, &p[i + 1]))))
				lost++;
			else if (!directory_by_name(d, SPAN("zoe")) && add(d, "zoe") <= p[i].last_id)
				lost++; /* an id was given out twice */
			directory_close(d);
			after->ops->free(after);
		}
	}
	disk->ops->free(disk);
	return lost;
}

static void a_power_loss_takes_nothing_that_was_promised(void **state)
{
	(void)state;
	assert_int_equal(count_losses(RECORD_HONEST), 0);
	assert_true(count_losses(RECORD_SYNC_IS_NOTHING) > 0); /* the test would see it */
}

static void a_secret_for_apop_is_kept(void **state)
{
	struct disk *disk = disk_memory();
	struct directory *d = open_on(disk);
	uint64_t anna = add(d, "anna"), bob = add(d, "bob");
	char big[APOP_SEALED_MAX + 1] = {0};
	struct why w;

	(void)state;
	assert_int_equal(directory_set_apop(d, anna, SPAN("sealed"), &w), FAIL_NONE);
	assert_int_equal(directory_set_apop(d, bob, span(big, sizeof big), &w), FAIL_CANNOT);
	assert_int_equal(directory_set_apop(d, 99, SPAN("sealed"), &w), FAIL_NOT_FOUND);
	assert_int_equal(directory_set_hash(d, anna, hash_b, &w), FAIL_NONE); /* another password is no other secret */
	assert_int_equal(directory_set_disabled(d, anna, true, &w), FAIL_NONE);
	directory_close(d);
	d = open_on(disk);
	assert_true(span_eq(directory_by_id(d, anna)->apop, SPAN("sealed")));
	assert_int_equal(directory_by_id(d, bob)->apop.n, 0);
	assert_int_equal(directory_set_apop(d, anna, SPAN(""), &w), FAIL_NONE);
	directory_close(d);
	d = open_on(disk);
	assert_int_equal(directory_by_id(d, anna)->apop.n, 0);
	assert_string_equal(directory_by_id(d, anna)->hash, hash_b);
	directory_close(d);
	disk->ops->free(disk);
}

/* RFC 6532 §3.1: letters with marks come as one code point or as two. */
static void names_compare_composed(void **state)
{
	struct disk *disk = disk_memory();
	struct directory *d = open_on(disk);
	uint64_t ahmad, zoe, id;
	char detail[DETAIL_MAX + 1];
	struct why w;

	(void)state;
	/* alef with hamza, and e with diaeresis, each as two */
	assert_int_equal(directory_add(d, SPAN("ا\xd9\x94حمد@example.org"), hash_a, 1, &ahmad, &w), FAIL_NONE);
	assert_int_equal(directory_add(d, SPAN("zo\xc3\xab"), hash_a, 1, &zoe, &w), FAIL_NONE);
	assert_int_equal(directory_add(d, SPAN("zoe\xcc\x88"), hash_a, 1, &id, &w), FAIL_EXISTS);
	directory_close(d);
	d = open_on(disk);
	assert_true(span_eq(name_span(&directory_by_id(d, ahmad)->name), SPAN("أحمد@example.org")));
	assert_ptr_equal(directory_by_name(d, SPAN("أحمد@EXAMPLE.org")), directory_by_id(d, ahmad));
	assert_ptr_equal(directory_by_name(d, SPAN("ا\xd9\x94حمد@example.org")), directory_by_id(d, ahmad));
	assert_ptr_equal(directory_by_login(d, SPAN("ا\xd9\x94حمد")), directory_by_id(d, ahmad));
	assert_ptr_equal(directory_by_login(d, SPAN("zoe\xcc\x88@x.example")), directory_by_id(d, zoe));
	assert_ptr_equal(
		directory_resolve(d, SPAN("ا\xd9\x94حمد+طلب@Example.org"), "+", detail), directory_by_id(d, ahmad));
	assert_string_equal(detail, "طلب");
	assert_null(directory_resolve(d, SPAN("zoe+X@x.example"), "+", detail));
	assert_null(directory_resolve(d, SPAN("zo\xeb@x.example"), "+", detail));
	directory_close(d);
	disk->ops->free(disk);
}

static void what_is_switched_off_is_kept(void **state)
{
	struct disk *disk = disk_memory();
	struct directory *d = open_on(disk);
	uint64_t anna = add(d, "anna"), bob = add(d, "bob");
	char big[CAPABILITIES_OFF_MAX + 1];
	struct why w;

	(void)state;
	memset(big, 'x', sizeof big);
	assert_int_equal(directory_set_capabilities_off(d, anna, SPAN("SORT, TOP"), &w), FAIL_NONE);
	assert_int_equal(directory_set_capabilities_off(d, bob, span(big, sizeof big - 1), &w), FAIL_NONE);
	assert_int_equal(directory_set_capabilities_off(d, bob, span(big, sizeof big), &w), FAIL_CANNOT);
	assert_int_equal(directory_set_capabilities_off(d, bob, SPAN("SORT\nTOP"), &w), FAIL_CANNOT);
	assert_int_equal(directory_set_capabilities_off(d, 99, SPAN("SORT"), &w), FAIL_NOT_FOUND);
	assert_int_equal(directory_set_hash(d, anna, hash_b, &w), FAIL_NONE);
	assert_int_equal(directory_set_apop(d, bob, SPAN("sealed"), &w), FAIL_NONE);
	directory_close(d);
	d = open_on(disk);
	assert_true(span_eq(directory_by_id(d, anna)->capabilities_off, SPAN("SORT, TOP")));
	assert_int_equal(directory_by_id(d, anna)->apop.n, 0);
	assert_true(span_eq(directory_by_id(d, bob)->capabilities_off, span(big, sizeof big - 1)));
	assert_true(span_eq(directory_by_id(d, bob)->apop, SPAN("sealed")));
	assert_int_equal(directory_set_capabilities_off(d, anna, SPAN(""), &w), FAIL_NONE);
	directory_close(d);
	d = open_on(disk);
	assert_int_equal(directory_by_id(d, anna)->capabilities_off.n, 0);
	directory_close(d);
	disk->ops->free(disk);
}

/* Rows that have nothing new in them are what older versions wrote, and read. */
static void rows_have_the_least_version(void **state)
{
	static const struct {
		struct span apop, off;
		char version;
	} rows[] = {{SPAN(""), SPAN(""), 1}, {SPAN("sealed"), SPAN(""), 2}, {SPAN(""), SPAN("SORT"), 3},
		{SPAN("sealed"), SPAN("SORT"), 3}};
	char hash[] = "$6$a$aaaa";
	struct why w;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct account_row row = {.id = 7, .hash = hash, .apop = rows[i].apop, .capabilities_off = rows[i].off};
		struct account_record r;
		struct buf b;

		assert_true(name_fold(SPAN("anna"), &row.name));
		buf_init(&b, DIRECTORY_RECORD_MAX);
		account_record_put(&row, &b);
		assert_int_equal(b.p[0], rows[i].version);
		assert_int_equal(account_record_get(buf_span(&b), &r, &w), FAIL_NONE);
		assert_true(span_eq(r.apop, rows[i].apop) && span_eq(r.capabilities_off, rows[i].off));
		b.p[0] = 4;
		assert_int_equal(account_record_get(buf_span(&b), &r, &w), FAIL_CONFIG);
		buf_fini(&b);
	}
}

static void a_login_name_may_name_a_device(void **state)
{
	static const struct {
		struct span login, account;
		const char *device;
	} good[] = {
		{SPAN("hr/anna"), SPAN("hr"), "anna"},
		{SPAN("hr@example.org/\xd9\x87\xd8\xa7\xd8\xaa\xd9\x81"), SPAN("hr@example.org"),
			"\xd9\x87\xd8\xa7\xd8\xaa\xd9\x81"},
		{SPAN("a/b/c"), SPAN("a"), "b/c"},
	};
	static const struct span bad[] = {SPAN("hr"), SPAN("/anna"), SPAN("hr/"), SPAN("hr/\xff"), SPAN("hr/a\0b")};
	char device[DETAIL_MAX + 1];
	struct span account;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(name_split_device(good[i].login, &account, device));
		assert_true(span_eq(account, good[i].account));
		assert_string_equal(device, good[i].device);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(name_split_device(bad[i], &account, device));
	assert_int_equal(name_check(SPAN("hr/anna"), &(struct why){0}), FAIL_CANNOT); /* so there is no such account */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_as_people_write_them),
		cmocka_unit_test(addresses_deliver),
		cmocka_unit_test(names_compare_composed),
		cmocka_unit_test(a_login_name_may_name_a_device),
		cmocka_unit_test(changes_last_and_ids_are_burnt),
		cmocka_unit_test(shards_are_filled_evenly),
		cmocka_unit_test(a_power_loss_takes_nothing_that_was_promised),
		cmocka_unit_test(a_secret_for_apop_is_kept),
		cmocka_unit_test(what_is_switched_off_is_kept),
		cmocka_unit_test(rows_have_the_least_version),
	};

	return cmocka_run_group_tests_name("auth/directory", tests, NULL, NULL);
}
