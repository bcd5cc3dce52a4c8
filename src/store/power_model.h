/* A model of one account for power_test.c: what must be in it after so many changes. It shares nothing with the store's code but the names of
 * flags; a change is applied to a whole copy of the account. Included after store/try.h, by that test only. */
#ifndef STORE_POWER_MODEL_H
#define STORE_POWER_MODEL_H

#include "store/device.h"
#include "store/try.h"

enum {
	PM_BOXES = 14,
	PM_MESSAGES = 40,
	PM_GONE = 300,
	PM_KEPT = 120,
	PM_NAME = 24,
	PM_SUBSCRIBED = 24,
	PM_DEVICES = 3, /* of POP3; their marks by UID of INBOX */
	PM_UIDS = 400,
	PM_WORK = 1 << 8, /* two keywords, besides the system flags */
	PM_TODO = 1 << 9,
};

/* `op`: the change that it owes its modseq to. */
struct pm_message {
	uint32_t uid, tag;
	unsigned flags;
	size_t op;
};
struct pm_gone {
	uint32_t uid;
	size_t op;
};
struct pm_kept {
	uint32_t tag;
	unsigned flags;
	size_t op;
};
struct pm_box {
	char name[PM_NAME];
	uint64_t id; /* 0: not seen yet */
	uint32_t validity, next;
	size_t n, gone_n;
	struct pm_message at[PM_MESSAGES];
	struct pm_gone gone[PM_GONE];
};
struct pm_device {
	bool known;
	unsigned char marks[PM_UIDS]; /* VISIT_RETRIEVED, VISIT_DELETED */
};
struct pm_account {
	size_t boxes, subscribed_n, kept_n;
	struct pm_box box[PM_BOXES];
	char subscribed[PM_SUBSCRIBED][PM_NAME];
	struct pm_kept kept[PM_KEPT];
	struct pm_device device[PM_DEVICES];
};

static inline struct pm_box *pm_find(struct pm_account *a, const char *name)
{
	for (size_t i = 0; i < a->boxes; i++)
		if (!strcmp(a->box[i].name, name))
			return &a->box[i];
	return NULL;
}

static inline bool pm_room(const struct pm_box *b, size_t more)
{
	return b->n + more <= PM_MESSAGES && b->gone_n + PM_MESSAGES < PM_GONE;
}

/* ── Messages ── */

static inline void pm_add(struct pm_box *b, uint32_t tag, unsigned flags, size_t op)
{
	assert_true(b->n < PM_MESSAGES);
	b->at[b->n++] = (struct pm_message){b->next++, tag, flags, op};
}

static inline void pm_flags(
	struct pm_box *b, uint32_t first, uint32_t last, enum flag_change how, unsigned flags, size_t op)
{
	for (size_t i = 0; i < b->n; i++) {
		struct pm_message *m = &b->at[i];
		unsigned now = how == FLAGS_ADD ? m->flags | flags : how == FLAGS_REMOVE ? m->flags & ~flags : flags;

		if (m->uid < first || m->uid > last || now == m->flags)
			continue;
		m->flags = now;
		m->op = op;
	}
}

/* Takes those of the range out: they are gone, and kept unless they were moved. */
static inline void pm_take(struct pm_account *a, struct pm_box *b, uint32_t first, uint32_t last, bool keep, size_t op)
{
	size_t to = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct pm_message *m = &b->at[i];

		if (m->uid < first || m->uid > last) {
			b->at[to++] = *m;
			continue;
		}
		assert_true(b->gone_n < PM_GONE && a->kept_n < PM_KEPT);
		b->gone[b->gone_n++] = (struct pm_gone){m->uid, op};
		if (keep)
			a->kept[a->kept_n++] = (struct pm_kept){m->tag, m->flags, op};
	}
	b->n = to;
}

/* What all devices that are known have deleted goes. */
static inline void pm_let_go(struct pm_account *a, struct pm_box *inbox, size_t op)
{
	for (size_t i = inbox->n; i-- > 0;) {
		uint32_t uid = inbox->at[i].uid;
		bool needed = uid >= PM_UIDS;

		for (size_t d = 0; d < PM_DEVICES && !needed; d++)
			needed = a->device[d].known && !(a->device[d].marks[uid] & VISIT_DELETED);
		if (!needed)
			pm_take(a, inbox, uid, uid, true, op);
	}
}

static inline void pm_purge(struct pm_account *a, size_t last_op)
{
	size_t to = 0;

	for (size_t i = 0; i < a->kept_n; i++)
		if (a->kept[i].op > last_op)
			a->kept[to++] = a->kept[i];
	a->kept_n = to;
}

/* ── The tree ── */

static inline void pm_make(struct pm_account *a, const char *name)
{
	struct pm_box *b = &a->box[a->boxes++];

	assert_true(a->boxes <= PM_BOXES);
	memset(b, 0, sizeof *b);
	snprintf(b->name, sizeof b->name, "%s", name);
	b->next = 1;
}

/* With the parents that are missing, which come first. */
static inline void pm_make_parents(struct pm_account *a, const char *name)
{
	char parent[PM_NAME];

	snprintf(parent, sizeof parent, "%s", name);
	for (size_t i = 1; name[i]; i++) {
		if (name[i] != '/')
			continue;
		parent[i] = '\0';
		if (!pm_find(a, parent))
			pm_make(a, parent);
		parent[i] = '/';
	}
}

static inline void pm_create(struct pm_account *a, const char *name)
{
	pm_make_parents(a, name);
	pm_make(a, name);
}

static inline void pm_delete(struct pm_account *a, struct pm_box *b, size_t op)
{
	pm_take(a, b, 1, UINT32_MAX, true, op);
	*b = a->box[--a->boxes];
}

static inline bool pm_is_below(const char *name, const char *parent)
{
	size_t n = strlen(parent);

	return !strncmp(name, parent, n) && name[n] == '/';
}

/* Whether the new names of it and its children are free. */
static inline bool pm_may_rename(struct pm_account *a, const char *from, const char *to)
{
	if (pm_find(a, to) || pm_is_below(to, from))
		return false;
	for (size_t i = 0; i < a->boxes; i++) {
		char name[2 * PM_NAME];

		snprintf(name, sizeof name, "%s%s", to,
			a->box[i].name + (strlen(from) < strlen(a->box[i].name) ? strlen(from) : 0));
		if (pm_is_below(a->box[i].name, from) && (strlen(name) >= PM_NAME || pm_find(a, name)))
			return false;
	}
	return true;
}

static inline void pm_rename(struct pm_account *a, const char *old, const char *to)
{
	char from[PM_NAME], name[2 * PM_NAME];

	snprintf(from, sizeof from, "%s", old); /* it is about to change */
	pm_make_parents(a, to);
	for (size_t i = 0; i < a->boxes; i++) {
		struct pm_box *b = &a->box[i];

		if (strcmp(b->name, from) != 0 && !pm_is_below(b->name, from))
			continue;
		snprintf(name, sizeof name, "%s%s", to, b->name + strlen(from));
		memcpy(b->name, name, PM_NAME);
	}
}

static inline void pm_subscribe(struct pm_account *a, const char *name, bool on)
{
	size_t i = 0;

	while (i < a->subscribed_n && strcmp(a->subscribed[i], name) != 0)
		i++;
	if (on && i == a->subscribed_n) {
		assert_true(i < PM_SUBSCRIBED);
		snprintf(a->subscribed[a->subscribed_n++], PM_NAME, "%s", name);
	} else if (!on && i < a->subscribed_n) {
		memcpy(a->subscribed[i], a->subscribed[--a->subscribed_n], PM_NAME);
	}
}

#endif
