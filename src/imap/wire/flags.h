/* Flags and keywords: RFC 3501 §2.3.2, grammar `flag`. The bits are the store's. */
#ifndef IMAP_WIRE_FLAGS_H
#define IMAP_WIRE_FLAGS_H

#include "imap/wire/args.h"
#include "store/batch.h"

/* "(\Seen $Forwarded)"; where `bare` is true also "\Seen $Forwarded" without parentheses (STORE allows both), up to the end. Keywords
 * twice are kept once. False for \Recent (a client cannot set it), unknown \Words, keywords longer than KEYWORD_NAME_MAX, and more than
 * ARGS_KEYWORDS_MAX. */
bool args_flag_list(struct args *a, bool bare, struct flag_set *out);

/* The bit of a system flag ("\Seen" in any case), or 0. */
uint64_t flag_system_bit(struct span name);
/* Appends the names of the MESSAGE_* bits of `flags`, separated by single spaces; `first` says whether a space is needed before the
 * first one, and is updated: print_flags of a view goes on with the keywords. */
void print_system_flags(struct buf *out, uint64_t flags, bool *first);

#endif
