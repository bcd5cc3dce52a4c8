/* An index engine for tests that passes every call on to another one, counts it, and spoils those that it was told to (base/fault.h). */
#ifndef KV_FAULTY_H
#define KV_FAULTY_H

#include "base/fault.h"
#include "kv/kv.h"

/* Closes `below` with itself; the table outlives it. */
struct kv *kv_faulty(struct kv *below, struct fault_table *table);

#endif
