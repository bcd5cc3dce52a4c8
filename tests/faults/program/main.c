/* barid-faulty: the same program as barid, with a faulty disk and a faulty index engine beneath its stores, as the variable BARID_FAULT says.
 * For tests only, never installed. super's children inherit the variable. Words, separated by spaces:
 *
 *   table=PATH     the table of faults (base/fault.h) is the file PATH-ROLE-INDEX, made when missing: counters that outlive the process
 *                  and faults that were met stay met; a driver that maps it gives orders while the server runs
 *   engine=mem     mail is in memory: gone with its process
 *   segment=N      the log goes on into the next segment file after N octets
 *   restless       the bytes of all mail are moved, and compressed, all the time
 *   hasty          a process that died is started anew at once, and one whose store broke ends soon
 *   clock=N        the wall clock is N seconds ahead, and what time does to mail is looked at every moment
 *   poison         some mail crashes whoever touches it (poison.c)
 *   for=ROLE       the orders that follow are for this role, mail or auth; at the beginning they are for mail
 *   CALL:WHEN=WHAT[:ARG], seed=N     orders; they are given once to a table, by the first process that has it
 *
 * Planted kills and stalls make system calls that a confined process may not make: set `confine = no`. Reads of RocksDB's own files
 * do not pass here: what goes wrong there is planted at the engine's calls, or into the files. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "faults.h"
#include "kv/faulty.h"
#include "kv/kv.h"
#include "prog/mail/reclaim.h"
#include "prog/pauses.h"
#include "prog/program.h"
#include "store/engine.h"

enum { BAD_VARIABLE = 64, HASTY_MS = 400, DEVICES_MS = 300 };

struct fault_table *fault_program_table;

static void refuse(const char *what, const char *detail)
{
	fprintf(stderr, "barid-faulty: %s: %s\n", what, detail);
	exit(BAD_VARIABLE);
}

static enum fail open_disk(const char *dir, struct disk **out, struct why *w)
{
	struct disk *below;
	enum fail f = disk_real(dir, &below, w);

	if (!f)
		*out = disk_faulty_over(below, fault_program_table);
	return f;
}

static enum fail open_memory_disk(const char *dir, struct disk **out, struct why *w)
{
	(void)dir;
	(void)w;
	*out = disk_faulty_over(disk_memory(), fault_program_table);
	return FAIL_NONE;
}

static enum fail open_index(const struct kv_settings *settings, struct kv **out, struct why *w)
{
	struct kv *below;
	enum fail f = kv_open_rocks(settings, &below, w);

	if (!f)
		*out = kv_faulty(below, fault_program_table);
	return f;
}

static enum fail open_memory_index(const struct kv_settings *settings, struct kv **out, struct why *w)
{
	(void)settings;
	(void)w;
	*out = kv_faulty(kv_open_memory(), fault_program_table);
	return FAIL_NONE;
}

static struct fault_table *map_table(struct span path, const char *role, const char *index)
{
	char name[4096];
	void *at;
	int fd;

	if (snprintf(name, sizeof name, "%.*s-%s-%s", SPAN_ARG(path), role, index) >= (int)sizeof name)
		refuse("the path of the table is too long", name);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || ftruncate(fd, sizeof(struct fault_table)) < 0)
		refuse("cannot make the table", name);
	at = mmap(NULL, sizeof(struct fault_table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED || !fault_table_init(at))
		refuse("not a table of faults", name);
	return at;
}

/* A word that is no order, or false. */
static bool take_setting(struct span word, const char *role, const char *index)
{
	struct span rest = word;
	uint32_t ahead;

	if (span_take(&rest, SPAN("table="))) {
		fault_program_table = map_table(rest, role, index);
	} else if (span_eq(word, SPAN("restless"))) {
		mail_reclaim_restless = true;
	} else if (span_eq(word, SPAN("hasty"))) {
		pauses.last_word_ms = HASTY_MS;
	} else if (span_take(&rest, SPAN("clock=")) && span_u32(rest, &ahead)) {
		clock_set_offset(ahead);
		pauses.devices_ms = DEVICES_MS;
	} else if (span_eq(word, SPAN("poison"))) {
		fault_program_poison = !strcmp(role, "mail");
	} else if (span_eq(word, SPAN("engine=mem"))) {
		if (!strcmp(role, "mail")) {
			engine_parts.disk = open_memory_disk;
			engine_parts.index = open_memory_index;
		}
	} else if (!span_take(&rest, SPAN("segment=")) || !span_u32(rest, &engine_parts.segment_size)) {
		return false;
	}
	return true;
}

static void take_variable(struct span variable, const char *role, const char *index)
{
	char orders[FAULT_ORDERS_MAX] = "";
	struct span word, who = SPAN("mail");
	size_t n = 0;
	struct why w;

	while (span_take_word(&variable, &word)) {
		if (span_take(&word, SPAN("for=")))
			who = word;
		else if (!take_setting(word, role, index) && span_eq(who, span_of(role)) && n < sizeof orders)
			n += (size_t)snprintf(orders + n, sizeof orders - n, "%.*s ", SPAN_ARG(word));
	}
	if (n >= sizeof orders)
		refuse("too many orders", orders);
	if (fault_program_table->rows[FAULT_ANY].calls)
		return; /* not the first process that has this table */
	if (fault_order(fault_program_table, span_of(orders), &w))
		refuse("BARID_FAULT", w.log);
}

/* super's own: it has no table, and no orders. */
static void hurry(struct span variable)
{
	struct span word;

	while (span_take_word(&variable, &word))
		if (span_eq(word, SPAN("hasty")))
			pauses.restart_ms = 0;
}

int main(int argc, char **argv)
{
	const char *variable = getenv("BARID_FAULT");

	if (variable && argc == 5 && !strcmp(argv[1], "--role")) {
		fault_program_table = NEW(struct fault_table);
		(void)!fault_table_init(fault_program_table); /* it is all zeros */
		engine_parts.disk = open_disk;
		engine_parts.index = open_index;
		take_variable(span_of(variable), argv[2], argv[4]);
	} else if (variable) {
		hurry(span_of(variable));
	}
	return program_main(argc, argv);
}
