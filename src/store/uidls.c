/* A sorted array of UIDLs: most come in rising order of uid, at the end. */
#include "store/uidls.h"

#include "base/memory.h"

static size_t lower_bound(const struct uidls *u, uint32_t uid)
{
	size_t lo = 0, hi = u->n;

	if (hi && u->at[hi - 1].uid < uid)
		return hi;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (u->at[mid].uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const char *uidls_find(const struct uidls *u, uint32_t uid)
{
	size_t i = lower_bound(u, uid);

	return i < u->n && u->at[i].uid == uid ? u->at[i].text : NULL;
}

void uidls_keep(struct uidls *u, uint32_t uid, struct span text)
{
	char *copy = memory_new(text.n + 1);
	size_t i;

	if (text.n)
		memcpy(copy, text.p, text.n);
	uidls_forget(u, uid);
	i = lower_bound(u, uid);
	if (u->n == u->cap) {
		u->cap = u->cap ? u->cap * 2 : 8;
		u->at = memory_resize_array(u->at, u->cap, sizeof(*u->at));
	}
	memmove(&u->at[i + 1], &u->at[i], (u->n - i) * sizeof(*u->at));
	u->at[i] = (struct kept_uidl){uid, copy};
	u->n++;
}

void uidls_forget(struct uidls *u, uint32_t uid)
{
	size_t i = lower_bound(u, uid);

	if (i >= u->n || u->at[i].uid != uid)
		return;
	free(u->at[i].text);
	u->n--;
	memmove(&u->at[i], &u->at[i + 1], (u->n - i) * sizeof(*u->at));
}

void uidls_fini(struct uidls *u)
{
	for (size_t i = 0; i < u->n; i++)
		free(u->at[i].text);
	free(u->at);
	*u = (struct uidls){0};
}
