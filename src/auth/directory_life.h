/* Lives of an accounts directory for its tests: random changes, and a model that keeps what has been promised after each. */
#ifndef AUTH_DIRECTORY_LIFE_H
#define AUTH_DIRECTORY_LIFE_H

#include "base/test.h"

#include "auth/directory.h"

enum { PEOPLE = 5, LIFE = 220 };

static const char *const hashes[] = {"$6$a$aaaa", "$6$b$bbbb", "$6$c$cccc"};

struct person {
	uint64_t id; /* 0: no account */
	unsigned hash;
	bool disabled;
};

struct promise {
	size_t point; /* in the disk's history, once the call had returned */
	uint64_t last_id;
	struct person at[PEOPLE];
	uint64_t departed[LIFE]; /* 0: its mail is gone */
	size_t departed_n;
};

static inline struct directory *open_on(struct disk *disk)
{
	struct directory *d = NULL;
	struct why w;

	if (directory_open(disk, false, &d, &w))
		fail_msg("%s", w.log);
	return d;
}

static inline void name_of(size_t who, char name[16])
{
	snprintf(name, 16, who % 2 ? "p%zu" : "p%zu@x.example", who);
}

static inline uint64_t dice(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

/* One change; `next`: what stands if it was made. */
static inline enum fail change(
	struct directory *d, const struct promise *now, uint64_t roll, struct promise *next, struct why *w)
{
	size_t who = roll % PEOPLE, what = roll / PEOPLE % 4;
	struct person *p = &next->at[who];
	uint64_t id;
	char name[16];

	*next = *now;
	if (roll / PEOPLE / 4 % 6 == 0 && directory_departed(d, 0)) {
		id = directory_departed(d, 0)->id;
		for (size_t i = 0; i < next->departed_n; i++)
			if (next->departed[i] == id)
				next->departed[i] = 0;
		return directory_erased(d, id, w);
	}
	name_of(who, name);
	if (!p->id) {
		*p = (struct person){.id = ++next->last_id};
		return directory_add(d, span_of(name), hashes[0], 3, &id, w);
	}
	id = p->id;
	if (what == 0) {
		p->id = 0;
		next->departed[next->departed_n++] = id;
		return directory_remove(d, id, roll & 1, w);
	}
	if (what == 1) {
		p->disabled = !p->disabled;
		return directory_set_disabled(d, id, p->disabled, w);
	}
	p->hash = (p->hash + 1) % ARRAY_LEN(hashes);
	return directory_set_hash(d, id, hashes[p->hash], w);
}

static inline bool is(const struct directory *d, const struct promise *p)
{
	size_t n = 0, departed = 0;

	for (size_t i = 0; i < p->departed_n; i++) {
		const struct departed_account *a = p->departed[i] ? directory_departed(d, departed++) : NULL;

		if (p->departed[i] && (!a || a->id != p->departed[i]))
			return false;
	}
	if (directory_departed(d, departed))
		return false;
	for (size_t who = 0; who < PEOPLE; who++) {
		const struct person *wanted = &p->at[who];
		const struct account_row *row;
		char name[16];

		name_of(who, name);
		row = directory_by_name(d, span_of(name));
		if (!row != !wanted->id)
			return false;
		if (row && (row->id != wanted->id || strcmp(row->hash, hashes[wanted->hash]) != 0 ||
				   row->disabled != wanted->disabled))
			return false;
		n += row != NULL;
	}
	return n == directory_count(d);
}

static inline void count_name(void *ctx, const char *name)
{
	(void)name;
	++*(size_t *)ctx;
}

/* Files of its log. */
static inline size_t files_of(struct disk *disk)
{
	size_t n = 0;
	struct why w;

	assert_int_equal(disk->ops->list(disk, "accounts", count_name, &n, &w), FAIL_NONE);
	return n;
}

#endif
