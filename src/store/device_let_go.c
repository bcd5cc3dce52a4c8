/* Which messages a device has let go, which of its name may come, and which are over. Must never let go of what was not downloaded or
 * deleted by that very device. */
#include "store/device_inner.h"

bool device_is_over(const struct known_device *k, const struct device_rules *rules)
{
	return rules->forget && rules->now > k->seen && (uint64_t)(rules->now - k->seen) >= rules->forget;
}

static bool is_due(struct device_policy policy, uint32_t downloaded, int64_t now)
{
	if (!downloaded || policy.keep == DEVICE_KEEP || policy.keep == DEVICE_UNSET)
		return false;
	return policy.keep == DEVICE_DELETE || (int64_t)downloaded + policy.seconds <= now;
}

void device_let_go(const struct marks *downloaded, const struct marks *deleted, struct device_policy policy,
	int64_t now, struct marks *out)
{
	marks_copy(out, deleted);
	for (size_t i = 0; i < downloaded->n; i++)
		if (is_due(policy, downloaded->at[i].time, now))
			marks_set(out, downloaded->at[i].first, downloaded->at[i].last, 1);
}

bool account_device_let_go(const struct account *a, struct span name, uint32_t uid, const struct device_rules *rules)
{
	const struct known_device *k = device_known(a, name);

	if (!k)
		return false;
	if (marks_time(&k->deleted, uid))
		return true;
	return k->downloaded.n &&
	       is_due(account_device_policy_of(a, name, rules->otherwise), marks_time(&k->downloaded, uid), rules->now);
}

enum fail account_device_may_come(
	const struct account *a, struct span name, const struct device_rules *rules, struct why *w)
{
	size_t n = 0;

	if (!a->devices || device_known(a, name))
		return FAIL_NONE;
	for (size_t i = 0; i < a->devices->n; i++)
		n += !device_is_over(a->devices->at[i], rules);
	if (n < DEVICES_MAX)
		return FAIL_NONE;
	return why(w, FAIL_LIMIT, "this account has %d devices already: 'barid pop forget' makes room", DEVICES_MAX);
}
