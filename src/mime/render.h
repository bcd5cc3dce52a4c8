/* From the drafts of all parts to the bytes of the structure. Inside the room. */
#ifndef MIME_RENDER_H
#define MIME_RENDER_H

#include "mime/draft.h"

/* All parts of one message in document order, the message itself first. */
struct mime_drafts {
	struct mime_draft *list;
	size_t count, room;
	struct buf texts;
};

enum mime_form { MIME_BODY, MIME_BODYSTRUCTURE };

/* Appends the `body` of RFC 3501 §9 for the part `index`. */
void mime_render_body(struct buf *out, const struct mime_drafts *drafts, uint32_t index, enum mime_form form);
/* Appends the whole block that mime_structure_open reads. */
FAILS mime_structure_write(struct buf *out, const struct mime_drafts *drafts);

#endif
