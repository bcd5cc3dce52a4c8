/* After `barid restored`, which leaves a file in the shard's directory: new UIDVALIDITYs (store/restored.h). The file goes once that is durable, so
 * a crash in between does it once more, which does no harm. */
#include <errno.h>
#include <unistd.h>

#include "base/event.h"
#include "prog/mail/mail.h"
#include "store/restored.h"

enum fail restored_renew(struct mail *m, const char *dir, struct why *w)
{
	uint64_t mailboxes = 0, left = 0;
	char path[4200];
	enum fail f;

	snprintf(path, sizeof path, "%s/restored", dir);
	if (access(path, F_OK))
		return FAIL_NONE;
	f = store_restored(m->store, &mailboxes, &left, w);
	if (f)
		return f;
	if (left)
		event_say(LOG_WARN, "restored",
			"shard %u: %llu accounts are set aside: all of it is done again at the next start",
			m->child->index, (unsigned long long)left);
	else if (unlink(path))
		return why(w, FAIL_IO, "cannot remove '%s': %s", path, strerror(errno));
	event_say(LOG_INFO, "restored", "shard %u: %llu mailboxes have a new UIDVALIDITY", m->child->index,
		(unsigned long long)mailboxes);
	return FAIL_NONE;
}
