/* The base subject: RFC 5256 §2.1. What SORT compares and threads are gathered by. Pure, linear time. */
#ifndef IMAP_VERB_BASE_SUBJECT_H
#define IMAP_VERB_BASE_SUBJECT_H

#include "base/buf.h"

enum { SUBJECT_MAX = 4096 }; /* octets of decoded text that are looked at */

/* `value`: of the Subject field, as it came. Appends its base subject, folded for comparing (search_text.h). *reply_out: the message is a
 * reply or a forward, because "re:", "fwd:", "(fwd)" or "[fwd: ]" was taken away (§3, THREAD). */
void base_subject(struct span value, struct buf *out, bool *reply_out);

#endif
