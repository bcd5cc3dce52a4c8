/* For the tests of this room: every store of a test program that runs with orders in BARID_TEST_FAULTS (base/fault.h) stands on the faulty disk and
 * the faulty index engine, whatever it was opened on. The linker puts store_open here (--wrap), so the tests are the same ones; the orders must be
 * such that the results are the same too: reads that have to wait, stalls, interrupted and partial system calls
 * (tests/faults/program/system_calls.c). A run in which no order was ever met has shown nothing, and fails. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "faults.h"
#include "kv/faulty.h"
#include "kv/kv.h"
#include "store/engine.h"

enum { BAD_VARIABLE = 64, NEVER_MET = 70 };

static struct fault_table table;
struct fault_table *fault_program_table = &table;

enum fail __real_store_open(const struct store_settings *s, struct store **out, struct why *w);
enum fail __wrap_store_open(const struct store_settings *s, struct store **out, struct why *w);

static const char *orders(void)
{
	return getenv("BARID_TEST_FAULTS");
}

enum fail __wrap_store_open(const struct store_settings *s, struct store **out, struct why *w)
{
	struct store_settings faulty = *s;

	if (!orders())
		return __real_store_open(s, out, w);
	faulty.disk = disk_faulty_over(s->disk, &table);
	faulty.kv = kv_faulty(s->kv, &table);
	return __real_store_open(&faulty, out, w);
}

static __attribute__((constructor)) void take_orders(void)
{
	struct why w;

	if (fault_table_init(&table) && orders() && fault_order(&table, span_of(orders()), &w)) {
		fprintf(stderr, "BARID_TEST_FAULTS: %s\n", w.log);
		_exit(BAD_VARIABLE);
	}
}

static __attribute__((destructor)) void look_back(void)
{
	uint64_t met = 0;

	for (size_t i = 0; i < FAULT_CALLS; i++)
		met += table.rows[i].met;
	if (!orders() || met)
		return;
	fprintf(stderr, "BARID_TEST_FAULTS: no order was met\n");
	_exit(NEVER_MET);
}
