/* The accounts directory after its log broke: opened anew, without what was not answered. A disk that was full or failed once costs the change that
 * met it, and no more.
 *
 * INV-A9: a change whose failure was told never counts: what stands behind the last durable one is cut off, durably, before another is written. */
#include "auth/directory_inner.h"
#include "log/ballast.h"

/* What the log says is what the rows are (INV-A1), so nobody who holds one loses it: only the log is taken over, and its numbers. */
enum fail directory_reopen(struct directory *d, struct why *w)
{
	struct directory again = {.disk = d->disk};
	struct log_settings settings = {.dir = DIRECTORY_LOG};
	enum fail f;

	if (d->log) {
		d->cut = log_known_end(d->log);
		log_close(d->log);
		d->log = NULL;
	}
	settings.cut = d->cut;
	(void)ballast_open(
		d->disk); /* a full disk: so that it can be told what holds, and an account still be locked */
	directory_rows_init(&again);
	f = directory_redo(&again, d->disk, &settings, w);
	if (!f && (again.n != d->n || again.departed_n != d->departed_n))
		f = why_log(w, FAIL_CORRUPT, "The change could not be saved.",
			"the accounts directory holds %zu accounts, not %zu as it did: start again", again.n, d->n);
	if (f) {
		log_close(again.log);
	} else {
		d->log = again.log;
		d->next_change = again.next_change;
	}
	directory_rows_fini(&again);
	return f;
}
