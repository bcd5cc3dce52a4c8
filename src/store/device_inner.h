/* Inside of the store only: the devices of an account as they are kept (device.h). */
#ifndef STORE_DEVICE_INNER_H
#define STORE_DEVICE_INNER_H

#include "store/device.h"
#include "store/device_marks.h"
#include "store/inside.h"

/* Which marks an OP_DEVICE_MARKS sets. */
enum device_mark { DEVICE_MARK_DOWNLOADED = 1, DEVICE_MARK_DELETED = 2 };

struct known_device {
	char *name;
	uint32_t seen;
	struct device_policy policy;
	struct marks downloaded; /* time: of the download */
	struct marks deleted;    /* time: 1 */
	bool dirty;              /* its row in the index is another */
};
struct devices {
	struct known_device **at; /* ascending name */
	size_t n, cap;
	struct device_policy policy; /* the account's */
	bool policy_dirty;
};

/* device.c */
struct known_device *device_known(const struct account *a, struct span name);
void devices_clear(struct account *a);
size_t devices_rows(const struct account *a); /* how many rows they have in the index */
/* What an op comes to; of a batch or of a snapshot. `time`: of the batch. */
void device_apply(struct account *a, const struct op *op, uint32_t time);
/* All of them as the ops of a snapshot. */
void devices_snapshot(const struct account *a, void (*put)(void *context, const struct op *op), void *context);

/* device_let_go.c */
bool device_is_over(const struct known_device *k, const struct device_rules *rules); /* it is to be forgotten */
/* What a device lets go by these marks and its policy, into an empty `out`. */
void device_let_go(const struct marks *downloaded, const struct marks *deleted, struct device_policy policy,
	int64_t now, struct marks *out);

/* device_rows.c: rows of the index */
void index_put_devices(struct account *a); /* those that are dirty */
void index_delete_device(struct account *a, struct span name);
bool devices_take_row(struct account *a, struct span key, struct span value);

#endif
