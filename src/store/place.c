/* Places of bytes in the log, and who holds on to one. Whoever gives space back moves bytes while others work, so (INV-28):
 *
 *   rows             name the new place as soon as the move is applied
 *   struct message   is carried about with its mailbox: where its bytes stand is looked up anew by each read (place_now)
 *   a read           that has begun goes on at the places that it found: a segment goes only after all such have ended (reading_begin)
 *   a new body       has bytes in the log that nothing names yet: its segments are no candidates (body_hold)
 *   a ghost          of an expunged message keeps its segment (reclaim_guard.c asks for all of them)
 *   a copy           takes what its source has when it is applied (apply_copy.c) */
#include "base/memory.h"
#include "store/inside.h"

void place_now(const struct message *msg, struct row *out)
{
	struct message now;

	message_row(msg, out);
	if (!msg->mailbox || !mailbox_message(msg->mailbox, msg->uid, &now) || now.id != msg->id)
		return;
	message_row(&now, out);
}

unsigned reading_begin(struct store *s)
{
	s->readings[s->reading_era]++;
	return s->reading_era;
}

void reading_end(struct store *s, unsigned era)
{
	s->readings[era]--;
}

void body_hold_begin(struct store *s, struct body_hold *h, uint32_t segment)
{
	if (h->segment)
		return;
	h->segment = segment;
	list_init(&h->link);
	list_append(&s->body_holds, &h->link);
}

void body_hold_end(struct body_hold *h)
{
	if (h->segment)
		list_remove(&h->link);
	h->segment = 0;
}

uint32_t body_hold_lowest(const struct store *s)
{
	uint32_t lowest = UINT32_MAX;

	LIST_EACH(it, &s->body_holds)
	{
		const struct body_hold *h = CONTAINER_OF(it, struct body_hold, link);

		lowest = h->segment < lowest ? h->segment : lowest;
	}
	return lowest;
}
