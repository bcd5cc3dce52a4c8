/* How the administrators' verbs XKEPT, XUNDELETE and XPURGE name a kept message (store/kept.h): "12.345", the batch that it went with and its id. */
#ifndef IMAP_VERB_KEPT_PLACE_H
#define IMAP_VERB_KEPT_PLACE_H

#include "imap/wire/args.h"
#include "store/kept.h"

bool args_kept_place(struct args *a, struct kept_place *out);
void print_kept_place(struct buf *out, struct kept_place at);

#endif
