/* Throttling of password guesses. */
#include "auth/throttle.h"

#include <arpa/inet.h>

#include "base/memory.h"

enum { REMEMBERED = 4, FORGIVE_MS = 600000 /* failures older than this halve */, DELAY_MAX_MS = 30000 };
enum kind { SOURCE, ACCOUNT, GOOD };

struct entry {
	struct table_link link;
	struct list age;
	uint8_t key[32];
	uint32_t failures;         /* distinct ones */
	int64_t last;              /* of a failure, or (GOOD) of a success */
	int64_t next;              /* the place in the line that is free */
	uint64_t seen[REMEMBERED]; /* digests of the latest failures */
};

void throttle_init(struct throttle *t, int64_t base_ms)
{
	*t = (struct throttle){.base = base_ms};
	table_init(&t->table);
	list_init(&t->by_age);
}

static void drop(struct throttle *t, struct entry *e)
{
	table_remove(&t->table, &e->link);
	list_remove(&e->age);
	free(e);
	t->n--;
}

void throttle_fini(struct throttle *t)
{
	LIST_EACH(it, &t->by_age)
	drop(t, CONTAINER_OF(it, struct entry, age));
	table_fini(&t->table);
}

/* One customer of an IPv6 network has a /64 at least: its addresses are one source. */
static struct span source_of(struct span peer, uint8_t space[16])
{
	char text[64];

	if (!span_cstr(peer, text, sizeof text) || inet_pton(AF_INET6, text, space) != 1)
		return peer;
	return span(space, 8);
}

static void key_of(enum kind kind, const struct attempt *a, uint8_t out[32])
{
	uint8_t space[16], tag = (uint8_t)kind;
	struct span parts[] = {span(&tag, 1), kind == ACCOUNT ? SPAN("") : source_of(a->peer, space),
		kind == SOURCE ? SPAN("") : a->user};

	table_digest(parts, ARRAY_LEN(parts), out);
}

static uint64_t hash_of(const uint8_t key[32])
{
	uint64_t h;

	memcpy(&h, key, sizeof h);
	return h;
}

static struct entry *find(struct throttle *t, enum kind kind, const struct attempt *a)
{
	uint8_t key[32];

	key_of(kind, a, key);
	for (struct table_link *l = table_first(&t->table, hash_of(key)); l; l = table_next(l)) {
		struct entry *e = CONTAINER_OF(l, struct entry, link);

		if (memcmp(e->key, key, sizeof key) == 0)
			return e;
	}
	return NULL;
}

static struct entry *find_or_make(struct throttle *t, enum kind kind, const struct attempt *a)
{
	struct entry *e = find(t, kind, a);

	if (e) {
		list_remove(&e->age);
		list_append(&t->by_age, &e->age);
		return e;
	}
	if (t->n >= THROTTLE_ENTRIES_MAX)
		drop(t, CONTAINER_OF(t->by_age.next, struct entry, age));
	e = NEW(struct entry);
	key_of(kind, a, e->key);
	list_append(&t->by_age, &e->age);
	table_insert(&t->table, &e->link, hash_of(e->key));
	t->n++;
	return e;
}

static void forgive(struct entry *e, int64_t now)
{
	while (e->failures && now - e->last >= FORGIVE_MS) {
		e->failures /= 2;
		e->last += FORGIVE_MS;
	}
}

static int64_t pace(const struct throttle *t, const struct entry *e)
{
	uint32_t over = e->failures > THROTTLE_FREE ? e->failures - THROTTLE_FREE : 0;
	int64_t ms = t->base << (over > 16 ? 16 : over);

	return over == 0 ? 0 : ms > DELAY_MAX_MS ? DELAY_MAX_MS : ms;
}

static int64_t place_in_line(struct throttle *t, struct entry *e, int64_t now)
{
	if (!e)
		return 0;
	forgive(e, now);
	return pace(t, e) && e->next > now ? e->next - now : 0;
}

static void take_place(struct throttle *t, struct entry *e, int64_t at)
{
	if (e && pace(t, e))
		e->next = at + pace(t, e);
}

/* A device that has logged in before waits only for its own failures: whoever shares its address cannot guess without a line either.
 * Only a source is refused: refusing an account would let anybody lock out whom he likes. */
int64_t throttle_wait(struct throttle *t, const struct attempt *a, int64_t now)
{
	struct entry *good = find(t, GOOD, a), *source, *account;
	int64_t wait, other;

	if (t->base == 0)
		return 0;
	source = good ? good : find(t, SOURCE, a);
	account = good ? NULL : find(t, ACCOUNT, a);
	wait = place_in_line(t, source, now);
	if (wait > THROTTLE_LINE_MS)
		return THROTTLE_REFUSE;
	other = place_in_line(t, account, now);
	if (other > THROTTLE_LINE_MS)
		other = THROTTLE_LINE_MS;
	wait = other > wait ? other : wait;
	take_place(t, source, now + wait);
	take_place(t, account, now + wait);
	return wait;
}

static void count(struct throttle *t, struct entry *e, uint64_t digest, int64_t now)
{
	forgive(e, now);
	for (size_t i = 0; i < REMEMBERED; i++)
		if (e->seen[i] == digest)
			return; /* and what came before is forgiven all the same, however long it is repeated */
	e->last = now;
	e->seen[e->failures % REMEMBERED] = digest;
	e->failures++;
	if (e->next < now + pace(t, e)) /* never before those who stand in the line already */
		e->next = now + pace(t, e);
}

void throttle_failed(struct throttle *t, const struct attempt *a, struct span password, int64_t now)
{
	struct span parts[] = {a->user, password};
	uint8_t digest[32];

	table_digest(parts, ARRAY_LEN(parts), digest);
	if (find(t, GOOD, a))
		count(t, find(t, GOOD, a), hash_of(digest), now);
	else
		count(t, find_or_make(t, ACCOUNT, a), hash_of(digest), now);
	count(t, find_or_make(t, SOURCE, a), hash_of(digest), now);
}

void throttle_succeeded(struct throttle *t, const struct attempt *a, int64_t now)
{
	struct entry *e = find_or_make(t, GOOD, a);

	e->failures = 0;
	e->last = now;
}
